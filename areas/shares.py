"""Boosts of posts by people, here and elsewhere (`Announce`; areas of this node boost by `areas.boosts`).

At most one of a post by each actor. A Group's boost is shown to who follows the Group, and counts for nothing.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.changes import Change, note
from actors.prepared import Prepared
from actors.records import ActorRecord
from areas.ids import mint_share
from areas.records import PostRecord, Visibility
from areas.removals import note_share
from areas.statements import insert_once
from areas.tables import shares
from federation.errors import Overloaded
from federation.vocabulary import Iri, Millis

ID_TRIES = 8
"""Ids collide once in 8,192 within one millisecond."""


@dataclass(frozen=True, slots=True)
class ShareRecord:
    """A boost by a person; `id` is its place in timelines, `log_id` the Announce of a local actor."""

    id: int
    iri: Iri
    actor_id: int
    post_id: int
    visibility: Visibility
    counts: bool
    created_at: Millis
    log_id: int | None


_COLUMNS = tuple(shares.c[name] for name in ShareRecord.__dataclass_fields__)
_ONE = Prepared(
    sa.select(*_COLUMNS).where(
        shares.c.actor_id == sa.bindparam("actor"), shares.c.post_id == sa.bindparam("post")
    )
)


def record(
    tx: sa.Connection,
    *,
    actor: ActorRecord,
    post: PostRecord,
    iri: Iri,
    visibility: Visibility,
    at: Millis,
    log_id: int | None = None,
) -> ShareRecord | None:
    """Store a boost made at `at`; the caller has seen that `actor` may. None = there is one already."""
    row: dict[str, Any] = {
        "iri": iri,
        "actor_id": actor.id,
        "post_id": post.id,
        "visibility": visibility,
        "counts": actor.type != "Group",
        "created_at": at,
        "log_id": log_id,
    }
    for _ in range(ID_TRIES):
        share_id = mint_share(at, post.id)
        if insert_once(tx, shares, {"id": share_id, **row}):
            note(tx, Change("shared", share_id, actor.id, post.id))
            return ShareRecord(id=share_id, **row)
        if find(tx, actor.id, post.id) is not None:
            return None  # else the id was taken: another one
    raise Overloaded("no free id for a boost")


def find(tx: sa.Connection, actor_id: int, post_id: int) -> ShareRecord | None:
    """The boost of a post by an actor."""
    row = _ONE.first(tx, actor=actor_id, post=post_id)
    return None if row is None else ShareRecord(*row)


def renew(tx: sa.Connection, actor_id: int, post_id: int, at: Millis) -> None:
    """A boost that stands was taken back and made again at `at`, and only the second was heard; it keeps its place."""
    stands = sa.and_(shares.c.actor_id == actor_id, shares.c.post_id == post_id, shares.c.created_at < at)
    tx.execute(sa.update(shares).where(stands).values(created_at=at))


def find_by_id(tx: sa.Connection, share_id: int) -> ShareRecord | None:
    """A boost by its place in timelines."""
    row = tx.execute(sa.select(*_COLUMNS).where(shares.c.id == share_id)).first()
    return None if row is None else ShareRecord(*row)


def remove(tx: sa.Connection, actor_id: int, post_id: int) -> ShareRecord | None:
    """Take a boost back, by what it is of. None = there is none."""
    return _remove(tx, shares.c.actor_id == actor_id, shares.c.post_id == post_id)


def remove_by_iri(tx: sa.Connection, actor_id: int, iri: Iri) -> ShareRecord | None:
    """Take a boost back by the id of its activity; only its own actor can. None = there is none."""
    return _remove(tx, shares.c.iri == iri, shares.c.actor_id == actor_id)


def _remove(tx: sa.Connection, *clauses: sa.ColumnElement[bool]) -> ShareRecord | None:
    row = tx.execute(sa.delete(shares).where(*clauses).returning(*_COLUMNS)).first()
    if row is None:
        return None
    removed = ShareRecord(*row)
    note_share(tx, removed.id, removed.actor_id, removed.post_id, removed.visibility)
    return removed


def count(tx: sa.Connection, post_id: int) -> int:
    """How many people boost a post."""
    query = sa.select(sa.func.count()).select_from(shares).where(shares.c.post_id == post_id, shares.c.counts)
    return int(tx.execute(query).scalar_one())
