"""How much of what is costly one server may ask for, or is asked: a storm from one host costs the others nothing.

In memory, of one process: what is lost with it is only that a storm may begin anew.
"""

from dataclasses import dataclass
from typing import Final

from federation.client.recent import Recent
from federation.vocabulary import Millis

MINUTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, then one in every `interval` milliseconds."""

    at_once: int
    interval: int


ALLOWANCES: Final = {
    # Each is answered with an Accept that has a signature of its own.
    "Follow": Allowance(120, MINUTE // 120),
    # Each asks for a moderator's time; a server's own actor sends those of all its users.
    "Flag": Allowance(30, MINUTE // 30),
    # Documents of one host that are read again: nobody waits for them.
    "reread": Allowance(10, MINUTE // 20),
    # Posts of one host that are fetched because somebody boosts them.
    "fetch": Allowance(60, MINUTE // 60),
    # Pages of what areas of one host have said since; a week has a few dozen.
    "catch-up": Allowance(120, MINUTE // 120),
    # One key that could not be had: looks for parked requests that do not heed what failed lately.
    "key": Allowance(2, 5 * MINUTE),
    # One document: the looks of 10 minutes and of an hour after a boost are 50 minutes apart.
    "document": Allowance(1, 50 * MINUTE),
}
"""By what is counted."""

REMEMBERED: Final = 20_000
"""Entries; strangers choose them."""


class Budgets:
    """Token buckets, by what is counted and for whom."""

    def __init__(self) -> None:
        self._buckets: Recent[tuple[str, str], tuple[float, Millis]] = Recent(REMEMBERED)

    def take(self, what: str, key: str, now: Millis) -> bool:
        """Take one; False = nothing is left. What has no allowance is not counted."""
        allowance = ALLOWANCES.get(what)
        if allowance is None:
            return True
        left, since = self._buckets.get((what, key)) or (float(allowance.at_once), now)
        left = min(float(allowance.at_once), left + max(0, now - since) / allowance.interval)
        if left < 1:
            return False
        self._buckets.put((what, key), (left - 1, now))
        return True
