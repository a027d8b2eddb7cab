"""Whether our clock is wrong, by the `Date` headers of many servers: one liar proves nothing."""

from collections import OrderedDict
from statistics import median
from typing import Final

SERVERS: Final = 64
"""How many are remembered: those who answered last."""

QUORUM: Final = 3
"""Fewer say nothing."""


class ClockWatch:
    """The newest skew seen at each of the last servers."""

    def __init__(self) -> None:
        self._skews: OrderedDict[str, float] = OrderedDict()

    def note(self, host: str, skew: float) -> None:
        """Remember that the clock of `host` is `skew` seconds ahead of ours."""
        self._skews[host] = skew
        self._skews.move_to_end(host)
        if len(self._skews) > SERVERS:
            self._skews.popitem(last=False)

    @property
    def skew(self) -> float | None:
        """Seconds that the others are ahead of us, by their median; None while too few were heard."""
        return median(self._skews.values()) if len(self._skews) >= QUORUM else None
