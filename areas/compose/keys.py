"""The same draft sent twice is one post: clients repeat what they got no answer to, under one key."""

from collections.abc import Collection

import sqlalchemy as sa

from actors.statements import insert_into
from areas.personal_tables import draft_keys
from federation.errors import Refused
from federation.vocabulary import Millis

LIFETIME = 3_600_000
"""Milliseconds for which a key is remembered; as Mastodon."""
LENGTH = 200


def find(tx: sa.Connection, actor_id: int, key: str | None, now: Millis) -> int | None:
    """What was made under this key within the hour, with the author's lock. Raises `Refused` for a long key."""
    if key is None:
        return None
    if len(key) > LENGTH:
        raise Refused(f"an idempotency key has at most {LENGTH} characters")
    query = sa.select(draft_keys.c.made_id).where(
        draft_keys.c.actor_id == actor_id, draft_keys.c.key == key, draft_keys.c.created_at > now - LIFETIME
    )
    return tx.execute(query).scalar()


def find_begun(tx: sa.Connection, actor_ids: Collection[int], begin: str, now: Millis) -> int | None:
    """What these have made last within the hour under a key that begins so."""
    query = (
        sa.select(draft_keys.c.made_id)
        .where(
            draft_keys.c.actor_id.in_(actor_ids),
            draft_keys.c.key.startswith(begin, autoescape=True),
            draft_keys.c.created_at > now - LIFETIME,
        )
        .order_by(draft_keys.c.created_at.desc(), draft_keys.c.made_id.desc())
        .limit(1)
    )
    return tx.execute(query).scalar()


def keep(tx: sa.Connection, actor_id: int, key: str | None, made_id: int, now: Millis) -> None:
    """Remember what was made, and forget what is old."""
    if key is None:
        return
    old = sa.delete(draft_keys).where(
        draft_keys.c.actor_id == actor_id, draft_keys.c.created_at <= now - LIFETIME
    )
    tx.execute(old)
    values = {"made_id": made_id, "created_at": now}
    statement = insert_into(tx, draft_keys).values(actor_id=actor_id, key=key, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id", "key"], set_=values))
