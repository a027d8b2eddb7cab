"""How often a thing may be tried, counted in the database, so that a restart forgives nothing.

One row per key holds when the key will have its whole allowance again (the generic cell rate algorithm,
ITU-T I.371). What is counted is hashed: no network address is kept in clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.keys import Vault
from actors.statements import insert_into
from actors.tables import throttles
from federation.errors import TooOften
from federation.vocabulary import Millis

HOUR_MS: Final = 3_600_000
SWEEP_BATCH: Final = 500
_PURPOSE: Final = "throttle"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once, and `per_hour` in the long run."""

    burst: int
    per_hour: int

    @property
    def interval(self) -> int:
        """Milliseconds that one use costs."""
        return HOUR_MS // self.per_hour


def spend(tx: sa.Connection, vault: Vault, limits: Mapping[str, Limit], now: Millis) -> None:
    """Count one try against each key; raises `TooOften` when one has none left.

    The transaction must end with that error, so that the keys before it are not counted.
    """
    for key, limit in limits.items():
        hashed = vault.hash(key, _PURPOSE)
        if not _spend(tx, hashed, limit, now):
            until = tx.execute(sa.select(throttles.c.until).where(throttles.c.key == hashed)).scalar_one()
            wait = until + limit.interval - (now + limit.burst * limit.interval)
            raise TooOften(f"too many tries: {key.partition(':')[0]}", retry_after=-(-wait // 1000))


def give_back(tx: sa.Connection, vault: Vault, limits: Mapping[str, Limit]) -> None:
    """Take back what one `spend` counted: who succeeds has not been guessing."""
    for key, limit in limits.items():
        statement = sa.update(throttles).where(throttles.c.key == vault.hash(key, _PURPOSE))
        tx.execute(statement.values(until=throttles.c.until - limit.interval))


def sweep_throttles(tx: sa.Connection, now: Millis) -> int:
    """Forget a batch of keys that have their whole allowance; returns how many."""
    over = sa.select(throttles.c.key).where(throttles.c.until <= now).limit(SWEEP_BATCH)
    return len(
        tx.execute(sa.delete(throttles).where(throttles.c.key.in_(over)).returning(throttles.c.key)).all()
    )


def _spend(tx: sa.Connection, hashed: bytes, limit: Limit, now: Millis) -> bool:
    """Move the time on by one interval, unless that were more than the allowance reaches."""
    insert = insert_into(tx, throttles).values(key=hashed, until=now + limit.interval)
    current = throttles.c.until
    start = sa.case((current > now, current), else_=sa.literal(now, sa.BigInteger()))
    statement = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"until": start + limit.interval},
        where=start + limit.interval <= now + limit.burst * limit.interval,
    )
    return tx.execute(statement.returning(current)).first() is not None
