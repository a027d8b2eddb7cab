"""A world on each kind of database."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.testrig.databases import Cluster, SqliteTemplates
from tests.testrig.world import World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """The URL of another empty database, each time."""
    source = "sqlite_templates" if request.param == "sqlite" else "cluster"
    templates: SqliteTemplates | Cluster = request.getfixturevalue(source)
    return lambda: templates.new(tmp_path)
