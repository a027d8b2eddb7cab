"""What is served of the log: single activities by their id, the latest of an actor, and all since a number.

Public ones alone.
"""

from typing import Final, NamedTuple

import sqlalchemy as sa

from actors.keys import Keyring
from federation.vocabulary import Iri, Millis
from outbox import sequencer
from outbox.loading import Raw
from outbox.sealing import seal_entry
from outbox.tables import log, sequence

PAGE = 20
"""Entries of an outbox: as many as Lemmy and PieFed read."""

_canceller = log.alias("canceller")
_is_public = sa.and_(log.c.public, log.c.body.is_not(None))
# Not by `cancelled_at`, which is the sequencer's and so comes a moment later.
_is_standing = sa.not_(
    sa.exists().where(_canceller.c.concerns_id == log.c.id, _canceller.c.cancels).correlate(log)
)
_RAW = sa.select(log.c.id, log.c.iri, log.c.actor_id, log.c.created_at, log.c.body)

_FIND = (
    _RAW.where(log.c.iri == sa.bindparam("iri"), _is_public, _is_standing)
    # The plainer form first: every reader knows it, and "activity" sorts before the others.
    .order_by(log.c.dialect.desc())
    .limit(1)
)
_LATEST = (
    _RAW.where(
        log.c.actor_id == sa.bindparam("actor"),
        log.c.audience_id.is_not(None),
        log.c.concerns_id.is_(None),
        log.c.dialect != "object",
        _is_public,
        _is_standing,
    )
    .order_by(log.c.id.desc())
    .limit(sa.bindparam("limit"))
)
_standing_canceller = log.alias("standing_canceller")
# A cancellation is always worth saying. What was cancelled is not, nor what changed it before.
_is_worth_saying = sa.or_(
    log.c.cancels,
    sa.not_(
        sa.exists()
        .where(
            _standing_canceller.c.concerns_id.in_([log.c.id, log.c.concerns_id]),
            _standing_canceller.c.cancels,
        )
        .correlate(log)
    ),
)
_SINCE: Final = (
    sa.select(log.c.seq, log.c.object_iri, log.c.cancels, log.c.body)
    .where(
        # Not by the index of actors, which has all that it ever said.
        log.c.actor_id + 0 == sa.bindparam("actor", type_=sa.BigInteger),
        log.c.audience_id == sa.bindparam("actor", type_=sa.BigInteger),
        log.c.seq > sa.bindparam("after", type_=sa.BigInteger),
        log.c.seq <= sa.bindparam("upto", type_=sa.BigInteger),
        log.c.dialect != "object",
        _is_public,
        _is_worth_saying,
    )
    .order_by(log.c.seq)
    .limit(sa.bindparam("limit"))
)
_HEAD: Final = sa.select(sequence.c.value).where(sequence.c.name == sequencer.NAME)
_FIRST_AT: Final = (
    sa.select(log.c.seq)
    .where(log.c.created_at >= sa.bindparam("at", type_=sa.BigInteger), log.c.seq.is_not(None))
    # By number: what an area has brought along from another node stands before all that was said here meanwhile.
    .order_by(log.c.seq)
    .limit(1)
)
_COUNT = sa.select(sa.func.count()).where(
    log.c.actor_id == sa.bindparam("actor"),
    log.c.audience_id.is_not(None),
    log.c.concerns_id.is_(None),
    log.c.dialect != "object",
    log.c.public,
    _is_standing,
)


def find_activity(tx: sa.Connection, keyring: Keyring, iri: Iri) -> bytes | None:
    """Return a public activity as it is sent, with its proof; None when it was undone, purged, or never was."""
    row = tx.execute(_FIND, {"iri": iri}).first()
    return None if row is None else seal_entry(tx, keyring, Raw(*row))


def latest(tx: sa.Connection, keyring: Keyring, actor_id: int, limit: int = PAGE) -> list[bytes]:
    """Return what an actor said to its followers, newest first, without what changes or undoes other things.

    In the activity dialect, since who reads an outbox (Lemmy, PieFed) needs the object embedded.
    """
    rows = tx.execute(_LATEST, {"actor": actor_id, "limit": limit})
    sealed = (seal_entry(tx, keyring, Raw(*row)) for row in rows)
    return [body for body in sealed if body is not None]


def count(tx: sa.Connection, actor_id: int) -> int:
    """Return how many of `latest` there are in all, purged ones included."""
    return int(tx.execute(_COUNT, {"actor": actor_id}).scalar_one())


class Said(NamedTuple):
    """An entry for an actor's followers, as it was appended. `cancels`: it takes something back."""

    number: int
    object_iri: Iri | None
    cancels: bool
    body: bytes


def since(tx: sa.Connection, actor_id: int, after: int, upto: int, limit: int) -> list[Said]:
    """Return what an actor said to followers of the activity dialect, in order, numbered above `after` up to `upto`.

    Without what was taken back since, and without all that changed it; that it was taken back is there.
    """
    values = {"actor": actor_id, "after": after, "upto": upto, "limit": limit}
    return [Said(*row) for row in tx.execute(_SINCE, values)]


def find_head(tx: sa.Connection) -> int:
    """Return the number that was given last."""
    return int(tx.execute(_HEAD).scalar() or 0)


def find_number_before(tx: sa.Connection, at: Millis) -> int:
    """Return the number before that of the first entry appended at a time or later."""
    first: int | None = tx.execute(_FIRST_AT, {"at": at}).scalar()
    return find_head(tx) if first is None else first - 1
