"""Apps with tokens, and operations of the tests' own that say what arrived."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette

from actors.records import ActorRecord
from tests.testrig.world import Town, World
from tests.web.conftest import HOST
from web.cli import run_command
from web.mastodon.calls import Call
from web.mastodon.operations import Operation

Serve = Callable[[Operation], None]
Sign = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def serve(world: World, town: Town) -> Serve:
    """Add an operation to the town."""
    app = world.network.hosts[HOST]
    assert isinstance(app, Starlette)
    return lambda operation: app.router.routes.append(operation.to_route())


@pytest.fixture
def sign(town: Town) -> Sign:
    """Return the header by which an app speaks as somebody."""

    async def make(name: str, scopes: str = "read write follow push") -> dict[str, str]:
        report = await run_command(town.node, "token create", {"name": name, "scopes": scopes})
        return {"authorization": f"Bearer {report.data['token']}"}

    return make


@pytest.fixture
async def hanako(town: Town) -> ActorRecord:
    return await town.person("hanako")


@pytest.fixture
async def app(client: httpx.AsyncClient, hanako: ActorRecord, sign: Sign) -> httpx.AsyncClient:
    """A client that is signed in as hanako."""
    client.headers.update(await sign("hanako"))
    return client


async def echo(call: Call) -> dict[str, object]:
    """What arrived, as the operations of a resource would ask for it."""
    return {
        "texts": call.params.texts("id"),
        "text": call.params.text("status"),
        "flag": call.params.flag("sensitive"),
        "options": call.params.group("poll").texts("options"),
        "fields": [[each.text("name"), each.text("value")] for each in call.params.groups("fields")],
        "who": None if call.viewer is None else call.viewer.username,
    }
