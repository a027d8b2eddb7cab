"""PostgreSQL stops, hangs, and comes back: inboxes say "later", pages say 503, and nobody restarts anything."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.rig import IS_LONG, LATER, LONGEST, Town, open_village, until
from tests.testrig.databases import Cluster
from tests.testrig.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(LONGEST)]

AWAY_SECONDS = 60
SOON = 5.0
"""Seconds in which a server says that its database is away: whoever asks has a deadline too."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster for one test, which may break it."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


async def check_away(town: Town, client: httpx.AsyncClient, numbers: range) -> None:
    """What everybody is told while there is no database. It is alive: a restart would not help."""
    for number in numbers:
        assert (await town.offer(client, number)).status_code == LATER
    for path in ("/", "/areas/chitose"):
        page = await town.get(client, path)
        assert page.status_code == 503, (path, page.text)
        assert int(page.headers["retry-after"]) > 0
    assert (await town.send_form(client)).status_code == 503
    ready = await town.get(client, "/readyz")
    assert ready.status_code == 503
    assert ready.json()["problems"] == ["the database does not answer"]
    assert (await town.get(client, "/healthz")).status_code == 200


async def check_back(town: Town, client: httpx.AsyncClient, numbers: range) -> None:
    """It works again by itself, and what was refused is taken."""

    async def is_ready() -> bool:
        return (await town.get(client, "/readyz")).status_code == 200

    await until(is_ready)
    for number in numbers:
        assert (await town.offer(client, number)).status_code == 202
    assert (await town.get(client, "/areas/chitose")).status_code == 200


async def test_a_database_that_says_nothing_at_all(
    world: World, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a network that swallows everything: nobody waits for ever, and all that waited is let go."""
    monkeypatch.setattr("web.postgres.BUSY_MILLISECONDS", 300)
    monkeypatch.setattr("web.postgres.ANSWER_SECONDS", 1.0)
    async with open_village(world, cluster.new(Path())) as village:
        assert (await village.repeat(1)).status_code == 202
        cluster.freeze()
        try:
            async with asyncio.timeout(SOON):
                answers = await asyncio.gather(*(village.repeat(number) for number in range(2, 40)))
            assert {answer.status_code for answer in answers} == {LATER}
            assert (await village.get("/areas/chitose")).status_code == 503
        finally:
            cluster.freeze(thaw=True)

        async def is_back() -> bool:
            return (await village.get("/readyz")).status_code == 200

        await until(is_back)
        for number in range(2, 40):
            assert (await village.repeat(number)).status_code == 202
        await village.until_delivered(range(1, 40))


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_the_database_stops_and_comes_back(town: Town, cluster: Cluster) -> None:
    pid = town.server.child and town.server.child.pid
    async with httpx.AsyncClient(timeout=SOON) as client:
        assert (await town.offer(client, 0)).status_code == 202
        await asyncio.to_thread(cluster.stop, "fast")
        await check_away(town, client, range(1, 12))
        if IS_LONG:
            await asyncio.sleep(AWAY_SECONDS)
            await check_away(town, client, range(1, 2))
        await asyncio.to_thread(cluster.start)
        await check_back(town, client, range(1, 12))
        await town.until_delivered(range(12))
    assert town.server.child
    assert town.server.child.pid == pid
    assert await town.server.end(signal.SIGTERM) == 0
    await town.check_effects()
