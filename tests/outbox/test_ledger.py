"""Reports from many rounds, written together: none is left lying, whenever it comes."""

import asyncio

import pytest

from federation.errors import NotFound
from outbox import claims
from outbox.ledger import Ledger
from outbox.records import ORDINARY, Destination
from outbox.sending import Report
from tests.outbox.world import World

pytestmark = pytest.mark.anyio


async def make_report(world: World) -> Report:
    """What a round came to that had nothing to send."""
    area, follower = await world.local("megumino"), await world.remote("ken", "a.test")
    await world.follow(area, follower)
    await world.say(area, "first")
    await world.number()
    (claim,) = await world.database.write(claims.claim, ORDINARY, 10, "me:1", world.clock())
    destination = Destination(
        id=claim.destination_id,
        key="server:a.test",
        server_id=follower.server_id or 0,
        host="a.test",
        software=None,
        failures=0,
        failing_since=None,
        last_success_at=None,
        scheme=None,
    )
    return Report(claim=claim, destination=destination, cursor=0, gaps={}, removed=set())


async def test_a_report_that_comes_the_moment_the_last_is_written_is_written_too(world: World) -> None:
    """The answer to the first wakes its round before anything else runs: the second comes into that moment."""
    report = await make_report(world)
    ledger = Ledger(world.database, world.clock)
    async with asyncio.timeout(10):
        for _ in range(3):
            await ledger.record(report)


async def test_a_failure_is_for_those_who_wait_and_the_next_is_written(world: World) -> None:
    report = await make_report(world)

    class Storage:
        """The database, with a bug in the first transaction."""

        def __init__(self) -> None:
            self.faults = [NotFound("a bug")]

        async def read(self, function: object, *args: object) -> object:
            raise AssertionError

        async def write(self, function: object, *args: object) -> object:
            if self.faults:
                raise self.faults.pop()
            return await world.database.write(function, *args)  # type: ignore[arg-type]

    ledger = Ledger(Storage(), world.clock)  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        first, second = await asyncio.gather(
            ledger.record(report), ledger.record(report), return_exceptions=True
        )
        assert isinstance(first, NotFound)
        assert isinstance(second, NotFound)
        assert await ledger.record(report)
