"""Every address of the table: which right it demands, and what it says to whoever has none, or asks for nothing."""

import re

import httpx
import pytest

from actors.oauth.scopes import SCOPES
from actors.records import ActorRecord
from tests.testrig.world import World
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge
from web.mastodon.operations import Operation
from web.mastodon.routes import OPERATIONS

pytestmark = pytest.mark.anyio

FOR_ANYBODY = {
    "/.well-known/oauth-authorization-server",
    "/api/v1/accounts/{id}/featured_tags",
    "/api/oembed",
    "/api/v1/custom_emojis",
    "/api/v1/directory",
    "/api/v1/instance",
    "/api/v1/instance/activity",
    "/api/v1/instance/domain_blocks",
    "/api/v1/instance/extended_description",
    "/api/v1/instance/languages",
    "/api/v1/instance/peers",
    "/api/v1/instance/privacy_policy",
    "/api/v1/instance/terms_of_service",
    "/api/v1/instance/rules",
    "/api/v1/instance/translation_languages",
    "/api/v1/trends",
    "/api/v1/trends/links",
    "/api/v1/trends/tags",
    "/api/v2/instance",
}
"""Where a token is not even looked at. Whatever is added here says the same to everybody."""

FOR_APPS = {"/api/v1/apps", "/oauth/token", "/oauth/revoke"}
"""Where an app has no token yet, or gives one back: it shows its own credentials, or registers to get some."""

WHILE_WRITING = {"/api/v1/media/{id}"}
"""What only somebody asks who is about to post."""

READING = {"/api/v1/statuses/{id}/translate"}
"""What changes nothing, whatever its method."""

NOWHERE = "1"
"""An id that nothing has."""


def fill(path: str) -> str:
    return re.sub(r"\{\w+\}", NOWHERE, path)


def test_each_demands_scopes_that_exist_or_is_for_anybody() -> None:
    for operation in OPERATIONS:
        access = operation.access
        assert set(access.scopes) <= set(SCOPES), operation.path
        if access.needs == "nothing":
            assert operation.path in FOR_ANYBODY | FOR_APPS, operation.path
            assert operation.methods == ("GET",) or not access.scopes, operation.path
        elif access.needs != "token":
            assert access.scopes, operation.path


def test_nothing_that_changes_is_for_anybody_and_reading_scopes_only_read() -> None:
    for operation in OPERATIONS:
        verbs = {scope.partition(":")[0] for scope in operation.access.scopes}
        if operation.methods != ("GET",) and operation.path not in READING:
            assert operation.access.needs in {"user", "token"} or operation.path in FOR_APPS, operation.path
            assert "read" not in verbs, operation.path
        elif operation.path not in WHILE_WRITING:
            assert "write" not in verbs, operation.path


def test_words_stand_in_front_of_ids() -> None:
    """An address is answered by the first row that fits it."""
    for place, operation in enumerate(OPERATIONS):
        for earlier in OPERATIONS[:place]:
            pattern = re.sub(r"\{\w+\}", "[^/]+", earlier.path)
            shared = set(earlier.methods) & set(operation.methods)
            assert not (shared and re.fullmatch(pattern, operation.path)), (earlier.path, operation.path)


def needing(*needs: str) -> list[tuple[str, Operation]]:
    return [
        (method, operation)
        for operation in OPERATIONS
        if operation.access.needs in needs
        for method in operation.methods
    ]


async def test_without_a_token_and_with_a_wrong_one(world: World, client: httpx.AsyncClient) -> None:
    for method, operation in needing("user", "token"):
        world.clock.advance(minutes=1)  # one client may not ask so much at once
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic eDp5"}):
            response = await client.request(method, fill(operation.path), headers=headers)
            assert response.status_code == 401, (method, operation.path)
            assert response.json() == {"error": "The access token is invalid"}
            assert response.headers["access-control-allow-origin"] == "*"


async def test_with_a_scope_for_something_else(
    world: World, client: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    tokens = {scope: await sign("hanako", scope) for scope in ("read:blocks", "write:blocks", "push")}
    for method, operation in needing("user", "if-given"):
        world.clock.advance(minutes=1)
        scope = next(
            each for each in tokens if not {each, each[: each.find(":")]} & set(operation.access.scopes)
        )
        response = await client.request(method, fill(operation.path), headers=tokens[scope])
        assert response.status_code == 403, (method, operation.path)
        assert response.json() == {"error": "This action is outside the authorized scopes"}


async def test_what_does_not_exist_is_not_found(world: World, app: httpx.AsyncClient) -> None:
    for operation in OPERATIONS:
        if "{id}" not in operation.path:
            continue
        world.clock.advance(minutes=1)
        for wanted in (NOWHERE, "0", "x", "-1", "9" * 30, "%E3%81%82", "1.5"):
            for method in operation.methods:
                response = await app.request(method, operation.path.replace("{id}", wanted))
                assert response.status_code == 404, (method, operation.path, wanted)
                assert response.json() == {"error": "Record not found"}


async def test_strange_parameters_are_refused_in_words(world: World, app: httpx.AsyncClient) -> None:
    for operation in OPERATIONS:
        if "GET" not in operation.methods:
            continue
        world.clock.advance(minutes=1)
        for query in ("limit=x", "max_id=x", "min_id=-1", "id[]=x", "id[a]=1&id=2", "a=%ff", "offset=x"):
            response = await app.get(f"{fill(operation.path)}?{query}")
            assert response.status_code in {200, 400, 404, 422}, (operation.path, query)
            if response.status_code != 200:
                judge(schema.ERROR, response.json())


async def test_the_limit_is_clamped(app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    for operation in OPERATIONS:
        if "GET" in operation.methods and "{" not in operation.path:
            for limit in ("0", "-5", "1000000"):
                response = await app.get(operation.path, params={"limit": limit, "id[]": str(hanako.id)})
                assert response.status_code in {200, 404}, (operation.path, limit)
