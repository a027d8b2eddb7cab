"""A PostgreSQL database as text, table by table, in the form of its own COPY, out of and into one transaction.

Not by pg_dump: that is another program, which must be of the server's version; and the schema is ours to make.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import sqlalchemy as sa

from federation.errors import Refused

_VERSION: Final = "alembic_version"

_TABLES: Final = """
SELECT c.relname AS name,
       array(SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum)::text[] AS columns,
       array(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f
             WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS needs
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
ORDER BY c.relname
"""
_SEQUENCES: Final = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Tables:
    """What there is to copy: columns by table, in an order in which references find what they need; sequences."""

    columns: dict[str, list[str]]
    sequences: dict[str, tuple[int, bool]]
    """Last value, and whether it was given."""

    def encode(self) -> bytes:
        """As a member of a backup."""
        return json.dumps(asdict(self), indent=1).encode()


def decode(data: bytes) -> Tables:
    """Read what `encode` made."""
    told = json.loads(data)
    return Tables(told["columns"], {name: (last, given) for name, (last, given) in told["sequences"].items()})


async def connect(url: str) -> asyncpg.Connection:
    """Open a connection of our own to the database that the setting names."""
    return await asyncpg.connect(
        sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    )


async def copy_out(url: str, folder: Path) -> tuple[str, Tables]:
    """Write every table to `folder/{name}` as all were at one moment. Returns the schema too."""
    connection = await connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tables = await _describe(connection)
            schema = await connection.fetchval(f"SELECT version_num FROM {_VERSION}")  # noqa: S608 - our constant
            for name, columns in tables.columns.items():
                await connection.copy_from_table(name, columns=columns, output=folder / name)
    finally:
        await connection.close()
    return schema, tables


async def _describe(connection: asyncpg.Connection) -> Tables:
    rows = await connection.fetch(_TABLES)
    needs = {row["name"]: set(row["needs"]) for row in rows if row["name"] != _VERSION}
    columns = {row["name"]: list(row["columns"]) for row in rows}
    sequences = {}
    for (name,) in await connection.fetch(_SEQUENCES):
        last, given = await connection.fetchrow(f"SELECT last_value, is_called FROM {name}")  # noqa: S608 - quoted by the server
        sequences[name] = (last, given)
    return Tables({name: columns[name] for name in sort(needs)}, sequences)


def sort(needs: dict[str, set[str]]) -> Iterator[str]:
    """Put tables after those that they refer to. Raises `Refused` where they refer to each other in a circle."""
    left = dict(needs)
    while left:
        free = sorted(name for name, others in left.items() if not others & left.keys())
        if not free:
            raise Refused(f"the tables {', '.join(sorted(left))} refer to each other in a circle")
        for name in free:
            del left[name]
        yield from free


async def check_empty(connection: asyncpg.Connection) -> None:
    """Raise `Refused` for a database with a table."""
    found = await connection.fetch(_TABLES)
    if found:
        raise Refused(f"the database is not empty: it has {len(found)} tables, {found[0]['name']} among them")


async def copy_in(connection: asyncpg.Connection, tables: Tables, read: Any) -> None:
    """Fill the tables of the same schema, in the caller's transaction; `read(name)` gives a table in pieces."""
    for name in reversed(tables.columns):  # what migrations put there is in the backup too
        await connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a name that the archive's rule allows
    for name, columns in tables.columns.items():
        await connection.copy_to_table(name, source=_stream(read(name)), columns=columns)
    for name, (last, given) in tables.sequences.items():
        await connection.execute("SELECT setval($1::text::regclass, $2, $3)", name, last, given)


async def _stream(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
