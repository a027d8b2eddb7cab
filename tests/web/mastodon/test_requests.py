"""What an app sends, in every form; what it is told; and the headers that let a browser show it."""

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.oauth.apps import Registration, register_app
from actors.oauth.tokens import issue_for_itself
from federation.errors import Fault, Gone, NotFound, Refused, Unreachable
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from tests.web.mastodon.conftest import Serve, Sign, echo
from web.guard import MAX_BODY
from web.mastodon import allowances, routes
from web.mastodon.allowances import Allowance
from web.mastodon.calls import PUBLIC, Access, Call, if_given, user
from web.mastodon.calls import app as app_token
from web.mastodon.operations import Operation
from web.mastodon.paging import ACCOUNTS, STATUSES, read_limit
from web.mastodon.parameters import Parameters

pytestmark = pytest.mark.anyio
ECHO = "/api/v1/echo"
EXPECTED = {
    "texts": ["1", "2"],
    "text": "花の庭",
    "flag": True,
    "options": ["a", "b"],
    "fields": [["n", "v"]],
    "who": "hanako",
}
FORM = {
    "id[]": ["1", "2"],
    "status": "花の庭",
    "sensitive": "on",
    "poll[options][]": ["a", "b"],
    "fields[0][name]": "n",
    "fields[0][value]": "v",
}
DOCUMENT = {
    "id": [1, "2"],
    "status": "花の庭",
    "sensitive": True,
    "poll": {"options": ["a", "b"]},
    "fields": [{"name": "n", "value": "v"}],
}


SIGNED_IN = user("write:statuses")


def operation(access: Access = SIGNED_IN, **more: Any) -> Operation:
    return Operation(("GET", "POST", "DELETE"), ECHO, access, echo, **more)


FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("POST", {"json": DOCUMENT}),
    ("POST", {"data": FORM}),
    ("POST", {"data": FORM, "files": {"file": ("a.png", b"x", "image/png")}}),
    ("POST", {"params": FORM}),
    ("POST", {"params": {"status": "of the query"}, "json": DOCUMENT}),
    ("GET", {"params": FORM}),
    ("DELETE", {"json": DOCUMENT}),
    ("DELETE", {"data": FORM}),
    ("DELETE", {"params": FORM}),
)


async def test_parameters_arrive_in_every_form(app: httpx.AsyncClient, serve: Serve) -> None:
    serve(operation())
    for method, how in FORMS:
        for path in (ECHO, ECHO + "/"):
            response = await app.request(method, path, **how)
            assert response.json() == EXPECTED, (method, how)


async def test_a_file_may_come_and_is_there_while_it_is_read(app: httpx.AsyncClient, serve: Serve) -> None:
    async def measure(call: Call) -> dict[str, object]:
        upload = call.params.upload("file")
        assert upload is not None
        return {
            "name": upload.filename,
            "bytes": len(await upload.read()),
            "none": call.params.upload("other"),
        }

    serve(Operation(("POST",), ECHO, user("write:media"), measure))
    response = await app.post(ECHO, files={"file": ("山.png", b"x" * 5000, "image/png")})
    assert response.json() == {"name": "山.png", "bytes": 5000, "none": None}
    assert (await app.post(ECHO, data={"file": "x"})).json() == {
        "error": "Validation failed: file is not a file"
    }


UNREADABLE = (
    (b"{", "application/json", 400),
    (b"[1]", "application/json", 400),
    (b"a=%ff", "application/x-www-form-urlencoded", 400),
    (b"a=\xff", "application/x-www-form-urlencoded", 400),
    (b"x", "multipart/form-data", 400),
    (b"--a\r\n\r\n", "multipart/form-data; boundary=b", 400),
    (b"<a/>", "text/xml", 415),
)


async def test_a_body_that_cannot_be_read_is_said_to_be_so(app: httpx.AsyncClient, serve: Serve) -> None:
    serve(operation())
    for content, kind, status in UNREADABLE:
        response = await app.post(ECHO, content=content, headers={"content-type": kind})
        assert response.status_code == status, content
        assert list(response.json()) == ["error"]
        assert response.headers["access-control-allow-origin"] == "*"


async def test_the_name_of_an_area_has_no_apps(
    app: httpx.AsyncClient, serve: Serve, second_origin: str
) -> None:
    """Another node may get it: tokens for it would go there."""
    serve(operation())
    assert (await app.get(f"https://{second_origin}{ECHO}")).status_code == 404
    assert (await app.get(ECHO)).status_code == 200


async def test_letters_need_no_escapes(app: httpx.AsyncClient, serve: Serve) -> None:
    serve(operation())
    kind = {"content-type": "application/x-www-form-urlencoded"}
    response = await app.post(ECHO, content="status=花の庭&id[]=山".encode(), headers=kind)
    assert (response.json()["text"], response.json()["texts"]) == ("花の庭", ["山"])


async def test_a_post_without_anything_is_read(app: httpx.AsyncClient, serve: Serve) -> None:
    serve(operation())
    assert (await app.post(ECHO)).json()["texts"] == []
    assert (await app.post(ECHO, headers={"content-type": "text/plain"})).json()["texts"] == []


NO_TOKEN, WRONG_TOKEN = "no token", "wrong token"
BAD_TOKEN = "The access token is invalid"
OUTSIDE = "This action is outside the authorized scopes"
RIGHTS: tuple[tuple[Access, str, int, str | None], ...] = (
    (user("write:statuses"), NO_TOKEN, 401, BAD_TOKEN),
    (user("write:statuses"), WRONG_TOKEN, 401, BAD_TOKEN),
    (user("write:statuses"), "read", 403, OUTSIDE),
    (user("write:statuses"), "write:media", 403, OUTSIDE),
    (user("write:statuses"), "write", 200, None),
    (user("write:statuses"), "write:statuses", 200, None),
    (user("read:blocks"), "follow", 200, None),
    (user("profile", "read:accounts"), "profile", 200, None),
    (if_given("read:statuses"), NO_TOKEN, 200, None),
    (if_given("read:statuses"), WRONG_TOKEN, 401, BAD_TOKEN),
    (if_given("read:statuses"), "profile", 403, OUTSIDE),
    (if_given("read:statuses"), "read", 200, None),
    (app_token("read"), NO_TOKEN, 401, BAD_TOKEN),
    (app_token("read"), "read", 200, None),
    (PUBLIC, NO_TOKEN, 200, None),
    (PUBLIC, WRONG_TOKEN, 200, None),
)


async def test_who_may(town: Town, client: httpx.AsyncClient, serve: Serve, sign: Sign) -> None:
    await town.person("hanako")
    for number, (access, scopes, status, error) in enumerate(RIGHTS):
        path = f"/api/v1/right/{number}"
        serve(Operation(("GET",), path, access, echo))
        headers = {WRONG_TOKEN: {"authorization": "Bearer x"}, NO_TOKEN: {}}.get(scopes)
        response = await client.get(
            path, headers=await sign("hanako", scopes) if headers is None else headers
        )
        assert (response.status_code, response.json().get("error")) == (status, error), (access, scopes)
        assert response.headers["cache-control"] == "private, no-store"
        if status == 401:
            assert response.headers["www-authenticate"].startswith("Bearer")


async def test_an_app_for_itself_is_nobody(town: Town, client: httpx.AsyncClient, serve: Serve) -> None:
    def make(tx: sa.Connection) -> str:
        registration = Registration("an app", ("urn:ietf:wg:oauth:2.0:oob",), "read write")
        made, _ = register_app(tx, town.node.vault, registration, town.clock())
        return issue_for_itself(tx, town.node.vault, made, frozenset({"read", "write"}), town.clock())[1]

    client.headers["authorization"] = f"Bearer {await town.write(make)}"
    serve(operation(user("read")))
    response = await client.get(ECHO)
    assert (response.status_code, response.json()) == (
        422,
        {"error": "This method requires an authenticated user"},
    )
    for number, access in enumerate((app_token("read"), if_given("read"), PUBLIC)):
        serve(Operation(("GET",), f"/api/v1/app/{number}", access, echo))
        assert (await client.get(f"/api/v1/app/{number}")).json()["who"] is None


async def test_errors_are_json_that_browsers_show(client: httpx.AsyncClient, serve: Serve) -> None:
    async def fail(_call: Call) -> None:
        raise RuntimeError("a bug")

    serve(Operation(("GET",), "/api/v1/bug", PUBLIC, fail))
    serve(operation())
    long = b"x" * (MAX_BODY + 1)
    answers = [
        (404, "Record not found", await client.get("/api/v1/nothing")),
        (404, "Record not found", await client.post("/api/v9/nothing/at/all/")),
        (405, "This method is not allowed here", await client.patch(ECHO)),
        (401, "The access token is invalid", await client.get(ECHO)),
        (413, f"The body may have {MAX_BODY} bytes.", await client.post(ECHO, content=long)),
        (421, "This host is not served here.", await client.get(ECHO, headers={"host": "other.example"})),
    ]
    for status, error, response in answers:
        assert (response.status_code, response.json()) == (status, {"error": error})
        assert response.headers["access-control-allow-origin"] == "*"
        assert "Link" in response.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in response.headers
        assert response.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(RuntimeError, match="a bug"):
        await client.get("/api/v1/bug")


FAULTS: tuple[tuple[Fault, int, str], ...] = (
    (Refused("a post needs a text"), 422, "Validation failed: a post needs a text"),
    (Refused("Validation failed: Text can't be blank"), 422, "Validation failed: Text can't be blank"),
    (NotFound("there is no post 5 of a secret actor"), 404, "Record not found"),
    (Gone("https://secret.example was deleted"), 404, "Record not found"),
    (Unreachable("10.0.0.5 did not answer"), 503, "Remote data could not be fetched"),
)


async def test_faults_are_in_the_words_that_apps_look_for(client: httpx.AsyncClient, serve: Serve) -> None:
    for number, (fault, status, error) in enumerate(FAULTS):

        async def fail(_call: Call, fault: Fault = fault) -> None:
            raise fault

        serve(Operation(("GET",), f"/api/v1/fault/{number}", PUBLIC, fail))
        response = await client.get(f"/api/v1/fault/{number}")
        assert (response.status_code, response.json()) == (status, {"error": error})


async def test_a_bug_of_ours_is_json_too(world: World, town: Town, serve: Serve) -> None:
    async def fail(_call: Call) -> None:
        raise RuntimeError("a bug with a secret in it")

    serve(Operation(("GET",), "/api/v1/bug", PUBLIC, fail))
    app = world.network.hosts["chitose.example"]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        response = await client.get("/api/v1/bug")
    assert response.status_code == 500
    assert response.json() == {"error": "The request could not be handled."}
    assert response.headers["access-control-allow-origin"] == "*"


async def test_pages_and_inboxes_are_not_for_other_sites(client: httpx.AsyncClient) -> None:
    for path in ("/", "/inbox", "/nothing", "/oauth/authorize"):
        assert "access-control-allow-origin" not in (await client.get(path)).headers
    for path in ("/.well-known/nodeinfo", "/nodeinfo/2.0", "/.well-known/nothing", "/oauth/token"):
        assert (await client.get(path)).headers["access-control-allow-origin"] == "*"


async def test_browsers_may_ask_before_they_send(client: httpx.AsyncClient) -> None:
    asked = {
        "origin": "https://elk.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,content-type,idempotency-key",
    }
    for path in ("/api/v1/statuses", "/oauth/token", "/.well-known/oauth-authorization-server", "/media/x"):
        response = await client.options(path, headers=asked)
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        allowed = response.headers["access-control-allow-headers"].lower()
        assert {"authorization", "content-type", "idempotency-key"} <= set(allowed.split(", "))
        methods = set(response.headers["access-control-allow-methods"].split(", "))
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= methods
        assert "access-control-allow-credentials" not in response.headers
    assert (await client.options("/", headers=asked)).status_code == 405


async def test_requests_are_counted_by_token_and_by_network(
    world: World, client: httpx.AsyncClient, app: httpx.AsyncClient, serve: Serve, sign: Sign
) -> None:
    few = Allowance("few", 2, 5)
    serve(operation(if_given("read"), allowances=(few,)))
    signed = [(await app.get(ECHO)) for _ in range(3)]
    assert [each.status_code for each in signed] == [200, 200, 429]
    assert [each.headers["x-ratelimit-remaining"] for each in signed] == ["1", "0", "0"]
    assert {each.headers["x-ratelimit-limit"] for each in signed} == {"2"}
    assert signed[2].json() == {"error": "Too many requests"}
    assert 0 < int(signed[2].headers["retry-after"]) <= 300
    assert signed[2].headers["x-ratelimit-reset"].endswith(":00.000Z")
    other = await sign("hanako")
    assert (await app.get(ECHO, headers=other)).status_code == 200
    del app.headers["authorization"]
    unsigned = [(await app.get(ECHO)).status_code for _ in range(3)]
    assert unsigned == [200, 200, 429]
    wrong = await app.get(ECHO, headers={"authorization": "Bearer x"})
    assert wrong.status_code == 429
    world.clock.advance(minutes=5)
    assert (await app.get(ECHO)).status_code == 200


async def test_three_hundred_in_five_minutes_is_what_everything_has(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/custom_emojis")
    assert response.headers["x-ratelimit-limit"] == "300"
    assert response.headers["x-ratelimit-remaining"] == "299"
    assert (allowances.EVERYTHING.most, allowances.EVERYTHING.minutes) == (300, 5)
    assert all(allowances.EVERYTHING in each.allowances for each in routes.OPERATIONS)


async def test_only_addresses_that_say_so_take_large_bodies(client: httpx.AsyncClient) -> None:
    """Whoever may not is told so before anything of the body is read."""
    body = b"x" * (MAX_BODY + 10)
    for method, path, status in (
        ("POST", "/api/v2/media", 401),
        ("POST", "/api/v1/media", 401),
        ("PUT", "/api/v2/media", 413),
        ("POST", "/api/v1/statuses", 413),
        ("POST", "/inbox", 413),
    ):
        response = await client.request(method, path, content=body)
        assert response.status_code == status, (method, path)


@pytest.mark.parametrize(
    ("asked", "statuses", "accounts"),
    [
        (None, 20, 40),
        ("5", 5, 5),
        ("60", 40, 60),
        ("1000000", 40, 80),
        ("0", 1, 1),
        ("-5", 1, 1),
        ("", 20, 40),
    ],
)
def test_a_limit_is_what_may_be(asked: str | None, statuses: int, accounts: int) -> None:
    params = Parameters({} if asked is None else {"limit": [asked]})
    assert (read_limit(params, STATUSES), read_limit(params, ACCOUNTS)) == (statuses, accounts)


async def test_what_is_said_in_json_is_what_is_counted(app: httpx.AsyncClient, serve: Serve) -> None:
    """A body of just the usual size is read whole."""
    serve(operation())
    text = "あ" * 100_000
    response = await app.post(
        ECHO, content=json.dumps({"status": text}), headers={"content-type": "application/json"}
    )
    assert response.json()["text"] == text
