"""B32, B34, B35, B44: who somebody is, under which name, and where letters to her go."""

import asyncio

from tests.attacks.rig import Rig
from tests.attacks.rig.keys import rsa_key
from tests.attacks.rig.ours import article
from tests.attacks.rig.peers import Actor, unique
from tests.attacks.rig.wire import Request

REFUSED = {401, 403}
NOTHING = {202, 400, *REFUSED}


async def test_B32_names_of_others(rig: Rig) -> None:
    """A handle has the host of its id, and no part of a name can be taken for another host."""
    names = [
        "admin",
        f"alice@{rig.p.host}",
        f"alice＠{rig.p.host}",
        "@alice",
        "alice\u202e",
        "ali\u200bce",
        "alice\n",
    ]
    notes = []
    for name in names:
        webfinger = f"admin@{rig.p.host}"
        mallory = rig.e.actor(preferredUsername=name, webfinger=webfinger, url=f"{rig.p.origin}/@admin")
        notes.append(mallory.note())
        assert (await rig.post(mallory, mallory.create(notes[-1]))).status == 202
    for name, note in zip(names, notes, strict=True):
        await rig.has_effect(note)
        handle = (await article(rig, note)).part("handle")
        assert handle.endswith(f"@{rig.e.host}"), name
        assert handle.isprintable(), name
        assert handle.count("@") == 2, name
        assert not {"＠", "\u202e", "\u200b"}.intersection(handle), name
        assert rig.p.host not in handle, name


async def test_B34_webfinger_questions(rig: Rig) -> None:
    """About other hosts, twice, about nothing, at length: nothing of the question comes back."""
    origin, marker = rig.adapter.area.rpartition("/areas/")[0], unique("marker")
    host = origin.removeprefix("https://")
    area = f"acct:machi@{host}"
    wrong = [
        f"?resource=acct:{marker}@other.test",
        f"?resource=acct:machi@{marker}.test",
        f"?resource=acct:{marker}@{host}",
        f"?resource={area}&resource=acct:{marker}@{host}",
        f"?resource=acct:{marker}@{host}&resource={area}",
        "",
        "?resource=",
        f"?resource={marker}",
        f"?resource=https://{marker}.test/areas/machi",
        f"?resource=acct:machi@{host}:{marker}",
        f"?resource=acct:machi@{marker}@{host}",
        f"?resource=%3Cscript%3E{marker}",
        f"?resource=acct:machi%00{marker}@{host}",
        f"?resource=acct:%ff{marker}@{host}",
        f"?resource=acct:{marker * 15_000}@{host}",
        f"?{marker}={area}",
    ]
    for query in wrong:
        answer = await rig.get(f"{origin}/.well-known/webfinger{query}")
        assert answer.status in {400, 404, 414, 431}, query[:100]
        assert marker.encode() not in answer.body, query[:100]
    for header in ("other.test", f"{marker}.test"):
        target = f"/.well-known/webfinger?resource=acct:machi@{header}"
        answer = await rig.send(Request("GET", target, [("Host", header)]))
        assert answer.status in {400, 404, 421}
        assert marker.encode() not in answer.body


async def follow_area(rig: Rig, actor: Actor) -> None:
    assert (await rig.post(actor, actor.activity("Follow", rig.adapter.area))).status in NOTHING


async def test_B35_inboxes_elsewhere(rig: Rig) -> None:
    """Nobody makes the server post to a third, to itself, to an address."""
    victim = await rig.peer("victim")
    area, mallory = rig.adapter.area, rig.e.actor(endpoints={"sharedInbox": victim.inbox})
    await follow_area(rig, mallory)
    await rig.e.until(
        lambda: any(mallory.id in str(each) for each in rig.e.received if each["type"] == "Accept")
    )
    inboxes = [victim.inbox, f"{victim.origin}/users/alice/inbox", rig.inbox, rig.shared_inbox]
    inboxes += [
        "https://127.0.0.1/inbox",
        "https://10.0.0.1/inbox",
        "https://[::1]/inbox",
        "//victim.test/inbox",
        "",
    ]
    inboxes += [f"https://{rig.e.host}@{victim.host}/inbox", f"{rig.e.origin}.{victim.host}/inbox"]
    async with rig.no_effect():
        for inbox in inboxes:
            reflector = rig.e.actor(inbox=inbox, endpoints={"sharedInbox": inbox})
            await follow_area(rig, reflector)
            message = reflector.note(to=[area], cc=[])
            assert (await rig.post(reflector, reflector.create(message))).status in NOTHING
    author = rig.e.actor(inbox=victim.inbox)
    note = author.note(to=["as:Public", area])
    assert (await rig.post(author, author.create(note))).status == 202
    await rig.has_effect(note)
    assert not [each for each in victim.requests if each.method == "POST"]


async def test_B44_what_actors_say_of_themselves(rig: Rig) -> None:
    """Only at their own address, only of themselves."""
    alice, mallory, bob = (
        rig.p.actor(key=rsa_key(0)),
        rig.e.actor(key=rsa_key(1)),
        rig.p.actor(key=rsa_key(2)),
    )
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    handle = (await article(rig, note)).part("handle")
    false = {
        **alice.document,
        "type": "Group",
        "preferredUsername": "admin",
        "inbox": f"{mallory.id}/inbox",
        "publicKey": {**alice.document["publicKey"], "publicKeyPem": mallory.key.pem},
    }
    seen = rig.p.asked(alice.id)
    async with rig.no_effect():
        for thing in (false, alice.id, {**false, "id": mallory.id}):
            assert (await rig.post(mallory, mallory.activity("Update", thing))).status in NOTHING
        assert rig.p.asked(alice.id) == seen, "nobody else has her read again"
        assert (await rig.post(alice, alice.activity("Update", false))).status == 202
        await rig.p.until(lambda: rig.p.asked(alice.id) > seen)
        forged = mallory.sign(alice.unsigned(alice.create()), keyId=alice.key_id)
        assert (await rig.send(forged, via=rig.e)).status in REFUSED
    kept = alice.note()
    assert (await rig.post(alice, alice.create(kept))).status == 202
    await rig.has_effect(kept)
    assert (await article(rig, kept)).part("handle") == handle
    alice.document["publicKey"] = {**alice.document["publicKey"], "owner": bob.id}
    seen = rig.p.asked(alice.id)
    assert (await rig.post(alice, alice.activity("Update", alice.id))).status == 202
    await rig.p.until(lambda: rig.p.asked(alice.id) > seen)
    async with rig.no_effect():
        async with asyncio.timeout(10):
            while (await rig.post(alice, alice.activity("View", note["id"]))).status not in REFUSED:
                await asyncio.sleep(0.05)
        assert (await rig.post(alice, alice.create())).status in REFUSED
        stolen = alice.sign(bob.unsigned(bob.create()))
        assert (await rig.send(stolen)).status in REFUSED
