"""The node, for apps that have not signed anybody in yet."""

from typing import Any

import httpx
import pytest

from actors.standing import block_server
from areas.registry import grant_role
from tests.testrig.world import Town, World
from tests.web.conftest import HOST
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio


async def test_the_node_in_both_versions(town: Town, client: httpx.AsyncClient) -> None:
    first = await client.get("/api/v1/instance")
    judge(schema.INSTANCE_V1, first.json())
    assert (first.json()["uri"], first.json()["contact_account"]["username"]) == (HOST, HOST)
    second = await client.get("/api/v2/instance")
    judge(schema.INSTANCE, second.json())
    assert second.json()["domain"] == HOST
    assert second.headers["cache-control"] == "public, max-age=60"


async def test_an_administrator_answers_for_the_node(town: Town, client: httpx.AsyncClient) -> None:
    hanako = await town.person("hanako")
    await town.write(
        lambda tx: grant_role(tx, hanako.id, "admin", area_id=None, until=None, now=town.clock())
    )
    shown = (await client.get("/api/v2/instance")).json()
    assert shown["contact"]["account"]["acct"] == "hanako"


async def test_usage_is_counted_now_and_then(world: World, town: Town, client: httpx.AsyncClient) -> None:
    hanako = await town.person("hanako")

    async def posts() -> int:
        return int((await client.get("/api/v1/instance")).json()["stats"]["status_count"])

    assert await posts() == 0
    await town.post(hanako, "花の庭が見ごろです。")
    assert await posts() == 0
    world.clock.advance(minutes=5)
    assert await posts() == 1


async def test_weeks(world: World, town: Town, client: httpx.AsyncClient) -> None:
    hanako = await town.person("hanako")
    await town.post(hanako, "花の庭が見ごろです。")
    world.clock.advance(days=7)
    await town.post(hanako, "雪が降りました。")
    await town.post(hanako, "除雪を手伝います。")
    weeks = (await client.get("/api/v1/instance/activity")).json()
    assert len(weeks) == 12
    for each in weeks:
        judge(schema.ACTIVITY, each)
    assert [(each["statuses"], each["logins"], each["registrations"]) for each in weeks[:3]] == [
        ("2", "1", "0"),
        ("1", "1", "1"),
        ("0", "0", "0"),
    ]
    assert int(weeks[0]["week"]) - int(weeks[1]["week"]) == 7 * 86_400


async def test_servers_that_are_known_and_blocked(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    await town.node.directory.actor(world.peer("mastodon.example").actor("ken"))
    assert (await client.get("/api/v1/instance/peers")).json() == ["mastodon.example"]
    await town.write(lambda tx: block_server(tx, "spam.example", reason="宣伝", until=None, now=town.clock()))
    [blocked] = (await client.get("/api/v1/instance/domain_blocks")).json()
    judge(schema.DOMAIN_BLOCK, blocked)
    assert (blocked["domain"], blocked["comment"]) == ("spam.example", "")


async def test_texts_around_it(client: httpx.AsyncClient) -> None:
    judge(schema.EXTENDED_DESCRIPTION, (await client.get("/api/v1/instance/extended_description")).json())
    policy = (await client.get("/api/v1/instance/privacy_policy")).json()
    judge(schema.PRIVACY_POLICY, policy)
    assert "このサーバーが預かるもの" in policy["content"]
    assert (await client.get("/api/v1/instance/terms_of_service")).status_code == 404
    languages = (await client.get("/api/v1/instance/languages")).json()
    assert [each["code"] for each in languages] == ["ja", "en"]
    for path in ("rules", "translation_languages"):
        assert not (await client.get(f"/api/v1/instance/{path}")).json()
    assert (await client.get("/api/v1/custom_emojis")).json() == []


async def test_pictures_of_those_who_have_none_are_for_apps_too(
    town: Town, client: httpx.AsyncClient
) -> None:
    hanako = await town.person("hanako")
    shown = (await client.get(f"/api/v1/accounts/{hanako.id}")).json()
    for name in ("avatar", "header"):
        response = await client.get(shown[name])
        assert response.headers["content-type"] == "image/png"
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.content.startswith(b"\x89PNG")


async def test_what_is_promised_is_taken_and_no_more(app: httpx.AsyncClient) -> None:
    told = (await app.get("/api/v2/instance")).json()["configuration"]
    old = (await app.get("/api/v1/instance")).json()["configuration"]
    for part in ("statuses", "media_attachments", "polls"):
        assert old[part] == told[part]
    length, polls, profile = told["statuses"]["max_characters"], told["polls"], told["accounts"]
    option, most = polls["max_characters_per_option"], polls["max_options"]

    def poll(**values: Any) -> dict[str, Any]:
        given = {"options": ["a", "b"], "expires_in": 3600, **values}
        return {"status": "?", "poll": given}

    def fields(number: int, length: int) -> dict[str, Any]:
        return {"fields_attributes": [{"name": str(each), "value": "v" * length} for each in range(number)]}

    posts, me = "/api/v1/statuses", "/api/v1/accounts/update_credentials"
    longest, shortest = polls["max_expiration"], polls["min_expiration"]
    number, size = profile["max_profile_fields"], profile["profile_field_value_limit"]
    tries: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("POST", posts, {"status": "あ" * length}, {"status": "あ" * (length + 1)}),
        (
            "POST",
            posts,
            poll(options=list(map(str, range(most)))),
            poll(options=list(map(str, range(most + 1)))),
        ),
        ("POST", posts, poll(options=["a", "b" * option]), poll(options=["a", "b" * (option + 1)])),
        ("POST", posts, poll(expires_in=longest), poll(expires_in=longest + 1)),
        ("POST", posts, poll(expires_in=shortest), poll(expires_in=shortest - 1)),
        ("PATCH", me, fields(number, 1), fields(number + 1, 1)),
        ("PATCH", me, fields(1, size), fields(1, size + 1)),
    ]
    for method, path, taken, refused in tries:
        assert (await app.request(method, path, json=taken)).status_code == 200, str(taken)[:100]
        assert (await app.request(method, path, json=refused)).status_code == 422, str(refused)[:100]


async def test_as_many_tags_and_pins_as_are_promised(app: httpx.AsyncClient) -> None:
    told = (await app.get("/api/v2/instance")).json()["configuration"]["accounts"]
    for most, name in ((told["max_featured_tags"], "tag"), (told["max_pinned_statuses"], "pin")):
        answers = [await _one_more(app, name, number) for number in range(most + 1)]
        assert answers == [*[200] * most, 422], name


async def _one_more(app: httpx.AsyncClient, what: str, number: int) -> int:
    if what == "tag":
        return (await app.post("/api/v1/featured_tags", json={"name": f"tag{number}"})).status_code
    post = (await app.post("/api/v1/statuses", json={"status": str(number)})).json()
    return (await app.post(f"/api/v1/statuses/{post['id']}/pin")).status_code
