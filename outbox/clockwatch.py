"""Whether our clock is wrong, by the `Date` headers of many servers: one liar proves nothing.

What was seen before our clock was set anew says nothing of it now, so a clock that was put right is right at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from statistics import median
from typing import Final

from federation.vocabulary import Millis

WRONG: Final = 30.0
"""Seconds by which our clock may differ from the others': Takahē refuses 60."""

SITES: Final = 64
"""How many are remembered: those that answered last."""

QUORUM: Final = 3
"""Fewer say nothing."""

MOVED: Final = 5.0
"""Seconds that our clock has gone another way than the machine's uptime: somebody has set it."""


class ClockWatch:
    """The newest skew seen at each of the last sites."""

    def __init__(self, clock: Callable[[], Millis], uptime: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._uptime = uptime
        self._began = self._find_beginning()
        self._skews: OrderedDict[str, float] = OrderedDict()

    def note(self, host: str, skew: float) -> None:
        """Remember that the clock of `host` is `skew` seconds ahead of ours."""
        self._forget_if_moved()
        site = find_site(host)
        self._skews[site] = skew
        self._skews.move_to_end(site)
        if len(self._skews) > SITES:
            self._skews.popitem(last=False)

    @property
    def skew(self) -> float | None:
        """Seconds that the others are ahead of us, by their median; None while too few were heard."""
        self._forget_if_moved()
        return median(self._skews.values()) if len(self._skews) >= QUORUM else None

    def _forget_if_moved(self) -> None:
        beginning = self._find_beginning()
        if abs(beginning - self._began) > MOVED:
            self._skews.clear()
            self._began = beginning

    def _find_beginning(self) -> float:
        """When by our clock the machine's uptime was 0: always the same, unless somebody sets the clock."""
        return self._clock() / 1000 - self._uptime()


def find_site(host: str) -> str:
    """What counts as one voice: a domain, since whoever has one has any number of names below it."""
    return ".".join(host.partition(":")[0].rsplit(".", 2)[-2:])
