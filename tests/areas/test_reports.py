"""Reports: kept once, bounded, and brought to the area that has to do with the thing."""

import json
import secrets

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from areas import reports
from areas.records import AreaRecord
from areas.tables import reports as report_table
from federation.vocabulary import Iri
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


async def file(
    rig: Rig, actor: ActorRecord | None, *things: str, slug: str = "1", text: str = "spam"
) -> int | None:
    iri = None if actor is None else Iri(f"https://{actor.host}/flags/{slug}")
    objects = [Iri(thing) for thing in things]
    return await rig.do(reports.file, actor=actor, iri=iri, objects=objects, text=text, now=rig.now)


async def rows(rig: Rig) -> list[sa.Row[tuple[object, ...]]]:
    return list(
        await rig.do(lambda tx: tx.execute(sa.select(report_table).order_by(report_table.c.id)).all())
    )


async def test_a_report_is_kept(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    bob = await rig.stranger("bob")
    assert await file(rig, bob, note.id, alice.iri, note.id, text="これは\u202e広告です") is not None
    (row,) = await rows(rig)
    assert json.loads(row.objects) == [note.id, alice.iri]
    assert (row.area_id, row.actor_id, row.text) == (area.actor_id, bob.id, "これは広告です")


async def test_the_same_report_is_kept_once_and_another_actor_cannot_use_up_its_id(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    bob = await rig.stranger("bob")
    assert await file(rig, bob, alice.iri) is not None
    assert await file(rig, bob, alice.iri) is None
    assert await file(rig, alice, bob.iri) is not None
    assert len(await rows(rig)) == 2


async def test_reports_without_an_account_are_all_kept(rig: Rig, area: AreaRecord) -> None:
    assert await file(rig, None, area.iri) is not None
    assert await file(rig, None, area.iri) is not None


async def test_ids_of_one_millisecond_do_not_lose_a_report(
    rig: Rig, area: AreaRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    chances = iter([1, 1, 2])
    monkeypatch.setattr(secrets, "randbits", lambda _bits: next(chances, 3))
    assert await file(rig, None, area.iri) != await file(rig, None, area.iri)
    assert len(await rows(rig)) == 2


async def test_a_reporter_is_heard_a_hundred_times_a_day(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    for number in range(reports.MOST_PER_DAY):
        assert await file(rig, alice, area.iri, slug=str(number)) is not None
    assert await file(rig, alice, area.iri, slug="more") is None
    assert await file(rig, await rig.stranger("bob"), area.iri) is not None
    rig.pass_time(reports.DAY)
    assert await file(rig, alice, area.iri, slug="more") is not None


async def test_much_is_cut(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    things = [f"https://p.test/notes/{number}" for number in range(reports.MOST_OBJECTS + 5)]
    await file(rig, alice, *things, text="あ" * (reports.TEXT_LENGTH + 5))
    (row,) = await rows(rig)
    assert len(json.loads(row.objects)) == reports.MOST_OBJECTS
    assert len(row.text) == reports.TEXT_LENGTH


async def test_whose_report_it_is(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    """The post, wherever it lives, the boost, the page here, an answer, the area, its desk, the author."""
    other = await rig.area("kashiwagi")
    note = rig.note(alice, "post", cc=(other.iri,))
    await rig.send(alice, note)
    stored = await rig.stored(note.id)
    bob = await rig.stranger("bob")
    reply = rig.note(bob, "reply", in_reply_to=note.id)
    await rig.send(bob, reply)
    boost = (await rig.live(note.id))["kashiwagi"].iri
    desk = other.iri.replace("/areas/", "/people/") + "_desk"
    pages = (f"https://machi.test/posts/{stored.id}", f"https://machi.test/posts/{stored.id}?lang=en")
    for thing in (note.id, boost, *pages, reply.id, other.iri, desk, alice.iri):
        assert await rig.do(reports.find_area_of, [Iri("https://x.test/1"), Iri(thing)]) == other.actor_id, (
            thing
        )


async def test_what_is_not_ours_is_nobodys(rig: Rig, area: AreaRecord, alice: ActorRecord) -> None:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    stored = await rig.stored(note.id)
    bob = await rig.stranger("bob")
    for thing in (
        f"https://p.test/posts/{stored.id}",
        "https://machi.test/posts/9999999999999999999",
        "https://machi.test/posts/1",
        "https://machi.test/",
        bob.iri,
    ):
        assert await rig.do(reports.find_area_of, [Iri(thing)]) is None, thing
    assert await rig.do(reports.find_area_of, []) is None
