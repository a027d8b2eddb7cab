"""Scheduled posts: refused when they are made, published once when they are due, kept where they cannot be."""

import pytest

from actors.jobs import claim
from actors.records import ActorRecord
from areas import compose
from areas.compose import scheduling
from areas.compose.scheduling import PUBLISH, SOONEST
from areas.reading.slices import Slice
from areas.records import AreaRecord, Draft, PollDraft, PostRecord
from areas.tables import posts
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from tests.areas.rig import HOUR, Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


def later(rig: Rig, milliseconds: int = HOUR) -> Millis:
    return Millis(rig.now + milliseconds)


async def test_what_is_due_is_published_once_as_it_was_written(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    draft = Draft(hanako.id, "明日", (area.actor_id,), poll=PollDraft(("a", "b"), HOUR), key="k")
    made = await rig.do(scheduling.schedule, draft, later(rig), rig.now)
    assert await rig.count(posts) == 0
    assert await rig.do(scheduling.publish_due, made.id, rig.now) == later(rig)
    assert [job.key for job in await rig.do(claim, [PUBLISH], 9, later(rig), 1)] == [str(made.id)]
    rig.pass_time(HOUR)
    post = await rig.do(scheduling.publish_due, made.id, rig.now)
    assert isinstance(post, PostRecord)
    assert (post.type, post.published_at) == ("Question", rig.now)
    assert await rig.states(post.iri) == {"megumino": "accepted accepted"}
    assert await rig.do(scheduling.publish_due, made.id, rig.now) is None
    assert (await rig.do(scheduling.page, hanako.id)).items == ()


async def test_what_cannot_be_published_is_refused_at_once(rig: Rig, hanako: ActorRecord) -> None:
    for draft, due_at, reason in (
        (Draft(hanako.id, ""), later(rig), "needs a text"),
        (Draft(hanako.id, "x", language="?"), later(rig), "language"),
        (Draft(hanako.id, "x", poll=PollDraft(("a",), HOUR)), later(rig), "options"),
        (Draft(hanako.id, "x"), later(rig, SOONEST - 1), "5 minutes"),
        (Draft(hanako.id, "x"), later(rig, 367 * 24 * HOUR), "a year"),
    ):
        with pytest.raises(Refused, match=reason):
            await rig.do(scheduling.schedule, draft, due_at, rig.now)
    assert (await rig.do(scheduling.page, hanako.id)).items == ()


async def test_the_same_key_is_the_same_scheduled_post_and_no_post(rig: Rig, hanako: ActorRecord) -> None:
    draft = Draft(hanako.id, "x", key="k")
    first = await rig.do(scheduling.schedule, draft, later(rig), rig.now)
    assert (await rig.do(scheduling.schedule, draft, later(rig), rig.now)).id == first.id
    post, _ = await rig.do(compose.publish, draft, rig.now)
    assert post.id != first.id


async def test_what_is_due_later_is_put_off_and_may_be_cancelled(rig: Rig, hanako: ActorRecord) -> None:
    taro = await rig.resident("taro")
    made = await rig.do(scheduling.schedule, Draft(hanako.id, "x"), later(rig), rig.now)
    for act, args in (
        (scheduling.find, ()),
        (scheduling.put_off, (later(rig), rig.now)),
        (scheduling.cancel, ()),
    ):
        with pytest.raises(NotFound):
            await rig.do(act, taro.id, made.id, *args)
    moved = await rig.do(scheduling.put_off, hanako.id, made.id, later(rig, 2 * HOUR), rig.now)
    assert (await rig.do(scheduling.find, hanako.id, made.id)) == moved
    rig.pass_time(HOUR)
    assert await rig.do(scheduling.publish_due, made.id, rig.now) == moved.due_at
    with pytest.raises(Refused, match="5 minutes"):
        await rig.do(scheduling.put_off, hanako.id, made.id, rig.now, rig.now)
    await rig.do(scheduling.cancel, hanako.id, made.id)
    rig.pass_time(HOUR)
    assert await rig.do(scheduling.publish_due, made.id, rig.now) is None
    assert await rig.count(posts) == 0


async def test_why_it_was_not_published_is_kept(rig: Rig, hanako: ActorRecord) -> None:
    made = await rig.do(scheduling.schedule, Draft(hanako.id, "x"), later(rig), rig.now)
    await rig.judge(hanako, "suspended")
    rig.pass_time(HOUR)
    with pytest.raises(Refused, match="suspended"):
        await rig.do(scheduling.publish_due, made.id, rig.now)
    await rig.do(scheduling.fail, made.id, "suspended")
    (found,) = (await rig.do(scheduling.page, hanako.id)).items
    assert found.failure == "suspended"
    assert await rig.do(scheduling.publish_due, made.id, rig.now) is None


async def test_there_is_an_end_to_them_and_they_page(
    rig: Rig, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "MOST", 3)
    made = []
    for number in range(3):
        rig.pass_time()
        made.append(await rig.do(scheduling.schedule, Draft(hanako.id, str(number)), later(rig), rig.now))
    with pytest.raises(Refused, match="3 posts can wait"):
        await rig.do(scheduling.schedule, Draft(hanako.id, "x"), later(rig), rig.now)
    first = await rig.do(scheduling.page, hanako.id, Slice(limit=2))
    rest = await rig.do(scheduling.page, hanako.id, Slice(limit=2, before=first.older))
    assert [each.id for each in (*first.items, *rest.items)] == [each.id for each in reversed(made)]
