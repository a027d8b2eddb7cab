"""Counting tries: a burst, then a trickle; what is refused is not counted; a restart forgives nothing."""

import asyncio

import pytest
import sqlalchemy as sa

from actors.signin.throttles import Limit, give_back, spend, sweep_throttles
from actors.tables import throttles
from federation.errors import Overloaded
from federation.vocabulary import Millis
from tests.testrig.clock import MINUTE, NOON
from tests.testrig.people import VAULT
from web.database import Database

pytestmark = pytest.mark.anyio
LIMIT = Limit(3, 6)
ONE = {"guess address:hanako": LIMIT}


async def spent(database: Database, limits: dict[str, Limit], now: int = NOON) -> bool:
    try:
        await database.write(spend, VAULT, limits, Millis(now))
    except Overloaded:
        return False
    return True


async def test_a_burst_and_then_one_by_one(database: Database) -> None:
    assert [await spent(database, ONE) for _ in range(5)] == [True, True, True, False, False]
    assert not await spent(database, ONE, NOON + 10 * MINUTE - 1)
    assert await spent(database, ONE, NOON + 10 * MINUTE)
    assert not await spent(database, ONE, NOON + 10 * MINUTE)
    assert [await spent(database, ONE, NOON + 600 * MINUTE) for _ in range(4)] == [True, True, True, False]


async def test_how_long_to_wait_is_said(database: Database) -> None:
    for _ in range(3):
        await spent(database, ONE)
    with pytest.raises(Overloaded) as refused:
        await database.write(spend, VAULT, ONE, Millis(NOON + MINUTE))
    assert refused.value.retry_after == 540
    assert "hanako" not in str(refused.value)


async def test_one_key_that_is_used_up_leaves_the_others_alone(database: Database) -> None:
    both = {"guess address:taro": LIMIT, **ONE}
    for _ in range(3):
        await spent(database, ONE)
    assert not await spent(database, both)
    assert [await spent(database, {"guess address:taro": LIMIT}) for _ in range(4)] == [True] * 3 + [False]


async def test_what_is_given_back_can_be_used_again(database: Database) -> None:
    for _ in range(3):
        await spent(database, ONE)
    await database.write(give_back, VAULT, ONE)
    assert [await spent(database, ONE) for _ in range(2)] == [True, False]


async def test_many_at_once_get_no_more(database: Database) -> None:
    results = await asyncio.gather(*(spent(database, ONE) for _ in range(20)))
    assert sum(results) == 3


async def test_nothing_readable_is_kept_and_what_is_over_is_forgotten(database: Database) -> None:
    await spent(database, ONE)

    def check(tx: sa.Connection) -> None:
        assert b"hanako" not in tx.execute(sa.select(throttles.c.key)).scalar_one()
        assert sweep_throttles(tx, Millis(NOON + 10 * MINUTE - 1)) == 0
        assert sweep_throttles(tx, Millis(NOON + 10 * MINUTE)) == 1

    await database.write(check)
