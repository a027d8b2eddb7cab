"""Changes on their way from a commit to who listens: in this process, or in all that share a PostgreSQL database.

Between processes they go by `NOTIFY`, each batch in a small transaction of its own after the commit: it takes a lock
of the whole server, which no request may wait for. A process that dies in between loses them; whoever listens and may
have missed some hears `LOST`.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.changes import Audience, Change
from federation.errors import Overloaded

CHANNEL: Final = "kairanban_changes"
MOST_WAITING: Final = 5_000
"""Changes that wait to be sent: a database that does not keep up is not asked to."""
MOST_BYTES: Final = 7_900
"""Of one message: PostgreSQL takes less than 8,000."""
WATCH_SECONDS: Final = 5.0
"""How soon a connection that hears nothing any more is found out, and how long each try takes."""
LOST: Final = Change("lost")

_DOWN: Final = (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a database that is away may raise, through SQLAlchemy or without it."""

Listener = Callable[[Sequence[Change]], None]


class Changes(Protocol):
    """What a database tells after each commit."""

    async def listen(self, listener: Listener) -> None:
        """Hand on, from now on, what any process commits. Raises `Overloaded` where that cannot be heard."""

    def ignore(self, listener: Listener) -> None:
        """Hand on nothing more to it."""

    def tell(self, changes: Sequence[Change]) -> None:
        """Something was committed here. On the loop."""

    async def close(self) -> None:
        """Send what waits, and hear nothing more."""


class LocalChanges:
    """Within one process, at once."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    async def listen(self, listener: Listener) -> None:
        """See `Changes.listen`."""
        self._listeners.append(listener)

    def ignore(self, listener: Listener) -> None:
        """See `Changes.ignore`."""
        with suppress(ValueError):
            self._listeners.remove(listener)

    def tell(self, changes: Sequence[Change]) -> None:
        """See `Changes.tell`."""
        for listener in self._listeners:
            listener(changes)

    async def close(self) -> None:
        """See `Changes.close`."""
        self._listeners.clear()


class SharedChanges:
    """Between processes. What this one commits comes back to it the same way: all hear all in one order."""

    def __init__(self, engine: AsyncEngine, ears: AsyncEngine) -> None:
        """`engine` is what notifications are sent by; `ears` opens a connection of its own each time."""
        self._engine, self._ears = engine, ears
        self._local = LocalChanges()
        self._waiting: list[Change] = []
        self._sending: asyncio.Task[None] | None = None
        self._is_hearing = False
        self._watches: set[asyncio.Task[None]] = set()
        self._opening = asyncio.Lock()

    async def listen(self, listener: Listener) -> None:
        """See `Changes.listen`."""
        async with self._opening:
            if not self._is_hearing:
                watch = asyncio.create_task(self._watch(await self._open()))
                self._is_hearing = True
                self._watches.add(watch)
                watch.add_done_callback(self._watches.discard)
        await self._local.listen(listener)

    def ignore(self, listener: Listener) -> None:
        """See `Changes.ignore`."""
        self._local.ignore(listener)

    def tell(self, changes: Sequence[Change]) -> None:
        """See `Changes.tell`."""
        self._waiting.extend(changes)
        if len(self._waiting) > MOST_WAITING:
            self._waiting[:] = [LOST]
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def close(self) -> None:
        """See `Changes.close`."""
        if self._sending is not None:
            await self._sending
        watches = tuple(self._watches)
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await self._local.close()
        await self._ears.dispose()

    async def _send(self) -> None:
        """Send what waits. What cannot be sent is lost: the commit that it is about has its effect all the same."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with self._engine.begin() as connection:
                    for text in pack(batch):
                        await connection.execute(_NOTIFY, {"text": text})
            except _DOWN:
                self._local.tell((LOST,))

    async def _open(self) -> AsyncConnection:
        try:
            connection = await self._ears.connect()
            await (await _driver_of(connection)).add_listener(CHANNEL, self._hear)
        except _DOWN as error:
            raise Overloaded(str(error) or type(error).__name__) from error
        return connection

    def _hear(self, _connection: Any, _pid: int, _channel: str, text: str) -> None:
        self._local.tell(unpack(text))

    async def _watch(self, connection: AsyncConnection) -> None:
        """Until nothing can be heard any more: then everybody who listens has to begin anew."""
        ended = asyncio.Event()
        try:
            with suppress(*_DOWN):
                driver = await _driver_of(connection)
                driver.add_termination_listener(lambda _connection: ended.set())
                while not await _wait(ended, WATCH_SECONDS):
                    await driver.execute("SELECT 1", timeout=WATCH_SECONDS)
            self._is_hearing = False  # before anybody is told so: who listens again at once has to be heard
            self._local.tell((LOST,))
        finally:
            with suppress(*_DOWN):
                await connection.invalidate()
                await connection.close()


async def _driver_of(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


_NOTIFY: Final = sa.text(f"SELECT pg_notify('{CHANNEL}', :text)")


def pack(changes: Sequence[Change]) -> Iterator[str]:
    """As few messages as they fit in, in their order. Pure."""
    parts: list[str] = []
    size = 2
    for text in (orjson.dumps(change).decode() for change in changes):
        if parts and size + len(text) + 1 > MOST_BYTES:
            yield f"[{','.join(parts)}]"
            parts, size = [], 2
        parts.append(text)
        size += len(text) + 1
    if parts:
        yield f"[{','.join(parts)}]"


def unpack(text: str) -> tuple[Change, ...]:
    """What `pack` has written. Pure."""
    return tuple(_unpack(each) for each in orjson.loads(text))


def _unpack(found: dict[str, Any]) -> Change:
    told = found.pop("audience")
    audience = None if told is None else Audience(**{**told, "named": tuple(told["named"])})
    return Change(**found, audience=audience)
