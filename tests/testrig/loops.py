"""An event loop for worlds that move their clocks by hand: what else the machine does there is no deadline."""

import asyncio
import time
from collections.abc import Callable

SLOWNESS = 1_000.0
"""A deadline of ten seconds is one of hours. Nothing of such a world waits for a timer: its network answers at once."""


class Unhurried(asyncio.SelectorEventLoop):
    """Time goes by so slowly that no server is blamed for what a machine full of other work kept waiting."""

    slowness = SLOWNESS
    machine_time: Callable[[], float] = staticmethod(time.monotonic)

    def time(self) -> float:
        """Seconds by which deadlines go."""
        return self.machine_time() / self.slowness
