"""Tags that are followed and shown, posts that wait, reports."""

import httpx
import pytest

from actors.records import ActorRecord
from tests.testrig.world import Town, World
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal, schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

SCHEDULED = "/api/v1/scheduled_statuses"


async def test_a_tag_that_is_followed(app: httpx.AsyncClient) -> None:
    followed = (await app.post("/api/v1/tags/雪まつり/follow")).json()
    judge(schema.TAG, followed)
    assert followed["following"] is True
    assert (await app.get("/api/v1/tags/雪まつり")).json()["following"] is True
    assert [each["name"] for each in (await app.get("/api/v1/followed_tags")).json()] == ["雪まつり"]
    assert (await app.post("/api/v1/tags/雪まつり/unfollow")).json()["following"] is False
    assert (await app.get("/api/v1/followed_tags")).json() == []


async def test_a_tag_on_ones_page(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    await town.post(hanako, "#除雪 を手伝います。")
    [suggested] = (await app.get("/api/v1/featured_tags/suggestions")).json()
    judge(schema.TAG, suggested)
    assert suggested["name"] == "除雪"
    shown = (await app.post("/api/v1/featured_tags", json={"name": "除雪"})).json()
    judge(schema.FEATURED_TAG, shown)
    assert (shown["name"], shown["statuses_count"]) == ("除雪", "1")
    assert (await app.get("/api/v1/featured_tags")).json() == [shown]
    assert (await app.get(f"/api/v1/accounts/{hanako.id}/featured_tags")).json() == [shown]
    assert (await app.get("/api/v1/featured_tags/suggestions")).json() == []
    assert (await app.delete(f"/api/v1/featured_tags/{shown['id']}")).json() == {}
    assert (await app.post("/api/v1/featured_tags", json={"name": "a b"})).status_code == 422


async def test_a_post_that_waits(world: World, town: Town, app: httpx.AsyncClient) -> None:
    fields = {
        "status": "あす朝八時から除雪です。",
        "scheduled_at": "2026-12-24T08:00:00+09:00",
        "poll": {"options": ["行く", "行かない"], "expires_in": 3600},
    }
    waiting = (await app.post("/api/v1/statuses", json=fields)).json()
    judge(personal.SCHEDULED_STATUS, waiting)
    assert waiting["scheduled_at"] == "2026-12-23T23:00:00.000Z"
    assert waiting["params"]["poll"]["options"] == ["行く", "行かない"]
    address = f"{SCHEDULED}/{waiting['id']}"
    later = await app.put(address, json={"scheduled_at": "2026-12-25T08:00:00Z"})
    assert later.json()["scheduled_at"] == "2026-12-25T08:00:00.000Z"
    assert (await app.get(SCHEDULED)).json() == [later.json()]
    assert (await app.get(address)).json() == later.json()
    assert (await app.get("/api/v1/timelines/home")).json() == []
    assert (await app.delete(address)).json() == {}
    assert (await app.get(SCHEDULED)).json() == []


@pytest.mark.parametrize("when", ["tomorrow", "2020-01-01T00:00:00Z", "2126-01-01T00:00:00Z"])
async def test_what_cannot_wait(app: httpx.AsyncClient, when: str) -> None:
    refused = await app.post("/api/v1/statuses", json={"status": "え", "scheduled_at": when})
    assert refused.status_code == 422
    judge(schema.ERROR, refused.json())


async def test_a_report(town: Town, app: httpx.AsyncClient) -> None:
    sora = await town.person("sora")
    post, _ = await town.post(sora, "売ります 売ります")
    fields = {
        "account_id": str(sora.id),
        "status_ids": [str(post.id)],
        "comment": "広告です",
        "category": "spam",
    }
    made = (await app.post("/api/v1/reports", json=fields)).json()
    judge(personal.REPORT, made)
    assert (made["category"], made["comment"], made["status_ids"]) == ("spam", "広告です", [str(post.id)])
    assert made["target_account"]["acct"] == "sora"
    bad = await app.post("/api/v1/reports", json={**fields, "category": "ugly"})
    assert bad.status_code == 422
    assert (await app.post("/api/v1/reports", json={"account_id": "5"})).status_code == 404
    assert (await app.post("/api/v1/reports", json={})).status_code == 422


async def test_nobody_reads_what_waits_for_others(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    fields = {"status": "ひみつ", "scheduled_at": "2026-12-24T08:00:00+09:00"}
    waiting = (await app.post("/api/v1/statuses", json=fields)).json()
    await town.person("riku")
    other = await sign("riku")
    assert (await app.get(f"{SCHEDULED}/{waiting['id']}", headers=other)).status_code == 404
    assert (await app.delete(f"{SCHEDULED}/{waiting['id']}", headers=other)).status_code == 404


async def test_a_tag_on_ones_page_by_its_name(app: httpx.AsyncClient) -> None:
    shown = (await app.post("/api/v1/tags/雪まつり/feature")).json()
    judge(schema.TAG, shown)
    assert (shown["featuring"], shown["following"], len(shown["history"])) == (True, False, 7)
    assert (await app.get("/api/v1/tags/雪まつり")).json()["featuring"] is True
    assert [each["name"] for each in (await app.get("/api/v1/featured_tags")).json()] == ["雪まつり"]
    assert (await app.post("/api/v1/tags/雪まつり/follow")).json()["featuring"] is True
    assert (await app.post("/api/v1/tags/雪まつり/unfeature")).json()["featuring"] is False
    assert (await app.get("/api/v1/featured_tags")).json() == []
    assert (await app.get("/api/v1/tags/%23")).status_code == 404


async def test_what_one_has_reported_is_shown_to_nobody_else(
    world: World, town: Town, app: httpx.AsyncClient, sign: Sign
) -> None:
    sora = await town.person("sora")
    post, _ = await town.post(sora, "売ります 売ります")
    for comment in ("広告です", "まただ"):
        world.clock.advance(seconds=1)
        fields = {"account_id": str(sora.id), "comment": comment, "status_ids": [str(post.id)]}
        assert (await app.post("/api/v1/reports", json=fields)).status_code == 200
    first = await app.get("/api/v1/reports", params={"limit": 1})
    judge(personal.REPORT, first.json()[0])
    assert [each["comment"] for each in first.json()] == ["まただ"]
    assert first.json()[0]["status_ids"] == [str(post.id)]
    second = await app.get(first.links["next"]["url"])
    assert [each["comment"] for each in second.json()] == ["広告です"]
    assert "next" not in second.links
    await town.person("riku")
    assert (await app.get("/api/v1/reports", headers=await sign("riku"))).json() == []


async def test_what_is_not_here_says_so(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    post, _ = await town.post(hanako, "花の庭が見ごろです。")
    none = await app.post(f"/api/v1/statuses/{post.id}/translate", json={"lang": "en"})
    assert (none.status_code, none.json()) == (
        404,
        {"error": "Translation is not available on this server"},
    )
    assert (await app.get(f"/api/v1/statuses/{post.id}/quotes")).json() == []
    closed = await app.post("/api/v1/accounts", json={"username": "x", "email": "x@x.example"})
    assert closed.status_code == 403
    assert "registrations" in closed.json()["error"]


async def test_taking_back_has_an_allowance_of_its_own(app: httpx.AsyncClient) -> None:
    posts = []
    for number in range(2):
        made = await app.post("/api/v1/statuses", json={"status": str(number)})
        posts.append(made.json()["id"])
    gone = await app.delete(f"/api/v1/statuses/{posts[0]}")
    assert (gone.headers["x-ratelimit-limit"], gone.headers["x-ratelimit-remaining"]) == ("30", "29")
    for _ in range(29):
        await app.post(f"/api/v1/statuses/{posts[1]}/unreblog")
    assert (await app.delete(f"/api/v1/statuses/{posts[1]}")).status_code == 429
    assert (await app.get(f"/api/v1/statuses/{posts[1]}")).status_code == 200
