"""Where a peer is in what an area has said: a cursor, opaque to whoever holds it. Pure.

The epoch tells one history of the log from another: after a backup was put back, numbers are given anew.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from federation.vocabulary import Iri

BACK: Final = 7 * 24 * 3_600_000
"""Milliseconds of what was said that a peer gets whose cursor is not known."""
_FORM: Final = re.compile(r"([0-9a-f]{12})-(0|-?[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to `number`, as the sequencer gave it, is known; what comes next is not.

    Negative numbers are of what was said on another node, before the area came here.
    """

    epoch: str
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


def find_epoch(history: int, area: Iri) -> str:
    """Return the epoch of an area, from what tells the histories of its node apart."""
    return blake2b(f"{history}\n{area}".encode(), digest_size=6).hexdigest()


def read_cursor(text: str) -> Cursor | None:
    """Read what `str` has written; None for anything else."""
    match = _FORM.fullmatch(text)
    return None if match is None else Cursor(match[1], int(match[2]))


def is_known(cursor: Cursor | None, epoch: str, head: int) -> bool:
    """Whether a log of this epoch, numbered up to `head`, can go on from a cursor.

    A number that was never given is of another history, whose epoch was copied with the database.
    """
    return cursor is not None and cursor.epoch == epoch and cursor.number <= head
