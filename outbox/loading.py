"""Read everything that rounds need, for all claimed destinations of a lane at once.

The statement that finds the next entries reads the cursor, its head and the first barrier too: what a cursor
may pass is then judged by one snapshot. All others read what does not change once it is there, or what this
claim alone may change.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from federation.vocabulary import Iri, Millis
from outbox.destinations import RETRY
from outbox.records import Address, Claim, Destination, GapRecord, LogRecord, Named, Work
from outbox.rounds import WINDOW
from outbox.tables import (
    actors,
    cursors,
    destinations,
    gaps,
    log,
    reaches,
    recipients,
    servers,
    subscriptions,
)

MAX_FOLLOWERS: Final = 8
"""Personal inboxes to choose from at one destination, for each actor followed."""

MAX_SHARED: Final = 4
"""Shared inboxes to choose from on one server: more than one only while a server is being moved."""

_IDS: Final[sa.BindParameter[int]] = sa.bindparam("ids", expanding=True)
_LOG_IDS: Final[sa.BindParameter[int]] = sa.bindparam("log_ids", expanding=True)
_LANE = sa.bindparam("lane", type_=sa.SmallInteger)


def speaks(dialect: sa.ColumnElement[str], subscription: Any) -> sa.ColumnElement[bool]:
    """Whether an entry of `dialect` is for a subscription."""
    return sa.or_(
        dialect == "both",
        dialect == subscription.dialect,
        sa.and_(dialect == "signed", subscription.verifies),
    )


def is_owed_as_follower(entry: Any, destination_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The rule of `outbox.tables`, for an alias or column collection `entry` of the log."""
    first, reach = log.alias(), reaches.alias()
    subscription, earlier = subscriptions.alias(), subscriptions.alias()
    in_audience = sa.exists().where(
        subscription.c.destination_id == destination_id,
        subscription.c.target_id == entry.audience_id,
        subscription.c.since < entry.seq,
        sa.or_(subscription.c.until.is_(None), subscription.c.until >= entry.seq),
        speaks(entry.dialect, subscription.c),
    )
    in_earlier_audience = (
        sa.exists()
        .where(
            reach.c.log_id == entry.id,
            first.c.id == reach.c.earlier_id,
            earlier.c.destination_id == destination_id,
            earlier.c.target_id == first.c.audience_id,
            earlier.c.since < first.c.seq,
            sa.or_(earlier.c.until.is_(None), earlier.c.until >= first.c.seq),
            speaks(first.c.dialect, earlier.c),
            speaks(entry.dialect, earlier.c),
        )
        .correlate_except(reach, first, earlier)
    )
    return sa.or_(in_audience.correlate_except(subscription), in_earlier_audience)


def is_owed(entry: Any, destination_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a destination is owed an entry, as a follower's or a recipient's."""
    is_named = (
        sa.exists()
        .where(recipients.c.log_id == entry.id, recipients.c.destination_id == destination_id)
        .correlate_except(recipients)
    )
    return sa.or_(is_named, is_owed_as_follower(entry, destination_id))


def _first_barrier() -> sa.ScalarSelect[int | None]:
    barrier = gaps.alias("barrier")
    return (
        sa.select(sa.func.min(barrier.c.seq))
        .where(
            barrier.c.destination_id == cursors.c.destination_id, barrier.c.barrier, barrier.c.state == RETRY
        )
        .correlate(cursors)
        .scalar_subquery()
    )


def _next_ids() -> sa.ScalarSelect[str]:
    entry, barrier = log.alias("entry"), gaps.alias("before")
    is_behind_barrier = (
        sa.exists()
        .where(
            barrier.c.destination_id == cursors.c.destination_id,
            barrier.c.barrier,
            barrier.c.state == RETRY,
            barrier.c.seq < entry.c.seq,
        )
        .correlate_except(barrier)
    )
    following = (
        sa.select(entry.c.id)
        .where(
            entry.c.lane == cursors.c.lane,
            entry.c.seq > cursors.c.seq,
            entry.c.seq <= cursors.c.head,
            sa.not_(entry.c.barrier),
            sa.not_(is_behind_barrier),
            is_owed(entry.c, cursors.c.destination_id),
        )
        .order_by(entry.c.seq)
        .limit(WINDOW)
        .correlate(cursors)
        .subquery("following")
    )
    listed = sa.func.aggregate_strings(sa.cast(following.c.id, sa.Text), " ")
    return sa.select(listed).correlate(cursors).scalar_subquery()


_CURSORS = sa.select(
    cursors.c.destination_id,
    cursors.c.seq,
    cursors.c.head,
    _first_barrier().label("barrier_seq"),
    _next_ids().label("next_ids"),
).where(cursors.c.lane == _LANE, cursors.c.destination_id.in_(_IDS))

_DESTINATIONS = (
    sa.select(
        destinations.c.id,
        destinations.c.key,
        destinations.c.server_id,
        servers.c.host,
        servers.c.software,
        destinations.c.failures,
        destinations.c.failing_since,
        destinations.c.last_success_at,
        sa.case(
            (
                sa.and_(
                    servers.c.signature_scheme == "rfc9421",
                    servers.c.scheme_until > sa.bindparam("now", type_=sa.BigInteger),
                ),
                "rfc9421",
            ),
            else_=None,
        ).label("scheme"),
    )
    .join(servers, servers.c.id == destinations.c.server_id)
    .where(destinations.c.id.in_(_IDS))
)

_OPEN_GAPS = (
    sa.select(
        gaps.c.destination_id,
        gaps.c.log_id,
        gaps.c.seq,
        gaps.c.thread,
        gaps.c.state,
        gaps.c.attempts,
        gaps.c.due_at,
        gaps.c.first_tried_at,
        gaps.c.status,
        gaps.c.reason,
        gaps.c.barrier,
        gaps.c.reached,
        gaps.c.expires_at,
    )
    .where(gaps.c.destination_id.in_(_IDS), gaps.c.lane == _LANE, gaps.c.state == RETRY)
    .order_by(gaps.c.destination_id, gaps.c.seq)
)
_SKIPPED = sa.select(gaps.c.destination_id, gaps.c.log_id).where(
    gaps.c.log_id.in_(_LOG_IDS), gaps.c.destination_id.in_(_IDS), gaps.c.state == "skipped"
)

_earlier = log.alias("earlier")
_EARLIER_AUDIENCES = (
    sa.select(sa.func.aggregate_strings(sa.cast(_earlier.c.audience_id, sa.Text), " "))
    .join_from(reaches, _earlier, _earlier.c.id == reaches.c.earlier_id)
    .where(reaches.c.log_id == log.c.id, _earlier.c.audience_id.is_not(None))
    .correlate(log)
    .scalar_subquery()
)
_ENTRIES = (
    sa.select(
        log.c.id,
        log.c.seq,
        log.c.iri,
        log.c.actor_id,
        log.c.type,
        log.c.thread,
        log.c.audience_id,
        log.c.concerns_id,
        log.c.cancels,
        log.c.cancelled_at,
        log.c.barrier,
        log.c.created_at,
        log.c.expires_at,
        _EARLIER_AUDIENCES.label("earlier_audiences"),
    )
    .select_from(log)
    .where(log.c.id.in_(_LOG_IDS))
)

_NAMED = (
    sa.select(
        recipients.c.destination_id,
        recipients.c.log_id,
        recipients.c.actor_id,
        sa.case((actors.c.gone_at.is_(None), actors.c.inbox), else_=None).label("inbox"),
        is_owed_as_follower(log.c, recipients.c.destination_id).label("in_audience"),
    )
    .join(log, log.c.id == recipients.c.log_id)
    .join(actors, actors.c.id == recipients.c.actor_id)
    .where(recipients.c.log_id.in_(_LOG_IDS), recipients.c.destination_id.in_(_IDS))
    .order_by(recipients.c.actor_id)
)

_ranked = (
    sa.select(
        subscriptions.c.destination_id,
        subscriptions.c.target_id,
        actors.c.id,
        actors.c.inbox,
        sa.func.row_number()
        .over(
            partition_by=(subscriptions.c.destination_id, subscriptions.c.target_id),
            order_by=(subscriptions.c.closed, subscriptions.c.id),
        )
        .label("rank"),
    )
    .join(actors, actors.c.id == subscriptions.c.subscriber_id)
    .where(subscriptions.c.destination_id.in_(_IDS), actors.c.gone_at.is_(None), actors.c.inbox.is_not(None))
    .subquery()
)
_FOLLOWERS = sa.select(_ranked).where(_ranked.c.rank <= MAX_FOLLOWERS).order_by(_ranked.c.rank)

_SHARED = (
    sa.select(actors.c.server_id, actors.c.shared_inbox)
    .where(actors.c.server_id.in_(_IDS), actors.c.shared_inbox.is_not(None), actors.c.gone_at.is_(None))
    .group_by(actors.c.server_id, actors.c.shared_inbox)
    .order_by(actors.c.server_id, sa.func.max(actors.c.updated_at).desc())
)


def load(tx: sa.Connection, claims: Sequence[Claim], now: Millis) -> list[Work]:
    """Return the work of each claim; all claims are of one lane."""
    lane = claims[0].lane
    ids = [claim.destination_id for claim in claims]
    found = {row.destination_id: row for row in tx.execute(_CURSORS, {"lane": lane, "ids": ids})}
    places = {row.id: Destination(*row) for row in tx.execute(_DESTINATIONS, {"ids": ids, "now": now})}
    open_gaps = _load_gaps(tx, lane, ids)
    next_ids = {each: _split(row.next_ids) for each, row in found.items()}
    entries = _load_entries(
        tx, {*_chain(next_ids.values()), *(gap.log_id for gap in _chain(open_gaps.values()))}
    )
    facts = _load_facts(tx, ids, places.values(), entries)
    return [
        Work(
            claim=claim,
            destination=places[each],
            seq=found[each].seq,
            head=found[each].head,
            barrier_seq=found[each].barrier_seq,
            fresh=tuple(sorted((entries[log_id] for log_id in next_ids[each]), key=lambda entry: entry.seq)),
            is_whole=len(next_ids[each]) < WINDOW,
            open_gaps=tuple(open_gaps.get(each, ())),
            skipped=frozenset(facts.skipped.get(each, ())),
            entries=entries,
            named=facts.named.get(each, {}),
            followers=facts.followers.get(each, {}),
        )
        for claim in claims
        for each in (claim.destination_id,)
    ]


class _Facts(NamedTuple):
    skipped: Mapping[int, set[int]]
    named: Mapping[int, Mapping[int, Named]]
    followers: Mapping[int, Mapping[int, tuple[Address, ...]]]


def _load_facts(
    tx: sa.Connection,
    ids: Sequence[int],
    places: Iterable[Destination],
    entries: Mapping[int, LogRecord],
) -> _Facts:
    concerned = {entry.concerns_id for entry in entries.values() if entry.concerns_id is not None}
    personal = [place.id for place in places if not place.has_shared_inbox]
    return _Facts(
        _load_skipped(tx, ids, concerned) if concerned else {},
        _load_named(tx, ids, entries) if entries else {},
        _load_followers(tx, personal) if personal else {},
    )


def _load_gaps(tx: sa.Connection, lane: int, ids: Sequence[int]) -> dict[int, list[GapRecord]]:
    found: defaultdict[int, list[GapRecord]] = defaultdict(list)
    for row in tx.execute(_OPEN_GAPS, {"lane": lane, "ids": ids}):
        values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        destination_id = values.pop("destination_id")
        values["reached"] = frozenset(json.loads(values["reached"]))
        found[destination_id].append(GapRecord(**values))
    return found


def _load_entries(tx: sa.Connection, log_ids: Collection[int]) -> dict[int, LogRecord]:
    if not log_ids:
        return {}
    rows = tx.execute(_ENTRIES, {"log_ids": sorted(log_ids)})
    return {row.id: _entry(row) for row in rows}


def _entry(row: Any) -> LogRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["earlier_audiences"] = tuple(_split(values["earlier_audiences"]))
    return LogRecord(**values)


def _load_skipped(tx: sa.Connection, ids: Sequence[int], concerned: Collection[int]) -> dict[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for row in tx.execute(_SKIPPED, {"ids": ids, "log_ids": sorted(concerned)}):
        found[row.destination_id].add(row.log_id)
    return found


def _load_named(
    tx: sa.Connection, ids: Sequence[int], log_ids: Collection[int]
) -> dict[int, dict[int, Named]]:
    found: defaultdict[int, dict[int, Named]] = defaultdict(dict)
    for row in tx.execute(_NAMED, {"ids": ids, "log_ids": sorted(log_ids)}):
        known = found[row.destination_id].get(row.log_id)
        addresses = known.addresses if known else ()
        if row.inbox is not None:
            addresses = (*addresses, Address(row.actor_id, row.inbox))
        found[row.destination_id][row.log_id] = Named(addresses, bool(row.in_audience))
    return found


def _load_followers(tx: sa.Connection, ids: Sequence[int]) -> dict[int, dict[int, tuple[Address, ...]]]:
    found: defaultdict[int, dict[int, tuple[Address, ...]]] = defaultdict(dict)
    for row in tx.execute(_FOLLOWERS, {"ids": ids}):
        targets = found[row.destination_id]
        targets[row.target_id] = (*targets.get(row.target_id, ()), Address(row.id, row.inbox))
    return found


def load_shared_inboxes(tx: sa.Connection, server_ids: Sequence[int]) -> dict[int, tuple[Address, ...]]:
    """Return up to `MAX_SHARED` shared inboxes of each server, the one heard of last first."""
    found: dict[int, tuple[Address, ...]] = dict.fromkeys(server_ids, ())
    for row in tx.execute(_SHARED, {"ids": list(server_ids)}):
        found[row.server_id] = (*found[row.server_id], Address(None, row.shared_inbox))[:MAX_SHARED]
    return found


class Raw(NamedTuple):
    """The body of a log entry as it was appended; None once it was purged."""

    log_id: int
    iri: Iri
    actor_id: int
    created_at: Millis
    body: bytes | None


_BODIES = sa.select(log.c.id, log.c.iri, log.c.actor_id, log.c.created_at, log.c.body).where(
    log.c.id.in_(_LOG_IDS)
)


def load_bodies(tx: sa.Connection, log_ids: Sequence[int]) -> list[Raw]:
    """Return the bodies of some entries."""
    return [Raw(*row) for row in tx.execute(_BODIES, {"log_ids": list(log_ids)})]


def _split(listed: str | None) -> list[int]:
    return [int(each) for each in listed.split()] if listed else []


def _chain(groups: Iterable[Iterable[Any]]) -> Iterable[Any]:
    return (each for group in groups for each in group)
