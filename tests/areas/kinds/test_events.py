"""Events: what they say, who takes part, the last place, and who is told of a change."""

import asyncio

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from areas import compose, interactions, kinds
from areas.interactions.stepping import Full
from areas.kinds import KINDS, Facts, Unfit, responses
from areas.kinds.tables import responses as response_table
from areas.notifications.tables import notifications
from areas.records import AreaRecord, PostRecord, Revision
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from tests.areas.kinds.test_steps import answer, step, step_reply
from tests.areas.rig import Rig
from tests.testrig.clock import DAY, NOON

pytestmark = pytest.mark.anyio

WALK = {
    "title": "花の散歩",
    "starts": "2026-12-05T10:00",
    "ends": "2026-12-05T12:00",
    "place": "恵み野駅前",
    "address": "恵み野里美2丁目",
    "price": "200円",
    "capacity": "1",
}


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


@pytest.fixture
async def taro(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("taro")


@pytest.fixture
async def walk(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> PostRecord:
    post, _ = await rig.publish(hanako, "長靴で。", area, kind="event", details=WALK)
    return post


async def join(rig: Rig, actor: ActorRecord, post: PostRecord, key: str = "k") -> PostRecord:
    return await rig.do(interactions.respond, actor, post.id, "参加します。", key, rig.now)


async def told(rig: Rig) -> list[str]:
    def read(tx: sa.Connection) -> list[str]:
        query = sa.select(notifications.c.actor_id).where(notifications.c.type == "update")
        return [rig.names[each] for each in tx.execute(query).scalars()]

    return await rig.do(read)


async def test_an_event_says_everything_in_its_text(rig: Rig, walk: PostRecord) -> None:
    body = (await rig.said(by="hanako"))[0].body["object"]
    assert (body["type"], body["startTime"], body["endTime"], body["location"]["name"]) == (
        "Note",
        "2026-12-05T01:00:00Z",
        "2026-12-05T03:00:00Z",
        "恵み野駅前",
    )
    assert body["location"]["id"].startswith("https://machi.test/places/")
    assert "name" not in body
    for said in (
        "【イベント】花の散歩",
        "12月5日（土）10:00〜12:00",
        "恵み野里美2丁目",
        "200円",
        "定員: 1人",
    ):
        assert said in body["content"]


async def test_the_last_place_is_taken_once(
    rig: Rig, walk: PostRecord, taro: ActorRecord, alice: ActorRecord, hanako: ActorRecord
) -> None:
    jiro = await rig.resident("jiro")
    came = await asyncio.gather(join(rig, taro, walk), join(rig, jiro, walk), return_exceptions=True)
    assert sorted(type(each).__name__ for each in came) == ["Full", "PostRecord"]
    assert await rig.count(response_table) == 1
    reply = await answer(rig, alice, walk, "me-too")
    with pytest.raises(Full, match="満員"):
        await step_reply(rig, hanako, reply, "admit")
    assert await rig.count(response_table) == 1


async def test_a_second_press_is_one_place_and_who_leaves_frees_it(
    rig: Rig, walk: PostRecord, taro: ActorRecord
) -> None:
    first = await join(rig, taro, walk)
    assert (first.visibility, (await join(rig, taro, walk, "k2")).id) == ("direct", first.id)
    await step_reply(rig, taro, first, "leave")
    assert await rig.count(response_table) == 0
    jiro = await rig.resident("jiro")
    await join(rig, jiro, walk)
    with pytest.raises(Full):
        await join(rig, taro, walk, "k3")


async def test_a_reply_from_elsewhere_counts_by_one_press(
    rig: Rig, walk: PostRecord, alice: ActorRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    reply = await answer(rig, alice, walk, "me")
    assert await rig.do(responses.list_of, walk.id) == []
    with pytest.raises(NotFound):
        await step_reply(rig, taro, reply, "admit")
    await step_reply(rig, hanako, reply, "admit")
    assert [each.state for each in await rig.do(responses.list_of, walk.id)] == ["applied"]
    await step_reply(rig, hanako, reply, "dismiss")
    assert await rig.do(responses.list_of, walk.id) == []


async def test_nobody_joins_what_is_cancelled_over_or_ones_own(
    rig: Rig, walk: PostRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    with pytest.raises(Refused):
        await join(rig, hanako, walk)
    await step(rig, hanako, walk, "cancel")
    with pytest.raises(Refused):
        await join(rig, taro, walk)
    await step(rig, hanako, walk, "reopen")
    rig.pass_time(11 * DAY)
    with pytest.raises(Refused):
        await join(rig, taro, walk)


async def test_who_was_chosen_is_told_and_other_applicants_are_not(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    jiro = await rig.resident("jiro")
    bed, _ = await rig.publish(hanako, "白いです。", area, kind="give", details={"item": "ベビーベッド"})
    replies = [await join(rig, each, bed) for each in (jiro, taro)]
    assert await told(rig) == []
    await step_reply(rig, hanako, replies[1], "choose")
    assert await told(rig) == ["taro"]


async def test_who_takes_part_is_told_of_changes_and_of_the_end(
    rig: Rig, walk: PostRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await rig.resident("jiro")
    await join(rig, taro, walk)

    def postpone(tx: sa.Connection) -> PostRecord:
        later = {**WALK, "starts": "2026-12-05T09:00"}
        return compose.edit(tx, walk.id, Revision(kind="event", details=later), Millis(rig.now + 1))

    await rig.do(postpone)
    assert await told(rig) == ["taro"]
    await step(rig, hanako, walk, "cancel")
    assert await told(rig) == ["taro", "taro"]
    assert (await rig.stored(walk.iri)).content.startswith("<p>【イベント中止】花の散歩</p>")
    facts = await rig.do(kinds.find, await rig.stored(walk.iri))
    assert facts is not None
    assert facts.state == "cancelled"


async def test_an_event_that_is_over_says_afterwards_how_it_was(
    rig: Rig, walk: PostRecord, hanako: ActorRecord
) -> None:
    def say(tx: sa.Connection, /, text: str, **details: str) -> PostRecord:
        return compose.edit(tx, walk.id, Revision(text, kind="event", details={**WALK, **details}), rig.now)

    rig.pass_time(30 * DAY)
    report = await rig.do(say, "20人で歩きました。")
    assert ("20人で歩きました" in report.content, "12月5日（土）10:00" in report.content) == (True, True)
    with pytest.raises(Unfit, match="starts"):
        await rig.do(lambda tx: say(tx, "きのうでした。", starts="2026-12-06T10:00", ends="2026-12-06T12:00"))
    later = await rig.do(lambda tx: say(tx, "もう一度。", starts="2027-01-09T10:00", ends="2027-01-09T12:00"))
    assert "1月9日（土）10:00" in later.content
    with pytest.raises(Unfit, match="starts"):
        await rig.do(lambda tx: say(tx, "やはり。", starts="2026-12-05T10:00"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "花" * 61),
        ("starts", ""),
        ("starts", "あした"),
        ("starts", "2026-11-01T10:00"),
        ("starts", "9999-12-31T23:59"),
        ("ends", "2026-12-05T09:00"),
        ("ends", "2026-12-05"),
        ("place", ""),
        ("address", "町" * 121),
        ("price", "円" * 61),
        ("capacity", "0"),
        ("capacity", "-3"),
        ("capacity", "二人"),
        ("capacity", "10001"),
    ],
)
def test_what_does_not_fit_is_named(field: str, value: str) -> None:
    with pytest.raises(Unfit) as unfit:
        KINDS["event"].read({**WALK, field: value}, NOON)
    assert unfit.value.field == field


def test_what_was_typed_comes_back_and_an_app_has_its_text_alone() -> None:
    kind = KINDS["event"]
    assert kind.write(kind.read(WALK, NOON)) == WALK
    said = Facts(kind, "open", kind.read(None, NOON)).dress("あしたです。")
    assert said == "【イベント】あしたです。\n\n参加する方は、この投稿に返信してください。\n\n#イベント"
