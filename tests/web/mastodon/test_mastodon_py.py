"""`Mastodon.py`, the client library of most bots, against a town on a socket: it reads what it is given strictly."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mastodon import Mastodon

from tests.testrig.network import Clock
from tests.testrig.sockets import serve_town
from tests.testrig.world import Town
from tests.web.accounts.people import sign_up
from tests.web.mastodon.calls import keeping, lines, node, people, posts
from tests.web.mastodon.calls.stage import Stage
from web.cli import run_command
from web.jobs.search import index_new

pytestmark = pytest.mark.anyio

ROWS = [*node.row.rows, *people.row.rows, *posts.row.rows, *lines.row.rows, *keeping.row.rows]
"""They share a town, and are played in this order."""
FEWEST = 120
"""Methods of the library that must have been called."""
WITHOUT_A_ROW = {
    "reports": "the library knows only the old form of it",
    "oauth_userinfo": "demands TLS",
    "get_status_length": "needs another library, and asks no server",
    "push_subscription_decrypt_push": "needs another library, and asks no server",
    "clear_caches": "asks no server",
    "persistable_login_credentials": "asks no server",
    "set_language": "asks no server",
    "get_supported_version": "asks no server",
    "await_async_refresh": "there is nothing to wait for",
    "get_async_refresh_info": "there is nothing to wait for",
    "pagination_page_iterator": "another form of `fetch_next`",
}
KINDS_WITHOUT_A_ROW = ("admin_", "stream_")


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with serve_town("localhost", tmp_path / "town", database_url) as town:
        area, hanako = await town.area("megumino"), await sign_up(town)
        sora, riku = await town.person("sora"), await town.person("riku")
        tokens = {each.username: await make_token(town, each.username) for each in (hanako, sora, riku)}
        await run_command(town.node, "announcement create", {"text": "今日は断水です"})
        assert isinstance(town.clock, Clock)
        yield await asyncio.to_thread(Stage, town, town.clock, area, hanako, sora, riku, tokens)


async def make_token(town: Town, name: str) -> str:
    """As a bot is given one."""
    report = await run_command(town.node, "token create", {"name": name, "scopes": "read write follow push"})
    return str(report.data["token"])


async def test_every_call(stage: Stage, subtests: pytest.Subtests) -> None:
    for row in ROWS:
        stage.clock.advance(seconds=20)  # one program may not ask so much at once
        await index_new(stage.town.node)
        with subtests.test(row.__name__):
            await asyncio.to_thread(row, stage)
    assert len(stage.called) >= FEWEST
    assert list_forgotten(stage.called) == set()


def list_forgotten(called: set[str]) -> set[str]:
    """What a later version of the library adds gets a row, or a reason."""
    offered = {name for name in dir(Mastodon) if callable(getattr(Mastodon, name)) and name[0] != "_"}
    wanted = {name for name in offered if not name.startswith(KINDS_WITHOUT_A_ROW)}
    return wanted - called - set(WITHOUT_A_ROW)
