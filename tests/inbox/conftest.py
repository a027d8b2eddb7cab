"""Fixtures: a town with an area and a resident, and another server with two people."""

from collections.abc import AsyncIterator

import pytest

from tests.inbox.rig import Town, open_town
from tests.testrig.peers import Peer
from web.database import Database


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    opened = await open_town(database)
    yield opened
    await opened.client.aclose()


@pytest.fixture
def peer(town: Town) -> Peer:
    opened = town.peer()
    opened.actor("alice")
    opened.actor("bob")
    return opened
