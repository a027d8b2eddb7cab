"""A town on each database, and a client that talks to it as the network does."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from actors.origins import add_origin
from actors.registration import create_node
from tests.testrig.world import Town, World, keys, open_world

HOST = "chitose.example"
ORIGIN = f"https://{HOST}"
JSON = {"accept": "application/activity+json"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def town(world: World, database_url: str) -> Town:
    return await world.town(HOST, database_url)


@pytest.fixture
async def client(world: World, town: Town) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=world.network.hosts[HOST], client=("203.0.113.7", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield opened


@pytest.fixture
async def second_origin(town: Town) -> str:
    """The host of another origin of the town, as an area may have."""
    host = "area.example"

    def serve(tx: sa.Connection) -> None:
        origin = add_origin(tx, f"https://{host}", primary=False, now=town.clock())
        create_node(tx, town.node.vault, origin=origin, name=host, keys=keys(1), now=town.clock())

    await town.write(serve)
    await town.node.refresh()
    return host
