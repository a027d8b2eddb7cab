"""A town with an area, a resident who reads, and a stranger whom she follows."""

import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.areas.reading.rig import Town
from web.database import Database


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area()


@pytest.fixture
async def hanako(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("hanako")


@pytest.fixture
async def alice(town: Town, hanako: ActorRecord) -> ActorRecord:
    """On another server, followed by the reader."""
    alice = await town.stranger("alice")
    await town.follow(hanako, alice)
    return alice


@pytest.fixture
async def bob(town: Town) -> ActorRecord:
    """On another server, followed by nobody."""
    return await town.stranger("bob", "q.test")
