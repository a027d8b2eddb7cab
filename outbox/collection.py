"""What is served of the log: single activities by their id, and the latest of an actor. Public ones alone."""

import sqlalchemy as sa

from actors.keys import Keyring
from federation.vocabulary import Iri
from outbox.loading import Raw
from outbox.sealing import seal_entry
from outbox.tables import log

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
