"""B20 to B25, B46, B47: what is stored is changed, ended and taken back by its owner alone, and not by old news."""

import pytest

from tests.attacks.rig import Rig, boosts
from tests.attacks.rig.ours import article, articles
from tests.attacks.rig.peers import CONTEXT, PUBLIC, Actor, Json, Peer, unique
from tests.attacks.test_b_audience import is_withdrawn

NOTHING = {202, 400, 401, 403}


async def posted(rig: Rig, actor: Actor, **changes: object) -> Json:
    """A new post that stands."""
    note = actor.note(**changes)
    assert (await rig.post(actor, actor.create(note))).status == 202
    await rig.has_effect(note)
    return note


async def shown(rig: Rig, note: Json) -> str:
    """What people read of a post."""
    return (await article(rig, note)).part("content")


def at_path(peer: Peer, path: str) -> Actor:
    """Somebody whose id is not below /users/."""
    actor = peer.actor(unique("path"))
    iri = f"{peer.origin}/{path}{unique('')}"
    key = {**actor.document["publicKey"], "id": f"{iri}#main-key", "owner": iri}
    peer.documents[iri] = {**actor.document, "id": iri, "publicKey": key, "inbox": f"{iri}/inbox"}
    return Actor(peer, iri, actor.key)


@pytest.mark.parametrize("where", ["elsewhere", "next door"])
async def test_B20_update_by_another(rig: Rig, where: str) -> None:
    alice, mallory = rig.p.actor(), (rig.e if where == "elsewhere" else rig.p).actor()
    note = await posted(rig, alice)
    before = await shown(rig, note)
    async with rig.no_effect():
        for author in (alice.id, mallory.id, None):
            update = mallory.update(note, attributedTo=author)
            assert (await rig.post(mallory, update)).status in NOTHING
            assert (await rig.post(mallory, {**update, "actor": alice.id})).status in {401, 403}
    assert await shown(rig, note) == before


async def test_B21_what_an_update_cannot_change(rig: Rig) -> None:
    """Author, id and date; and a private post is not made public."""
    alice, bob = rig.p.actor(), rig.p.actor()
    note = await posted(rig, alice)
    before = await shown(rig, note)
    when = (await article(rig, note)).part("when")
    other = alice.note()
    changes: list[Json] = [
        {"attributedTo": bob.id},
        {"attributedTo": [alice.id, bob.id]},
        {"published": "2020-01-01T00:00:00Z"},
        {"published": "2099-01-01T00:00:00Z"},
        {"id": other["id"], "to": [f"{alice.id}/followers"], "cc": []},
    ]
    async with rig.no_effect():
        for number, change in enumerate(changes, 2):
            update = alice.update(note, seconds=number, **change)
            assert (await rig.post(alice, update)).status in NOTHING, change
    assert await shown(rig, note) == before
    assert (await article(rig, note)).part("when") == when
    assert (await rig.post(alice, alice.update(note, seconds=20))).status == 202
    assert await shown(rig, note) == "べつの文です。"


async def test_B22_older_update_after_a_newer(rig: Rig) -> None:
    """By the author's clock; a repeat is the same update, whatever id it has."""
    alice = rig.p.actor()
    note = await posted(rig, alice)
    first = alice.update(note, seconds=60, content="<p>さいしょ</p>")
    second = alice.update(note, seconds=120, content="<p>つぎ</p>")
    same_time = alice.update(note, seconds=120, content="<p>おなじ時</p>")
    assert (await rig.post(alice, second)).status == 202
    assert await shown(rig, note) == "つぎ"
    async with rig.no_effect():
        for update in (first, second, same_time, {**second, "id": f"{first['id']}/again"}):
            assert (await rig.post(alice, update)).status == 202
        assert await shown(rig, note) == "つぎ"
    third = alice.update(note, seconds=180, content="<p>さいご</p>")
    assert (await rig.post(alice, {**third, "id": second["id"]})).status == 202, "one id for all edits"
    assert await shown(rig, note) == "さいご"


async def test_B23_delete_by_another(rig: Rig) -> None:
    alice, bob, mallory = rig.p.actor(), rig.p.actor(), rig.e.actor()
    note = await posted(rig, alice)
    async with rig.no_effect():
        for thief in (bob, mallory):
            tombstone = {"type": "Tombstone", "id": note["id"], "atomUri": note["id"]}
            for thing in (note["id"], tombstone, note, {"id": note["id"]}, alice.id, {"id": alice.id}):
                assert (await rig.post(thief, thief.activity("Delete", thing))).status in NOTHING
            forged = {**thief.activity("Delete", note["id"]), "actor": alice.id}
            assert (await rig.post(thief, forged)).status in {401, 403}
    await posted(rig, alice)


async def test_B24_what_is_deleted_stays_deleted(rig: Rig) -> None:
    """Whatever comes after it, and where it comes before what it deletes."""
    alice, bob = rig.p.actor(), rig.p.actor()
    note = await posted(rig, alice)
    delete = alice.activity("Delete", {"type": "Tombstone", "id": note["id"]})
    assert (await rig.post(alice, delete)).status == 202
    await is_withdrawn(rig, note)
    early, taken = alice.note(), alice.note()
    async with rig.no_effect():
        assert (await rig.post(alice, alice.activity("Delete", early["id"]))).status == 202
        for ended in (note, early):
            again = alice.create(ended, id=f"{alice.id}/activities/{unique('c')}")
            for activity in (
                alice.create(ended),
                again,
                alice.update(ended),
                alice.update(ended, seconds=9999),
            ):
                assert (await rig.post(alice, activity)).status == 202
    assert (await rig.post(bob, bob.activity("Delete", taken["id"]))).status in NOTHING
    assert (await rig.post(alice, alice.create(taken))).status == 202
    await rig.has_effect(taken)


async def test_B25_undo_by_another(rig: Rig) -> None:
    """Of a Follow, a Like, a boost: by id and embedded; and of what never was."""
    home = await rig.peer("undone")
    reader, alice = home.actor(), rig.p.actor()
    follow = reader.activity("Follow", rig.adapter.area)
    await rig.post(reader, follow)
    await home.until(lambda: any(each["type"] == "Accept" for each in home.received))
    note = await posted(rig, alice)
    like, share = reader.activity("Like", note["id"]), reader.activity("Announce", note["id"], to=[PUBLIC])
    for activity in (like, share):
        assert (await rig.post(reader, activity)).status == 202
    likes = (await article(rig, note)).text
    thieves = (rig.e.actor(), home.actor())
    async with rig.no_effect():
        for thief in thieves:
            for done in (follow, like, share):
                for thing in (done, done["id"], {**done, "actor": thief.id}, {"id": done["id"]}):
                    undo = thief.activity("Undo", thing)
                    assert (await rig.post(thief, undo)).status in NOTHING
                    assert (await rig.post(thief, {**undo, "actor": reader.id})).status in {401, 403}
        for thing in (
            f"{reader.id}/never",
            reader.activity("Like", note["id"]),
            reader.activity("Zap", note["id"]),
        ):
            assert (await rig.post(reader, reader.activity("Undo", thing))).status in NOTHING
    assert (await article(rig, note)).text == likes
    kept = await posted(rig, alice)
    await home.until(lambda: bool(boosts(home, kept["id"])))
    for done in (like, share, follow):
        assert (await rig.post(reader, reader.activity("Undo", done))).status == 202
    assert (await article(rig, note)).text != likes
    last = await posted(rig, alice)
    assert not boosts(home, last["id"])


async def test_B46_handle_taken_again(rig: Rig) -> None:
    """Who has the name now has nothing of who had it before."""
    name = unique("tanaka")
    first = rig.p.actor(name)
    note = await posted(rig, first)
    del rig.p.documents[first.id]
    second = at_path(rig.p, "accounts/")
    second.document["preferredUsername"] = name
    newer = await posted(rig, second)
    async with rig.no_effect():
        for activity in (
            second.update(note, attributedTo=second.id),
            second.activity("Delete", note["id"]),
            second.activity("Delete", first.id),
        ):
            assert (await rig.post(second, activity)).status in NOTHING
    found = await articles(rig)
    authors = [found[each["id"]].element.find(".//p[@class='author']/a") for each in (note, newer)]
    assert [each.get("href") for each in authors if each is not None] == [first.id, second.id]


async def test_B47_several_people_on_one_origin(rig: Rig) -> None:
    """~alice is not ~bob, though one origin is both of theirs."""
    alice, bob = at_path(rig.p, "~alice"), at_path(rig.p, "~bob")
    alina = Actor(rig.p, f"{alice.id}na", bob.key)
    key = {"id": f"{alice.id}#main-key", "owner": alina.id, "publicKeyPem": bob.key.pem}
    rig.p.documents[alina.id] = {**alice.document, "@context": CONTEXT, "id": alina.id, "publicKey": key}
    note = await posted(rig, alice)
    before = await shown(rig, note)
    like = alice.activity("Like", note["id"])
    assert (await rig.post(alice, like)).status == 202
    async with rig.no_effect():
        for activity in (
            bob.update(note),
            bob.update(note, attributedTo=bob.id),
            bob.activity("Delete", note["id"]),
            bob.activity("Delete", alice.id),
            bob.activity("Undo", like),
            bob.activity("Undo", like["id"]),
            bob.create({**note, "attributedTo": bob.id}, id=f"{bob.id}/activities/{unique('c')}"),
        ):
            assert (await rig.post(bob, activity)).status in NOTHING
        for actor in (alina, alice):
            forged = bob.sign(alice.unsigned({**alice.update(note), "actor": actor.id}), keyId=alice.key_id)
            assert (await rig.send(forged)).status in {401, 403}
    assert await shown(rig, note) == before
