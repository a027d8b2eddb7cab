"""Who waits for whom, on PostgreSQL, where many write at once. SQLite has one writer: nothing to do there.

What one author says is heard in turn, and so is what moderators decide about it: each begins by locking the
author's row. A reply and the parent that it answers, which may arrive at the same instant from two servers,
meet at a lock of the parent's id.
"""

import hashlib

import sqlalchemy as sa

from actors.tables import actors

_AUTHOR = (
    sa.select(actors.c.gone_at).where(actors.c.id == sa.bindparam("actor")).with_for_update(key_share=True)
)
_POST = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("key", type_=sa.BigInteger())))


def lock_author(tx: sa.Connection, actor_id: int) -> bool:
    """Wait for whoever else acts on what this actor wrote, until they have committed. False = the actor is gone."""
    if tx.dialect.name == "sqlite":
        return True
    return tx.execute(_AUTHOR, {"actor": actor_id}).scalar_one() is None


def lock_post(tx: sa.Connection, iri: str) -> None:
    """Wait for whoever else stores the post with this id or looks for it as a parent; it need not be there."""
    if tx.dialect.name != "sqlite":
        digest = hashlib.blake2b(iri.encode(), digest_size=8, person=b"kairanban-post").digest()
        tx.execute(_POST, {"key": int.from_bytes(digest, signed=True)})
