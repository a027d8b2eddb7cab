"""Passwords as Argon2id hashes, and which ones are taken at all. Pure; 30 ms each: never inside a transaction."""

import unicodedata
from functools import cached_property
from typing import Final, Literal

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
"""The first choice of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane."""

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters. Nobody types more, and a megabyte would have to be hashed."""
DISTINCT: Final = 5

Flaw = Literal["short", "long", "simple"]


def find_flaw(password: str, email: str) -> Flaw | None:
    """Why a new password is not taken: too short or long, or what somebody would try first."""
    folded = _fold(password)
    if len(folded) < SHORTEST:
        return "short"
    if len(folded) > LONGEST:
        return "long"
    lower, local = folded.casefold(), email.partition("@")[0].casefold()
    is_simple = len(set(lower)) < DISTINCT or lower == email.casefold() or lower in _RUNS
    return "simple" if is_simple or lower.strip("0123456789") in {local, *_TRIED_FIRST} else None


class Hasher:
    """Makes hashes and compares them, for an account that does not exist in the same time as for one that does."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hashing = PasswordHash(
            (Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES),)
        )

    def hash(self, password: str) -> str:
        """Return the hash in PHC form, with its parameters and salt."""
        return self._hashing.hash(_fold(password))

    def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the password of `stored`. None, for nobody's, costs as much and is never right."""
        folded = _fold(password)[: LONGEST + 1]
        found = self._hashing.verify(folded, stored or self._nobodys)
        return found and stored is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hashing.hash("")


def _fold(password: str) -> str:
    """Full width, half width and composed letters are one password (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


_TRIED_FIRST: Final = frozenset(
    {"password", "passw0rd", "kairanban", "iloveyou", "welcome", "admin", "qwerty"}
)
_RUNS: Final = frozenset(
    run[start : start + length]
    for run in (
        "012345678901234567890",
        "098765432109876543210",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiop[]",
    )
    for start in range(len(run))
    for length in range(SHORTEST, len(run) + 1)
)
