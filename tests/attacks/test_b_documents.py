"""B10 to B13, B33, B45: what is fetched is believed only where it was served, and only as what it is."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from federation.errors import Refused
from tests.attacks.rig import Rig
from tests.attacks.rig.keys import rsa_key
from tests.attacks.rig.ours import article, articles, ask
from tests.attacks.rig.peers import Actor, Json, Peer, unique
from tests.attacks.rig.server import AUTHOR
from tests.attacks.rig.wire import Answer, document

REFUSED = {401, 403}
NOTHING = {202, *REFUSED}
"""A document that cannot be had may be had later: the request waits, without effect."""


def redirect(url: str) -> Answer:
    return Answer(302, b"", (("Location", url),))


def claim(alice: Actor, mallory: Actor) -> Json:
    """The document of alice as mallory would have it: with another key, name and inbox."""
    key = {**alice.document["publicKey"], "publicKeyPem": mallory.key.pem}
    return {**alice.document, "publicKey": key, "name": "にせもの", "inbox": f"{mallory.id}/inbox"}


async def cannot_follow(rig: Rig, actor: Actor) -> None:
    """Look an actor up by its handle; nobody must be found."""
    name, host = actor.id.rpartition("/")[2], actor.id.split("/")[2]
    with pytest.raises(Refused):
        await ask(rig, "follow", name=AUTHOR, target=f"@{name}@{host}")


async def is_still_herself(rig: Rig, alice: Actor) -> None:
    """Her own key is taken, and her own name is shown."""
    note = alice.note()
    assert (await rig.post(alice, alice.create(note))).status == 202
    await rig.has_effect(note)
    assert alice.document["name"] in (await article(rig, note)).part("author")


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
async def test_B10_served_elsewhere(rig: Rig, is_known: bool) -> None:
    """E serves the document of somebody at P: as the owner of a key, and behind a handle."""
    alice, mallory = rig.p.actor(key=rsa_key(0)), rig.e.actor(key=rsa_key(1))
    if is_known:
        await is_still_herself(rig, alice)
    rig.e.documents[mallory.id] = claim(alice, mallory)
    own_key = {**claim(alice, mallory)["publicKey"], "id": mallory.key_id}
    async with rig.no_effect():
        for key_id in (alice.key_id, mallory.key_id):
            request = mallory.sign(alice.unsigned(alice.create()), keyId=key_id)
            assert (await rig.send(request, via=rig.e)).status in REFUSED
        rig.e.documents[mallory.id]["publicKey"] = own_key
        other = rig.e.actor(key=mallory.key)
        rig.e.documents[other.id] = {**rig.e.documents[mallory.id]}
        request = mallory.sign(alice.unsigned(alice.create()), keyId=other.key_id)
        assert (await rig.send(request, via=rig.e)).status in REFUSED
        await cannot_follow(rig, mallory)
    await is_still_herself(rig, alice)


async def test_B11_redirect_to_the_owner(rig: Rig) -> None:
    """What E's address leads to is P's: nobody at E becomes anybody by it."""
    alice, mallory = rig.p.actor(key=rsa_key(0)), rig.e.actor(key=rsa_key(1))
    rig.e.answers[mallory.id] = redirect(alice.id)
    async with rig.no_effect():
        for actor, signer in ((alice, mallory), (mallory, mallory), (mallory, alice)):
            request = signer.sign(alice.unsigned(actor.create()), keyId=mallory.key_id)
            assert (await rig.send(request, via=rig.e)).status in REFUSED
        await cannot_follow(rig, mallory)
    await is_still_herself(rig, alice)


async def test_B12_redirect_from_the_owner(rig: Rig) -> None:
    """An open redirect at P leads to E, who serves what P's id would be."""
    alice, mallory = rig.p.actor(key=rsa_key(0)), rig.e.actor(key=rsa_key(1))
    copy = f"{mallory.id}/copy"
    rig.e.documents[copy] = claim(alice, mallory)
    rig.p.answers[alice.id] = redirect(copy)
    async with rig.no_effect(fetches={copy}):
        request = mallory.sign(alice.unsigned(alice.create()), keyId=alice.key_id)
        assert (await rig.send(request, via=rig.e)).status in REFUSED
        await cannot_follow(rig, alice)


WRONG_TYPES = [
    "text/html",
    "application/json",
    "text/plain",
    "application/octet-stream",
    "image/png",
    "",
    "application/ld+json",
    'application/ld+json; profile="https://example.com/"',
    "application/activity+json, text/html",
    "text/html; application/activity+json",
    "application/activity+json-seq",
    "xapplication/activity+json",
    'multipart/mixed; boundary="application/activity+json"',
]
RIGHT_TYPES = [
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    'Application/LD+JSON;profile="https://www.w3.org/ns/activitystreams"',
]


async def test_B13_content_types(rig: Rig) -> None:
    """A file that somebody has uploaded at P is not a document of P."""
    peer = await rig.peer("types")
    async with rig.no_effect():
        for kind in WRONG_TYPES:
            actor = peer.actor()
            peer.answers[actor.id] = document(actor.document, kind=kind)
            assert (await rig.post(actor, actor.create())).status in NOTHING, kind
    for kind in RIGHT_TYPES:
        actor = peer.actor()
        peer.answers[actor.id] = document(actor.document, kind=kind)
        note = actor.note()
        assert (await rig.post(actor, actor.create(note))).status == 202, kind
        await rig.has_effect(note)


def link(iri: str, **more: str) -> Json:
    return {"rel": "self", "type": "application/activity+json", "href": iri, **more}


def jrd(subject: str, *links: Json, kind: str = "application/jrd+json") -> Answer:
    return document({"subject": subject, "links": list(links)}, kind=kind)


def wrong_fingers(rig: Rig, peer: Peer, actor: Actor) -> Iterator[tuple[str, Any]]:
    """Ways to answer that `actor` is called so, each of them wrong."""
    name = f"acct:{actor.id.rpartition('/')[2]}@{peer.host}"
    elsewhere = rig.p.actor().id
    yield "another subject", jrd(f"acct:somebody@{peer.host}", link(actor.id))
    yield "a subject elsewhere", jrd(f"acct:alice@{rig.p.host}", link(actor.id))
    yield "an actor elsewhere", jrd(name, link(elsewhere))
    yield "two actors", jrd(name, link(actor.id), link(f"{actor.id}x"))
    yield "no actor", jrd(name)
    yield "an actor over http", jrd(name, link(actor.id.replace("https:", "http:")))
    yield "a script for an actor", jrd(name, link("javascript:alert(1)"))
    yield "HTML", jrd(name, link(actor.id), kind="text/html")
    yield "ActivityStreams", jrd(name, link(actor.id), kind="application/activity+json")
    yield "a page as the actor", jrd(name, link(actor.id, type="text/html"))
    yield "to plain http", redirect(f"http://{peer.host}/finger")
    yield "to a private address", redirect("https://10.0.0.1/finger")
    yield "to loopback", redirect("https://127.0.0.1/finger")
    yield "to a file", redirect("file:///etc/passwd")
    yield "to itself", redirect(f"{peer.origin}/.well-known/webfinger?resource={name}")


async def test_B33_webfinger(rig: Rig) -> None:
    peer = await rig.peer("finger")
    chain = [f"{peer.origin}/finger/{hop}" for hop in range(11)]
    for here, there in pairwise(chain):
        peer.answers[here] = redirect(there)
    path = "/.well-known/webfinger"
    async with rig.no_effect(fetches=set(chain)):
        actors = [peer.actor() for _ in wrong_fingers(rig, peer, peer.actor())]
        for number, actor in enumerate(actors):
            _, peer.answers[path] = list(wrong_fingers(rig, peer, actor))[number]
            await cannot_follow(rig, actor)
        actor = peer.actor()
        peer.answers[chain[-1]] = jrd(f"acct:{actor.id.rpartition('/')[2]}@{peer.host}", link(actor.id))
        peer.answers[path] = redirect(chain[0])
        await cannot_follow(rig, actor)
        assert sum(peer.asked(url) for url in chain) <= 5
    del peer.answers[path]
    friend = peer.actor(unique("friend"))
    name = friend.id.rpartition("/")[2]
    followed = await ask(rig, "follow", name=AUTHOR, target=f"@{name}@{peer.host}")
    assert followed["state"] == "pending"
    await peer.until(lambda: any(each["type"] == "Follow" for each in peer.received))


def refused(actor: Actor) -> dict[str, Json]:
    """Documents with more in them than is read."""
    field = {"type": "PropertyValue", "name": "n", "value": "v"}
    return {
        "more than 1 MiB": {"summary": "あ" * 400_000},
        "5 MB": {"summary": "<p>" + "x" * 5_000_000},
        "10,000 fields": {"attachment": [field] * 10_000},
        "10,000 tags": {"tag": [{"type": "Emoji", "name": ":x:"}] * 10_000},
        "10,000 keys": {"assertionMethod": [actor.document["publicKey"]] * 10_000},
        "a long key": {"publicKey": {**actor.document["publicKey"], "publicKeyPem": "x" * 900_000}},
    }


def cut(actor: Actor) -> dict[str, Json]:
    """Documents of which a part is enough."""
    field = {"type": "PropertyValue", "name": "n", "value": "v"}
    return {
        "15,000 names": {"alsoKnownAs": [f"{actor.id}/{number}" for number in range(15_000)]},
        "3,000 fields": {"attachment": [field] * 3_000},
        "a long summary": {"summary": "<p>" + "x" * 900_000},
        "a long name": {"name": "な" * 200_000},
        "a long user name": {"preferredUsername": "x" * 500_000},
    }


async def test_B45_huge_actors(rig: Rig) -> None:
    """Refused, or cut; whoever else has something to say does not wait for it."""
    peer = await rig.peer("huge")
    notes = []
    async with rig.no_effect():
        for name in refused(peer.actor()):
            actor = peer.actor()
            actor.document.update(refused(actor)[name])
            async with asyncio.timeout(10):
                assert (await rig.post(actor, actor.create())).status in NOTHING, name
    for name in cut(peer.actor()):
        actor = peer.actor()
        actor.document.update(cut(actor)[name])
        notes.append(actor.note())
        async with asyncio.timeout(10):
            assert (await rig.post(actor, actor.create(notes[-1]))).status == 202, name
    found = await articles(rig)
    for note in notes:
        assert len(found[note["id"]].part("author")) < 200
