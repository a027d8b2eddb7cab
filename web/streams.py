"""Open streams: what changes anywhere is handed to each of them, in order, as far as it concerns it.

A stream has a queue of its own. Who reads too slowly, whose token opens nothing any more, and everybody where
something may have been missed, is let go: apps come again, and read what they missed. No stream waits for another.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from actors.changes import Change, Kind
from actors.oauth.tokens import find_good
from actors.ports import Clock
from areas.reading.live import find_concerned
from federation.errors import Fault, Overloaded, TooOften
from web.database import Database
from web.logs import Log

MOST_QUEUED: Final = 200
"""Messages, of some kilobytes each, that one reader may be behind."""
MOST_WAITING: Final = 10_000
"""Changes that wait to be handed on; beyond that everybody begins anew."""
MOST_STREAMS: Final = 1_000
"""Of one process."""
MOST_OF_ACTOR: Final = 32
"""Phanpy and Elk open one, Pinafore two, for each window."""
MOST_OF_HOUSEHOLD: Final = 128
"""Of one client address: mobile networks put many people behind one."""
AT_ONCE: Final = 4
"""Streams for which the database is asked side by side: as many as it has readers on SQLite."""
CHECK_SECONDS: Final = 5.0
"""How often tokens are looked at that end by themselves; those that are revoked are told at once."""
RETRY_SECONDS: Final = 10

TIMELINE: Final[frozenset[Kind]] = frozenset({"written", "shared", "placed", "brought", "edited"})
"""What may stand in a home timeline."""

End = Literal["revoked", "slow", "lost", "stopping", "left"]
"""Why a stream ends. `lost`: something may have been missed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event for an app. `label` names the stream as it was asked for; None = there is nothing to say of it."""

    label: tuple[str, ...]
    event: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A change, and whether it may stand in the reader's home timeline."""

    change: Change
    is_near: bool


class Revoked(Exception):
    """The token opens nothing any more."""


Present = Callable[[Told], Awaitable[Sequence[Message]]]
"""What a reader is shown of a change. Raises `Revoked`."""


@dataclass(eq=False, slots=True)
class Stream:
    """One reader's connection: who she is, what she wants to hear of, and what waits to be sent to her."""

    token_id: int
    actor_id: int
    household: str
    wants: Callable[[Change], bool]
    present: Present
    ended: End | None = None
    _queue: deque[Message] = field(default_factory=deque)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, messages: Collection[Message]) -> None:
        """Have messages sent; too many, and the stream ends."""
        if self.ended is not None:
            return
        self._queue.extend(messages)
        if len(self._queue) > MOST_QUEUED:
            self.end("slow")
        self._changed.set()

    def end(self, why: End) -> None:
        """Send nothing more."""
        self.ended = self.ended or why
        self._queue.clear()
        self._changed.set()

    async def take(self, seconds: float) -> Message | None:
        """Return what is to be sent next; None after `seconds` without anything, or at the end (`ended`)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._queue and self.ended is None:
                    self._changed.clear()
                    await self._changed.wait()
        return self._queue.popleft() if self._queue else None

    async def wait_for_end(self) -> End:
        """Return why it has ended, as soon as it has."""
        while self.ended is None:
            self._changed.clear()
            await self._changed.wait()
        return self.ended


class Streams:
    """All open streams of a process."""

    def __init__(self, database: Database, clock: Clock, log: Log) -> None:
        self._database, self._clock, self._log = database, clock, log
        self._open: dict[Stream, None] = {}
        self._waiting: deque[Change] = deque()
        self._news = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._is_listening = False
        self._is_closed = False
        self._beginning = asyncio.Lock()

    async def open(self, stream: Stream) -> None:
        """Hand changes to a stream from now on. Raises `TooOften` for one too many, `Overloaded`."""
        self._check_room(stream)
        async with self._beginning:
            if not self._is_listening:
                await self._database.changes.listen(self._hear)
                self._is_listening = True
        self._check_room(stream)
        self._open[stream] = None
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    def __len__(self) -> int:
        return len(self._open)

    def is_wanted(self, change: Change) -> bool:
        """Whether anybody hears of such a change."""
        return any(stream.wants(change) for stream in self._open)

    def _check_room(self, stream: Stream) -> None:
        if self._is_closed or len(self._open) >= MOST_STREAMS:
            raise Overloaded("no more streams can be opened", retry_after=RETRY_SECONDS)
        of_actor = Counter(each.actor_id for each in self._open)[stream.actor_id]
        of_household = Counter(each.household for each in self._open)[stream.household]
        if of_actor >= MOST_OF_ACTOR or of_household >= MOST_OF_HOUSEHOLD:
            raise TooOften("too many streams are open", retry_after=RETRY_SECONDS)

    def leave(self, stream: Stream) -> None:
        """Forget a stream whose reader has gone."""
        stream.end("left")
        self._open.pop(stream, None)

    async def close(self) -> None:
        """End all, and let nobody in any more."""
        self._is_closed = True
        self._end_all("stopping")
        self._database.changes.ignore(self._hear)
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    def _hear(self, changes: Sequence[Change]) -> None:
        if not self._open:
            return
        self._waiting.extend(changes)
        if any(each.kind == "lost" for each in changes) or len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self._database.changes.ignore(self._hear)
            self._is_listening = False
            self._end_all("lost")
        self._news.set()

    def _end_all(self, why: End) -> None:
        for stream in list(self._open):
            stream.end(why)
            self._open.pop(stream)

    async def _work(self) -> None:
        """Hand on what comes, one change after the other; every few seconds look at the tokens."""
        clock = asyncio.get_running_loop().time
        checked_at = clock()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._news.wait()
            self._news.clear()
            if clock() - checked_at >= CHECK_SECONDS:
                checked_at = clock()
                await self._try(Change("access"))
            while self._waiting:
                await self._try(self._waiting.popleft())

    async def _try(self, change: Change) -> None:
        """Hand a change on. Where that fails nobody may believe to have heard everything."""
        try:
            await self._hand_on(change)
        except Fault as fault:
            self._log.warning("streams", change=change.kind, fault=str(fault))
            self._end_all("lost")
        except Exception:  # noqa: BLE001 - the outermost edge: logged whole, the next change is handed on
            self._log.exception("streams", change=change.kind)
            self._end_all("lost")

    async def _hand_on(self, change: Change) -> None:
        if change.kind == "access":
            await self._check_tokens()
            return
        wanting = [stream for stream in self._open if stream.ended is None and stream.wants(change)]
        if not wanting:
            return
        near: frozenset[int] = frozenset()
        if change.kind in TIMELINE:
            readers = {stream.actor_id for stream in wanting}
            near = await self._database.read(find_concerned, change, readers)
        for start in range(0, len(wanting), AT_ONCE):
            part = wanting[start : start + AT_ONCE]
            await asyncio.gather(*(self._present(each, Told(change, each.actor_id in near)) for each in part))

    async def _present(self, stream: Stream, told: Told) -> None:
        try:
            stream.put(await stream.present(told))
        except Revoked:
            stream.end("revoked")

    async def _check_tokens(self) -> None:
        streams = list(self._open)
        if not streams:
            return
        good = await self._database.read(find_good, {each.token_id for each in streams}, self._clock())
        for stream in streams:
            if stream.token_id not in good:
                stream.end("revoked")
                self._open.pop(stream, None)
