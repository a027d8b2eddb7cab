"""Lists that somebody makes, and lists that areas are."""

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.records import AreaRecord
from tests.testrig.world import Town
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import personal, schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio

LISTS = "/api/v1/lists"


@pytest.fixture
async def area(town: Town, hanako: ActorRecord) -> AreaRecord:
    made = await town.area("megumino")
    group = await town.node.directory.actor(made.iri)
    await town.write(interactions.follow, hanako, group, town.clock())
    return made


async def test_a_list_of_ones_own(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    sora, riku = await town.person("sora"), await town.person("riku")
    await town.write(interactions.follow, hanako, sora, town.clock())
    made = (
        await app.post(LISTS, json={"title": "ご近所", "replies_policy": "none", "exclusive": True})
    ).json()
    judge(personal.LIST, made)
    assert (made["title"], made["replies_policy"], made["exclusive"]) == ("ご近所", "none", True)
    address = f"{LISTS}/{made['id']}"
    changed = await app.put(address, data={"title": "となり"})
    assert changed.json() == {**made, "title": "となり"}
    assert (await app.get(address)).json() == changed.json()
    assert (await app.post(f"{address}/accounts", json={"account_ids": [str(riku.id)]})).status_code == 422
    assert (await app.post(f"{address}/accounts", json={"account_ids": [str(sora.id)]})).json() == {}
    [member] = (await app.get(f"{address}/accounts")).json()
    judge(schema.ACCOUNT, member)
    assert member["acct"] == "sora"
    assert (await app.get(f"/api/v1/accounts/{sora.id}/lists")).json() == [changed.json()]
    post, _ = await town.post(sora, "雪かきを手伝います。")
    shown = (await app.get(f"/api/v1/timelines/list/{made['id']}")).json()
    assert [each["id"] for each in shown] == [str(post.id)]
    gone = await app.request("DELETE", f"{address}/accounts", data={"account_ids[]": str(sora.id)})
    assert gone.json() == {}
    assert (await app.get(f"/api/v1/timelines/list/{made['id']}")).json() == []
    assert (await app.delete(address)).json() == {}
    assert (await app.get(address)).status_code == 404


async def test_lists_have_titles(app: httpx.AsyncClient) -> None:
    for title in ("", "あ" * 101):
        response = await app.post(LISTS, json={"title": title})
        assert response.status_code == 422
        judge(schema.ERROR, response.json())
    bad = await app.post(LISTS, json={"title": "a", "replies_policy": "some"})
    assert bad.status_code == 422


async def test_a_followed_area_is_a_list(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord
) -> None:
    found = (await app.get(LISTS)).json()
    for each in found:
        judge(personal.LIST, each)
    assert [each["title"] for each in found] == ["エリア: meguminoの町", "meguminoの町: お知らせ"]
    post, _ = await town.post(hanako, "花の庭が見ごろです。", area)
    [shown] = (await app.get(f"/api/v1/timelines/list/{found[0]['id']}")).json()
    assert (shown["reblog"] or shown)["id"] == str(post.id)
    assert (await app.get(f"/api/v1/timelines/list/{found[1]['id']}")).json() == []
    [member] = (await app.get(f"{LISTS}/{found[0]['id']}/accounts")).json()
    assert member["id"] == str(area.actor_id)


async def test_of_an_areas_list_only_one_thing_changes(app: httpx.AsyncClient, area: AreaRecord) -> None:
    found = (await app.get(LISTS)).json()[0]
    address = f"{LISTS}/{found['id']}"
    kept_out = await app.put(address, json={**found, "exclusive": True})
    assert kept_out.json() == {**found, "exclusive": True}
    assert (await app.get(address)).json()["exclusive"] is True
    for method, path, body in (
        ("PUT", address, {"title": "ちがう名前"}),
        ("DELETE", address, {}),
        ("POST", f"{address}/accounts", {"account_ids": [str(area.actor_id)]}),
    ):
        refused = await app.request(method, path, json=body)
        assert refused.status_code == 422, (method, path)
        assert "area" in refused.json()["error"]


async def test_nobody_reaches_anothers_list(town: Town, app: httpx.AsyncClient, sign: Sign) -> None:
    made = (await app.post(LISTS, json={"title": "ひみつ"})).json()
    await town.person("riku")
    other = await sign("riku")
    for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/accounts")):
        response = await app.request(method, f"{LISTS}/{made['id']}{rest}", headers=other)
        assert response.status_code == 404, (method, rest)
    hidden = await app.get(f"/api/v1/timelines/list/{made['id']}", headers=other)
    assert hidden.status_code == 404
