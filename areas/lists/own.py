"""Lists that a resident makes of whom she follows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors, follows
from areas.lists.tables import list_members, lists
from areas.locks import lock_author
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.reading.statuses import find_actors
from areas.statements import insert_once
from federation.errors import NotFound, Overloaded, Refused
from federation.html import plain_name
from federation.iris import mint_id
from federation.vocabulary import Millis

Replies = Literal["followed", "list", "none"]
"""Which answers of members stand in a list: to whom one follows, to other members, none."""

TITLE_LENGTH = 100
MOST_LISTS = 50
MOST_MEMBERS = 500
ID_TRIES = 8


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A list of a resident's own; `exclusive`: its members are kept out of her home."""

    id: int
    actor_id: int
    title: str
    replies: Replies = "list"
    exclusive: bool = False


_COLUMNS = tuple(lists.c[name] for name in ListRecord.__dataclass_fields__)


def create(tx: sa.Connection, actor: ActorRecord, wanted: ListRecord, now: Millis) -> ListRecord:
    """Make a list as `wanted` says; its id and owner are given here. Raises `Refused`."""
    checked = _check(wanted)
    lock_author(tx, actor.id)
    if len(list_of(tx, actor.id)) >= MOST_LISTS:
        raise Refused(f"one can have {MOST_LISTS} lists")
    for _ in range(ID_TRIES):
        made = replace(checked, id=mint_id(now), actor_id=actor.id)
        values = {name: getattr(made, name) for name in ListRecord.__dataclass_fields__}
        if insert_once(tx, lists, values):
            return made
    raise Overloaded("no free id for a list")


def _check(wanted: ListRecord) -> ListRecord:
    title = plain_name(wanted.title, TITLE_LENGTH + 1)
    if not title or len(title) > TITLE_LENGTH:
        raise Refused(f"the title of a list has 1 to {TITLE_LENGTH} characters")
    if wanted.replies not in get_args(Replies):
        raise Refused(f"replies policy {wanted.replies!r} is none of {', '.join(get_args(Replies))}")
    return replace(wanted, title=title)


def change(tx: sa.Connection, wanted: ListRecord) -> ListRecord:
    """Let a list be as `wanted` says; it was found by `find`. Raises `Refused`."""
    checked = _check(wanted)
    values = {name: getattr(checked, name) for name in ("title", "replies", "exclusive")}
    tx.execute(sa.update(lists).where(lists.c.id == checked.id).values(values))
    return checked


def find(tx: sa.Connection, actor_id: int, list_id: int) -> ListRecord:
    """One of the actor's own lists. Raises `NotFound`."""
    query = sa.select(*_COLUMNS).where(lists.c.id == list_id, lists.c.actor_id == actor_id)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound(f"there is no list {list_id}")
    return ListRecord(*row)


def list_of(tx: sa.Connection, actor_id: int, *, with_member: int | None = None) -> list[ListRecord]:
    """The actor's own lists, the oldest first; those on which `with_member` is."""
    query = sa.select(*_COLUMNS).where(lists.c.actor_id == actor_id)
    if with_member is not None:
        on = sa.exists().where(list_members.c.list_id == lists.c.id, list_members.c.target_id == with_member)
        query = query.where(on)
    return [ListRecord(*row) for row in tx.execute(query.order_by(lists.c.id))]


def remove(tx: sa.Connection, actor_id: int, list_id: int) -> None:
    """Remove a list. Raises `NotFound`."""
    found = find(tx, actor_id, list_id)
    tx.execute(sa.delete(list_members).where(list_members.c.list_id == found.id))
    tx.execute(sa.delete(lists).where(lists.c.id == found.id))


def add(tx: sa.Connection, found: ListRecord, target_ids: Iterable[int], now: Millis) -> None:
    """Put people on a list. Raises `Refused` for whom the owner does not follow, and for too many."""
    wanted = list(dict.fromkeys(target_ids))
    lock_author(tx, found.actor_id)
    query = sa.select(follows.c.target_id).where(
        follows.c.follower_id == found.actor_id, follows.c.target_id.in_(wanted)
    )
    followed = set(tx.execute(query).scalars()) | {found.actor_id}
    if set(wanted) - followed:
        raise Refused("only whom one follows can be on a list")
    count = sa.select(sa.func.count()).select_from(list_members).where(list_members.c.list_id == found.id)
    if tx.execute(count).scalar_one() + len(wanted) > MOST_MEMBERS:
        raise Refused(f"a list has at most {MOST_MEMBERS} members")
    for target_id in wanted:
        insert_once(tx, list_members, {"list_id": found.id, "target_id": target_id, "id": mint_id(now)})


def take_off(tx: sa.Connection, found: ListRecord, target_ids: Iterable[int]) -> None:
    """Take people off a list."""
    chosen = sa.and_(list_members.c.list_id == found.id, list_members.c.target_id.in_(list(target_ids)))
    tx.execute(sa.delete(list_members).where(chosen))


def take_off_all(tx: sa.Connection, actor_id: int, target_id: int) -> None:
    """Who is not followed any more is on no list."""
    mine = sa.select(lists.c.id).where(lists.c.actor_id == actor_id)
    tx.execute(
        sa.delete(list_members).where(list_members.c.target_id == target_id, list_members.c.list_id.in_(mine))
    )


def members(tx: sa.Connection, found: ListRecord, wanted: Slice = FIRST) -> Page[ActorRecord]:
    """Who is on a list, the latest first."""
    query = (
        sa.select(list_members.c.id, list_members.c.target_id)
        .join(actors, actors.c.id == list_members.c.target_id)
        .where(list_members.c.list_id == found.id, actors.c.gone_at.is_(None))
    )
    rows, more = slice_by(tx, query, list_members.c.id, wanted)
    ends = paginate([int(row.id) for row in rows], wanted, lambda each: each, more=more)
    people = find_actors(tx, (row.target_id for row in rows))
    return Page(tuple(people[row.target_id] for row in rows), ends.older, ends.newer)
