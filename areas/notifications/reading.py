"""A reader's notifications: one by one, grouped, what is unread; and putting them away."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from areas.notifications.tables import notifications
from areas.reading import statuses
from areas.reading.slices import FIRST, Page, Slice, paginate, slice_by
from areas.reading.statuses import Seen, find_actors
from areas.reading.visibility import Reader
from federation.errors import NotFound
from federation.vocabulary import Millis

SAMPLE = 8
"""Of a group that are named, the latest first; as Mastodon."""
MOST_GROUPED = 400
"""Notifications that one page of groups is made of."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What the reader is told. `seen` is None where the post is gone, or she may not read it any more."""

    id: int
    type: str
    by: ActorRecord
    seen: Seen | None
    report_id: int | None
    group_key: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Group:
    """Notifications of one kind about one thing, of a page: how many, from whom, the newest and the oldest."""

    key: str
    type: str
    count: int
    latest: Notification
    oldest_id: int
    sample: tuple[ActorRecord, ...]


@dataclass(frozen=True, slots=True)
class Which:
    """Which notifications are wanted; None = of every type, from everybody. `filtered`: also those in requests."""

    types: Collection[str] | None = None
    without: Collection[str] = ()
    by_id: int | None = None
    filtered: bool = False


ALL = Which()
IS_OF_SOMEBODY_HEARD = sa.not_(
    sa.exists().where(actors.c.id == notifications.c.from_id, actors.c.standing == "suspended")
)
"""What a suspended actor did before is told to nobody any more."""
_COLUMNS = (
    notifications.c.id,
    notifications.c.type,
    notifications.c.from_id,
    notifications.c.post_id,
    notifications.c.report_id,
    notifications.c.group_key,
    notifications.c.created_at,
)


def _query(reader: Reader, which: Which) -> "sa.Select[Any]":
    query = sa.select(*_COLUMNS).where(notifications.c.actor_id == reader.id, IS_OF_SOMEBODY_HEARD)
    if not which.filtered:
        query = query.where(sa.not_(notifications.c.filtered))
    if which.types is not None:
        query = query.where(notifications.c.type.in_(tuple(which.types)))
    if which.without:
        query = query.where(notifications.c.type.not_in(tuple(which.without)))
    return query if which.by_id is None else query.where(notifications.c.from_id == which.by_id)


def page(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST, which: Which = ALL) -> Page[Notification]:
    """Notifications newest first."""
    rows, more = slice_by(tx, _query(reader, which), notifications.c.id, wanted)
    ends = paginate([int(row.id) for row in rows], wanted, lambda each: each, more=more)
    return Page(_complete(tx, reader, rows), ends.older, ends.newer)


def find(tx: sa.Connection, reader: Reader, notification_id: int) -> Notification:
    """One of the reader's own. Raises `NotFound`."""
    query = _query(reader, Which(filtered=True)).where(notifications.c.id == notification_id)
    found = _complete(tx, reader, list(tx.execute(query)))
    if not found:
        raise NotFound(f"there is no notification {notification_id}")
    return found[0]


def _complete(tx: sa.Connection, reader: Reader, rows: Sequence[Any]) -> tuple[Notification, ...]:
    people = find_actors(tx, (row.from_id for row in rows))
    seen = statuses.load(tx, reader, (row.post_id for row in rows if row.post_id is not None))
    return tuple(
        Notification(
            id=row.id,
            type=row.type,
            by=people[row.from_id],
            seen=None if row.post_id is None else seen.get(row.post_id),
            report_id=row.report_id,
            group_key=row.group_key or f"ungrouped-{row.id}",
            created_at=row.created_at,
        )
        for row in rows
        if row.post_id is None or row.post_id in seen
    )


def groups(
    tx: sa.Connection,
    reader: Reader,
    wanted: Slice = FIRST,
    which: Which = ALL,
    *,
    grouped: Collection[str] | None = None,
) -> Page[Group]:
    """The same in groups, by the newest of each. `grouped` are the types that the reader's app shows so; None = all.

    A group of which the newest stood on an earlier page may come again, with what is older.
    """
    rows, more = slice_by(
        tx,
        _query(reader, which),
        notifications.c.id,
        Slice(MOST_GROUPED, wanted.before, wanted.after, wanted.upwards),
    )
    members: dict[str, list[Any]] = {}
    for row in rows:
        members.setdefault(_key_of(row, grouped), []).append(row)
    keys = list(members)[: wanted.limit] if not wanted.upwards else list(members)[-wanted.limit :]
    made = tuple(group for key in keys if (group := _make_group(tx, reader, key, members[key])) is not None)
    return _ends(made, keys, members, is_last=not more and len(keys) == len(members))


def _key_of(row: Any, grouped: Collection[str] | None) -> str:
    can_group = row.group_key is not None and (grouped is None or row.type in grouped)
    return str(row.group_key) if can_group else f"ungrouped-{row.id}"


def _ends(
    made: tuple[Group, ...], keys: Sequence[str], members: dict[str, list[Any]], *, is_last: bool
) -> Page[Group]:
    if not keys:
        return Page(())
    newest = max(row.id for key in keys for row in members[key])
    left = [row.id for key, rows in members.items() if key not in set(keys) for row in rows]
    older = max(left) + 1 if left else min(row.id for key in keys for row in members[key])
    return Page(made, None if is_last else older, newest)


def _make_group(tx: sa.Connection, reader: Reader, key: str, rows: Sequence[Any]) -> Group | None:
    latest = _complete(tx, reader, rows[:1])
    if not latest:
        return None
    order = list(dict.fromkeys(row.from_id for row in rows))[:SAMPLE]
    people = find_actors(tx, order)
    return Group(
        key=key,
        type=rows[0].type,
        count=len(rows),
        latest=latest[0],
        oldest_id=rows[-1].id,
        sample=tuple(people[each] for each in order),
    )


def find_group(tx: sa.Connection, reader: Reader, key: str) -> Group:
    """One group with all that is in it. Raises `NotFound`."""
    rows = list(tx.execute(_of_group(reader, key).order_by(notifications.c.id.desc()).limit(MOST_GROUPED)))
    made = _make_group(tx, reader, key, rows) if rows else None
    if made is None:
        raise NotFound(f"there is no group {key}")
    return made


def accounts_of(tx: sa.Connection, reader: Reader, key: str) -> tuple[ActorRecord, ...]:
    """Everybody in a group, the latest first."""
    rows = list(tx.execute(_of_group(reader, key).order_by(notifications.c.id.desc()).limit(MOST_GROUPED)))
    order = dict.fromkeys(row.from_id for row in rows)
    people = find_actors(tx, order)
    return tuple(people[each] for each in order)


def _of_group(reader: Reader, key: str) -> "sa.Select[Any]":
    query = _query(reader, Which(filtered=True))
    return query.where(_is_in_group(key))


def _is_in_group(key: str) -> "sa.ColumnElement[bool]":
    alone = key.removeprefix("ungrouped-")
    if alone != key:
        return notifications.c.id == (int(alone) if alone.isascii() and alone.isdigit() else 0)
    return notifications.c.group_key == key


def count_unread(
    tx: sa.Connection, reader: Reader, last_read_id: int, which: Which = ALL, *, limit: int = 100
) -> int:
    """How many are newer than what was read, at most `limit`."""
    newer = _query(reader, which).where(notifications.c.id > last_read_id).limit(limit).subquery()
    return int(tx.execute(sa.select(sa.func.count()).select_from(newer)).scalar_one())


def count_unread_groups(
    tx: sa.Connection,
    reader: Reader,
    last_read_id: int,
    which: Which = ALL,
    *,
    grouped: Collection[str] | None = None,
    limit: int = 100,
) -> int:
    """How many groups have something newer than what was read, at most `limit`; of the newest `MOST_GROUPED`."""
    newer = _query(reader, which).where(notifications.c.id > last_read_id)
    rows = tx.execute(newer.order_by(notifications.c.id.desc()).limit(MOST_GROUPED))
    return min(limit, len({_key_of(row, grouped) for row in rows}))


def dismiss(tx: sa.Connection, reader: Reader, notification_id: int) -> None:
    """Put one away. Raises `NotFound`."""
    _delete(tx, reader, notifications.c.id == notification_id, f"there is no notification {notification_id}")


def dismiss_group(tx: sa.Connection, reader: Reader, key: str) -> None:
    """Put a group away. Raises `NotFound`."""
    _delete(tx, reader, _is_in_group(key), f"there is no group {key}")


def _delete(tx: sa.Connection, reader: Reader, clause: "sa.ColumnElement[bool]", missing: str) -> None:
    mine = sa.delete(notifications).where(notifications.c.actor_id == reader.id, clause)
    if not tx.execute(mine).rowcount:
        raise NotFound(missing)


def clear(tx: sa.Connection, reader: Reader, ids: Iterable[int] | None = None) -> None:
    """Put all away, or those of these ids that are the reader's."""
    mine = sa.delete(notifications).where(notifications.c.actor_id == reader.id)
    tx.execute(mine if ids is None else mine.where(notifications.c.id.in_(list(ids))))
