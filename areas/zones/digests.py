"""What an area has boosted within a time, in one number; and what follows where two sides differ. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from federation.vocabulary import Iri, Millis

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
LONGEST: Final = 6 * DAY
"""Milliseconds of a window: less than `cursors.BACK`, so that whatever differs comes again."""
UNSETTLED: Final = 2 * HOUR
"""Milliseconds until what was boosted is looked at: it may be on its way."""
_FORM: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Window:
    """From one full hour to another, in milliseconds; the end is not in it."""

    since: Millis
    until: Millis

    def __str__(self) -> str:
        return f"{self.since}-{self.until}"


def choose_window(agreed_at: Millis, now: Millis) -> Window | None:
    """The last days that both sides should know alike; None where nothing is that old."""
    until = (now - UNSETTLED) // HOUR * HOUR
    since = max(until - LONGEST, (agreed_at // HOUR + 1) * HOUR)
    return Window(Millis(since), Millis(until)) if since < until else None


def read_window(text: str) -> Window | None:
    """Read what `str` has written; None for anything else, and for what is too long to count."""
    match = _FORM.fullmatch(text)
    window = None if match is None else Window(Millis(int(match[1])), Millis(int(match[2])))
    return window if window is not None and 0 < window.until - window.since <= LONGEST else None


@dataclass(frozen=True, slots=True)
class Digest:
    """How many there are, and the XOR of the SHA-256 of each id, in hexadecimal (as FEP-8fcf does for followers)."""

    count: int
    total: str


def digest(iris: Iterable[Iri]) -> Digest:
    """Return what these are together, in whatever order."""
    count = total = 0
    for iri in iris:
        count += 1
        total ^= int.from_bytes(sha256(iri.encode()).digest())
    return Digest(count, f"{total:064x}")


Repair = Literal["no", "due", "done"]
"""Whether all is to be read again; `done`: it was, and what came of it is not known yet."""


def find_next(repair: Repair, *, same: bool) -> Repair:
    """What follows from a comparison. What reading again did not mend waits for the next day."""
    return "due" if repair == "no" and not same else "no"
