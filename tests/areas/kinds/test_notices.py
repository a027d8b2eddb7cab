"""Notices: who writes them, how long they hold, where they stand, corrected and withdrawn."""

import pytest
import sqlalchemy as sa

from actors.records import ActorKind, ActorRecord
from areas import categories, compose, interactions, kinds, timelines
from areas.kinds import KINDS, Unfit
from areas.records import AreaRecord, PostRecord, Revision
from areas.timelines import STANDING
from federation.errors import Refused
from federation.vocabulary import PUBLIC, Millis
from tests.areas.kinds.test_steps import with_tag
from tests.areas.rig import HOUR, Rig
from tests.testrig.clock import DAY, NOON

pytestmark = pytest.mark.anyio
DAYS = {"since": "2026-11-26", "last_day": "2026-11-28"}


@pytest.fixture
async def desk(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("eniwa_koho", "official")


async def notify(rig: Rig, desk: ActorRecord, area: AreaRecord, **details: str) -> PostRecord:
    post, _ = await rig.publish(desk, "断水します。", area, kind="notice", details=details)
    return post


async def in_force(rig: Rig, area: AreaRecord | None = None) -> list[int]:
    found = await rig.do(timelines.in_force, rig.now, area_id=None if area is None else area.actor_id)
    return [each.post.id for each in found]


async def change(rig: Rig, post: PostRecord, revision: Revision) -> PostRecord:
    def edit(tx: sa.Connection) -> PostRecord:
        return compose.edit(tx, post.id, revision, rig.now)

    return await rig.do(edit)


@pytest.mark.parametrize("kind", ["resident", "shop", "partner"])
async def test_only_who_speaks_for_the_town_writes_a_notice(
    rig: Rig, area: AreaRecord, kind: ActorKind
) -> None:
    person = await rig.resident("hanako", kind)
    with pytest.raises(Refused, match=f"a {kind} writes no posts of the kind notice"):
        await rig.publish(person, "断水します。", area, kind="notice")
    plain, _ = await rig.publish(person, "断水します。 #お知らせ", area)
    assert plain.kind == "ordinary", "a hashtag makes no notice of it"
    with pytest.raises(Refused, match="writes no posts"):
        await change(rig, plain, Revision(kind="notice", details={}))
    assert await in_force(rig) == []


async def test_a_stranger_makes_no_notice_by_its_hashtag(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    note = with_tag(rig.note(alice, "fake", to=(PUBLIC, str(area.iri))), "お知らせ")
    await rig.send(alice, note)
    assert (await rig.stored(note.id)).kind == "ordinary"
    assert await in_force(rig) == []


async def test_a_notice_holds_from_its_first_day_until_its_last(
    rig: Rig, area: AreaRecord, desk: ActorRecord
) -> None:
    post = await notify(rig, desk, area, **DAYS)
    assert await in_force(rig, area) == []
    rig.pass_time(27 * HOUR)  # midnight in the town
    assert await in_force(rig, area) == await in_force(rig) == [post.id]
    rig.pass_time(3 * DAY - 1)
    assert await in_force(rig, area) == [post.id]
    rig.pass_time(1)
    assert await in_force(rig, area) == []


async def test_without_an_end_it_stands_for_a_week(rig: Rig, area: AreaRecord, desk: ActorRecord) -> None:
    post, other = await notify(rig, desk, area), await rig.area("shimamatsu")
    assert (await in_force(rig, area), await in_force(rig, other)) == ([post.id], [])
    rig.pass_time(STANDING)
    assert await in_force(rig, area) == []


async def test_what_is_ordinary_or_unlisted_does_not_stand_above(
    rig: Rig, area: AreaRecord, desk: ActorRecord
) -> None:
    await rig.publish(desk, "窓口の時間が変わります。", area)
    await rig.publish(desk, "断水します。", area, kind="notice", visibility="unlisted")
    assert await in_force(rig, area) == []


async def test_a_withdrawn_notice_stays_and_says_so(rig: Rig, area: AreaRecord, desk: ActorRecord) -> None:
    post = await notify(rig, desk, area)
    await rig.do(interactions.step, desk, post.id, "withdraw", Millis(rig.now + 1))
    assert await in_force(rig, area) == []
    withdrawn = await rig.stored(post.iri)
    assert withdrawn.content.startswith("<p>【取り下げ】断水します。</p>")
    shown = await rig.do(timelines.area_timeline, area.actor_id, which="notices")
    assert [each.post.id for each in shown] == [post.id]
    await rig.do(interactions.step, desk, post.id, "reopen", Millis(rig.now + 2))
    assert await in_force(rig, area) == [post.id]


async def test_a_notice_on_the_wire_and_corrected(rig: Rig, area: AreaRecord, desk: ActorRecord) -> None:
    post = await notify(rig, desk, area, **DAYS)
    body = (await rig.said(by="eniwa_koho"))[-1].body["object"]
    times = (body["startTime"], body["endTime"])
    assert (body["type"], times) == ("Note", ("2026-11-25T15:00:00Z", "2026-11-28T15:00:00Z"))
    assert "期間: 11月26日から11月28日まで" in body["content"]
    rig.pass_time(30 * DAY)  # it has ended, and can be corrected all the same
    await change(rig, post, Revision("断水は中止です。", kind="notice", details=DAYS))
    body = (await rig.said(by="eniwa_koho"))[-1].body["object"]
    assert ("断水は中止" in body["content"], "endTime" in body) == (True, True)
    facts = await rig.do(kinds.find, await rig.stored(post.iri))
    assert facts is not None
    assert facts.is_late(rig.now)


async def test_a_notice_goes_to_the_region_where_it_is_marked(
    rig: Rig, area: AreaRecord, desk: ActorRecord
) -> None:
    post, _ = await rig.publish(desk, "断水します。", area, kind="notice", to_zone=True)
    assert await rig.do(categories.categorise, desk, post) == "notice"


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"since": "きょう"}, "since"),
        ({"since": "2036-01-01"}, "since"),
        ({"last_day": "2036-01-01"}, "last_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
        ({"last_day": "0001-01-01"}, "last_day"),
        ({"since": "2026-12-02", "last_day": "2026-12-01"}, "last_day"),
    ],
)
def test_days_that_do_not_fit_are_named(details: dict[str, str], field: str) -> None:
    with pytest.raises(Unfit) as unfit:
        KINDS["notice"].read(details, NOON)
    assert unfit.value.field == field


def test_what_was_typed_comes_back() -> None:
    typed = {"since": "2026-12-01", "last_day": "2026-12-01"}
    assert KINDS["notice"].write(KINDS["notice"].read(typed, NOON)) == typed
