"""What was heard already: an activity has its effect once, however often and to whatever inbox it is sent.

A key belongs to the verified actor, so that nobody can use up an id before its owner does.
"""

from hashlib import blake2b, sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actors.prepared import Prepared
from federation.vocabulary import Activity, Actor, Iri, Millis, Post, Update
from inbox.tables import seen

KEPT: Final = 30 * 24 * 3_600_000
"""Milliseconds. A signature is good for an hour, and the most patient sender repeats for two weeks."""

SWEEP: Final = 1_000
"""Rows removed by one write, which then takes a few milliseconds."""

_KEY_BYTES: Final = 16


def _build_mark(dialect: str) -> sa.Executable:
    insert = sqlite.insert(seen) if dialect == "sqlite" else postgresql.insert(seen)
    return insert.on_conflict_do_nothing().inline()


_MARK: Final = Prepared(_build_mark, ("actor_id", "key", "at"))
_FORGET: Final = sa.delete(seen).where(
    seen.c.actor_id == sa.bindparam("actor"), seen.c.key == sa.bindparam("seen_key")
)
_OLD: Final = (
    sa.select(seen.c.actor_id, seen.c.key)
    .where(seen.c.at < sa.bindparam("before"))
    .limit(sa.bindparam("most"))
)
_SWEEP: Final = sa.delete(seen).where(sa.tuple_(seen.c.actor_id, seen.c.key).in_(_OLD))


def make_key(activity: Activity) -> bytes:
    """Return what tells an activity from others of its actor: its id, and of an Update also its version.

    GoToSocial and Takahē use one id for all edits of a post: the object's `updated` tells them apart, or,
    where there is none, the bytes.
    """
    return _hash(activity.id, _read_version(activity) if isinstance(activity, Update) else b"")


def _read_version(update: Update) -> bytes:
    changed = update.object
    if isinstance(changed, Post | Actor) and changed.updated is not None:
        return str(changed.updated).encode()
    return sha256(update.raw).digest()


def _hash(iri: Iri, version: bytes) -> bytes:
    return blake2b(iri.encode() + b"\n" + version, digest_size=_KEY_BYTES).digest()


def mark(tx: sa.Connection, actor_id: int, key: bytes, now: Millis) -> bool:
    """Remember a key; False = it was heard before, and must have no effect."""
    return _MARK.run(tx, actor_id=actor_id, key=key, at=now) > 0


def forget(tx: sa.Connection, actor_id: int, iri: Iri) -> None:
    """Let an activity be heard again: Misskey follows again under the id of the Follow that it took back."""
    tx.execute(_FORGET, {"actor": actor_id, "seen_key": _hash(iri, b"")})


def forget_old(tx: sa.Connection, now: Millis) -> int:
    """Remove up to `SWEEP` keys older than `KEPT`; returns how many. Call again while it is `SWEEP`."""
    return tx.execute(_SWEEP, {"before": now - KEPT, "most": SWEEP}).rowcount
