"""Local posts in groups of other servers (Lemmy, PieFed, areas of other nodes): they wait until the group says so.

A group announces what it takes, and takes back what it removes; it answers nothing else (FEP-1b12). Only the group's
own word changes anything here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa

from actors.moderators import find_closed
from actors.records import ActorRecord
from actors.tables import actors
from areas.errors import ModeratorsOnly
from areas.records import SHOWN, Named, PostRecord
from areas.statements import insert_once
from areas.tables import group_submissions, posts, shares
from federation.vocabulary import Iri, Millis

State = Literal["waiting", "announced", "refused", "removed"]

NEXT: Final[dict[State, dict[State, State]]] = {
    "announced": {"waiting": "announced", "refused": "announced", "removed": "announced"},
    "refused": {"waiting": "refused"},
    "removed": {"waiting": "refused", "announced": "removed"},
}
"""What a group's word (announced, refused, removed) makes of each state; what is not here stays as it is."""

_GROUPS = sa.select(actors.c.id).where(
    actors.c.iri.in_(sa.bindparam("iris", expanding=True)),
    actors.c.type == "Group",
    actors.c.origin_id.is_(None),
)
_THERE = (
    sa.select(group_submissions.c.state)
    .where(
        group_submissions.c.post_id == sa.bindparam("post"),
        group_submissions.c.group_id == sa.bindparam("group"),
    )
    .with_for_update()
)
_OF_POST = (
    sa.select(actors.c.iri, actors.c.username, actors.c.host, actors.c.name, group_submissions.c.state)
    .join(actors, actors.c.id == group_submissions.c.group_id)
    .where(group_submissions.c.post_id == sa.bindparam("post"))
    .order_by(actors.c.iri)
)
_OF_THREAD = (
    sa.select(actors.c.iri)
    .select_from(actors)
    .join(shares, shares.c.actor_id == actors.c.id)
    .where(shares.c.post_id == sa.bindparam("root"), actors.c.type == "Group", actors.c.origin_id.is_(None))
    .order_by(shares.c.id)
    .limit(1)
)
_BY_LOG = sa.select(posts.c.id).where(posts.c.log_id == sa.bindparam("log"))


@dataclass(frozen=True, slots=True)
class Submitted:
    """Where a local post stands in a group elsewhere."""

    iri: Iri
    handle: str
    name: str
    state: State


def submit(tx: sa.Connection, post: PostRecord, named: Sequence[Named], now: Millis) -> None:
    """Let a post wait in each group elsewhere that it names, unless it does or did so already."""
    if post.visibility not in SHOWN or not named:
        return
    for group_id in tx.execute(_GROUPS, {"iris": [each.iri for each in named]}).scalars().all():
        row = {"post_id": post.id, "group_id": group_id, "state": "waiting", "changed_at": now}
        insert_once(tx, group_submissions, row)


def require_open(tx: sa.Connection, author: ActorRecord, named: Sequence[Named]) -> None:
    """Raise `ModeratorsOnly` where a new post names such a group, and its author does not moderate it."""
    closed = find_closed(tx, [each.iri for each in named], author.iri)
    if closed is not None:
        raise ModeratorsOnly(closed)


def hear(tx: sa.Connection, group: ActorRecord, post_id: int, said: State, now: Millis) -> bool:
    """Keep what a group says of a post that was sent to it. False = nothing is another now."""
    key = {"post": post_id, "group": group.id}
    before: State | None = tx.execute(_THERE, key).scalar()
    after = None if before is None else NEXT[said].get(before)
    if after is None:
        return False
    statement = sa.update(group_submissions).where(
        group_submissions.c.post_id == post_id, group_submissions.c.group_id == group.id
    )
    tx.execute(statement.values(state=after, changed_at=now))
    return True


def refuse(tx: sa.Connection, group: ActorRecord, log_id: int, now: Millis) -> bool:
    """A group rejects the `Create` that is this entry of the log. False = it is of no post that waits there."""
    post_id = tx.execute(_BY_LOG, {"log": log_id}).scalar()
    return post_id is not None and hear(tx, group, post_id, "refused", now)


def list_submitted(tx: sa.Connection, post_id: int) -> list[Submitted]:
    """Where a post stands in groups elsewhere."""
    rows = tx.execute(_OF_POST, {"post": post_id})
    return [Submitted(row.iri, f"@{row.username}@{row.host}", row.name, row.state) for row in rows]


def find_group_of(tx: sa.Connection, thread_id: int) -> Iri | None:
    """The group elsewhere in which a thread stands: who replies sends it there too, since only it passes replies on."""
    found: Iri | None = tx.execute(_OF_THREAD, {"root": thread_id}).scalar()
    return found
