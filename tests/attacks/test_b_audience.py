"""B16 to B19, B31, B42, B43: who may read a post is for its author to say, and never widens."""

from typing import Any

import pytest

from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.ours import article, articles, page
from tests.attacks.rig.peers import PUBLIC, Actor, Json, Peer, unique

PUBLIC_NAMES: list[object] = [PUBLIC, "as:Public", "Public", [PUBLIC], ["as:Public"], ["Public"]]


def followers(actor: Actor) -> str:
    return str(actor.document["followers"])


async def local_author(rig: Rig) -> tuple[str, str]:
    """A post of ours that stands, and who wrote it."""
    ours = await rig.adapter.post(f"{unique('公園')}の花が咲きました。")
    await rig.has_effect({"id": ours})
    return ours, str((await rig.get(ours)).json()["attributedTo"])


def mention(iri: str) -> Json:
    return {"type": "Mention", "href": iri, "name": "@someone"}


def is_undone(peer: Peer, iri: str) -> bool:
    """Whether the boost of a post was taken back at a peer."""
    undone = [each["object"] for each in peer.received if each["type"] == "Undo"]
    return any(isinstance(each, dict) and each.get("object") == iri for each in undone)


async def is_withdrawn(rig: Rig, note: Json) -> None:
    """Wait until a boosted post has left every place."""
    for peer in (rig.p, rig.e):
        await peer.until(lambda peer=peer: is_undone(peer, note["id"]))  # type: ignore[misc]
    assert note["id"] not in await rig.adapter.timeline()
    assert note["id"].encode() not in (await rig.get(rig.area["outbox"])).body


async def test_B16_announced_with_its_object(rig: Rig) -> None:
    """What E says of P's posts is not believed, of those that are known here and of others."""
    alice, mallory = rig.p.actor(), rig.e.actor()
    known, unknown = alice.note(), alice.note()
    await rig.post(alice, alice.create(known))
    await rig.has_effect(known)
    before = (await article(rig, known)).text
    async with rig.no_effect(fetches={known["id"], unknown["id"]}):
        for note in (known, unknown):
            false: Json = {**note, "content": "<p>にせの文です。</p>", "updated": "2030-01-01T00:00:00Z"}
            wrapped = [alice.create(false), alice.update(false), alice.activity("Delete", note["id"])]
            things: list[Any] = [false, *wrapped, {**wrapped[0], "object": note["id"]}, [false, known]]
            for thing in things:
                announce = mallory.activity("Announce", thing, to=[PUBLIC], cc=[rig.adapter.area])
                assert (await rig.post(mallory, announce)).status // 100 in {2, 4}
    assert (await article(rig, known)).text == before


async def test_B17_private_posts_announced(rig: Rig) -> None:
    alice, mallory = rig.p.actor(), rig.e.actor()
    _, hanako = await local_author(rig)
    kept = alice.note(to=[followers(alice)], cc=[hanako], tag=[mention(hanako)])
    message = alice.note(to=[hanako], cc=[], tag=[mention(hanako)])
    unknown = alice.note(to=[followers(alice)], cc=[])
    async with rig.no_effect(fetches={unknown["id"]}):
        for note in (kept, message):
            assert (await rig.post(alice, alice.create(note))).status == 202
        for note in (kept, message, unknown):
            for actor in (mallory, alice):
                announce = actor.activity("Announce", note["id"], to=[PUBLIC], cc=[rig.adapter.area])
                assert (await rig.post(actor, announce)).status in {202, 400, 403}


async def check_private_replies(rig: Rig) -> None:
    """They stand in no thread and no collection."""
    ours, hanako = await local_author(rig)
    alice = rig.p.actor()
    private = alice.note(to=[followers(alice)], cc=[hanako], tag=[mention(hanako)], inReplyTo=ours)
    message = alice.note(to=[hanako], cc=None, tag=[mention(hanako)], inReplyTo=ours)
    public = alice.note(cc=[hanako], tag=[mention(hanako)], inReplyTo=ours)
    async with rig.no_effect():
        for note in (private, message, public):
            assert (await rig.post(alice, alice.create(note))).status == 202
    assert set(await articles(rig, ours)) == {ours, public["id"]}
    replies = (await rig.get(f"{ours}/replies")).json()
    assert (replies["totalItems"], replies["orderedItems"]) == (1, [public["id"]])
    assert private["id"].encode() not in (await page(rig, ours)).body


async def test_B18_not_for_everybody(rig: Rig) -> None:
    """A post for followers, or for the area alone: the activity around it says what it likes."""
    alice, area = rig.p.actor(), rig.adapter.area
    audiences: list[dict[str, object]] = [
        {"to": [followers(alice)], "cc": [area]},
        {"to": [area], "cc": []},
        {"to": area, "cc": None},
        {"to": [followers(alice), area], "cc": []},
        {"to": [], "cc": []},
        {"to": [], "cc": [], "audience": PUBLIC},
        {"to": [area], "cc": [f"{PUBLIC}#"]},
        {"to": [area], "cc": ["https://www.w3.org/ns/activitystreams"]},
        {"to": [area], "cc": [{"type": "Mention", "href": PUBLIC}]},
    ]
    async with rig.no_effect():
        for audience in audiences:
            notes = [alice.note(**audience, tag=[mention(area)]) for _ in range(2)]
            for activity in (alice.create(notes[0]), alice.create(notes[1], to=[PUBLIC], cc=[area])):
                assert (await rig.post(alice, activity)).status == 202, audience
        narrowed = alice.note(tag=[mention(area)])
        assert (await rig.post(alice, alice.create(narrowed, to=[area], cc=[]))).status == 202
        without = {key: value for key, value in alice.note().items() if key not in {"to", "cc"}}
        for to in ([area], [followers(alice), area]):
            assert (await rig.post(alice, alice.create(without, to=to))).status == 202
    await check_private_replies(rig)


@pytest.mark.parametrize("audience", ["followers", "nobody", "the area"])
async def test_B19_made_private(rig: Rig, audience: str) -> None:
    """The boost is taken back, and does not come again when the post is made public once more."""
    alice, area = rig.p.actor(), rig.adapter.area
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    path = (await article(rig, note)).path
    to = {"followers": [followers(alice)], "nobody": [], "the area": [area]}[audience]
    assert (await rig.post(alice, alice.update(note, to=to, cc=[]))).status == 202
    await is_withdrawn(rig, note)
    gone = await rig.get(area.rpartition("/areas/")[0] + path, "text/html")
    assert gone.status in {404, 410}
    async with rig.no_effect():
        assert (await rig.post(alice, alice.update(note, seconds=2))).status == 202


async def test_B31_private_post_again_for_everybody(rig: Rig) -> None:
    alice = rig.p.actor()
    _, hanako = await local_author(rig)
    for narrow in ({"to": [followers(alice)], "cc": [hanako]}, {"to": [hanako], "cc": []}):
        note = alice.note(**narrow, tag=[mention(hanako)])
        wide = {**note, "to": [PUBLIC], "cc": [rig.adapter.area, hanako]}
        async with rig.no_effect(fetches={note["id"]}):
            assert (await rig.post(alice, alice.create(note))).status == 202
            again = alice.create(wide, id=f"{alice.id}/activities/{unique('c')}")
            announce = alice.activity("Announce", wide, to=[PUBLIC])
            for activity in (alice.create(wide), again, alice.update(wide), announce):
                assert (await rig.post(alice, activity)).status in {202, 403}


@pytest.mark.parametrize("is_unlisted", [False, True], ids=["public", "unlisted"])
async def test_B42_names_of_the_public(rig: Rig, is_unlisted: bool) -> None:
    alice, area = rig.p.actor(), rig.adapter.area
    notes = []
    for name in PUBLIC_NAMES:
        names = [*name, area] if isinstance(name, list) else [name, area]
        notes.append(alice.note(to=[], cc=names) if is_unlisted else alice.note(to=name, cc=[area]))
        assert (await rig.post(alice, alice.create(notes[-1]))).status == 202
    for note in notes:
        await rig.has_effect(note)


async def test_B43_blind_copies(rig: Rig) -> None:
    """Whom an author names in secret stands in nothing that is served or sent, in either dialect."""
    reader = await rig.peer("threadiverse", software="lemmy")
    follower, alice = reader.actor(), rig.p.actor()
    await rig.post(follower, follower.activity("Follow", rig.adapter.area))
    await reader.until(lambda: any(each["type"] == "Accept" for each in reader.received))
    secret = f"https://{rig.p.host}/users/{unique('secret')}"
    blind: dict[str, Any] = {"bto": [secret], "bcc": secret}
    note = alice.note(**blind)
    assert (await rig.post(alice, alice.create(note, **blind))).status == 202
    await rig.has_effect(note)
    await reader.until(lambda: bool(boosts(reader, note["id"])))
    changed = alice.update(note, **blind, content="<p>あとで直した文です。</p>")
    signature = {"type": "RsaSignature2017", "creator": alice.key_id, "signatureValue": "AAAA"}
    assert (await rig.post(alice, {**changed, **blind, "signature": signature})).status == 202
    await reader.until(lambda: any("直した" in str(each) for each in reader.received))
    later = alice.note()
    assert (await rig.post(alice, alice.create(later))).status == 202
    await rig.has_effect(later)
    for peer in rig.peers.values():
        assert not [each for each in peer.requests if each.method == "POST" and secret.encode() in each.body]
    for url in (rig.area["outbox"], f"{rig.area['outbox']}?page=1"):
        outbox = await rig.get(url)
        assert note["id"].encode() in outbox.body
        assert secret.encode() not in outbox.body
    assert secret.encode() not in (await page(rig, (await article(rig, note)).path)).body
