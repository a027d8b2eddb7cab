"""PostgreSQL: how it is dialled, and what its errors mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from federation.errors import Overloaded
from web.statements import SHARING

BUSY_MILLISECONDS = 5_000
"""How long a lock or a dial is waited for; a place in the pool twice as long, since who has it may wait for a lock."""
PLACES = 16
"""Transactions at once of one process."""
STATEMENT_MILLISECONDS = 15_000
"""Of one PostgreSQL statement; those of a request take some milliseconds."""
ANSWER_SECONDS = 20.0
"""Until a PostgreSQL that says nothing at all is given up."""


class Pool:
    """Connections, had in the order in which they are asked for, by as many as there are places.

    SQLAlchemy's own queue gives a connection to who comes just when it is given back, past those who wait for it:
    in a crowd some would wait until their time is up.
    """

    def __init__(self, url: str) -> None:
        """Nothing waits for ever: not for a place, a dial, a lock, a statement, or a word of the server."""
        limits = {"lock_timeout": str(BUSY_MILLISECONDS), "statement_timeout": str(STATEMENT_MILLISECONDS)}
        self.engine = create_async_engine(
            url,
            execution_options=SHARING,
            pool_size=PLACES + 1,  # one for what takes no place: notifications, one after the other
            max_overflow=0,
            pool_timeout=BUSY_MILLISECONDS / 1000,
            connect_args={
                "timeout": BUSY_MILLISECONDS / 1000,
                "command_timeout": ANSWER_SECONDS,
                "server_settings": limits,
            },
        )
        self._places = asyncio.Semaphore(PLACES)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[AsyncEngine]:
        """Wait for a place, and have the engine for one connection. Raises `Overloaded` where none was free in time."""
        try:
            async with asyncio.timeout(2 * BUSY_MILLISECONDS / 1000):
                await self._places.acquire()
        except TimeoutError as error:
            raise Overloaded(f"{PLACES} transactions are under way, and none has ended in time") from error
        try:
            yield self.engine
        finally:
            self._places.release()


def open_loosely(url: str) -> AsyncEngine:
    """Connections that are opened when they are wanted, and may take their time."""
    connect = {"timeout": BUSY_MILLISECONDS / 1000}
    return create_async_engine(url, poolclass=sa.pool.NullPool, connect_args=connect)


@contextmanager
def saying_what_is_down() -> Iterator[None]:
    """`Overloaded` for what heals by itself; a wrong statement is a bug and stays what it is."""
    try:
        yield
    except exc.DBAPIError as error:
        if _is_down(error):
            raise Overloaded(str(error.orig)) from error
        raise
    except (exc.TimeoutError, OSError) as error:
        raise Overloaded(str(error) or type(error).__name__) from error


_DOWN = ("08", "28", "3D", "53", "55P03", "57", "58", "XX")
"""Classes of SQLSTATE: no connection, let in no more, no such database, no space or connections left, a lock not had
in time, shutdown and time limits, faults of the disk and of the server itself (a full disk refuses connections so).
"""


def _is_down(error: exc.DBAPIError) -> bool:
    return error.connection_invalidated or state_of(error).startswith(_DOWN)


def state_of(error: exc.DBAPIError) -> str:
    """The SQLSTATE, empty where PostgreSQL itself has said nothing."""
    return getattr(error.orig, "sqlstate", None) or ""
