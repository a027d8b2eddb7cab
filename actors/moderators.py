"""Who moderates a Group of another server, and who may post there: what its document and its own list say (FEP-1b12).

Lemmy names the list in `attributedTo`, WordPress in `moderators`; only one on the Group's own origin is believed. Being
on the list of one Group says nothing about any other.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.statements import insert_into
from actors.tables import actors, group_moderators, remote_groups
from federation import iris
from federation.vocabulary import Iri, Millis

MOST: Final = 200
"""Of one Group; the rest of a longer list is not kept."""
LISTED_FOR: Final = 24 * 3_600_000
"""Milliseconds for which the list is believed of who stands on it; changes are announced too."""
UNLISTED_FOR: Final = 10 * 60_000
"""And of who does not: somebody may just have been added."""

Word = Literal["yes", "no", "unsure"]
"""`unsure`: the list is to be read first."""

_FIND: Final = sa.select(remote_groups.c.moderators, remote_groups.c.read_at).where(
    remote_groups.c.group_id == sa.bindparam("group")
)
_LISTED: Final = sa.select(group_moderators.c.iri).where(
    group_moderators.c.group_id == sa.bindparam("group"), group_moderators.c.iri == sa.bindparam("iri")
)
_CLOSED: Final = (
    sa.select(actors.c.username, actors.c.host)
    .join(remote_groups, remote_groups.c.group_id == actors.c.id)
    .where(
        actors.c.iri.in_(sa.bindparam("iris", expanding=True)),
        remote_groups.c.posting_restricted,
        sa.not_(
            sa.exists().where(
                group_moderators.c.group_id == actors.c.id, group_moderators.c.iri == sa.bindparam("author")
            )
        ),
    )
    .order_by(actors.c.iri)
    .limit(1)
)


def save(tx: sa.Connection, group_id: int, collection: Iri | None, *, restricted: bool) -> None:
    """Keep what a Group's document says; a list at another address has not been read yet."""
    values = {"moderators": collection, "posting_restricted": restricted}
    statement = insert_into(tx, remote_groups).values(group_id=group_id, **values)
    is_another = remote_groups.c.moderators.is_distinct_from(statement.excluded.moderators)
    read_at = sa.case((is_another, sa.null()), else_=remote_groups.c.read_at)
    changed: dict[str, Any] = {**values, "read_at": read_at}
    tx.execute(statement.on_conflict_do_update(index_elements=["group_id"], set_=changed))


def find_list(tx: sa.Connection, group_id: int) -> Iri | None:
    """Where a Group's list is; None = it names none that can be read."""
    row = tx.execute(_FIND, {"group": group_id}).first()
    return None if row is None else row.moderators


def keep_list(tx: sa.Connection, group_id: int, listed: Sequence[Iri], now: Millis) -> None:
    """Keep who stands on a Group's list, as it was just read, instead of what was kept before."""
    tx.execute(sa.delete(group_moderators).where(group_moderators.c.group_id == group_id))
    rows = [{"group_id": group_id, "iri": iri} for iri in dict.fromkeys(listed)][:MOST]
    if rows:
        tx.execute(sa.insert(group_moderators), rows)
    mine = remote_groups.c.group_id == group_id
    tx.execute(sa.update(remote_groups).where(mine).values(read_at=now))


def give_up_list(tx: sa.Connection, group_id: int) -> None:
    """Its list cannot be read: until its document is read again, the Group's word is all there is."""
    tx.execute(sa.delete(group_moderators).where(group_moderators.c.group_id == group_id))
    mine = remote_groups.c.group_id == group_id
    tx.execute(sa.update(remote_groups).where(mine).values(moderators=None, read_at=None))


def forget(tx: sa.Connection, group_id: int) -> None:
    """Keep nothing of a Group that is gone."""
    for table in (group_moderators, remote_groups):
        tx.execute(sa.delete(table).where(table.c.group_id == group_id))


def find_word(tx: sa.Connection, group: ActorRecord, iri: Iri, now: Millis) -> Word:
    """Whether an actor acts for a Group: the Group itself, those of its server (its admins), and whom it lists.

    Where it names no list, what it announces is its own word.
    """
    if iris.same_origin(iri, group.iri):
        return "yes"
    row = tx.execute(_FIND, {"group": group.id}).first()
    if row is None or row.moderators is None:
        return "yes"
    is_listed = tx.execute(_LISTED, {"group": group.id, "iri": iri}).first() is not None
    if row.read_at is None or now - row.read_at > (LISTED_FOR if is_listed else UNLISTED_FOR):
        return "unsure"
    return "yes" if is_listed else "no"


def find_closed(tx: sa.Connection, named: Collection[Iri], author: Iri) -> str | None:
    """The handle of a Group among `named` in which only moderators post, and the author is none of them."""
    row = tx.execute(_CLOSED, {"iris": list(named), "author": author}).first() if named else None
    return None if row is None else f"@{row.username}@{row.host}"
