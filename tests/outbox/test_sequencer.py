"""Numbering: every committed entry once, whatever else is going on in the database."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from outbox.oversight import position
from outbox.publish import append
from outbox.sequencer import number
from outbox.subscriptions import unsubscribe
from outbox.tables import cursors, log, subscriptions
from tests.outbox.world import World, short

pytestmark = pytest.mark.anyio


async def numbers(world: World) -> dict[str, int | None]:
    rows = await world.rows(sa.select(log.c.iri, log.c.seq).order_by(log.c.id))
    return {short(row.iri): row.seq for row in rows}


async def test_entries_get_numbers_in_the_order_of_their_ids(world: World) -> None:
    area = await world.local("megumino")
    for name in ("a", "b", "c"):
        await world.say(area, name)
    assert await world.number() == 3
    assert await numbers(world) == {"a": 1, "b": 2, "c": 3}


async def test_numbering_again_changes_nothing(world: World) -> None:
    area = await world.local("megumino")
    await world.say(area, "a")
    await world.number()
    assert await world.number() == 0
    await world.say(area, "b")
    assert await world.number() == 1
    assert await numbers(world) == {"a": 1, "b": 2}
    assert await world.database.read(position) == 2


async def test_no_more_than_the_limit_at_once(world: World) -> None:
    area = await world.local("megumino")
    for name in "abcde":
        await world.say(area, name)
    counts = [await world.database.write(number, world.clock(), 2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]
    assert list((await numbers(world)).values()) == [1, 2, 3, 4, 5]


async def test_a_subscription_begins_behind_what_was_numbered_before(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.say(area, "early")
    await world.number()
    await world.follow(area, follower)
    await world.say(area, "late")
    await world.number()
    (row,) = await world.rows(sa.select(subscriptions))
    assert (row.since, row.until) == (1, None)
    (cursor,) = await world.rows(sa.select(cursors))
    assert (cursor.seq, cursor.head) == (1, 2)


async def test_one_closed_before_it_was_numbered_is_empty(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.database.write(unsubscribe, follower.id, area.id)
    await world.say(area, "late")
    await world.number()
    (row,) = await world.rows(sa.select(subscriptions))
    assert (row.since, row.until) == (0, 0)
    assert await world.rows(sa.select(cursors)) == []


async def test_a_settled_cursor_skips_what_was_for_others(world: World) -> None:
    """Else a quiet server's next round would search through everything that was said meanwhile."""
    busy, quiet = await world.local("busy"), await world.local("quiet")
    await world.follow(busy, await world.remote("a", "one.test"))
    await world.follow(quiet, await world.remote("b", "two.test"))
    await world.say(quiet, "first")
    await world.deliver()
    for each in range(5):
        await world.say(busy, f"noise{each}")
    await world.say(quiet, "second")
    await world.number()
    rows = await world.rows(sa.select(cursors.c.seq, cursors.c.head).order_by(cursors.c.destination_id))
    assert [tuple(row) for row in rows] == [(1, 6), (6, 7)]


async def test_a_cursor_that_is_owed_something_stays(world: World) -> None:
    area, other = await world.local("megumino"), await world.local("other")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "first")
    await world.number()
    await world.say(other, "noise")
    await world.say(area, "second")
    await world.number()
    (cursor,) = await world.rows(sa.select(cursors))
    assert (cursor.seq, cursor.head) == (0, 3)


async def test_a_cancelling_entry_marks_what_it_cancels(world: World) -> None:
    area = await world.local("megumino")
    boost = await world.say(area, "boost")
    edit = await world.say(area, "edit", concerns_id=boost)
    await world.number()
    await world.say(area, "undo", concerns_id=boost, cancels=True)
    await world.number()
    marked = sa.select(log.c.id).where(log.c.cancelled_at.is_not(None))
    assert [row.id for row in await world.rows(marked)] == [boost]
    assert edit != boost


# PostgreSQL: several transactions at once


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has one writer")
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


async def begin_saying(world: World, connection: AsyncConnection, name: str, **facts: object) -> int:
    """Append in a transaction that stays open until the caller ends it."""
    area = await world.local(f"area_{name}")
    entry = world.entry(area, name, **facts)
    return await connection.run_sync(append, entry, world.clock())


async def number_soon(world: World) -> int:
    """Fails when something holds the sequencer up."""
    return await asyncio.wait_for(world.number(), 5)


async def test_two_transactions_that_commit_in_the_other_order_lose_nothing(
    world: World, engine: AsyncEngine
) -> None:
    async with engine.connect() as slow, engine.connect() as fast:
        first = await begin_saying(world, slow, "slow")
        second = await begin_saying(world, fast, "fast")
        assert first < second
        await fast.commit()
        assert await number_soon(world) == 1
        assert (await numbers(world))["fast"] == 1
        await slow.commit()
    assert await number_soon(world) == 1
    assert await numbers(world) == {"slow": 2, "fast": 1}


async def test_what_commits_late_is_still_delivered(world: World, engine: AsyncEngine) -> None:
    async with engine.connect() as slow:
        area = await world.local("megumino")
        await world.follow(area, await world.remote("a", "one.test"))
        await slow.run_sync(append, world.entry(area, "slow"), world.clock())
        await world.say(area, "fast")
        await world.deliver()
        assert world.inboxes.at("https://one.test/inbox") == ["fast"]
        await slow.commit()
    await world.deliver()
    assert world.inboxes.at("https://one.test/inbox") == ["fast", "slow"]


async def test_a_transaction_left_open_stalls_nobody(world: World, engine: AsyncEngine) -> None:
    async with engine.connect() as stuck:
        await begin_saying(world, stuck, "stuck")
        area = await world.local("megumino")
        await world.follow(area, await world.remote("a", "one.test"))
        for name in ("a", "b"):
            await world.say(area, name)
            await asyncio.wait_for(world.deliver(), 5)
        assert world.inboxes.at("https://one.test/inbox") == ["a", "b"]
        await stuck.rollback()
    assert await number_soon(world) == 0


async def test_an_open_transaction_that_refers_to_an_entry_does_not_hold_up_its_number(
    world: World, engine: AsyncEngine
) -> None:
    """A foreign key holds FOR KEY SHARE on the row; numbering must not be a change of a key."""
    boost = await world.say(await world.local("megumino"), "boost")
    async with engine.connect() as stuck:
        await begin_saying(world, stuck, "undo", concerns_id=boost, cancels=True)
        assert await number_soon(world) == 1
        assert (await numbers(world))["boost"] == 1
        await stuck.commit()
    await number_soon(world)
    assert (await world.rows(sa.select(log.c.cancelled_at).where(log.c.id == boost)))[0][0] is not None


async def test_an_open_transaction_that_closes_a_subscription_does_not_hold_it_up(
    world: World, engine: AsyncEngine
) -> None:
    area, leaver = await world.local("megumino"), await world.remote("a", "one.test")
    stayer = await world.remote("b", "two.test")
    await world.follow(area, leaver, stayer)
    async with engine.connect() as stuck:
        await stuck.run_sync(unsubscribe, leaver.id, area.id)
        await world.say(area, "hello")
        assert await number_soon(world) == 1
        await stuck.commit()
    await world.deliver()
    assert world.inboxes.urls() == ["https://two.test/inbox"]


async def test_sequencers_take_turns(world: World, engine: AsyncEngine) -> None:
    area = await world.local("megumino")

    async def say_and_number(each: int) -> None:
        await world.say(area, f"e{each}")
        await world.number()

    await asyncio.gather(*(say_and_number(each) for each in range(40)))
    await world.number()
    found = (await numbers(world)).values()
    assert sorted(each for each in found if each is not None) == list(range(1, 41))
