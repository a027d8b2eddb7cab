"""Boosts on the wire: ids that never change, a dialect for each server, and reversals that reach the same."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.servers import override_dialect
from actors.tables import jobs
from areas import boosts, relays, submissions
from areas.records import AreaRecord
from areas.rereads import REREAD, STEPS, schedule_step
from areas.tables import boosts as boost_table
from federation.vocabulary import Iri, Millis
from outbox.records import ALERT, ORDINARY
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


def test_ids_are_a_pure_function_of_area_object_and_generation() -> None:
    area = _an_area("megumino")
    iri = Iri("https://p.test/notes/1")
    assert (
        boosts.boost_iri(area, iri, 0)
        == "https://machi.test/areas/megumino/boosts/bbd053064b794f8237086176-0"
    )
    made = {
        boosts.boost_iri(each, thing, generation)
        for each in (area, _an_area("shimamatsu"))
        for thing in (iri, Iri("https://p.test/notes/2"))
        for generation in (0, 1)
    }
    assert len(made) == 8
    assert boosts.wrap_iri(area, iri) not in made, "GoToSocial tells boosts apart by the id alone"


def _an_area(name: str) -> AreaRecord:
    iri = Iri(f"https://machi.test/areas/{name}")
    return AreaRecord(
        actor_id=1,
        iri=iri,
        username=name,
        host="machi.test",
        name=name,
        followers=Iri(f"{iri}/followers"),
        number=1,
        code="012319",
        desk_id=2,
        policy="open",
        restricted=False,
        language="ja",
        author_hourly=0,
        author_daily=0,
        boosts_hourly=0,
    )


async def test_without_followers_of_the_activity_dialect_nothing_is_wrapped(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    """And the boost is for whatever dialect a follower is found to speak by the time that it is delivered."""
    await rig.follower(area, "mas", "object")
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    assert await rig.shorts() == ["Announce/both"]
    live = (await rig.live(note.id))["megumino"]
    assert (live.wrap_log_id, live.told) == (None, "object")


async def test_the_wrap_holds_the_create_byte_for_byte(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    note = rig.note(alice, "post", cc=(area.iri,))
    raw = b'{ "id":"https://p.test/notes/post/activity",  "type":"Create", "object": {"id":"\xe9\x9b\xaa"} }'
    activity = replace(rig.create(note), raw=raw)
    await rig.do(submissions.receive, author=alice, post=note, activity=activity, now=rig.now)
    wrap, _ = await rig.said()
    assert raw in wrap.raw
    assert wrap.body["published"]
    assert wrap.body["actor"] == area.iri


async def test_an_authors_server_is_told_in_its_own_dialect(rig: Rig, area: AreaRecord) -> None:
    lena = await rig.stranger("lena", "lemmy.test", dialect="activity")
    note = rig.note(lena, "page", cc=(area.iri,), type="Page", name="題")
    await rig.send(lena, note)
    wrap, announce = await rig.said()
    assert (wrap.short, wrap.to) == ("Announce{Create}/activity", ("lena",))
    assert announce.to == ()
    assert (await rig.live(note.id))["megumino"].told == "activity"


async def test_a_reversal_uses_the_dialect_that_was_used(rig: Rig, area: AreaRecord) -> None:
    """The server said only later what it is: its boost came in the other dialect, and so must the end of it."""
    lena = await rig.stranger("lena", "lemmy.test")
    note = rig.note(lena, "page", cc=(area.iri,))
    await rig.send(lena, note)
    await rig.do(override_dialect, "lemmy.test", "activity", rig.now)
    await rig.delete(lena, note.id)
    announce, undo = await rig.said()
    assert (announce.to, undo.to) == (("lena",), ("lena",))


async def test_a_local_author_is_told_nothing(rig: Rig, area: AreaRecord) -> None:
    hanako = await rig.resident()
    post, _ = await rig.publish(hanako, "x", area)
    assert (await rig.live(post.iri))["megumino"].told is None
    assert (await rig.said())[-1].to == ()


async def test_an_undo_embeds_the_boost_and_names_whoever_got_it(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    """With an id alone the boost stays on GoToSocial and Takahē."""
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    await rig.delete(alice, note.id)
    announce, undo = await rig.said()
    assert undo.body["object"] == {
        "id": announce.iri,
        "type": "Announce",
        "actor": area.iri,
        "object": note.id,
    }
    assert undo.body["cc"] == announce.body["cc"] == [area.followers, alice.iri]
    assert undo.iri == f"{announce.iri}/undo"


async def test_taking_back_twice_says_it_once(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    stored, live = await rig.stored(note.id), (await rig.live(note.id))["megumino"]
    voices = await rig.do(relays.voices_of, area.actor_id, stored, alice)
    for _ in range(2):
        await rig.do(boosts.undo, voices, stored, live, rig.now, removal=b"{}")
    assert await rig.shorts() == ["Announce/both", "Undo/both"]


async def test_a_boost_costs_the_same_rows_whoever_follows(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    for number in range(20):
        await rig.follower(area, f"f{number}")
    await rig.send(alice, rig.note(alice, "post", cc=(area.iri,)))
    assert len(await rig.said()) == 1
    assert await rig.count(boost_table) == 1


@pytest.mark.parametrize(("kind", "lane"), [("alert", ALERT), ("resident", ORDINARY), ("official", ORDINARY)])
async def test_what_an_alert_actor_says_goes_first(rig: Rig, area: AreaRecord, kind: str, lane: int) -> None:
    author = await rig.resident("eniwa_bosai" if kind == "official" else "eniwa_1", kind)  # type: ignore[arg-type]
    post, _ = await rig.publish(author, "【レベル4 大雨危険警報】恵庭市", area)
    await rig.rewrite(post, "【解除】")
    assert {each.lane for each in await rig.said()} == {lane}


async def test_a_boosted_remote_post_is_read_again(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    stored = await rig.stored(note.id)
    await rig.do(schedule_step, stored.id, stored.iri, 4, rig.now)
    await rig.do(schedule_step, stored.id, stored.iri, len(STEPS), rig.now)
    found = await rig.do(lambda tx: tx.execute(sa.select(jobs).order_by(jobs.c.due_at)).all())
    assert [(row.kind, row.key, row.due_at - rig.now) for row in found] == [
        (REREAD, f"{stored.id}:0", 10 * 60_000),
        (REREAD, f"{stored.id}:4", 7 * 24 * 3_600_000),
    ]
    assert json.loads(found[0].payload) == {
        "post": stored.id, "iri": note.id, "step": 0, "boosted_at": Millis(rig.now)
    }  # fmt: skip


async def test_a_local_post_is_not_read_again(rig: Rig, area: AreaRecord) -> None:
    await rig.publish(await rig.resident(), "x", area)
    assert await rig.count(jobs) == 0
