"""What operators see and may do."""

import pytest
import sqlalchemy as sa

from outbox.oversight import (
    KEPT,
    find_failures,
    find_lag,
    find_status,
    flush,
    purge,
    retry,
)
from outbox.retries import HOUR, LIFETIME, MINUTE
from outbox.tables import gaps, log
from tests.outbox.world import OK, START, World, failing, short

pytestmark = pytest.mark.anyio

ONE = "https://one.test/inbox"


async def fail(world: World, status: int | None, *names: str) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), await world.remote("b", "two.test"))
    world.answer(lambda url, _: failing(status) if url == ONE else OK)
    for name in names:
        await world.say(area, name)
    await world.deliver()


async def test_status_says_how_each_destination_stands(world: World) -> None:
    await fail(world, None, "a", "b", "c", "d", "e")
    one, two = await world.database.read(find_status)
    assert (one.key, one.host, one.failures, one.retrying, one.failed) == (
        "server:one.test",
        "one.test",
        5,
        5,
        0,
    )
    assert (one.last_error, one.failing_since, one.oldest_owed_at) == ("no answer", START, START)
    assert (two.failures, two.retrying, two.oldest_owed_at, two.last_success_at) == (0, 0, None, START)
    assert [each.host for each in await world.database.read(find_status, "two.test")] == ["two.test"]


async def test_status_sees_what_no_worker_has_looked_at(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "first")
    world.clock.advance(MINUTE)
    await world.say(area, "second")
    await world.number()
    (one,) = await world.database.read(find_status)
    assert one.oldest_owed_at == START


async def test_what_was_given_up_is_listed_with_its_reason(world: World) -> None:
    await fail(world, 403, "a", "b")
    found = await world.database.read(find_failures)
    assert [(short(each.iri), each.host, each.status, each.reason, each.attempts) for each in found] == [
        ("b", "one.test", 403, "HTTP 403", 1),
        ("a", "one.test", 403, "HTTP 403", 1),
    ]
    assert await world.database.read(find_failures, "two.test") == []


async def test_what_was_given_up_can_be_sent_again(world: World) -> None:
    await fail(world, 403, "a", "b")
    world.clock.advance(LIFETIME + HOUR)
    world.answer_all(OK)
    assert await world.database.write(lambda tx: retry(tx, world.clock(), host="two.test")) == 0
    found = await world.database.read(find_failures)
    assert await world.database.write(lambda tx: retry(tx, world.clock(), log_id=found[1].log_id)) == 1
    await world.deliver()
    assert world.inboxes.at(ONE) == ["a"]
    assert await world.database.write(lambda tx: retry(tx, world.clock(), host="one.test")) == 1
    await world.deliver()
    assert world.inboxes.at(ONE) == ["a", "b"]
    assert await world.gaps() == []


async def test_a_barrier_sent_again_holds_up_nobody(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.tell(area, "accept", follower, barrier=True)
    world.answer(lambda _, activity: failing(404) if activity.endswith("accept") else OK)
    await world.deliver()
    world.answer(lambda _, activity: failing(503) if activity.endswith("accept") else OK)
    await world.database.write(lambda tx: retry(tx, world.clock()))
    await world.say(area, "post")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["post"]


async def test_flush_does_not_wait(world: World) -> None:
    await fail(world, None, "a", "b", "c", "d", "e")
    world.answer_all(OK)
    assert await world.database.write(lambda tx: flush(tx, world.clock(), host="two.test")) == 1
    await world.deliver()
    assert world.inboxes.at(ONE) == []
    assert await world.database.write(lambda tx: flush(tx, world.clock())) == 2
    await world.deliver()
    assert sorted(world.inboxes.at(ONE)) == ["a", "b", "c", "d", "e"]


async def test_lag_is_the_oldest_that_waits(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "first")
    lag = await world.database.read(find_lag)
    assert (lag.unnumbered_since, lag.undelivered_since) == (START, None)
    world.answer_all(failing(503))
    await world.deliver()
    lag = await world.database.read(find_lag)
    assert (lag.unnumbered_since, lag.undelivered_since) == (None, START)
    world.answer_all(OK)
    world.clock.advance(MINUTE)
    await world.deliver()
    lag = await world.database.read(find_lag)
    assert (lag.unnumbered_since, lag.undelivered_since) == (None, None)


async def bodies(world: World) -> dict[str, bool]:
    rows = await world.rows(sa.select(log.c.iri, log.c.body.is_not(None).label("kept")))
    return {short(row.iri): bool(row.kept) for row in rows}


async def test_bodies_are_kept_for_thirty_days(world: World) -> None:
    await fail(world, 403, "a")
    world.clock.advance(KEPT)
    await world.say((await world.local("other")), "b")
    await world.number()
    assert await world.database.write(purge, world.clock()) == 0
    world.clock.advance(1)
    assert await world.database.write(purge, world.clock(), 1) == 1
    assert await bodies(world) == {"a": False, "b": True}
    assert await world.gaps() == []
    assert await world.database.write(purge, world.clock()) == 0


async def test_a_body_that_is_owed_is_kept(world: World) -> None:
    await fail(world, 403, "a")
    world.clock.advance(KEPT + 1)
    await world.database.write(lambda tx: retry(tx, world.clock()))
    assert await world.database.write(purge, world.clock()) == 0
    world.answer_all(OK)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["a"]


async def test_what_was_purged_is_not_sent_again(world: World) -> None:
    await fail(world, 403, "a")
    await world.database.write(lambda tx: tx.execute(sa.update(log).values(body=None)))
    assert await world.database.write(lambda tx: retry(tx, world.clock())) == 0
    assert [row.state for row in await world.rows(sa.select(gaps.c.state))] == ["failed"]
