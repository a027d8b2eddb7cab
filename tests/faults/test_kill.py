"""A process that is killed again and again loses nothing that it promised, and says nothing under two ids."""

import asyncio
import math
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from outbox.tables import cursors
from tests.attacks.rig.fronts import Front, run_nginx
from tests.faults.rig import IS_LONG, LATER, LONGEST, Town
from tests.testrig.inboxes import Inboxes
from tests.testrig.papers import issue
from tests.testrig.processes import free_port
from web.database import open_database

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(LONGEST)]

ACTIVITIES = 2000 if IS_LONG else 120
CONNECTIONS = 8
KILLS_OF_DELIVERY = 40 if IS_LONG else 3
MOST_DELAY = 0.3
"""Seconds that other servers take to answer."""


def choose_life() -> float:
    """Seconds from the first answer of a process to its end."""
    return random.uniform(0.15, 0.2)


def choose_delivery() -> float:
    """Seconds from the first delivery of a process to its end."""
    return random.uniform(0.05, 0.6)


class Turns:
    """When the server is up, when it has answered since, and when all is done."""

    def __init__(self) -> None:
        self.up, self.answered, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.up.set()


async def send_all(town: Town, turns: Turns) -> None:
    """Send every activity until it is answered 202."""
    numbers = iter(range(ACTIVITIES))
    await asyncio.gather(*(send_some(town, turns, numbers) for _ in range(CONNECTIONS)))


async def send_some(town: Town, turns: Turns, numbers: Iterator[int]) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        for number in numbers:
            while number not in town.accepted:
                await turns.up.wait()
                try:
                    await town.offer(client, number)
                except httpx.HTTPError:
                    continue
            turns.answered.set()


async def kill_again_and_again(
    town: Town, turns: Turns, most: float = math.inf, life: Callable[[], float] = choose_life
) -> int:
    """Up to `most` times, or until all is done; returns how often."""
    kills = 0
    while kills < most and not turns.done.is_set():
        turns.answered.clear()
        await turns.answered.wait()
        try:
            async with asyncio.timeout(life()):
                await turns.done.wait()
        except TimeoutError:
            turns.up.clear()
            await town.server.end(signal.SIGKILL)
            kills += 1
            await town.server.start()
            await let_leases_run_out(town)
            turns.up.set()
    return kills


async def let_leases_run_out(town: Town) -> None:
    """PostgreSQL may have other workers: what a killed one held is free when its lease ends, 90 s from now."""
    if town.server.database_url.startswith("sqlite"):
        return
    database = await open_database(town.server.database_url)
    held = sa.update(cursors).where(cursors.c.leased_by.is_not(None)).values(leased_until=0)
    await database.write(lambda tx: tx.execute(held))
    await database.close()


async def test_nothing_that_was_answered_is_lost(town: Town, inboxes: Inboxes) -> None:
    """While activities come in, and then while their boosts go out to servers that take their time."""
    inboxes.delay = lambda _host: random.uniform(0, MOST_DELAY)
    turns = Turns()
    killer = asyncio.create_task(kill_again_and_again(town, turns))
    await send_all(town, turns)
    turns.done.set()
    turns.answered.set()
    assert await killer >= 3

    turns = Turns()
    inboxes.when_asked = turns.answered.set
    killer = asyncio.create_task(kill_again_and_again(town, turns, KILLS_OF_DELIVERY, choose_delivery))
    await town.until_delivered(range(ACTIVITIES))
    turns.done.set()
    turns.answered.set()
    await killer
    await town.server.end(signal.SIGTERM)
    await town.check_effects()
    town.check_integrity()


# Between the commit and the answer


class Cutter:
    """Carries requests to the server, and hangs up in the moment in which the answer comes."""

    def __init__(self, port: int, when_cut: Callable[[], None]) -> None:
        self._port = port
        self._when_cut = when_cut

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._cut, "127.0.0.1", 0)
        yield server.sockets[0].getsockname()[1]
        server.close()

    async def _cut(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(httpx.Headers(parse_head(head))["content-length"])
        inner_writer.write(head + await reader.readexactly(length))
        assert await inner_reader.read(1)
        self._when_cut()
        writer.close()
        inner_writer.close()


def parse_head(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.split(b"\r\n")[1:-2]
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


async def test_an_answer_that_is_cut_off_was_promised_all_the_same(town: Town) -> None:
    """What is sent again has no second effect, also when the process dies with the answer."""

    def kill() -> None:
        assert town.server.child is not None
        os.kill(town.server.child.pid, signal.SIGKILL)

    for number, when_cut in enumerate((lambda: None, kill)):
        async with Cutter(town.server.port, when_cut).listen() as port, httpx.AsyncClient() as client:
            town.front = f"http://127.0.0.1:{port}"
            with pytest.raises(httpx.HTTPError):
                await town.offer(client, number)
    town.front = ""
    assert town.server.child is not None
    assert await town.server.child.wait() == -signal.SIGKILL
    await town.server.start()
    async with httpx.AsyncClient() as client:
        for number in range(2):
            assert (await town.offer(client, number)).status_code == 202
    await let_leases_run_out(town)
    await town.until_delivered(range(2))
    await town.server.end(signal.SIGTERM)
    await town.check_effects()


# Behind a proxy


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
async def test_behind_the_proxy_of_the_manual_an_inbox_says_later_while_there_is_no_server(
    town: Town, tmp_path: Path
) -> None:
    papers = issue(tmp_path, "chitose.localhost", "127.0.0.1")
    front = Front("nginx", ("127.0.0.1", free_port()), "chitose.localhost", papers.client_context())
    town.front = f"https://127.0.0.1:{front.address[1]}"
    async with (
        run_nginx(front, ("127.0.0.1", town.server.port), papers, tmp_path / "nginx"),
        httpx.AsyncClient(verify=papers.client_context()) as client,
    ):
        assert (await town.offer(client, 1)).status_code == 202
        await town.server.end(signal.SIGKILL)
        for _ in range(3):
            assert (await town.offer(client, 2)).status_code == LATER
        page = await client.get(town.front, headers={"host": town.server.host})
        assert page.status_code == 502
        await town.server.start()
        assert (await town.offer(client, 2)).status_code == 202
        await town.until_delivered([1, 2])
