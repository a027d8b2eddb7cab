"""Apps register in every form that clients send, are told in Mastodon's words what is wrong, and are counted."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.oauth.apps import OUT_OF_BAND
from actors.tables import apps
from tests.testrig.world import Town, World
from tests.web.mastodon.conftest import Sign

pytestmark = pytest.mark.anyio
NAME = "Ice Cubes"
URIS = ["icecubesapp://", "com.tapbots.Ivory.10217:/request_token"]
KEYS = {"id", "name", "website", "scopes", "redirect_uris", "redirect_uri", "vapid_key"}
SECRETS = {"client_id", "client_secret", "client_secret_expires_at"}

FORMS: tuple[dict[str, Any], ...] = (
    {"json": {"client_name": NAME, "redirect_uris": URIS, "scopes": "read write"}},
    {"json": {"client_name": NAME, "redirect_uris": "\n".join(URIS), "scopes": "read write"}},
    {"data": {"client_name": NAME, "redirect_uris": "\r\n".join(URIS), "scopes": "read write"}},
    {"data": {"client_name": NAME, "redirect_uris[]": URIS, "scopes": "read write"}},
    {"params": {"client_name": NAME, "redirect_uris": " ".join(URIS), "scopes": "read write"}},
    {
        "files": {
            "client_name": (None, NAME),
            "redirect_uris": (None, "\n".join(URIS)),
            "scopes": (None, "read write"),
        }
    },
)


async def test_an_app_registers_in_any_form(town: Town, client: httpx.AsyncClient) -> None:
    for number, how in enumerate(FORMS):
        response = await client.post("/api/v1/apps" + "/" * (number % 2), **how)
        found = response.json()
        assert (response.status_code, set(found)) == (200, KEYS | SECRETS), how
        assert found["redirect_uris"] == URIS
        assert found["redirect_uri"] == "\n".join(URIS)
        assert found["scopes"] == ["read", "write"]
        assert (found["name"], found["website"], found["client_secret_expires_at"]) == (NAME, None, 0)
        assert found["id"].isdecimal()
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        assert "no-store" in response.headers["cache-control"]


ERRORS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"client_name": ""}, "Name can't be blank"),
    ({"client_name": "x" * 101}, "Name is too long (maximum is 100 characters)"),
    ({"redirect_uris": ""}, "Redirect URI can't be blank"),
    ({"redirect_uris": "javascript:alert(1)"}, "Redirect URI is forbidden by the server."),
    ({"redirect_uris": ["a:b"] * 21}, "Redirect URI has too many entries (maximum is 20)"),
    ({"scopes": "read admin:read"}, "Scopes doesn't match configured on the server."),
    ({"website": "javascript:alert(1)"}, "Website is not a valid URL"),
)


async def test_what_is_wrong_is_said(town: Town, client: httpx.AsyncClient) -> None:
    for values, error in ERRORS:
        given = {"client_name": NAME, "redirect_uris": OUT_OF_BAND, **values}
        response = await client.post("/api/v1/apps", json=given)
        assert (response.status_code, response.json()) == (422, {"error": f"Validation failed: {error}"})
        assert response.headers["access-control-allow-origin"] == "*"


async def test_a_flood_is_stopped(world: World, town: Town, client: httpx.AsyncClient) -> None:
    given = {"client_name": NAME, "redirect_uris": OUT_OF_BAND}
    statuses = [(await client.post("/api/v1/apps", json=given)).status_code for _ in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    refused = await client.post("/api/v1/apps", json=given)
    assert refused.json() == {"error": "Too many requests"}
    assert int(refused.headers["retry-after"]) > 0
    count = sa.select(sa.func.count()).select_from(apps)
    assert await town.read(lambda tx: tx.execute(count).scalar_one()) == 20
    world.clock.advance(minutes=1)
    assert (await client.post("/api/v1/apps", json=given)).status_code == 200


async def test_an_app_sees_itself(town: Town, client: httpx.AsyncClient, sign: Sign) -> None:
    given = {"client_name": NAME, "redirect_uris": URIS, "website": "https://icecubes.example/"}
    made = (await client.post("/api/v1/apps", json=given)).json()
    credentials = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    form = {"grant_type": "client_credentials", **credentials}
    bearer = (await client.post("/oauth/token", data=form)).json()["access_token"]
    headers = {"authorization": f"Bearer {bearer}"}
    response = await client.get("/api/v1/apps/verify_credentials", headers=headers)
    assert response.json() == {key: value for key, value in made.items() if key in KEYS}
    await town.person("hanako")
    of_user = await client.get("/api/v1/apps/verify_credentials", headers=await sign("hanako"))
    assert (of_user.status_code, of_user.json()["name"]) == (200, "kairanban token create")
    for wrong in ({}, {"authorization": "Bearer wrong"}):
        refused = await client.get("/api/v1/apps/verify_credentials", headers=wrong)
        assert (refused.status_code, refused.json()) == (401, {"error": "The access token is invalid"})
    in_address = await client.get(f"/api/v1/apps/verify_credentials?access_token={bearer}")
    assert in_address.status_code == 401


async def test_only_the_first_host_name_has_the_client_api(
    second_origin: str, town: Town, client: httpx.AsyncClient
) -> None:
    for method, path in (
        ("GET", "/api/v2/instance"),
        ("POST", "/api/v1/apps"),
        ("POST", "/oauth/token"),
        ("GET", "/.well-known/oauth-authorization-server"),
    ):
        response = await client.request(method, path, headers={"host": second_origin})
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (404, "*")
    assert (await client.get("/api/v2/instance")).status_code == 200
