"""Notifications that wait because of the reader's policy, by sender: to be let in, or put away. And the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from actors.changes import Change, note
from actors.records import ActorRecord
from actors.statements import insert_into
from areas.notifications.policy import ANSWERS, Policy
from areas.notifications.reading import IS_OF_SOMEBODY_HEARD
from areas.notifications.tables import (
    notification_permissions,
    notification_policies,
    notifications,
    unwanted,
)
from areas.reading import statuses
from areas.reading.slices import FIRST, Page, Slice
from areas.reading.statuses import Seen, find_actors
from areas.reading.visibility import Reader
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis


@dataclass(frozen=True, slots=True)
class Request:
    """What waits from one sender, who gives it its id; `last` is the newest post in it."""

    sender: ActorRecord
    count: int
    last: Seen | None
    created_at: Millis
    updated_at: Millis


_WAITING = sa.text("filtered")
"""Spelled as in the index."""
_newest = sa.func.max(notifications.c.id)


def page(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST) -> Page[Request]:
    """Requests, the latest first; pages go by the newest notification of each."""
    query = _grouped(reader).having(_newest < wanted.upper, _newest > wanted.lower)
    order = _newest.asc() if wanted.upwards else _newest.desc()
    rows = list(tx.execute(query.order_by(order).limit(wanted.limit + 1)))
    more, kept = len(rows) > wanted.limit, rows[: wanted.limit]
    shown = kept[::-1] if wanted.upwards else kept
    older = shown[-1].newest if shown and (more or wanted.upwards) else None
    return Page(_complete(tx, reader, shown), older, shown[0].newest if shown else None)


def find(tx: sa.Connection, reader: Reader, sender_id: int) -> Request:
    """What waits from one sender. Raises `NotFound`."""
    found = list(tx.execute(_grouped(reader).where(notifications.c.from_id == sender_id)))
    if not found:
        raise NotFound(f"there is no notification request of {sender_id}")
    return _complete(tx, reader, found)[0]


def _grouped(reader: Reader) -> "sa.Select[Any]":
    return (
        sa.select(
            notifications.c.from_id,
            sa.func.count().label("number"),
            sa.func.max(notifications.c.post_id).label("post_id"),
            sa.func.min(notifications.c.created_at).label("created_at"),
            sa.func.max(notifications.c.created_at).label("updated_at"),
            _newest.label("newest"),
        )
        .where(notifications.c.actor_id == reader.id, _WAITING, IS_OF_SOMEBODY_HEARD)
        .group_by(notifications.c.from_id)
    )


def _complete(tx: sa.Connection, reader: Reader, rows: Iterable[Any]) -> tuple[Request, ...]:
    listed = list(rows)
    people = find_actors(tx, (row.from_id for row in listed))
    seen = statuses.load(tx, reader, (row.post_id for row in listed if row.post_id is not None))
    return tuple(
        Request(people[row.from_id], row.number, seen.get(row.post_id), row.created_at, row.updated_at)
        for row in listed
    )


def accept(tx: sa.Connection, reader: Reader, sender_ids: Iterable[int]) -> None:
    """Let in what waits from these senders, and all that they will send. Raises `NotFound` for who does not exist."""
    wanted = list(sender_ids)
    missing = set(wanted) - find_actors(tx, wanted).keys()
    if missing:
        raise NotFound(f"there is no actor {min(missing)}")
    for sender_id in wanted:
        row = {"actor_id": reader.id, "from_id": sender_id, "created_at": reader.now}
        tx.execute(insert_into(tx, notification_permissions).values(row).on_conflict_do_nothing())
        waiting = sa.update(notifications).where(_is_from(reader, sender_id), _WAITING)
        if tx.execute(waiting.values(filtered=False)).rowcount:
            note(tx, Change("merged", actor_id=reader.id))


def dismiss(tx: sa.Connection, reader: Reader, sender_ids: Iterable[int]) -> None:
    """Put away what waits from these senders; what they send later waits again."""
    for sender_id in sender_ids:
        tx.execute(sa.delete(notifications).where(_is_from(reader, sender_id), _WAITING))


def _is_from(reader: Reader, sender_id: int) -> "sa.ColumnElement[bool]":
    return sa.and_(notifications.c.actor_id == reader.id, notifications.c.from_id == sender_id)


def count(tx: sa.Connection, reader: Reader) -> tuple[int, int]:
    """How many requests and how many notifications wait."""
    query = sa.select(sa.func.count(sa.distinct(notifications.c.from_id)), sa.func.count())
    senders, waiting = tx.execute(
        query.where(notifications.c.actor_id == reader.id, _WAITING, IS_OF_SOMEBODY_HEARD)
    ).one()
    return int(senders), int(waiting)


_POLICY = tuple(notification_policies.c[name] for name in Policy.__dataclass_fields__)


def policy_of(tx: sa.Connection, actor_id: int) -> Policy:
    """What becomes of notifications from whom an actor does not know."""
    row = tx.execute(sa.select(*_POLICY).where(notification_policies.c.actor_id == actor_id)).first()
    return Policy() if row is None else Policy(*row)


def change_policy(tx: sa.Connection, actor_id: int, changes: Mapping[str, str]) -> Policy:
    """Change some lines of the policy. Raises `Refused` for no such line or answer."""
    for name, answer in changes.items():
        if name not in Policy.__dataclass_fields__ or answer not in ANSWERS:
            raise Refused(f"a policy has no line {name!r} with {answer!r}; answers are {', '.join(ANSWERS)}")
    changed: Policy = replace(policy_of(tx, actor_id), **changes)  # type: ignore[arg-type] # checked above
    values = {name: getattr(changed, name) for name in Policy.__dataclass_fields__}
    statement = insert_into(tx, notification_policies).values(actor_id=actor_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=values))
    return changed


def unwanted_of(tx: sa.Connection, actor_id: int, channel: str) -> frozenset[str]:
    """The types that an actor does not want by a channel (mail, push, …); at first she wants all."""
    query = sa.select(unwanted.c.type).where(unwanted.c.actor_id == actor_id, unwanted.c.channel == channel)
    return frozenset(tx.execute(query).scalars())


def choose_unwanted(tx: sa.Connection, actor_id: int, channel: str, types: Iterable[str]) -> None:
    """Say which types are not wanted by a channel."""
    mine = sa.delete(unwanted).where(unwanted.c.actor_id == actor_id, unwanted.c.channel == channel)
    tx.execute(mine)
    rows = [{"actor_id": actor_id, "channel": channel, "type": type_} for type_ in dict.fromkeys(types)]
    if rows:
        tx.execute(sa.insert(unwanted), rows)
