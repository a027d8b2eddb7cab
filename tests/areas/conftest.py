"""A rig on each kind of database, and one with an area and a stranger who wrote to it."""

import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.areas.rig import Rig
from web.database import Database


@pytest.fixture
def rig(database: Database) -> Rig:
    return Rig(database)


@pytest.fixture
async def area(rig: Rig) -> AreaRecord:
    return await rig.area()


@pytest.fixture
async def alice(rig: Rig) -> ActorRecord:
    return await rig.stranger("alice")
