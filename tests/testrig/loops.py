"""An event loop for worlds that move their clocks by hand: what else the machine does there is no deadline."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

SLOWNESS = 1_000.0
"""A deadline of ten seconds is one of hours. Nothing of such a world waits for a timer: its network answers at once."""


class Unhurried(asyncio.SelectorEventLoop):
    """Time goes by so slowly that no server is blamed for what a machine full of other work kept waiting."""

    slowness = SLOWNESS
    machine_time: Callable[[], float] = staticmethod(time.monotonic)

    def time(self) -> float:
        """Seconds by which deadlines go."""
        return self.machine_time() / self.slowness


class Threadless(Unhurried):
    """What others do in threads is done at once: many nodes that work one after the other win nothing by them, and what
    comes first is the same each time."""

    def run_in_executor(  # type: ignore[override]
        self, _executor: Executor | None, function: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run it, and return what it came to."""
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as fault:  # noqa: BLE001 - whoever waits for it is told
            future.set_exception(fault)
        return future
