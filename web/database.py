"""Opening the database, and the two ways in: `read(fn, …)` and `write(fn, …)`. Only `write` commits.

The domain is synchronous: `fn` takes a SQLAlchemy Core connection first and touches nothing else.

SQLite: one writer takes the functions that wait (up to `BATCH`), runs each in a savepoint of one
`BEGIN IMMEDIATE`, commits once with `synchronous=FULL`, then answers all (group commit). The functions run on the
event loop, in turns of a few milliseconds: the driver gives up the interpreter lock at every statement, and a
thread that has to win it back from a busy loop each time takes twice as long. What waits for the disk or for
another process (the beginning and the commit) does so in a thread. A read runs as one hop on a read-only
connection of its own thread.
PostgreSQL: the same functions by `run_sync` on asyncpg connections, many at once; a write runs again after a
deadlock or a serialization failure, so it may run twice.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

import aiosqlite
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.changes import Change, gather
from federation.errors import Overloaded
from web import postgres, sqlite
from web.changes import Changes, LocalChanges, SharedChanges
from web.migrations import files, upgrade
from web.statements import SHARING

P = ParamSpec("P")
R = TypeVar("R")

BATCH = 128
"""Functions per commit: beyond this the last caller waits longer than the commit saves."""
TURN = 0.005
"""Seconds for which functions run before the event loop may do something else."""
READERS = 4
BUSY_MILLISECONDS = 5_000
"""How long a lock is waited for."""
MIGRATION_LOCK = 0x6B61_6972_616E
"""Of the processes that start at once, one migrates; the number is a name in the database's list of locks."""
RERUNS = 5
"""How often a PostgreSQL write is run again after a deadlock or a serialization failure."""
RERUN_STATES = frozenset({"40001", "40P01"})


class Database(Protocol):
    """What the edges see. `changes` tells what was committed."""

    changes: Changes

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` without the right to write."""

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` in a transaction; when this returns, it is durable."""

    def stamp(self) -> int | None:
        """Return a number that is another one once anything was committed, by whomever; None: not to be had at once."""

    async def ping(self) -> None:
        """Raise `Overloaded` when the database does not answer."""

    async def close(self) -> None:
        """Finish what waits, then close."""


async def open_database(url: str) -> Database:
    """Open `url` (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`) and bring its schema up to date."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await asyncio.to_thread(SqliteDatabase, parsed.database or "")
    return await PostgresDatabase.open(url)


@dataclass(frozen=True, slots=True)
class _Call:
    """A function that waits to be run, and who waits for it."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]

    def settle(self, outcome: "_Outcome") -> None:
        """Answer whoever waits, unless they have given up."""
        if self.future.done():
            return
        if outcome.error is None:
            self.future.set_result(outcome.value)
        else:
            self.future.set_exception(outcome.error)


class _Outcome(NamedTuple):
    value: Any
    error: BaseException | None = None
    changes: tuple[Change, ...] = ()


class SqliteDatabase:
    """One file, one writer, a few readers. Its writes belong to one event loop."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.changes: Changes = LocalChanges()
        files.migrate(Path(path))
        self._writer_engine = _sqlite_engine(path, read_only=False)
        self._writer = self._writer_engine.connect()
        self._reader_engine = _sqlite_engine(path, read_only=True)
        self._watcher: sqlite3.Connection | None = None
        self._local = threading.local()
        self._reader_connections: list[sa.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._waiting: deque[_Call] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="disk")

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.read`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, function, args)

    def _read(self, function: Callable[..., R], args: tuple[Any, ...]) -> R:
        """On the driver, one transaction costs 3 µs; SQLAlchemy's own costs 60, and has nothing to do here."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._reader_engine.connect()
            self._reader_connections.append(connection)
            connection.begin()
        driver = _driver_of(connection)
        try:
            driver.execute("BEGIN")
            return function(connection, *args)
        except exc.OperationalError as error:
            raise sqlite.explain(error) from error
        finally:
            driver.rollback()

    def stamp(self) -> int | None:
        """See `Database.stamp`: 3 µs."""
        try:
            if self._watcher is None:
                self._watcher = sqlite3.connect(
                    f"file:{self.path}?mode=ro", uri=True, check_same_thread=False
                )
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.write`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append(_Call(function, args, future))
        if self._writing is None:
            self._writing = loop.create_task(self._write_all())
        return await future

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write_batch()
        finally:
            self._writing = None

    async def _write_batch(self) -> None:
        """One transaction. Only its ends wait for the disk, and they do so in a thread of their own.

        Whatever happens, whoever waits is answered, and the next transaction can begin.
        """
        loop = asyncio.get_running_loop()
        answered: list[tuple[_Call, _Outcome]] = []
        try:
            await loop.run_in_executor(self._disk, self._begin)
            await self._run_waiting(answered)
            await loop.run_in_executor(self._disk, self._commit)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            fault = Overloaded(str(error.orig)) if isinstance(error, exc.DBAPIError) else error
            await loop.run_in_executor(self._disk, self._give_up)
            if not answered:
                self._refuse(fault)
            answered = [(call, _Outcome(None, fault)) for call, _ in answered]
        for call, outcome in answered:
            call.settle(outcome)
            if outcome.changes:
                self.changes.tell(outcome.changes)

    def _begin(self) -> None:
        if self._writer.closed:
            self._writer = self._writer_engine.connect()
        self._writer.begin()

    def _commit(self) -> None:
        """Make it durable. A full disk may have ended the transaction, and the driver would commit nothing."""
        if not self._driver().in_transaction:
            raise Overloaded("the disk has ended the transaction")
        transaction = self._writer.get_transaction()
        assert transaction is not None  # begun above
        transaction.commit()

    def _give_up(self) -> None:
        """Undo the transaction, also one whose commit failed; where even that fails, the connection goes."""
        transaction = self._writer.get_transaction()
        try:
            if transaction is not None:
                transaction.rollback()
                self._driver().rollback()  # which SQLAlchemy leaves out after a commit that failed
        except (exc.DBAPIError, sqlite3.Error):
            self._writer.invalidate()
            self._writer.close()

    def _driver(self) -> sqlite3.Connection:
        return _driver_of(self._writer)

    def _refuse(self, error: BaseException) -> None:
        """Answer everybody who waits that no transaction can begin now."""
        while self._waiting:
            self._waiting.popleft().settle(_Outcome(None, error))

    async def _run_waiting(self, answered: list[tuple[_Call, _Outcome]]) -> None:
        """Run what waits, and what comes meanwhile; every few milliseconds others have their turn.

        A full disk may end the transaction by itself: then nothing more is run.
        """
        driver = self._driver()
        until = time.monotonic() + TURN
        while self._waiting and len(answered) < BATCH and driver.in_transaction:
            call = self._waiting.popleft()
            answered.append((call, _run_in_savepoint(self._writer, driver, call)))
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + TURN

    async def ping(self) -> None:
        """See `Database.ping`."""
        try:
            async with aiosqlite.connect(f"file:{self.path}?mode=ro", uri=True) as connection:
                await connection.execute("SELECT 1")
        except sqlite3.Error as error:
            raise Overloaded(str(error)) from error

    async def close(self) -> None:
        """See `Database.close`."""
        if self._writing is not None:
            await self._writing
        await self.changes.close()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._disk.shutdown()
        self._readers.shutdown()
        if self._watcher is not None:
            self._watcher.close()
        for connection in (self._writer, *self._reader_connections):
            connection.close()
        self._reader_engine.dispose()
        self._writer_engine.dispose()


def _driver_of(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _run_in_savepoint(connection: sa.Connection, driver: sqlite3.Connection, call: _Call) -> _Outcome:
    """One failing function undoes itself alone. On the driver: 2 µs, where `begin_nested` costs 150.

    Where not even that can be done, the whole transaction is undone.
    """
    try:
        return _run_undoable(connection, driver, call)
    except sqlite3.Error as error:
        driver.rollback()
        return _Outcome(None, Overloaded(str(error)))


def _run_undoable(connection: sa.Connection, driver: sqlite3.Connection, call: _Call) -> _Outcome:
    driver.execute("SAVEPOINT item")
    try:
        value, changes = gather(connection, call.function, call.args)
    except BaseException as error:  # noqa: BLE001 - handed to the caller whole: else all wait for ever
        if driver.in_transaction:
            driver.execute("ROLLBACK TO item")
            driver.execute("RELEASE item")
        return _Outcome(None, sqlite.explain(error) if isinstance(error, exc.OperationalError) else error)
    driver.execute("RELEASE item")
    return _Outcome(value, None, changes)


def _sqlite_engine(path: str, *, read_only: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_MILLISECONDS / 1000,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-16000")
        # A savepoint keeps pages as they were; in a temporary file that doubles the cost of a statement.
        connection.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        return connection

    engine = sa.create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=sa.pool.QueuePool,
        pool_size=READERS + 1,
        execution_options=SHARING,
    )
    if not read_only:
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


class PostgresDatabase:
    """asyncpg connections; READ COMMITTED; writes many at once."""

    def __init__(self, pool: postgres.Pool, ears: AsyncEngine) -> None:
        """`ears` opens a connection of its own for each that listens."""
        self._pool = pool
        self.changes: Changes = SharedChanges(pool.engine, ears)

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        """Connect, and bring the schema up to date. Raises `Overloaded` when nothing answers."""
        with postgres.saying_what_is_down():
            await _migrate(url)
        return cls(postgres.Pool(url), postgres.open_loosely(url))

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.read`."""
        with postgres.saying_what_is_down():
            async with self._pool.place() as engine, engine.connect() as connection:
                await connection.execution_options(postgresql_readonly=True)
                return await connection.run_sync(function, *args)

    def stamp(self) -> int | None:
        """See `Database.stamp`: it would take a round trip."""
        return None

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.write`."""
        for _ in range(RERUNS):
            try:
                with postgres.saying_what_is_down():
                    async with self._pool.place() as engine, engine.begin() as connection:
                        value, changes = await connection.run_sync(gather, function, args)
            except exc.DBAPIError as error:
                if postgres.state_of(error) not in RERUN_STATES:
                    raise
            else:
                if changes:
                    self.changes.tell(changes)
                return value
        raise Overloaded("a write was run again too often")

    async def ping(self) -> None:
        """See `Database.ping`."""
        await self.read(lambda tx: tx.execute(sa.text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """See `Database.close`."""
        await self.changes.close()
        await self._pool.engine.dispose()


async def _migrate(url: str) -> None:
    """One process does it, the others wait; it takes as long as it takes."""
    engine = postgres.open_loosely(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
