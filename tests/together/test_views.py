"""Two residents of two towns, each with an app at her own: whatever one does, both apps show the same."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from areas import posts
from tests.testrig.apps import App, settle, sign_in
from tests.testrig.world import World

pytestmark = pytest.mark.anyio

ALIKE = (
    "uri",
    "url",
    "created_at",
    "content",
    "spoiler_text",
    "sensitive",
    "visibility",
    "language",
    "replies_count",
    "reblogs_count",
    "favourites_count",
)
REL = re.compile(r' rel="[^"]*"')
"""Links of others are followed by no search engine."""


@dataclass
class Pair:
    """hanako lives in Chitose, sora in Eniwa."""

    world: World
    hanako: App
    sora: App

    async def settle(self) -> None:
        self.world.clock.advance(seconds=1)
        await settle(self.world)

    async def befriend(self) -> None:
        for one, other in ((self.hanako, self.sora), (self.sora, self.hanako)):
            await one.meet(other, "follow")
        await self.settle()

    async def say(self, by: App, text: str, **fields: Any) -> str:
        """Post something that arrives; its address."""
        made = await by.say(text, **fields)
        await self.settle()
        return str(made["url"])

    async def see(self, url: str) -> dict[str, Any]:
        """A post of which both apps show the same; what they show."""
        seen = [self.write(await app.see(url), app) for app in (self.hanako, self.sora)]
        assert seen[0] == seen[1]
        return seen[0]

    def write(self, status: dict[str, Any], app: App) -> dict[str, Any]:
        """What both must show alike, with handles as they are everywhere."""
        shown = {name: status[name] for name in ALIKE}
        shown["content"] = REL.sub("", status["content"])
        shown["author"] = full(status["account"]["acct"], app)
        shown["mentions"] = sorted((full(each["acct"], app), each["url"]) for each in status["mentions"])
        shown["tags"] = sorted(each["name"] for each in status["tags"])
        shown["edited"] = status["edited_at"] is not None
        if status["poll"] is not None:
            shown["poll"] = write_poll(status["poll"])
        return shown


def full(acct: str, app: App) -> str:
    return acct if "@" in acct else f"{acct}@{app.town.node.settings.domain}"


def write_poll(poll: dict[str, Any]) -> dict[str, Any]:
    names = ("expires_at", "expired", "multiple", "votes_count", "voters_count", "options")
    return {name: poll[name] for name in names}


@pytest.fixture
async def pair(world: World, new_database: Callable[[], str]) -> Pair:
    chitose = await world.town("chitose.example", new_database())
    eniwa = await world.town("eniwa.example", new_database())
    hanako = await sign_in(world, chitose, await chitose.person("hanako"))
    sora = await sign_in(world, eniwa, await eniwa.person("sora"))
    return Pair(world, hanako, sora)


async def count(app: App, handle: str) -> tuple[int, int, int]:
    found = await app.find_account(handle)
    shown = await app.get(f"/api/v1/accounts/{found['id']}")
    return shown["followers_count"], shown["following_count"], shown["statuses_count"]


async def test_they_follow_each_other_and_stop(pair: Pair) -> None:
    hanako, sora = pair.hanako, pair.sora
    asked = await hanako.meet(sora, "follow", notify=True)
    assert (asked["following"], asked["requested"]) != (False, False)
    await pair.settle()
    mine, hers = await hanako.relationship(sora), await sora.relationship(hanako)
    assert (mine["following"], mine["requested"], mine["notifying"], mine["followed_by"]) == (
        True,
        False,
        True,
        False,
    )
    assert (hers["following"], hers["followed_by"]) == (False, True)
    assert await sora.told() == [("follow", hanako.handle)]
    assert (await count(sora, sora.handle))[0] == 1
    await sora.meet(hanako, "follow")
    await pair.settle()
    assert (await hanako.relationship(sora))["followed_by"] is True
    assert await hanako.told() == [("follow", sora.handle)]

    await hanako.meet(sora, "unfollow")
    await pair.settle()
    assert (await sora.relationship(hanako))["followed_by"] is False
    await hanako.meet(sora, "remove_from_followers")
    await pair.settle()
    assert (await sora.relationship(hanako))["following"] is False


async def test_who_asks_waits_for_an_answer(pair: Pair) -> None:
    hanako, sora = pair.hanako, pair.sora
    await hanako.client.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    for answer, follows in (("reject", False), ("authorize", True)):
        assert (await sora.meet(hanako, "follow"))["requested"] is True
        await pair.settle()
        assert (await sora.relationship(hanako))["requested"] is True
        [waiting] = await hanako.get("/api/v1/follow_requests")
        assert waiting["acct"] == sora.handle
        assert (await hanako.relationship(sora))["requested_by"] is True
        await hanako.post(f"/api/v1/follow_requests/{waiting['id']}/{answer}")
        await pair.settle()
        after = await sora.relationship(hanako)
        assert (after["following"], after["requested"]) == (follows, False)
    assert await hanako.get("/api/v1/follow_requests") == []


async def test_an_answer_stands_in_both_threads(pair: Pair) -> None:
    await pair.befriend()
    root = await pair.say(
        pair.hanako, "あした手伝える人はいますか #除雪", language="ja", spoiler_text="お願い"
    )
    seen = await pair.see(root)
    assert (seen["author"], seen["tags"], seen["spoiler_text"]) == (pair.hanako.handle, ["除雪"], "お願い")
    parent = await pair.sora.see(root)
    answer = await pair.say(
        pair.sora, f"@{pair.hanako.handle} 行けます https://eniwa.example/", in_reply_to_id=parent["id"]
    )
    said = await pair.see(answer)
    assert said["mentions"] == [(pair.hanako.handle, (await pair.hanako.see(root))["account"]["url"])]
    assert (await pair.see(root))["replies_count"] == 1
    for app in (pair.hanako, pair.sora):
        here, there = await app.see(root), await app.see(answer)
        context = await app.get(f"/api/v1/statuses/{here['id']}/context")
        assert [each["id"] for each in context["descendants"]] == [there["id"]]
        assert (there["in_reply_to_id"], there["in_reply_to_account_id"]) == (
            here["id"],
            here["account"]["id"],
        )
    assert (await pair.hanako.told())[0] == ("mention", pair.sora.handle)
    again = await pair.say(
        pair.hanako, f"@{pair.sora.handle} 助かります", in_reply_to_id=(await pair.hanako.see(answer))["id"]
    )
    await pair.see(again)
    assert (await pair.sora.told())[0] == ("mention", pair.hanako.handle)
    assert (await pair.see(answer))["replies_count"] == 1


async def test_likes_and_boosts_are_counted_and_taken_back(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "落とし物です")
    for verb, kind, counted, listed in (
        ("favourite", "favourite", "favourites_count", "favourited_by"),
        ("reblog", "reblog", "reblogs_count", "reblogged_by"),
    ):
        await pair.sora.act(post, verb)
        await pair.settle()
        assert (await pair.see(post))[counted] == 1
        assert (await pair.hanako.told())[0] == (kind, pair.sora.handle)
        for app in (pair.hanako, pair.sora):
            people = await app.get(f"/api/v1/statuses/{(await app.see(post))['id']}/{listed}")
            assert [full(each["acct"], app) for each in people] == [pair.sora.handle]
    home = await pair.hanako.get("/api/v1/timelines/home")
    assert [each["url"] for each in home] == [post], "who wrote it sees it once"
    for verb in ("unfavourite", "unreblog"):
        await pair.sora.act(post, verb)
        await pair.settle()
    seen = await pair.see(post)
    assert (seen["favourites_count"], seen["reblogs_count"]) == (0, 0)


async def test_a_boost_comes_home_to_who_follows_the_booster(pair: Pair) -> None:
    await pair.befriend()
    eniwa = pair.sora.town
    riku = await sign_in(pair.world, eniwa, await eniwa.person("riku"))
    post = await pair.say(riku, "陸の写真です")
    await pair.sora.act(post, "reblog")
    await pair.settle()
    [shown] = await pair.hanako.get("/api/v1/timelines/home")
    assert (shown["account"]["acct"], shown["reblog"]["url"]) == (pair.sora.handle, post)
    await pair.hanako.act(post, "favourite")
    await pair.settle()
    assert await riku.told() == [("favourite", pair.hanako.handle), ("reblog", "sora")]


async def test_votes_count_on_both_sides(pair: Pair) -> None:
    await pair.befriend()
    for asker, voter in ((pair.hanako, pair.sora), (pair.sora, pair.hanako)):
        poll = {"options": ["朝", "夕方", "夜"], "expires_in": 3600, "multiple": True}
        post = await pair.say(asker, "除雪はいつ?", poll=poll)
        question = (await voter.see(post))["poll"]
        voted = await voter.post(f"/api/v1/polls/{question['id']}/votes", choices=[0, 2])
        assert (voted["voted"], voted["own_votes"]) == (True, [0, 2])
        await pair.settle()
        pair.world.clock.advance(minutes=6)
        await pair.settle()
        seen = (await pair.see(post))["poll"]
        assert [each["votes_count"] for each in seen["options"]] == [1, 0, 1]
        assert (seen["voters_count"], seen["votes_count"], seen["expired"]) == (1, 2, False)
        pair.world.clock.advance(hours=1)
        await pair.settle()
        assert (await pair.see(post))["poll"]["expired"] is True
        assert (await voter.told())[0] == ("poll", asker.handle)
        assert (await asker.told())[0] == ("poll", asker.handle.partition("@")[0])


async def test_an_edit_is_seen_with_its_history(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "集合は八時です")
    await pair.sora.act(post, "reblog")
    await pair.settle()
    mine = await pair.hanako.see(post)
    fields = {"status": "集合は九時です", "spoiler_text": "変更", "sensitive": True}
    answer = await pair.hanako.request("PUT", f"/api/v1/statuses/{mine['id']}", json=fields)
    assert answer.status_code == 200
    await pair.settle()
    seen = await pair.see(post)
    assert (seen["content"], seen["spoiler_text"], seen["edited"]) == ("<p>集合は九時です</p>", "変更", True)
    for app in (pair.hanako, pair.sora):
        versions = await app.get(f"/api/v1/statuses/{(await app.see(post))['id']}/history")
        assert [each["content"] for each in versions] == ["<p>集合は八時です</p>", "<p>集合は九時です</p>"]
    assert ("update", pair.hanako.handle) in await pair.sora.told()


async def test_what_is_deleted_is_gone_on_both_sides(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "まちがい")
    shown = [(app, (await app.see(post))["id"]) for app in (pair.hanako, pair.sora)]
    await pair.sora.act(post, "favourite")
    answer = await pair.hanako.request("DELETE", f"/api/v1/statuses/{shown[0][1]}")
    assert answer.status_code == 200
    await pair.settle()
    for app, status_id in shown:
        assert (await app.request("GET", f"/api/v1/statuses/{status_id}")).status_code == 404
        assert await app.find_status(post) is None
        assert await app.get("/api/v1/timelines/home") == []
    assert await pair.sora.get("/api/v1/favourites") == []
    assert (await count(pair.sora, pair.hanako.handle))[2] == (await count(pair.hanako, pair.hanako.handle))[
        2
    ]


async def test_whom_an_edit_names_no_more_hears_of_the_end(pair: Pair) -> None:
    """Nobody of her town follows the author; what she was told by mistake goes when it is deleted."""
    for visibility in ("public", "private"):
        post = await pair.say(pair.hanako, f"@{pair.sora.handle} まちがい", visibility=visibility)
        mine, hers = await pair.hanako.see(post), await pair.sora.see(post)
        for text in ("ちがいます", "やはりちがいます"):
            path = f"/api/v1/statuses/{mine['id']}"
            assert (await pair.hanako.request("PUT", path, json={"status": text})).status_code == 200
            await pair.settle()
        if visibility == "public":
            assert (await pair.see(post))["content"] == "<p>やはりちがいます</p>"
        assert (await pair.hanako.request("DELETE", path)).status_code == 200
        await pair.settle()
        stored = await pair.sora.town.read(posts.find_post_by_id, int(hers["id"]))
        assert stored.deleted_at is not None
        assert (await pair.sora.request("GET", f"/api/v1/statuses/{hers['id']}")).status_code == 404


async def test_a_message_is_for_two(pair: Pair) -> None:
    sent = await pair.say(pair.hanako, f"@{pair.sora.handle} あしたの件です", visibility="direct")
    assert (await pair.see(sent))["visibility"] == "direct"
    eniwa = pair.sora.town
    riku = await sign_in(pair.world, eniwa, await eniwa.person("riku"))
    assert await riku.find_status(sent) is None
    for app, other in ((pair.sora, pair.hanako), (pair.hanako, pair.sora)):
        [talk] = await app.get("/api/v1/conversations")
        assert [each["acct"] for each in talk["accounts"]] == [other.handle]
        assert (talk["last_status"]["url"], talk["unread"]) == (sent, app is pair.sora)
    answer = await pair.say(
        pair.sora,
        f"@{pair.hanako.handle} 了解です",
        visibility="direct",
        in_reply_to_id=(await pair.sora.see(sent))["id"],
    )
    [talk] = await pair.hanako.get("/api/v1/conversations")
    assert (talk["last_status"]["url"], talk["unread"]) == (answer, True)


async def test_who_is_blocked_is_gone_from_both_sides(pair: Pair) -> None:
    await pair.befriend()
    await pair.say(pair.sora, "空から")
    assert len(await pair.hanako.get("/api/v1/timelines/home")) == 1
    assert (await pair.hanako.meet(pair.sora, "block"))["blocking"] is True
    await pair.settle()
    mine, hers = await pair.hanako.relationship(pair.sora), await pair.sora.relationship(pair.hanako)
    assert (mine["blocking"], mine["following"], mine["followed_by"]) == (True, False, False)
    assert (hers["blocked_by"], hers["following"], hers["followed_by"]) == (True, False, False)
    assert await pair.hanako.get("/api/v1/timelines/home") == []
    assert await pair.hanako.told() == []
    secret = await pair.say(pair.hanako, "空には見せない")
    assert await pair.sora.find_status(secret) is None
    await pair.say(pair.sora, f"@{pair.hanako.handle} 聞こえますか")
    assert await pair.hanako.told() == []
    await pair.hanako.meet(pair.sora, "unblock")
    await pair.settle()
    assert (await pair.sora.relationship(pair.hanako))["blocked_by"] is False
    await pair.say(pair.sora, f"@{pair.hanako.handle} また")
    assert await pair.hanako.told() == [("mention", pair.sora.handle)]


async def test_who_moves_takes_her_followers_along(pair: Pair) -> None:
    """From a server of other software to another one; both residents had followed her."""
    old, new = pair.world.peer("old.example"), pair.world.peer("new.example")
    was, is_ = old.actor("ken"), new.actor("ken", alsoKnownAs=["https://old.example/users/ken"])
    for app in (pair.hanako, pair.sora):
        found = await app.find_account("ken@old.example")
        await app.post(f"/api/v1/accounts/{found['id']}/follow")
    await pair.settle()
    for app in (pair.hanako, pair.sora):
        follow = next(
            each for each in old.received if each["type"] == "Follow" and each["actor"] == app.me.iri
        )
        await old.send(old.activity("Accept", was, f"a-{app.me.username}", follow), f"{app.me.iri}/inbox")
    await pair.settle()
    old.documents[was]["movedTo"] = is_
    for app in (pair.hanako, pair.sora):
        move = old.activity("Move", was, f"m-{app.me.username}", was, target=is_)
        assert (await old.send(move, f"{app.me.iri}/inbox")).status_code == 202
    await pair.settle()
    for app in (pair.hanako, pair.sora):
        assert [each["object"] for each in new.received if each["actor"] == app.me.iri] == [is_]
        shown = await app.find_account("ken@old.example")
        assert shown["moved"]["acct"] == "ken@new.example"
