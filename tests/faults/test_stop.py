"""SIGTERM ends a server within 30 seconds, whatever it is doing, and leaves nothing that another start waits for."""

import asyncio
import itertools
import signal
import sqlite3
import sys
import time
from contextlib import closing, suppress

import httpx
import pytest
import sqlalchemy as sa

from actors.tables import jobs
from federation.client import read_clock
from outbox.tables import cursors
from tests.faults.rig import IS_LONG, LONGEST, Town
from tests.testrig.inboxes import Inboxes
from tests.testrig.processes import ROOT
from tests.testrig.streaming import open_socket, open_source
from web.database import open_database

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(LONGEST)]

NOTES = 500 if IS_LONG else 40
LATEST = 30.0
SOON = 15.0
"""With nothing to deliver; uvicorn itself would wait for 20."""
SLOW = "f1"
SLOW_SECONDS = 30.0 if IS_LONG else 3.0
"""How long one of the followers takes for each POST; we wait 10."""


async def send_on(town: Town, numbers: "itertools.count[int]", stop: asyncio.Event) -> None:
    """Send until the server goes away."""
    async with httpx.AsyncClient(timeout=10) as client:
        while not stop.is_set():
            with suppress(httpx.HTTPError):
                await town.offer(client, next(numbers))


async def count_leases(url: str) -> tuple[int, int]:
    """Destinations and jobs that somebody still holds."""
    now = read_clock()

    def count(tx: sa.Connection) -> tuple[int, int]:
        held = sa.select(sa.func.count()).select_from(cursors).where(cursors.c.leased_by.is_not(None))
        working = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.leased_until > now)
        return tx.execute(held).scalar_one(), tx.execute(working).scalar_one()

    database = await open_database(url)
    try:
        return await database.read(count)
    finally:
        await database.close()


async def end(town: Town) -> int:
    """Tell it to stop, and see that it does in time."""
    began = time.monotonic()
    status = await town.server.end(signal.SIGTERM)
    assert time.monotonic() - began < LATEST
    return status


async def test_under_load_it_ends_in_time_and_gives_everything_back(town: Town, inboxes: Inboxes) -> None:
    inboxes.delay = lambda host: SLOW_SECONDS if host == SLOW else 0.0
    numbers, stop = itertools.count(), asyncio.Event()
    senders = [asyncio.create_task(send_on(town, numbers, stop)) for _ in range(8)]
    await inboxes.wait_until(lambda: len(town.boosted("f2")) >= NOTES and bool(inboxes.received[SLOW]), 120)
    assert await end(town) == 0
    stop.set()
    await asyncio.gather(*senders)
    assert await count_leases(town.server.database_url) == (0, 0)
    counted = len(town.accepted)

    inboxes.delay = lambda _host: 0.0
    await town.server.start()
    await town.server.command("delivery flush")  # the slow one may have opened its breaker
    async with httpx.AsyncClient(timeout=10) as client:
        for number in range(next(numbers)):
            assert (await town.offer(client, number)).status_code == 202
    await town.until_delivered(town.accepted)
    assert len(town.accepted) >= counted
    assert await end(town) == 0
    await town.check_effects()


STUCK = """
import asyncio, os, signal, uvloop
from web.cli import installation

async def main():
    installation.LATEST_END = 0.5
    installation._listen_to_signals()
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        pass

uvloop.run(main())
"""
"""A bug that never gives the event loop back."""


async def test_a_server_that_is_stuck_ends_too() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STUCK, cwd=ROOT)
    async with asyncio.timeout(60):
        assert await process.wait() == 1


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
async def test_with_a_database_that_stays_locked_it_ends_in_time(town: Town, inboxes: Inboxes) -> None:
    """What it holds then is let go of at the next start."""
    if not IS_LONG:
        pytest.skip("takes half a minute: make faults")
    path = sa.make_url(town.server.database_url).database or ""
    async with httpx.AsyncClient(timeout=20) as client:
        inboxes.delay = lambda _host: 2.0
        assert (await town.offer(client, 0)).status_code == 202
        await inboxes.wait_until(lambda: bool(inboxes.received[SLOW]), 60)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await end(town)
            other.execute("ROLLBACK")
        await town.server.start()
        assert (await town.offer(client, 1)).status_code == 202
        await town.until_delivered(range(2))


async def test_who_listens_is_told_so_and_holds_nothing_up(town: Town) -> None:
    """Streams have no end of their own: a server that waited for them would wait for its last seconds."""
    server = town.server
    await server.command("actor create", name="hanako", kind="resident", title="花子")
    made = await server.command("token create", name="hanako", scopes="read")
    address = {"host": "127.0.0.1", "port": server.port}
    headers = {"host": server.host, "authorization": f"Bearer {made.data['token']}"}
    base = f"http://127.0.0.1:{server.port}"
    async with (
        httpx.AsyncClient(base_url=base) as client,
        open_socket(server.origin, f"?stream=user&access_token={made.data['token']}", **address) as socket,
        open_source(client, "user", headers=headers) as source,
    ):
        began = time.monotonic()
        assert await end(town) == 0
        assert time.monotonic() - began < SOON
        assert await socket.end_code() == 1012
        await source.end_code()
    assert "Traceback" not in server.log()
    assert made.data["token"] not in server.log()
