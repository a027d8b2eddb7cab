"""The same two residents: profiles, pictures, pinned posts, reports, what is found by its address."""

from typing import Any

import httpx
import pytest

from tests.testrig import pictures
from tests.testrig.apps import App, sign_in
from tests.together.test_views import Pair, count, pair

__all__ = ["pair"]
pytestmark = pytest.mark.anyio


async def change(app: App, **how: Any) -> dict[str, Any]:
    answer = await app.request("PATCH", "/api/v1/accounts/update_credentials", **how)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def upload(app: App, **fields: str) -> dict[str, Any]:
    files = {"file": ("garden.jpg", pictures.jpeg(), "image/jpeg")}
    answer = await app.request("POST", "/api/v2/media", files=files, data=fields)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_how_she_looks_is_seen_there(pair: Pair) -> None:
    await pair.befriend()
    before = await pair.sora.find_account(pair.hanako.handle)
    fields = {"fields_attributes[0][name]": "好きな物", "fields_attributes[0][value]": "雪"}
    portrait = {"avatar": ("me.jpg", pictures.jpeg(), "image/jpeg")}
    texts = {"display_name": "花子", "note": "庭の手入れ #花", "locked": "true", "bot": "true", **fields}
    mine = await change(pair.hanako, data=texts, files=portrait)
    await pair.settle()
    hers = await pair.sora.get(f"/api/v1/accounts/{before['id']}")
    for name in ("display_name", "locked", "bot", "url", "uri", "created_at", "discoverable"):
        assert hers[name] == mine[name], name
    assert "庭の手入れ" in hers["note"]
    assert [(each["name"], each["value"]) for each in hers["fields"]] == [("好きな物", "雪")]
    assert hers["avatar"] != before["avatar"]


async def test_counts_are_the_same(pair: Pair) -> None:
    await pair.befriend()
    for text in ("一", "二"):
        await pair.say(pair.hanako, text)
    pair.world.clock.advance(minutes=6)
    assert await count(pair.hanako, pair.hanako.handle) == (1, 1, 2)
    followers, following, posts = await count(pair.sora, pair.hanako.handle)
    assert (followers, following, posts) == (1, 1, 2)


async def test_a_picture_is_seen_with_what_is_said_of_it(pair: Pair) -> None:
    await pair.befriend()
    made = await upload(pair.hanako, description="庭の花", focus="0.5,-0.25")
    post = await pair.say(pair.hanako, "咲きました", media_ids=[made["id"]], sensitive=True)
    shown = [(await app.see(post))["media_attachments"] for app in (pair.hanako, pair.sora)]
    for [each] in shown:
        assert (each["type"], each["description"]) == ("image", "庭の花")
        assert each["blurhash"] == made["blurhash"]
        assert (each["meta"]["focus"]["x"], each["meta"]["focus"]["y"]) == (0.5, -0.25)
        assert (each["meta"]["original"]["width"], each["meta"]["original"]["height"]) == (64, 48)
    mine = await pair.hanako.see(post)
    fields = {"status": "咲きました", "media_ids": [made["id"]], "sensitive": False}
    fields["media_attributes"] = [{"id": made["id"], "description": "赤い花"}]
    answer = await pair.hanako.request("PUT", f"/api/v1/statuses/{mine['id']}", json=fields)
    assert answer.status_code == 200, answer.text
    await pair.settle()
    for app in (pair.hanako, pair.sora):
        [each] = (await app.see(post))["media_attachments"]
        assert each["description"] == "赤い花"


async def test_what_she_pins_stands_on_her_page_there(pair: Pair) -> None:
    await pair.befriend()
    posts = [await pair.say(pair.hanako, text) for text in ("私について", "ほか")]
    await pair.hanako.act(posts[0], "pin")
    await pair.settle()
    for app in (pair.hanako, pair.sora):
        found = await app.find_account(pair.hanako.handle)
        pinned = await app.get(f"/api/v1/accounts/{found['id']}/statuses", pinned="true")
        assert [each["url"] for each in pinned] == [posts[0]]
    await pair.hanako.act(posts[0], "unpin")
    await pair.settle()
    for app in (pair.hanako, pair.sora):
        found = await app.find_account(pair.hanako.handle)
        assert await app.get(f"/api/v1/accounts/{found['id']}/statuses", pinned="true") == []


async def test_a_report_is_sent_on_if_she_wants(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.sora, "売ります 売ります")
    bad = await pair.hanako.see(post)
    fields = {"account_id": bad["account"]["id"], "status_ids": [bad["id"]], "comment": "広告です"}
    made = await pair.hanako.post("/api/v1/reports", **fields, category="spam", forward=True)
    assert (made["forwarded"], made["target_account"]["acct"]) == (True, pair.sora.handle)
    await pair.settle()
    carried = pair.world.network.posts("eniwa.example")
    flags = [each for each in carried if b'"Flag"' in each.body]
    assert [each.status for each in flags] == [202]
    assert b"hanako" not in flags[0].body


async def test_what_was_there_before_is_found_by_its_address(pair: Pair) -> None:
    """Nobody in Eniwa follows anybody in Chitose; a thread is asked for by the address of one of its posts."""
    root = await pair.hanako.say("まえからあったもの")
    answer = await pair.hanako.say("その続き", in_reply_to_id=root["id"])
    await pair.settle()
    assert await pair.sora.find_status(root["url"]) is None
    query = {"q": root["url"], "resolve": "true", "type": "statuses"}
    [found] = (await pair.sora.get("/api/v2/search", **query))["statuses"]
    assert (found["uri"], found["account"]["acct"]) == (root["uri"], pair.hanako.handle)
    [later] = (await pair.sora.get("/api/v2/search", **{**query, "q": answer["uri"]}))["statuses"]
    context = await pair.sora.get(f"/api/v1/statuses/{later['id']}/context")
    assert [each["uri"] for each in context["ancestors"]] == [root["uri"]]
    secret = await pair.hanako.say("内緒", visibility="private")
    await pair.settle()
    assert (await pair.sora.get("/api/v2/search", **{**query, "q": secret["uri"]}))["statuses"] == []


async def test_only_followers_hear_what_is_for_them(pair: Pair) -> None:
    await pair.befriend()
    post = await pair.say(pair.hanako, "ご近所だけに", visibility="private")
    assert (await pair.see(post))["visibility"] == "private"
    seen = await pair.sora.see(post)
    refused = await pair.sora.request("POST", f"/api/v1/statuses/{seen['id']}/reblog")
    assert refused.status_code in {404, 422}
    answer = await pair.say(
        pair.sora, f"@{pair.hanako.handle} わかりました", in_reply_to_id=seen["id"], visibility="private"
    )
    assert (await pair.see(answer))["visibility"] == "private"
    await pair.sora.meet(pair.hanako, "unfollow")
    await pair.settle()
    assert await pair.sora.find_status(post) is None
    assert (await pair.sora.request("GET", f"/api/v1/statuses/{seen['id']}")).status_code == 404


async def test_what_is_muted_is_silent(pair: Pair) -> None:
    await pair.befriend()
    muted = await pair.hanako.meet(pair.sora, "mute", notifications=True)
    assert (muted["muting"], muted["following"]) == (True, True)
    post = await pair.say(pair.sora, f"@{pair.hanako.handle} おーい")
    assert [each for each in await pair.hanako.told() if each[0] == "mention"] == []
    assert await pair.hanako.get("/api/v1/timelines/home") == []
    assert (await pair.hanako.see(post))["content"], "she can still look at it"
    assert (await pair.sora.relationship(pair.hanako))["blocked_by"] is False


async def test_a_tag_and_a_list_gather_both_towns(pair: Pair) -> None:
    await pair.befriend()
    await pair.hanako.post("/api/v1/tags/雪像/follow")
    made = await pair.hanako.post("/api/v1/lists", title="恵庭の人")
    friend = await pair.hanako.find_account(pair.sora.handle)
    await pair.hanako.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[friend["id"]])
    post = await pair.say(pair.sora, "できました #雪像")
    for path in ("/api/v1/timelines/tag/雪像", f"/api/v1/timelines/list/{made['id']}"):
        assert [each["url"] for each in await pair.hanako.get(path)] == [post]
    assert [each["url"] for each in await pair.hanako.get("/api/v1/timelines/home")] == [post]
    await pair.sora.meet(pair.hanako, "remove_from_followers")
    await pair.settle()
    assert await pair.hanako.get(f"/api/v1/lists/{made['id']}/accounts") == []


async def test_she_leaves_and_is_gone_there_too(pair: Pair) -> None:
    """A whole host is shut out by one resident: nothing of it is hers any more, nor she theirs."""
    await pair.befriend()
    await pair.say(pair.sora, "空から")
    blocked = await pair.hanako.request("POST", "/api/v1/domain_blocks", json={"domain": "eniwa.example"})
    assert blocked.status_code == 200
    await pair.settle()
    assert await pair.hanako.get("/api/v1/timelines/home") == []
    mine, hers = await pair.hanako.relationship(pair.sora), await pair.sora.relationship(pair.hanako)
    assert (mine["domain_blocking"], mine["following"], mine["followed_by"]) == (True, False, False)
    assert (hers["following"], hers["followed_by"]) == (False, False)


async def test_a_hidden_poll_tells_at_its_end(pair: Pair) -> None:
    await pair.befriend()
    poll = {"options": ["赤", "白"], "expires_in": 3600, "hide_totals": True}
    post = await pair.say(pair.hanako, "どちら?", poll=poll)
    asked = (await pair.sora.see(post))["poll"]
    await pair.sora.post(f"/api/v1/polls/{asked['id']}/votes", choices=[1])
    await pair.settle()
    assert [each["votes_count"] for each in (await pair.sora.see(post))["poll"]["options"]] == [0, 0]
    pair.world.clock.advance(minutes=61)
    await pair.settle()
    pair.world.clock.advance(minutes=6)
    await pair.settle()
    seen = (await pair.see(post))["poll"]
    assert ([each["votes_count"] for each in seen["options"]], seen["expired"]) == ([0, 1], True)


async def test_two_of_a_town_and_one_elsewhere_talk(pair: Pair) -> None:
    """Everybody who is named in a thread across towns has the whole of it, in its order."""
    await pair.befriend()
    eniwa = pair.sora.town
    riku = await sign_in(pair.world, eniwa, await eniwa.person("riku"))
    root = await pair.say(pair.hanako, f"@{pair.sora.handle} @{riku.handle} 三人で行きませんか")
    last, said = root, [root]
    for app, text in ((pair.sora, "行きます"), (riku, "私も"), (pair.hanako, "では八時に")):
        others = " ".join(f"@{each.handle}" for each in (pair.hanako, pair.sora, riku) if each is not app)
        parent = await app.see(last)
        last = await pair.say(app, f"{others} {text}", in_reply_to_id=parent["id"])
        said.append(last)
    for app in (pair.hanako, pair.sora, riku):
        shown = await app.see(root)
        context = await app.get(f"/api/v1/statuses/{shown['id']}/context")
        assert [each["url"] for each in context["descendants"]] == said[1:]
        assert [(await app.see(url))["replies_count"] for url in said] == [1, 1, 1, 0]


async def test_pages_of_a_home_with_both_have_each_post_once(pair: Pair) -> None:
    await pair.befriend()
    written = []
    for number in range(3):
        written.append(await pair.say(pair.hanako, f"花 {number}"))
        written.append(await pair.say(pair.sora, f"空 {number}"))
    for app in (pair.hanako, pair.sora):
        answer = await app.request("GET", "/api/v1/timelines/home", params={"limit": 4})
        pages = [answer]
        while "next" in pages[-1].links:
            pages.append(await app.request("GET", pages[-1].links["next"]["url"]))
        assert [url for page in pages for url in urls(page)] == written[::-1]


def urls(page: httpx.Response) -> list[str]:
    return [each["url"] for each in page.json()]
