"""A world on each kind of database."""

import pytest

from tests.outbox.world import World
from web.database import Database


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
