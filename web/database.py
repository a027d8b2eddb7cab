"""Opening the database, and the two ways in: `read(fn, …)` and `write(fn, …)`. Only `write` commits.

The domain is synchronous: `fn` takes a SQLAlchemy Core connection first and touches nothing else.

SQLite: one writer thread takes the functions that wait (up to `BATCH`), runs each in a savepoint of one
`BEGIN IMMEDIATE`, commits once with `synchronous=FULL`, then answers all (group commit). A read runs as one hop
on a read-only connection of its own thread.
PostgreSQL: the same functions by `run_sync` on asyncpg connections, many at once; a write runs again after a
deadlock or a serialization failure, so it may run twice.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

import aiosqlite
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from federation.errors import Overloaded
from web.migrations import upgrade

P = ParamSpec("P")
R = TypeVar("R")

BATCH = 128
"""Functions per commit: beyond this the last caller waits longer than the commit saves."""
READERS = 4
BUSY_MILLISECONDS = 5_000
RERUNS = 5
"""How often a PostgreSQL write is run again after a deadlock or a serialization failure."""
RERUN_STATES = frozenset({"40001", "40P01"})


class Database(Protocol):
    """What the edges see."""

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` without the right to write."""

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """Run `function(tx, *args)` in a transaction; when this returns, it is durable."""

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


class _Call(NamedTuple):
    function: Callable[..., Any]
    args: tuple[Any, ...]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class _Outcome(NamedTuple):
    future: asyncio.Future[Any]
    value: Any
    error: BaseException | None


class SqliteDatabase:
    """One file, one writer thread, a few readers."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._writer_engine = _sqlite_engine(path, read_only=False)
        with self._writer_engine.begin() as connection:
            upgrade(connection)
        self._reader_engine = _sqlite_engine(path, read_only=True)
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._reader_connections: list[sa.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._thread = threading.Thread(target=self._write_forever, name="writer", daemon=True)
        self._thread.start()

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.read`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, function, args)

    def _read(self, function: Callable[..., R], args: tuple[Any, ...]) -> R:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._reader_engine.connect()
            self._reader_connections.append(connection)
        try:
            with connection.begin():
                return function(connection, *args)
        except exc.OperationalError as error:
            raise _overloaded(error) from error

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.write`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._calls.put(_Call(function, args, loop, future))
        return await future

    def _write_forever(self) -> None:
        with self._writer_engine.connect() as connection:
            while batch := self._next_batch():
                _answer(self._commit(connection, batch))

    def _next_batch(self) -> list[_Call]:
        """What waits, oldest first; empty = closed."""
        first = self._calls.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH and not self._calls.empty():
            following = self._calls.get()
            if following is None:
                self._calls.put(None)
                break
            batch.append(following)
        return batch

    def _commit(
        self, connection: sa.Connection, batch: list[_Call]
    ) -> list[tuple[_Call, Any, BaseException | None]]:
        try:
            transaction = connection.begin()
        except exc.OperationalError as error:
            return [(call, None, _overloaded(error)) for call in batch]
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        results = [_run_in_savepoint(connection, driver, call) for call in batch]
        try:
            transaction.commit()
        except exc.OperationalError as error:
            transaction.rollback()
            return [(call, None, _overloaded(error)) for call in batch]
        if not driver.in_transaction:
            return results
        driver.rollback()  # pragma: no cover - the driver never leaves one open after COMMIT
        return results

    async def ping(self) -> None:
        """See `Database.ping`."""
        try:
            async with aiosqlite.connect(f"file:{self.path}?mode=ro", uri=True) as connection:
                await connection.execute("SELECT 1")
        except sqlite3.Error as error:
            raise Overloaded(str(error)) from error

    async def close(self) -> None:
        """See `Database.close`."""
        self._calls.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._reader_connections:
            connection.close()
        self._reader_engine.dispose()
        self._writer_engine.dispose()


def _run_in_savepoint(
    connection: sa.Connection, driver: sqlite3.Connection, call: _Call
) -> tuple[_Call, Any, BaseException | None]:
    """One failing function undoes itself alone. On the driver: 2 µs, where `begin_nested` costs 150."""
    driver.execute("SAVEPOINT item")
    try:
        value = call.function(connection, *call.args)
    except BaseException as error:  # noqa: BLE001 - handed to the caller whole: else all wait for ever
        if driver.in_transaction:  # a full disk rolls the whole transaction back by itself
            driver.execute("ROLLBACK TO item")
            driver.execute("RELEASE item")
        return call, None, _overloaded(error) if isinstance(error, exc.OperationalError) else error
    driver.execute("RELEASE item")
    return call, value, None


def _answer(results: list[tuple[_Call, Any, BaseException | None]]) -> None:
    """Wake each event loop once for all its callers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for call, value, error in results:
        by_loop.setdefault(call.loop, []).append(_Outcome(call.future, value, error))
    for loop, outcomes in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, outcomes)


def _settle(outcomes: list[_Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


def _overloaded(error: exc.OperationalError) -> BaseException:
    """Locked, full or unreachable is ours to say so; a wrong statement is a bug and stays what it is."""
    text = str(error.orig)
    if any(sign in text for sign in ("locked", "full", "unable to open", "disk I/O", "readonly")):
        return Overloaded(text)
    return error


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
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        return connection

    engine = sa.create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=sa.pool.QueuePool, pool_size=READERS + 1
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


class PostgresDatabase:
    """asyncpg connections; READ COMMITTED; writes many at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        """Connect, and bring the schema up to date."""
        engine = create_async_engine(url, pool_size=16, max_overflow=0, pool_timeout=BUSY_MILLISECONDS / 1000)
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
        return cls(engine)

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.read`."""
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(postgresql_readonly=True)
                return await connection.run_sync(function, *args)
        except (exc.OperationalError, exc.TimeoutError, exc.InterfaceError, OSError) as error:
            raise Overloaded(str(error)) from error

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """See `Database.write`."""
        for remaining in reversed(range(RERUNS)):
            try:
                async with self._engine.begin() as connection:
                    return await connection.run_sync(function, *args)
            except exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in RERUN_STATES and remaining:
                    continue
                if _is_down(error):
                    raise Overloaded(str(error.orig)) from error
                raise
            except (exc.TimeoutError, OSError) as error:
                raise Overloaded(str(error)) from error
        raise Overloaded("a write was run again too often")

    async def ping(self) -> None:
        """See `Database.ping`."""
        await self.read(lambda tx: tx.execute(sa.text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """See `Database.close`."""
        await self._engine.dispose()


def _is_down(error: exc.DBAPIError) -> bool:
    """Connection failures (class 08), shutdown (57P), out of space or connections (53)."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(("08", "57P", "53"))
