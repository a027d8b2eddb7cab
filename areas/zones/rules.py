"""Whether an area may boost what a peer has brought. Pure. Each rule by itself makes loops impossible.

A peer's post is boosted by who agreed on it with the post's own area, never by who heard of it from a third: the post
itself must name the peer, so that nothing travels further than one step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST_AGE: Final = 48 * 3_600_000
"""Milliseconds after which a post is no news to another town."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a post, of the peer that boosts it, and of the area that might."""

    is_agreed: bool
    is_public: bool
    is_reply: bool
    names_home: bool
    is_own: bool
    is_shut_out: bool
    age: int
    in_last_hour: int
    max_per_hour: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: when it applies, the post is not boosted, for this reason."""

    name: str
    applies: Callable[[Facts], bool]


RULES: Final = (
    Rule("no agreement with its area is in force", lambda f: not f.is_agreed),
    Rule("it is not for everyone", lambda f: not f.is_public),
    Rule("it is a reply", lambda f: f.is_reply),
    Rule("it does not name the area that brings it", lambda f: not f.names_home),
    Rule("it was posted to this area itself", lambda f: f.is_own),
    Rule("its author is not heard here", lambda f: f.is_shut_out),
    Rule("it is older than two days", lambda f: f.age > LONGEST_AGE),
    Rule(
        "the area that brings it has had its share of this hour", lambda f: f.in_last_hour >= f.max_per_hour
    ),
)


def find_objection(facts: Facts) -> str | None:
    """Return why a post is not boosted; None = it may be."""
    return next((rule.name for rule in RULES if rule.applies(facts)), None)
