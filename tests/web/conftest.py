"""A town on each database, and a client that talks to it as the network does."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.testrig.world import Town, World, open_world

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
