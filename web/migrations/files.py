"""Migrating a SQLite file: a copy as it was is kept beside it, foreign keys are off meanwhile and checked after.

Off, because SQLite changes many things of a table only by making a new one and dropping the old, and with foreign
keys on, dropping it deletes what refers to it (https://www.sqlite.org/foreignkeys.html §5).
"""

import shutil
import sqlite3
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy import exc

from federation.errors import LocalFault, Overloaded, Refused
from web import sqlite
from web.migrations import check_revision, find_head, find_revision, upgrade

PRIVATE: Final = 0o600


def migrate(path: Path) -> None:
    """Bring the file to the schema of this version, or leave it as it is; a new file is made.

    Raises `Refused` for a newer schema, or when the copy does not fit on the disk, and `Overloaded` for a file that
    is locked or cannot be written.
    """
    engine = sa.create_engine(
        "sqlite+pysqlite://", creator=lambda: _connect(path), poolclass=sa.pool.NullPool
    )
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            _migrate(connection, path)
    except exc.OperationalError as error:
        raise sqlite.explain(error) from error


def _migrate(connection: sa.Connection, path: Path) -> None:
    with connection.begin():
        current = find_revision(connection)
    check_revision(current)
    if current == find_head():
        return
    kept = None if current is None else keep_copy(path, current)
    with connection.begin():
        upgrade(connection)
        _check(connection)
    if kept is not None:
        _remove_older(path, kept)


def keep_copy(path: Path, revision: str) -> Path:
    """Copy the file to `{name}.schema-{revision}` beside it; what has that name is a whole copy at any time."""
    kept = path.with_name(f"{path.name}.schema-{revision}")
    part = kept.with_name(f"{kept.name}.part")
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < size:
        raise Refused(
            f"{path.parent} has {free >> 20} MiB free: the copy that is kept before migrating needs {size >> 20}"
        )
    part.unlink(missing_ok=True)
    part.touch(PRIVATE)
    try:
        sqlite.copy(path, part)
    except sqlite3.Error as error:
        part.unlink()
        raise Overloaded(f"{path} cannot be copied to {part}: {error}") from error
    part.replace(kept)
    sqlite.sync(kept.parent)
    return kept


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=sqlite.BUSY_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=OFF")
    return connection


def _check(connection: sa.Connection) -> None:
    """Look whether every reference still leads somewhere; else nothing of the migration is kept."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise LocalFault(f"the migration would leave a row of {broken[0]} that refers to nothing")


def _remove_older(path: Path, kept: Path) -> None:
    """One copy is kept: the disk of a town is small."""
    for other in path.parent.glob(f"{path.name}.schema-*"):
        if other != kept:
            other.unlink(missing_ok=True)
