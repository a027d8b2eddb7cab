"""Whom an area has shut out."""

import sqlalchemy as sa

from areas.tables import bans
from federation.vocabulary import Millis

_IS_BANNED = sa.select(
    sa.exists().where(
        bans.c.area_id == sa.bindparam("area"),
        bans.c.actor_id == sa.bindparam("actor"),
        sa.or_(bans.c.until.is_(None), bans.c.until > sa.bindparam("now", type_=sa.BigInteger())),
    )
)


def is_banned(tx: sa.Connection, *, area_id: int, actor_id: int, now: Millis) -> bool:
    """Whether an actor may neither follow the area nor post to it now."""
    return bool(tx.execute(_IS_BANNED, {"area": area_id, "actor": actor_id, "now": now}).scalar_one())
