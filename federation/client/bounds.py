"""What keeps one peer from costing more than its share: budgets, places in a queue, remembered failures."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from federation.client.recent import Recent
from federation.errors import Gone, Unreachable
from federation.vocabulary import Millis

FIRST_PAUSE = 5 * 60_000
LONGEST_PAUSE = 60 * 60_000
"""Milliseconds that a failure is remembered: a peer that is down is not asked by every post that names it."""

_MINUTE = 60_000

Fault = Unreachable | Gone


class Busy(Unreachable):
    """Our own bounds, not the peer: nothing was asked, nothing is remembered."""


class Budgets:
    """Token buckets: `per_minute` requests of each key, after as many at once."""

    def __init__(self, per_minute: int, capacity: int, clock: Callable[[], Millis]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: Recent[Hashable, tuple[float, Millis]] = Recent(capacity)

    def take(self, key: Hashable) -> None:
        """Take one; raises `Busy` when nothing is left."""
        now = self._clock()
        left, since = self._buckets.get(key) or (float(self._per_minute), now)
        earned = max(0, now - since) * self._per_minute / _MINUTE
        left = min(float(self._per_minute), left + earned)
        self._buckets.put(key, (left - 1 if left >= 1 else left, now))
        if left < 1:
            raise Busy(f"the budget for {key} is used up")


@dataclass(frozen=True, slots=True)
class _Failure:
    fault: Fault
    count: int
    until: Millis


class Failures:
    """Remembers what failed, for 5 minutes, doubling to an hour as long as it fails."""

    def __init__(self, capacity: int, clock: Callable[[], Millis]) -> None:
        self._clock = clock
        self._failures: Recent[Hashable, _Failure] = Recent(capacity)

    def recall(self, key: Hashable) -> None:
        """Raise the failure again if it is recent."""
        failure = self._failures.get(key)
        if failure is not None and self._clock() < failure.until:
            raise _copy(failure.fault, " (remembered)")

    def note(self, key: Hashable, fault: Fault, *, grace: int = 0) -> None:
        """Remember one more failure in a row; the first `grace` of them have no consequence yet."""
        before = self._failures.get(key)
        count = before.count + 1 if before is not None else 1
        pause = _pause(count - grace)
        self._failures.put(key, _Failure(_copy(fault), count, Millis(self._clock() + pause)))

    def clear(self, key: Hashable) -> None:
        """It works again."""
        self._failures.drop(key)


class Places:
    """`width` places for each key, and a queue of bounded length before them."""

    def __init__(self, width: int, waiting: int) -> None:
        self._width = width
        self._most = width + waiting
        self._rooms: dict[Hashable, tuple[asyncio.Semaphore, set[object]]] = {}

    @asynccontextmanager
    async def hold(self, key: Hashable) -> AsyncIterator[None]:
        """Hold a place; raises `Busy` when too many wait already."""
        semaphore, inside = self._rooms.setdefault(key, (asyncio.Semaphore(self._width), set()))
        if len(inside) >= self._most:
            raise Busy(f"{len(inside)} requests wait for {key} already")
        mark = object()
        inside.add(mark)
        try:
            async with semaphore:
                yield
        finally:
            inside.discard(mark)
            if not inside:
                del self._rooms[key]


def _pause(count: int) -> int:
    return min(LONGEST_PAUSE, FIRST_PAUSE << min(count - 1, 10)) if count > 0 else 0


def _copy(fault: Fault, remark: str = "") -> Fault:
    """Say the same again; a fault that was raised holds on to all that its frames held."""
    if isinstance(fault, Gone):
        return Gone(f"{fault}{remark}")
    return Unreachable(f"{fault}{remark}", status=fault.status, permanent=fault.permanent)
