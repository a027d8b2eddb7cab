"""Rows in great numbers into either database, past everything of ours."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import asyncpg
import sqlalchemy as sa

from areas.search import index
from areas.search.index import Entry
from tests.bench.stock import COLUMNS, Rows


class Bulk(Protocol):
    """One open database."""

    async def load(self, table: sa.Table, rows: Rows) -> None:
        """Rows in the order of the table's columns."""

    async def load_words(self, entries: Sequence[Entry]) -> None:
        """What can be found."""


def _columns_of(table: sa.Table) -> tuple[str, ...]:
    return COLUMNS.get(table) or tuple(table.columns.keys())


@asynccontextmanager
async def open_bulk(url: str) -> AsyncIterator[Bulk]:
    """Let rows be loaded; in the end the database is as it would be after years."""
    parsed = sa.make_url(url)
    opened = _open_sqlite if parsed.get_backend_name() == "sqlite" else _open_postgres
    async with opened(parsed) as bulk:
        yield bulk


@asynccontextmanager
async def _open_sqlite(url: sa.URL) -> AsyncIterator[Bulk]:
    engine = sa.create_engine(f"sqlite:///{url.database}")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            connection.exec_driver_sql("PRAGMA cache_size=-200000")
            yield _Sqlite(connection)
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


class _Sqlite:
    """A connection that waits for no disk."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    async def load(self, table: sa.Table, rows: Rows) -> None:
        if rows:
            names = _columns_of(table)
            places = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"
            self._connection.exec_driver_sql(statement, rows)
            self._connection.commit()

    async def load_words(self, entries: Sequence[Entry]) -> None:
        index.add(self._connection, entries)
        self._connection.commit()


@asynccontextmanager
async def _open_postgres(url: sa.URL) -> AsyncIterator[Bulk]:
    """Without checks of references and without indexes, which are as they should be afterwards."""
    connection = await asyncpg.connect(host=url.query["host"], user=url.username, database=url.database)
    try:
        indexes = await connection.fetch(_FIND_INDEXES)
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for name, _ in indexes:
            await connection.execute(f"DROP INDEX {name}")
        await connection.execute(
            "CREATE TEMPORARY TABLE coming (post_id BIGINT, actor_id BIGINT, words TEXT[])"
        )
        yield _Postgres(connection)
        for _, statement in indexes:
            await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


_FIND_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
"""All but those that hold a constraint."""


class _Postgres:
    """COPY."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def load(self, table: sa.Table, rows: Rows) -> None:
        await self._connection.copy_records_to_table(table.name, records=rows, columns=_columns_of(table))

    async def load_words(self, entries: Sequence[Entry]) -> None:
        records = [(each.post_id, each.actor_id, list(each.words)) for each in entries]
        await self._connection.copy_records_to_table("coming", records=records)
        await self._connection.execute(
            f"INSERT INTO {index.TABLE} SELECT post_id, actor_id, true, array_to_tsvector(words) FROM coming"
        )
        await self._connection.execute("TRUNCATE coming")
