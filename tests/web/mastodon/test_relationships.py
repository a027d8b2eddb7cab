"""What is done to others by an app."""

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from tests.testrig.world import Town, World
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sora(town: Town) -> ActorRecord:
    return await town.person("sora")


async def act(app: httpx.AsyncClient, actor: ActorRecord, what: str, **fields: object) -> dict[str, object]:
    response = await app.post(f"/api/v1/accounts/{actor.id}/{what}", json=fields)
    assert response.status_code == 200, response.text
    found: dict[str, object] = response.json()
    judge(schema.RELATIONSHIP, found)
    return found


async def test_a_follow_and_what_of_it_is_shown(app: httpx.AsyncClient, sora: ActorRecord) -> None:
    followed = await act(app, sora, "follow", reblogs=False, notify=True)
    assert (followed["following"], followed["showing_reblogs"], followed["notifying"]) == (True, False, True)
    again = await act(app, sora, "follow", reblogs=True)
    assert (again["showing_reblogs"], again["notifying"]) == (True, True)
    assert (await act(app, sora, "unfollow"))["following"] is False


async def test_nobody_follows_themselves(app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    refused = await app.post(f"/api/v1/accounts/{hanako.id}/follow")
    assert refused.status_code == 422
    judge(schema.ERROR, refused.json())


async def test_a_request_waits_for_its_answer(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, sign: Sign
) -> None:
    riku = await town.person("riku")
    await town.write(
        lambda tx: tx.execute(sa.update(actors).where(actors.c.id == hanako.id).values(locked=True))
    )
    for name in ("sora", "riku"):
        asked = await app.post(f"/api/v1/accounts/{hanako.id}/follow", headers=await sign(name))
        assert (asked.json()["following"], asked.json()["requested"]) == (False, True)
    waiting = (await app.get("/api/v1/follow_requests")).json()
    assert {each["acct"] for each in waiting} == {"riku", "sora"}
    let_in = (await app.post(f"/api/v1/follow_requests/{sora.id}/authorize")).json()
    judge(schema.RELATIONSHIP, let_in)
    assert let_in["followed_by"] is True
    assert (await app.post(f"/api/v1/follow_requests/{riku.id}/reject")).json()["followed_by"] is False
    assert (await app.get("/api/v1/follow_requests")).json() == []
    assert (await app.post(f"/api/v1/follow_requests/{riku.id}/reject")).status_code == 404
    assert (await act(app, sora, "remove_from_followers"))["followed_by"] is False


async def test_a_follow_of_somebody_elsewhere_waits(world: World, town: Town, app: httpx.AsyncClient) -> None:
    stored = await town.node.directory.actor(world.peer("far.example").actor("ken"))
    asked = await act(app, stored, "follow")
    assert (asked["requested"], asked["following"]) == (True, False)


async def test_who_is_shut_out(app: httpx.AsyncClient, sora: ActorRecord) -> None:
    await act(app, sora, "follow")
    blocked = await act(app, sora, "block")
    assert (blocked["blocking"], blocked["following"]) == (True, False)
    [shown] = (await app.get("/api/v1/blocks")).json()
    judge(schema.ACCOUNT, shown)
    assert shown["id"] == str(sora.id)
    assert (await act(app, sora, "unblock"))["blocking"] is False
    assert (await app.get("/api/v1/blocks")).json() == []


async def test_a_mute_ends_by_itself(world: World, app: httpx.AsyncClient, sora: ActorRecord) -> None:
    muted = await act(app, sora, "mute", duration=3600, notifications=False)
    assert (muted["muting"], muted["muting_notifications"]) == (True, False)
    [shown] = (await app.get("/api/v1/mutes")).json()
    judge(schema.MUTED_ACCOUNT, shown)
    assert shown["mute_expires_at"] == muted["muting_expires_at"] is not None
    world.clock.advance(hours=1, seconds=1)
    assert (await app.get("/api/v1/mutes")).json() == []
    forever = await act(app, sora, "mute")
    assert (forever["muting_notifications"], forever["muting_expires_at"]) == (True, None)
    assert (await act(app, sora, "unmute"))["muting"] is False


async def test_whole_hosts(app: httpx.AsyncClient) -> None:
    assert (await app.post("/api/v1/domain_blocks", json={"domain": "Far.Example"})).json() == {}
    assert (await app.get("/api/v1/domain_blocks")).json() == ["far.example"]
    bad = await app.post("/api/v1/domain_blocks", json={"domain": "no host"})
    assert bad.status_code == 422
    ours = await app.post("/api/v1/domain_blocks", json={"domain": "chitose.example"})
    assert ours.status_code == 422
    assert (await app.request("DELETE", "/api/v1/domain_blocks", json={"domain": "far.example"})).json() == {}
    assert (await app.get("/api/v1/domain_blocks")).json() == []


async def test_lists_go_page_by_page(town: Town, app: httpx.AsyncClient) -> None:
    people = [await town.person(f"p{number}") for number in range(5)]
    for each in people:
        await act(app, each, "block")
    found: list[str] = []
    address = "/api/v1/blocks?limit=2"
    while address:
        response = await app.get(address)
        found += [each["acct"] for each in response.json()]
        address = str(response.links.get("next", {}).get("url", ""))
    assert sorted(found) == [each.username for each in people]


async def test_a_note_is_for_whoever_wrote_it(
    app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, sign: Sign
) -> None:
    assert (await act(app, sora, "note", comment="隣の人"))["note"] == "隣の人"
    ids = {"id[]": [str(sora.id), str(hanako.id)]}
    shown = (await app.get("/api/v1/accounts/relationships", params=ids)).json()
    assert [each["note"] for each in shown] == ["隣の人", ""]
    other = await app.get("/api/v1/accounts/relationships", params=ids, headers=await sign("sora"))
    assert [each["note"] for each in other.json()] == ["", ""]
    too_long = await app.post(f"/api/v1/accounts/{sora.id}/note", json={"comment": "あ" * 2001})
    assert too_long.status_code == 422
    assert (await act(app, sora, "note", comment=""))["note"] == ""
    assert (await act(app, sora, "note"))["note"] == ""


@pytest.mark.parametrize(("do", "undo"), [("endorse", "unendorse"), ("pin", "unpin")])
async def test_whom_one_recommends(
    app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, do: str, undo: str
) -> None:
    refused = await app.post(f"/api/v1/accounts/{sora.id}/{do}")
    assert (refused.status_code, "follows" in refused.json()["error"]) == (422, True)
    await act(app, sora, "follow")
    assert (await act(app, sora, do))["endorsed"] is True
    theirs = f"/api/v1/accounts/{hanako.id}/endorsements"
    for path in ("/api/v1/endorsements", theirs):
        [shown] = (await app.get(path)).json()
        judge(schema.ACCOUNT, shown)
        assert shown["acct"] == "sora"
    del app.headers["authorization"]
    assert [each["acct"] for each in (await app.get(theirs)).json()] == ["sora"]
    assert (await app.get(f"/api/v1/accounts/{sora.id}/endorsements")).json() == []


async def test_a_recommendation_ends_with_the_follow_or_by_itself(
    app: httpx.AsyncClient, sora: ActorRecord
) -> None:
    for end in ("unendorse", "unpin", "unfollow"):
        await act(app, sora, "follow")
        await act(app, sora, "endorse")
        assert (await act(app, sora, end))["endorsed"] is False
        assert (await app.get("/api/v1/endorsements")).json() == []
