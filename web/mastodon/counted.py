"""Counts of actors and of the node, remembered for some minutes: what they count may be a hundred thousand rows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from areas.counts import Counts
from federation.client.recent import Recent
from federation.vocabulary import Millis
from web.database import Database

R = TypeVar("R")

REMEMBERED: Final = 20_000
"""Actors; each has some 200 bytes."""
FRESH_MS: Final = 5 * 60_000


class Counted:
    """One for a node, used from its event loop."""

    def __init__(self) -> None:
        self._actors: Recent[int, tuple[Millis, Counts]] = Recent(REMEMBERED)
        self._node: dict[Callable[..., Any], tuple[Millis, Any]] = {}

    def find(self, actor_ids: Iterable[int], now: Millis) -> dict[int, Counts]:
        """Return what is known of these, and fresh."""
        found = {actor_id: self._actors.get(actor_id) for actor_id in actor_ids}
        return {each: kept[1] for each, kept in found.items() if kept is not None and _is_fresh(kept[0], now)}

    def keep(self, counts: Mapping[int, Counts], now: Millis) -> None:
        """Remember what was counted now."""
        for actor_id, each in counts.items():
            self._actors.put(actor_id, (now, each))

    async def count(self, database: Database, function: Callable[..., R], now: Millis) -> R:
        """Return `function(tx, now)`, which counts the whole node, or what it returned lately."""
        known = self._node.get(function)
        if known is not None and _is_fresh(known[0], now):
            remembered: R = known[1]
            return remembered
        found = await database.read(function, now)
        self._node[function] = (now, found)
        return found


def _is_fresh(then: Millis, now: Millis) -> bool:
    return 0 <= now - then < FRESH_MS
