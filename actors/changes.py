"""What has changed in a transaction, told after its commit to whoever looks on live, in every process.

Only what has happened is told, never what is in it: listeners read that themselves, each by her own rights. Nothing
is kept for who does not listen; what must not be lost is a job (`actors.jobs`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa

R = TypeVar("R")

Kind = Literal[
    "written",
    "shared",
    "placed",
    "brought",
    "edited",
    "removed",
    "notified",
    "merged",
    "messaged",
    "filters",
    "announced",
    "unannounced",
    "reacted",
    "access",
    "lost",
]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who could read what is removed, since nobody can ask any more: as of a post, and whom it named here."""

    visibility: str
    members_of: int | None = None
    named: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is durable now.

    `written`, `edited`: the post `id`, by `actor_id`. `shared`, `placed`: `post_id` at `id` in timelines, by the
    person or area `actor_id`; `brought`: there among what peers have brought to that area. `removed`: what stood at
    `id` has gone, of `audience`. `notified`: the notification `id` of `actor_id`. `merged`: requests of hers were
    accepted. `messaged`: her thread `id` of messages has a new one. `filters`: hers are others now. `announced`,
    `unannounced`: the announcement `id` is there, or not any more; `reacted`: somebody answered it with `name`, or took
    that back. `access`: some token may open less than it did.
    `lost`: who listens may have missed something.
    """

    kind: Kind
    id: int = 0
    actor_id: int = 0
    post_id: int = 0
    audience: Audience | None = None
    name: str = ""


_KEY: Final = "kairanban.changes"


def note(tx: sa.Connection, change: Change) -> None:
    """Have it told when `tx` has been committed, if somebody gathers (`gather`)."""
    gathered: list[Change] | None = tx.info.get(_KEY)
    if gathered is not None:
        gathered.append(change)


def gather(
    tx: sa.Connection, function: Callable[..., R], args: tuple[Any, ...]
) -> tuple[R, tuple[Change, ...]]:
    """Run `function(tx, *args)`; return what it returns, and what it noted, each once."""
    gathered: list[Change] = []
    info = tx.info  # a connection that breaks meanwhile has another one
    info[_KEY] = gathered
    try:
        return function(tx, *args), tuple(dict.fromkeys(gathered))
    finally:
        del info[_KEY]
