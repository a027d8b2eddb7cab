"""After all migrations a database is what the tables say."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import areas.personal_tables
import areas.search.tables
import areas.tables
import areas.zones.tables  # noqa: F401 - each adds its tables to the metadata
import inbox.tables  # noqa: F401
import outbox.tables  # noqa: F401
from actors.tables import metadata
from areas.search.index import TABLE
from web.database import Database

pytestmark = pytest.mark.anyio


def is_of_search(name: str) -> bool:
    """The index of words, which no table of SQLAlchemy describes (`areas.search.index`)."""
    return name.startswith(TABLE)


async def test_migrations_lead_to_the_tables(database: Database) -> None:
    def compare(tx: sa.Connection) -> list[object]:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or not is_of_search(name)}
        return list(compare_metadata(MigrationContext.configure(tx, opts=options), metadata))

    assert [each for each in await database.write(compare) if "comment" not in str(each)] == []
