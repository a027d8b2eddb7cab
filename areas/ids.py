"""Ids of what a client calls a status. Their last bits say what they name, so that no two things share one.

A post ends in 0; the boost of a post by a person in 01; the place of a post in an area, which clients see as a boost
by the area or, of a peer's post, by its home area, in 11. All are snowflakes: they sort by time
(`federation.iris.mint_id`).
"""

from typing import Literal

from federation.iris import mint_id
from federation.vocabulary import Millis

RANDOM_BITS = 15
"""Of a snowflake, these included; the rest is milliseconds."""

Kind = Literal["post", "share", "placement"]
_SHARE, _PLACEMENT, _MASK = 0b01, 0b11, 0b11


def mint_post(at: Millis) -> int:
    """An id for a post."""
    return mint_id(at) & ~1


def mint_share(at: Millis, post_id: int) -> int:
    """An id for the boost of a post by a person; it comes after the post, whatever the clocks say."""
    return mint_id(_after(at, post_id)) & ~_MASK | _SHARE


def mint_position(at: Millis, post_id: int) -> int:
    """An id for the place of a post in an area's timeline, after the post."""
    return mint_id(_after(at, post_id)) | _PLACEMENT


def _after(at: Millis, post_id: int) -> int:
    return max(at, time_of(post_id) + 1)


def find_kind(status_id: int) -> Kind:
    """What an id names, if it names anything."""
    if status_id & 1 == 0:
        return "post"
    return "share" if status_id & _MASK == _SHARE else "placement"


def time_of(status_id: int) -> Millis:
    """The millisecond from which an id was minted."""
    return Millis(status_id >> RANDOM_BITS)


def first_at(at: Millis) -> int:
    """The smallest id of a millisecond: everything that is older has a smaller one."""
    return at << RANDOM_BITS
