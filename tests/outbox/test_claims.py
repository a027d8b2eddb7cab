"""Leases."""

import asyncio

import pytest
import sqlalchemy as sa

from outbox.claims import LEASE, claim, find_next_due, release
from outbox.records import ALERT, ORDINARY, Claim
from outbox.rounds import MAX_OPEN_GAPS
from outbox.tables import cursors, destinations, gaps, log
from tests.outbox.world import START, World

pytestmark = pytest.mark.anyio


async def take(
    world: World, token: str = "worker:1", *, limit: int = 10, lane: int = ORDINARY
) -> list[Claim]:
    return await world.database.write(claim, lane, limit, token, world.clock())


async def hosts(world: World, claims: list[Claim]) -> list[str]:
    keys = {row.id: row.key for row in await world.rows(sa.select(destinations.c.id, destinations.c.key))}
    return [keys[each.destination_id].removeprefix("server:") for each in claims]


async def owe(world: World, servers: int = 3) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(servers, servers=servers))
    await world.say(area, "hello")
    await world.number()


async def test_who_is_owed_is_claimed_once(world: World) -> None:
    await owe(world)
    assert await hosts(world, await take(world)) == ["s0.test", "s1.test", "s2.test"]
    assert await take(world, "worker:2") == []
    assert await take(world, "worker:3", lane=ALERT) == []


async def test_claims_are_shared_out(world: World) -> None:
    await owe(world)
    first, second = await take(world, "a:1", limit=2), await take(world, "b:1", limit=2)
    assert (len(first), len(second)) == (2, 1)
    assert not {each.destination_id for each in first} & {each.destination_id for each in second}


async def test_who_claim_at_once_claim_different_ones(world: World) -> None:
    await owe(world, 30)
    found = await asyncio.gather(*(take(world, f"w{each}:1", limit=5) for each in range(6)))
    ids = [each.destination_id for claims in found for each in claims]
    assert len(ids) == len(set(ids))


async def test_a_lease_ends_by_itself(world: World) -> None:
    await owe(world)
    await take(world)
    world.clock.advance(LEASE - 1)
    assert await take(world, "worker:2") == []
    world.clock.advance(1)
    assert len(await take(world, "worker:3")) == 3


async def test_a_worker_gives_back_its_own_leases(world: World) -> None:
    await owe(world)
    await take(world, "a:1", limit=1)
    await take(world, "b:1", limit=1)
    await world.database.write(release, "a", world.clock())
    assert await hosts(world, await take(world, "c:1")) == ["s0.test", "s2.test"]
    await world.database.write(release, "", world.clock())
    assert len(await take(world, "d:1")) == 3


async def test_whose_turn_was_longest_ago_is_first(world: World) -> None:
    await owe(world)
    for each in range(2):
        world.clock.advance(1)
        await take(world, f"a:{each}", limit=1)
        await world.database.write(release, "a", world.clock())
    turns = [await hosts(world, await take(world, "b:1", limit=1)) for _ in range(3)]
    assert turns == [["s2.test"], ["s0.test"], ["s1.test"]]


async def test_with_too_many_open_gaps_only_due_ones_are_work(world: World) -> None:
    """Else a server that takes nothing would gather gaps without end, or be claimed for nothing for ever."""
    await owe(world, 1)
    destination_id = await world.value(sa.select(destinations.c.id))

    def fill(tx: sa.Connection) -> None:
        row = dict(tx.execute(sa.select(log)).one()._mapping)
        del row["id"]
        for each in range(MAX_OPEN_GAPS):
            seq = -1 - each
            values = {**row, "iri": f"https://here.test/{each}", "seq": seq}
            log_id = tx.execute(sa.insert(log).values(values).returning(log.c.id)).scalar_one()
            tx.execute(
                sa.insert(gaps).values(
                    destination_id=destination_id,
                    log_id=log_id,
                    seq=seq,
                    lane=ORDINARY,
                    thread="t",
                    state="retry",
                    due_at=START + 60_000,
                )
            )

    await world.database.write(fill)
    assert await take(world) == []
    assert await world.database.read(find_next_due) == START + 60_000
    world.clock.advance(60_000)
    assert len(await take(world)) == 1
    await world.database.write(release, "", world.clock())
    world.clock.now = START
    await world.database.write(lambda tx: tx.execute(sa.delete(gaps).where(gaps.c.seq == -1)))
    await world.database.write(lambda tx: tx.execute(sa.update(cursors).values(leased_until=0)))
    assert len(await take(world)) == 1


async def test_nothing_is_due_where_nothing_is_owed(world: World) -> None:
    await owe(world)
    assert await world.database.read(find_next_due) == 0
    await world.deliver()
    assert await world.database.read(find_next_due) is None
