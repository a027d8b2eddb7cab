"""RSA keys in stock: to make one takes a tenth of a second, and every town, area and resident of a test wants some."""

import itertools
import threading

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.signatures.keys import generate_rsa

SIZE = 24
"""More than the actors of any test that tells them apart by their keys."""


class Stock:
    """Makes `SIZE` keys as they are wanted, then hands out the same again, in turn. Any thread may ask."""

    def __init__(self) -> None:
        self._keys: list[RSAPrivateKey] = []
        self._turns = itertools.cycle(range(SIZE))
        self._lock = threading.Lock()

    def take(self) -> RSAPrivateKey:
        """Return another key than the last times."""
        with self._lock:
            number = next(self._turns)
            if number == len(self._keys):
                self._keys.append(generate_rsa())
            return self._keys[number]
