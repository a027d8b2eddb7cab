"""Putting a backup back: all is written beside, looked at, and then given its names, the configuration last.

A process that dies before the last renaming leaves a folder without a node. Nothing that exists is ever changed.
"""

import shutil
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from actors import jobs
from actors.keys import Vault, check_keys
from federation.client import read_clock
from federation.errors import Fault, Overloaded, Refused
from outbox import claims
from outbox.epochs import begin_anew
from web import sqlite
from web.backups import configuration, tables
from web.backups.archive import AUTHORITIES, CONFIGURATION, DATABASE, SECRET, TABLES, Reader, naming_faults
from web.migrations import check_revision, upgrade
from web.settings import DEFAULT_FILE, read_secret

DATA: Final = "var"
FILE: Final = "kairanban.db"
_BESIDE: Final = ".restoring-"
_SPARE: Final = 64 << 20
"""Bytes that a disk must have left when all is there."""


async def put_back(path: Path, directory: Path, database_url: str | None) -> Reader:
    """Put a backup back into `directory`, and a PostgreSQL database into the empty one at `database_url`.

    Raises `Refused` for a damaged or newer backup, or where something is in the way; nothing is changed then.
    """
    backup = Reader(path)
    check_revision(backup.description.schema)
    _check_kind(backup, database_url)
    with naming_faults(directory):
        _make_room(backup, directory)
        with TemporaryDirectory(prefix=_BESIDE, dir=directory) as name:
            await _write(backup, Path(name), database_url)
            _move(Path(name), directory)
    return backup


def _check_kind(backup: Reader, database_url: str | None) -> None:
    if (
        database_url is not None
        and sa.make_url(database_url).get_backend_name() != backup.description.database
    ):
        raise Refused(
            f"the backup is of {backup.description.database}; {database_url.partition(':')[0]} takes no such"
        )
    if database_url is not None and backup.description.database == "sqlite":
        raise Refused(f"a SQLite database is put into DIR/{DATA}/{FILE}; --database-url is for PostgreSQL")


def _make_room(backup: Reader, directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in directory.glob(f"{_BESIDE}*"):
        shutil.rmtree(left)
    for name in (DEFAULT_FILE, SECRET, AUTHORITIES, DATA):
        if (directory / name).exists():
            raise Refused(f"{directory / name} exists already; a backup is put into a folder without a node")
    needed = sum(backup.size(name) for name in backup.names) + _SPARE
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise Refused(f"{directory} has {free >> 20} MiB free; the backup needs {needed >> 20}")


async def _write(backup: Reader, folder: Path, database_url: str | None) -> None:
    text = backup.read(CONFIGURATION).decode()
    if database_url is not None:
        text = configuration.replace_database(text, database_url)
    for name in backup.names:
        if name in (SECRET, AUTHORITIES):
            backup.extract(name, folder / name)
        elif name.startswith("media/"):
            backup.extract(name, folder / DATA / name)
    (folder / DATA).mkdir(mode=0o700, exist_ok=True)
    configured = folder / DEFAULT_FILE
    configured.touch(0o600)
    configured.write_text(text, encoding="utf-8")
    vault = Vault(read_secret(folder / SECRET))
    if backup.description.database == "sqlite":
        backup.extract(DATABASE, folder / DATA / FILE)
        _look_at_file(folder / DATA / FILE, vault)
    else:
        await _fill(backup, database_url or find_url(text), vault)
    sqlite.sync(configured)


def find_url(text: str) -> str:
    """The address of the database in a configuration that we have written."""
    return str(tomllib.loads(text)["database_url"])


def _look_at_file(path: Path, vault: Vault) -> None:
    try:
        sqlite.check(path)
    except sqlite3.Error as error:
        raise Refused(f"the database in the backup is damaged: {error}") from error
    with sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool).connect() as connection:
        _open_keys(connection, vault)
        begin_anew(connection)
        connection.commit()


async def _fill(backup: Reader, url: str, vault: Vault) -> None:
    """Make the schema that the backup has, fill it, and bring it to ours, all in one transaction."""
    engine = create_async_engine(url, poolclass=sa.pool.NullPool)
    try:
        async with engine.begin() as connection:
            await _copy_in(connection, backup)
            await connection.run_sync(upgrade)
            await connection.run_sync(_let_go)
            await connection.run_sync(_open_keys, vault)
    except (exc.DBAPIError, OSError) as error:
        raise Overloaded(f"the database cannot be filled: {error}") from error
    finally:
        await engine.dispose()


async def _copy_in(connection: AsyncConnection, backup: Reader) -> None:
    await connection.execute(sa.text("SELECT 1"))  # begins the transaction
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await tables.check_empty(driver)
    await connection.run_sync(upgrade, backup.description.schema)
    read: Callable[[str], Any] = lambda name: backup.pieces(f"tables/{name}")  # noqa: E731
    await tables.copy_in(driver, tables.decode(backup.read(TABLES)), read)


def _let_go(tx: sa.Connection) -> None:
    """No process of the copied moment works any more. On SQLite every start lets go."""
    claims.release(tx, "", read_clock())
    jobs.release_all(tx)
    begin_anew(tx)


def _open_keys(tx: sa.Connection, vault: Vault) -> None:
    """The secret must open every key, else the node would be another one."""
    try:
        check_keys(tx, vault)
    except Fault as error:
        raise Refused(f"the secret in the backup does not open the keys in it: {error}") from error


def _move(source: Path, directory: Path) -> None:
    """The configuration last: without it nobody starts what is not whole."""
    for name in (DATA, SECRET, AUTHORITIES, DEFAULT_FILE):
        if (source / name).exists():
            (source / name).rename(directory / name)
    sqlite.sync(directory)
