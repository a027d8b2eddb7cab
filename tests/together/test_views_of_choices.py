"""The same two residents: what one chooses to hear of the other, what is said later, and who is there no longer."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.testrig.apps import sign_in
from tests.together.test_views import Pair, pair
from web.cli import run_command

__all__ = ["pair"]
pytestmark = pytest.mark.anyio


async def test_a_bell_rings_for_each_post(pair: Pair) -> None:
    await pair.befriend()
    assert (await pair.hanako.meet(pair.sora, "follow", notify=True))["notifying"] is True
    post = await pair.say(pair.sora, "空から")
    [(kind, by), *_] = await pair.hanako.told()
    assert (kind, by) == ("status", pair.sora.handle)
    await pair.say(pair.sora, "返事", in_reply_to_id=(await pair.sora.see(post))["id"])
    await pair.sora.act(post, "reblog")
    await pair.settle()
    assert [kind for kind, _ in await pair.hanako.told()].count("status") == 2, (
        "answers to oneself too, boosts not"
    )
    await pair.hanako.meet(pair.sora, "follow", notify=False)
    before = await pair.hanako.told()
    await pair.say(pair.sora, "また空から")
    assert await pair.hanako.told() == before


async def test_boosts_may_be_left_out(pair: Pair) -> None:
    await pair.befriend()
    eniwa = pair.sora.town
    riku = await sign_in(pair.world, eniwa, await eniwa.person("riku"))
    assert (await pair.hanako.meet(pair.sora, "follow", reblogs=False))["showing_reblogs"] is False
    post = await pair.say(riku, "陸から")
    await pair.sora.act(post, "reblog")
    await pair.settle()
    assert await pair.hanako.get("/api/v1/timelines/home") == []
    await pair.hanako.meet(pair.sora, "follow", reblogs=True)
    home = await pair.hanako.get("/api/v1/timelines/home")
    assert [each["reblog"]["url"] for each in home] == [post]


async def test_who_is_named_by_an_edit_is_told(pair: Pair) -> None:
    made = await pair.hanako.say("だれか手伝って")
    fields = {"status": f"@{pair.sora.handle} 手伝って"}
    answer = await pair.hanako.request("PUT", f"/api/v1/statuses/{made['id']}", json=fields)
    assert answer.status_code == 200
    await pair.settle()
    assert await pair.sora.told() == [("mention", pair.hanako.handle)]
    assert (await pair.see(made["url"]))["mentions"][0][0] == pair.sora.handle


async def test_ones_own_private_post_may_be_boosted_for_followers(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "ご近所だけに", visibility="private")
    pair.world.clock.advance(minutes=5)
    boost = await pair.hanako.act(post, "reblog")
    assert boost["visibility"] == "private"
    await pair.settle()
    mine, hers = [
        [(each["reblog"] or each)["url"] for each in await app.get("/api/v1/timelines/home")]
        for app in (pair.hanako, pair.sora)
    ]
    assert (mine[0], hers[0]) == (post, post)


async def test_what_waits_is_said_when_its_time_comes(pair: Pair) -> None:
    await pair.befriend()
    now = datetime.fromtimestamp(pair.world.clock() / 1000, UTC)
    later = (now + timedelta(hours=2)).isoformat()
    made = await pair.hanako.say("二時間あとに", scheduled_at=later)
    await pair.settle()
    assert await pair.sora.get("/api/v1/timelines/home") == []
    pair.world.clock.advance(hours=2, minutes=1)
    await pair.settle()
    [shown] = await pair.sora.get("/api/v1/timelines/home")
    assert shown["content"] == "<p>二時間あとに</p>"
    assert (await pair.see(shown["url"]))["author"] == pair.hanako.handle
    gone = await pair.hanako.request("GET", f"/api/v1/scheduled_statuses/{made['id']}")
    assert gone.status_code == 404


async def test_a_silenced_thread_tells_nothing_more(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "ご自由にどうぞ")
    await pair.hanako.act(post, "mute")
    before = await pair.hanako.told()
    answer = await pair.sora.see(post)
    await pair.say(pair.sora, f"@{pair.hanako.handle} では", in_reply_to_id=answer["id"])
    await pair.sora.act(post, "favourite")
    await pair.settle()
    assert await pair.hanako.told() == before
    assert (await pair.see(post))["replies_count"] == 1


async def test_who_is_suspended_is_gone_on_both_sides(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.sora, "最後の")
    shown = await pair.hanako.see(post)
    words = {"name": pair.sora.handle, "standing": "suspended", "reason": "広告ばかり"}
    await run_command(pair.hanako.town.node, "actor standing", words)
    await pair.settle()
    assert (await pair.hanako.request("GET", f"/api/v1/statuses/{shown['id']}")).status_code == 404
    assert await pair.hanako.get("/api/v1/timelines/home") == []
    await pair.say(pair.sora, f"@{pair.hanako.handle} まだいますか")
    assert ("mention", pair.sora.handle) not in await pair.hanako.told()
