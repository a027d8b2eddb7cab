"""Tokens over HTTP: in every form that clients send, with errors that they know; what the server says of itself."""

import base64
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from actors.accounts import find_owner
from actors.oauth.codes import Approver
from actors.oauth.messages import WORDS, Approval, Call
from actors.oauth.server import decide
from actors.records import AppRecord
from tests.testrig.world import Town
from tests.web.accounts.people import CALLBACK, register, sign_up
from tests.web.conftest import ORIGIN
from tests.web.mastodon.conftest import Sign

pytestmark = pytest.mark.anyio


async def approved(town: Town, app: AppRecord, account_id: int, actor_id: int) -> str:
    """A code, as the consent page gives it."""
    parameters = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "scope": "read",
    }
    call = Call({name: [value] for name, value in parameters.items()})
    found = await town.write(decide, town.node.vault, call, Approver(account_id, actor_id), town.clock())
    assert isinstance(found, Approval)
    return found.code


@pytest.fixture
async def approve(town: Town) -> Any:
    """Makes one code after another; also the app's credentials."""
    hanako = await sign_up(town)
    app, secret = await register(town)
    account_id = await town.read(find_owner, hanako.id, town.clock())

    async def make() -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "client_secret": secret,
            "redirect_uri": CALLBACK,
            "code": await approved(town, app, account_id, hanako.id),
        }

    return make


async def test_a_code_becomes_a_token_in_any_form(client: httpx.AsyncClient, approve: Any) -> None:
    for number, form in enumerate(("json", "data", "params", "files", "basic")):
        given = await approve()
        how: dict[str, Any] = {form: given}
        if form == "files":
            how = {"files": {name: (None, value) for name, value in given.items()}}
        if form == "basic":
            pair = f"{given.pop('client_id')}:{given.pop('client_secret')}"
            how = {
                "data": given,
                "headers": {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
            }
        response = await client.post("/oauth/token" + "/" * (number % 2), **how)
        found = response.json()
        assert (response.status_code, set(found)) == (
            200,
            {"access_token", "token_type", "scope", "created_at"},
        ), form
        assert (found["token_type"], found["scope"]) == ("Bearer", "read")
        assert isinstance(found["created_at"], int)
        assert "no-store" in response.headers["cache-control"]
        assert response.headers["access-control-allow-origin"] == "*"
        headers = {"authorization": f"Bearer {found['access_token']}"}
        me = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
        assert (me.status_code, me.json()["username"]) == (200, "hanako")


ERRORS: tuple[tuple[dict[str, str | None], int, str], ...] = (
    ({"client_id": "wiped"}, 401, "invalid_client"),
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_secret": None}, 401, "invalid_client"),
    ({"code": "wrong"}, 400, "invalid_grant"),
    ({"code": None}, 400, "invalid_request"),
    ({"redirect_uri": f"{CALLBACK}/"}, 400, "invalid_grant"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": None}, 400, "unsupported_grant_type"),
    ({"grant_type": "回覧板"}, 400, "invalid_request"),
    ({"grant_type": "client_credentials", "scope": "admin:read"}, 400, "invalid_scope"),
    ({"code_verifier": "v" * 43}, 400, "invalid_request"),
)


async def test_errors_are_those_that_clients_know(client: httpx.AsyncClient, approve: Any) -> None:
    right = await approve()
    for change, status, error in ERRORS:
        given = {name: value for name, value in {**right, **change}.items() if value is not None}
        response = await client.post("/oauth/token", data=given)
        assert (response.status_code, response.json()) == (
            status,
            {"error": error, "error_description": WORDS[error]},
        ), change
        assert response.headers["access-control-allow-origin"] == "*"
        assert "www-authenticate" not in response.headers
    assert (await client.post("/oauth/token", data=right)).status_code == 200


async def test_who_tried_basic_is_challenged(town: Town, client: httpx.AsyncClient) -> None:
    response = await client.post("/oauth/token", headers={"authorization": "Basic eDp5"})
    assert response.status_code in {400, 401}
    form = {"grant_type": "client_credentials"}
    response = await client.post("/oauth/token", data=form, headers={"authorization": "Basic eDp5"})
    assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Basic realm="kairanban"')


async def test_what_cannot_be_read_is_an_error_in_json(town: Town, client: httpx.AsyncClient) -> None:
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"<x/>", "text/xml", 415),
        (b"grant_type=%00", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 1001, "application/x-www-form-urlencoded", 400),
    ):
        response = await client.post("/oauth/token", content=content, headers={"content-type": kind})
        assert (response.status_code, set(response.json())) == (status, {"error"})
        assert response.headers["access-control-allow-origin"] == "*"
    assert (await client.get("/oauth/token")).status_code == 405


async def test_a_token_is_given_back(client: httpx.AsyncClient, approve: Any) -> None:
    given = await approve()
    bearer = (await client.post("/oauth/token", data=given)).json()["access_token"]
    headers = {"authorization": f"Bearer {bearer}"}
    form = {"client_id": given["client_id"], "client_secret": given["client_secret"], "token": bearer}
    wrong = await client.post("/oauth/revoke", data={**form, "client_secret": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).status_code == 200
    for _ in range(2):
        response = await client.post("/oauth/revoke/", data=form)
        assert (response.status_code, response.json()) == (200, {})
    assert (await client.get("/api/v1/accounts/verify_credentials", headers=headers)).status_code == 401


async def test_browsers_may_ask_from_anywhere(town: Town, client: httpx.AsyncClient) -> None:
    asked = {"origin": "https://phanpy.example", "access-control-request-method": "POST"}
    for path in ("/oauth/token", "/oauth/revoke", "/api/v1/apps", "/oauth/userinfo"):
        response = await client.options(path, headers=asked)
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (204, "*")
        assert "access-control-allow-credentials" not in response.headers
    page = await client.get("/oauth/authorize", headers={"origin": "https://phanpy.example"})
    assert "access-control-allow-origin" not in page.headers


async def test_who_is_signed_in(client: httpx.AsyncClient, town: Town, sign: Sign) -> None:
    await town.person("hanako")
    for scopes in ("profile", "read"):
        response = await client.get("/oauth/userinfo", headers=await sign("hanako", scopes))
        assert response.json() == {
            "iss": f"{ORIGIN}/",
            "sub": f"{ORIGIN}/people/hanako",
            "name": "hanako",
            "preferred_username": "hanako",
            "profile": f"{ORIGIN}/people/hanako",
            "picture": response.json()["picture"],
        }
        assert response.json()["picture"].startswith(f"{ORIGIN}/static/")
    assert (await client.get("/oauth/userinfo", headers=await sign("hanako", "push"))).status_code == 403
    assert (await client.get("/oauth/userinfo")).status_code == 401


async def test_the_server_says_what_it_can(town: Town, client: httpx.AsyncClient) -> None:
    path = get_well_known_url(ORIGIN)
    response = await client.get(path, headers={"origin": "https://phanpy.example"})
    found = response.json()
    AuthorizationServerMetadata(found).validate()
    assert found["issuer"] == f"{ORIGIN}/"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "admin:read" not in found["scopes_supported"]
    assert response.headers["access-control-allow-origin"] == "*"
    for key, value in found.items():
        if key.endswith("_endpoint"):
            status = (await client.get(value)).status_code
            assert status in {400, 401, 405}, key
