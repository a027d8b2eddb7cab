"""Deletions by authors, and of whole accounts: every boost is taken back, and what comes late stays deleted."""

import pytest
import sqlalchemy as sa

from actors.jobs import claim
from actors.records import ActorRecord
from actors.remote import mark_gone
from areas import posts, submissions, timelines
from areas.records import AreaRecord
from areas.tables import originals, post_recipients, tombstones
from federation.errors import Refused
from federation.vocabulary import Millis, Post
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def note(rig: Rig, area: AreaRecord, alice: ActorRecord) -> Post:
    """A post that was boosted, in both dialects."""
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    return note


async def test_a_deletion_takes_the_boost_back(rig: Rig, alice: ActorRecord, note: Post) -> None:
    wrap, announce = await rig.said()
    assert await rig.delete(alice, note.id) is True
    undo, removal = (await rig.said())[2:]
    assert (undo.short, undo.concerns, undo.cancels) == ("Undo/object", announce.id, True)
    assert (removal.short, removal.concerns, removal.cancels) == ("Announce{Delete}/activity", wrap.id, True)
    assert removal.body["object"]["actor"] == alice.iri, "the author's own Delete"
    assert await rig.states(note.id) == {"megumino": "withdrawn deleted"}


async def test_nothing_of_it_is_left(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.delete(alice, note.id)
    stored = await rig.stored(note.id)
    assert (stored.deleted_at, stored.content, stored.url, stored.attachments) == (rig.now, "", None, "[]")
    assert [await rig.count(table) for table in (originals, post_recipients)] == [0, 0]


async def test_a_deletion_that_is_signed_inside_is_passed_on(
    rig: Rig, alice: ActorRecord, note: Post
) -> None:
    _, announce = await rig.said()
    await rig.delete(alice, note.id, is_signed=True)
    (forward,) = [each for each in await rig.said() if each.type == "Forward"]
    assert (forward.dialect, forward.concerns) == ("signed", announce.id)
    assert forward.raw == rig.deletion(alice, note.id)


async def test_deleting_twice_is_once(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.delete(alice, note.id)
    said = await rig.said()
    assert await rig.delete(alice, note.id) is False
    assert await rig.said() == said


async def test_the_same_create_again_brings_nothing_back(rig: Rig, alice: ActorRecord, note: Post) -> None:
    await rig.delete(alice, note.id)
    assert await rig.send(alice, note) == {}
    assert await rig.live(note.id) == {}


async def test_what_was_deleted_before_it_came_stays_deleted(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    assert await rig.delete(alice, note.id) is False
    assert await rig.send(alice, note) == {}
    assert await rig.edit(alice, note) == {}
    assert await rig.post(note.id) is None


async def test_nobody_else_deletes_a_post_before_it_came(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    neighbour = await rig.stranger("neighbour")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.delete(neighbour, note.id)
    assert await rig.send(alice, note) == {"megumino": "accepted accepted"}
    assert await rig.delete(alice, note.id) is True


async def test_nobody_else_deletes_a_post(rig: Rig, alice: ActorRecord, note: Post) -> None:
    bob = await rig.stranger("bob")
    assert await rig.delete(bob, note.id) is False
    assert (await rig.stored(note.id)).deleted_at is None
    assert await rig.count(tombstones) == 0


async def test_a_burial_is_of_one_origin(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    """B23. What somebody elsewhere says is gone stays free for its owner."""
    eve, note = await rig.stranger("eve", "e.test"), rig.note(alice, "next", cc=(area.iri,))
    await rig.do(posts.bury, note.id, eve, rig.now)
    assert not await rig.do(posts.is_ended, note.id, alice)
    assert await rig.do(posts.is_ended, note.id, eve)
    assert await rig.send(alice, note) == {"megumino": "accepted accepted"}


async def test_what_is_held_is_withdrawn_and_cannot_be_approved(rig: Rig, alice: ActorRecord) -> None:
    area = await rig.area("shimamatsu", policy="review")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    held = (await rig.placements(note.id))["shimamatsu"]
    await rig.delete(alice, note.id)
    assert await rig.states(note.id) == {"shimamatsu": "withdrawn deleted"}
    with pytest.raises(Refused):
        await rig.decide("approve", held)


async def test_a_silent_deletion_is_said_by_the_desk(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post
) -> None:
    await rig.do(submissions.withdraw, actor=alice, iri=note.id, raw=b"", now=rig.now)
    removal = (await rig.said())[-1]
    assert removal.body["object"]["actor"].endswith("/people/megumino_desk")


async def test_with_an_account_everything_ends(
    rig: Rig, area: AreaRecord, alice: ActorRecord, note: Post
) -> None:
    second = rig.note(alice, "second", cc=(area.iri,))
    await rig.send(alice, second)
    bob = await rig.stranger("bob")
    others = rig.note(bob, "others", cc=(area.iri,))
    await rig.send(bob, others)
    assert await rig.do(submissions.forget_actor, alice, rig.now) == 2
    for ended in (note, second):
        assert (await rig.stored(ended.id)).deleted_at is not None
        assert await rig.live(ended.id) == {}
    assert (await rig.live(others.id)).keys() == {"megumino"}


async def test_a_long_life_ends_in_parts(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    for number in range(submissions.ENDED_AT_ONCE + 1):
        rig.pass_time()
        await rig.send(alice, rig.note(alice, f"n{number}", cc=(area.iri,)))

    def end(tx: sa.Connection) -> int:
        ended = submissions.forget_actor(tx, alice, rig.now)
        mark_gone(tx, alice.id, rig.now)
        return ended

    assert await rig.do(end) == submissions.ENDED_AT_ONCE
    shown = await rig.do(timelines.area_timeline, area.actor_id)
    assert shown == [], "what is left is not shown meanwhile"
    (job,) = await rig.do(claim, (submissions.FORGET,), 10, rig.now, 1000)
    assert job.key == str(alice.id)
    assert await rig.do(submissions.forget_actor, alice, rig.now) == 1
    assert await rig.do(submissions.forget_actor, alice, rig.now) == 0
    assert await rig.do(posts.posts_by, alice.id, 10) == []


async def test_what_a_deleted_account_sends_late_is_not_stored(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    """Each of its posts stays deleted by itself."""
    note = rig.note(alice, "post", cc=(area.iri,), published=Millis(rig.now - 1))
    await rig.send(alice, note)
    await rig.do(submissions.forget_actor, alice, rig.now)
    assert await rig.send(alice, note) == {}
    assert await rig.live(note.id) == {}
