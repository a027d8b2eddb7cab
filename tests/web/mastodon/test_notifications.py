"""What somebody is told, as apps read it: alone, in groups, in requests; messages; how far it was read."""

from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

ALL = "/api/v1/notifications"
GROUPS = "/api/v2/notifications"


async def get(app: httpx.AsyncClient, path: str, **params: Any) -> Any:
    response = await app.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
async def told(town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sign: Sign) -> dict[str, Any]:
    """hanako's post is liked by two, one of whom follows her too and answers."""
    post, _ = await town.post(hanako, "花の庭が見ごろです。")
    people = [await town.person(name) for name in ("sora", "riku")]
    for each in people:
        headers = await sign(each.username)
        await app.post(f"/api/v1/statuses/{post.id}/favourite", headers=headers)
    headers = await sign("sora")
    await app.post(f"/api/v1/accounts/{hanako.id}/follow", headers=headers)
    answer = {"status": "@hanako きれいですね", "in_reply_to_id": str(post.id)}
    await app.post("/api/v1/statuses", json=answer, headers=headers)
    return {"post": post, "sora": people[0], "riku": people[1]}


async def test_one_by_one(app: httpx.AsyncClient, told: dict[str, Any]) -> None:
    found = await get(app, ALL)
    for each in found:
        judge(personal.NOTIFICATION, each)
    kinds = [(each["type"], each["account"]["acct"]) for each in found]
    assert kinds == [("mention", "sora"), ("follow", "sora"), ("favourite", "riku"), ("favourite", "sora")]
    assert found[2]["status"]["id"] == str(told["post"].id)
    assert await get(app, f"{ALL}/{found[0]['id']}") == found[0]
    assert len(await get(app, ALL, limit=1)) == 1
    assert [each["type"] for each in await get(app, ALL, **{"types[]": "mention"})] == ["mention"]
    rest = await get(app, ALL, **{"exclude_types[]": ["favourite", "follow"]})
    assert [each["type"] for each in rest] == ["mention"]
    assert len(await get(app, ALL, account_id=str(told["riku"].id))) == 1


async def test_in_groups(app: httpx.AsyncClient, told: dict[str, Any]) -> None:
    found = await get(app, GROUPS)
    judge(personal.GROUPED_NOTIFICATIONS, found)
    likes = next(each for each in found["notification_groups"] if each["type"] == "favourite")
    assert (likes["notifications_count"], likes["status_id"]) == (2, str(told["post"].id))
    assert likes["sample_account_ids"] == [str(told["riku"].id), str(told["sora"].id)]
    assert {each["id"] for each in found["accounts"]} == set(likes["sample_account_ids"])
    one = await get(app, f"{GROUPS}/{likes['group_key']}")
    assert one["notification_groups"][0]["notifications_count"] == 2
    people = await get(app, f"{GROUPS}/{likes['group_key']}/accounts")
    assert [each["acct"] for each in people] == ["riku", "sora"]
    apart = await get(app, GROUPS, **{"grouped_types[]": "follow"})
    assert len(apart["notification_groups"]) == 4
    assert await get(app, f"{ALL}/unread_count") == {"count": 4}
    assert await get(app, f"{GROUPS}/unread_count") == {"count": 3}
    assert await get(app, f"{GROUPS}/unread_count", **{"grouped_types[]": "follow"}) == {"count": 4}
    assert await get(app, f"{GROUPS}/unread_count", **{"types[]": ["favourite", "follow"]}) == {"count": 2}
    assert await get(app, f"{GROUPS}/unread_count", limit=2) == {"count": 2}
    assert (await app.post(f"{GROUPS}/{likes['group_key']}/dismiss")).status_code == 200
    assert [each["type"] for each in await get(app, ALL)] == ["mention", "follow"]


async def test_what_is_put_away_is_gone(app: httpx.AsyncClient, told: dict[str, Any]) -> None:
    assert told
    newest = (await get(app, ALL))[0]["id"]
    assert (await app.post(f"{ALL}/{newest}/dismiss")).status_code == 200
    assert (await app.post(f"{ALL}/{newest}/dismiss")).status_code == 404
    second = (await get(app, ALL))[0]["id"]
    assert (await app.post(f"{ALL}/dismiss", data={"id": second})).status_code == 200
    assert len(await get(app, ALL)) == 2
    assert (await app.post(f"{ALL}/clear")).json() == {}
    assert await get(app, ALL) == []


async def test_what_was_read(app: httpx.AsyncClient, told: dict[str, Any]) -> None:
    assert told
    unset = await get(app, "/api/v1/markers", **{"timeline[]": ["home", "notifications"]})
    for timeline in ("home", "notifications"):
        judge(personal.MARKER, unset[timeline])
        assert (unset[timeline]["last_read_id"], unset[timeline]["version"]) == ("0", 0), (
            "Elk reads it unasked"
        )
    assert await get(app, f"{ALL}/unread_count") == {"count": 4}
    newest = (await get(app, ALL))[1]["id"]
    saved = await app.post("/api/v1/markers", data={"notifications[last_read_id]": newest})
    judge(personal.MARKER, saved.json()["notifications"])
    assert await get(app, f"{ALL}/unread_count") == {"count": 1}
    again = await app.post("/api/v1/markers", json={"notifications": {"last_read_id": newest}})
    assert again.json()["notifications"]["version"] == 2
    found = await get(app, "/api/v1/markers", **{"timeline[]": "notifications"})
    assert found["notifications"]["last_read_id"] == newest


async def test_strangers_may_wait(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    policy = await get(app, f"{GROUPS}/policy")
    judge(personal.NOTIFICATION_POLICY, policy)
    assert policy["for_not_following"] == "accept"
    changed = await app.patch(f"{GROUPS}/policy", json={"for_not_following": "filter"})
    assert changed.json()["for_not_following"] == "filter"
    judge(personal.NOTIFICATION_POLICY_V1, await get(app, f"{ALL}/policy"))
    bad = await app.patch(f"{GROUPS}/policy", json={"for_not_following": "never"})
    assert bad.status_code == 422
    sora = await town.person("sora")
    await app.post("/api/v1/statuses", json={"status": "@hanako はじめまして"}, headers=await sign("sora"))
    assert await get(app, ALL) == []
    [waiting] = await get(app, f"{ALL}/requests")
    judge(personal.NOTIFICATION_REQUEST, waiting)
    assert waiting["account"]["acct"] == "sora"
    assert (await get(app, f"{GROUPS}/policy"))["summary"]["pending_requests_count"] == 1
    assert (await get(app, f"{ALL}/requests/{sora.id}"))["last_status"]["account"]["acct"] == "sora"
    assert (await app.post(f"{ALL}/requests/{hanako.id}/dismiss")).status_code == 404
    assert (await app.post(f"{ALL}/requests/accept", json={"id": ["5"]})).status_code == 404
    assert (await app.post(f"{ALL}/requests/{sora.id}/accept")).status_code == 200
    assert await get(app, f"{ALL}/requests/merged") == {"merged": True}
    assert [each["type"] for each in await get(app, ALL)] == ["mention"]


async def test_messages_are_conversations(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    await town.person("sora")
    message = {"status": "@hanako あしたの件です", "visibility": "direct"}
    sent = await app.post("/api/v1/statuses", json=message, headers=await sign("sora"))
    [shown] = await get(app, "/api/v1/conversations")
    judge(personal.CONVERSATION, shown)
    assert (shown["unread"], [each["acct"] for each in shown["accounts"]]) == (True, ["sora"])
    assert shown["last_status"]["id"] == sent.json()["id"]
    assert (await app.post(f"/api/v1/conversations/{shown['id']}/read")).json()["unread"] is False
    assert (await app.delete(f"/api/v1/conversations/{shown['id']}")).json() == {}
    assert (await app.delete(f"/api/v1/conversations/{shown['id']}")).status_code == 404
    assert hanako.id


async def test_nobody_reads_what_others_are_told(
    app: httpx.AsyncClient, told: dict[str, Any], sign: Sign
) -> None:
    newest = (await get(app, ALL))[0]["id"]
    other = await sign("riku")
    assert told
    assert (await app.get(f"{ALL}/{newest}", headers=other)).status_code == 404
    assert (await app.post(f"{ALL}/{newest}/dismiss", headers=other)).status_code == 404
