"""A town whose posts are brought into the index, and somebody on another server who lets hers be found."""

import pytest

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.areas.search.rig import Archive
from web.database import Database


@pytest.fixture
def town(database: Database) -> Archive:
    return Archive(database)


@pytest.fixture
async def area(town: Archive) -> AreaRecord:
    return await town.area()


@pytest.fixture
async def hanako(town: Archive, area: AreaRecord) -> ActorRecord:
    """Lives here, and keeps her posts out of everybody's search."""
    return await town.resident("hanako")


@pytest.fixture
async def alice(town: Archive) -> ActorRecord:
    return await town.stranger("alice", indexable=True)
