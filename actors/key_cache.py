"""Keys of senders in memory, so that a known one costs the inbox no more than a look into a dict."""

from typing import Final

from actors.records import VerifiedKey
from federation.client.recent import Recent
from federation.vocabulary import Iri, Millis

CAPACITY: Final = 10_000
"""Keys: about 20 MB, and more senders than one town hears in a day."""

LIFETIME: Final = 60_000
"""Milliseconds until the database is asked again: another process may have stored another key."""


class KeyCache:
    """At most `CAPACITY` keys. `forget` and `drop` begin a new generation: what was read before is not kept."""

    def __init__(self) -> None:
        self.generation = 0
        self._keys: Recent[str, tuple[VerifiedKey, Millis]] = Recent(CAPACITY)

    def get(self, key_id: str, now: Millis) -> VerifiedKey | None:
        """Return the key if it was read within `LIFETIME`."""
        found = self._keys.get(key_id)
        if found is None or now - found[1] >= LIFETIME:
            return None
        return found[0]

    def put(self, key: VerifiedKey, now: Millis, *, generation: int) -> None:
        """Keep a key that was read when the cache was at `generation`."""
        if generation == self.generation:
            self._keys.put(key.key_id, (key, now))

    def drop(self, key_id: Iri) -> None:
        """Forget one key."""
        self.generation += 1
        self._keys.drop(key_id)

    def forget(self) -> None:
        """Forget everything."""
        self.generation += 1
        self._keys = Recent(CAPACITY)
