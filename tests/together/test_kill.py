"""A process that is killed again and again loses nothing that it promised, and says nothing under two ids."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from areas.tables import boosts, placements, posts
from inbox.tables import seen
from tests.testrig.inboxes import Inboxes, open_inboxes
from tests.testrig.processes import ServerProcess, free_port
from web.database import open_database

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(600)]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITIES = int(os.environ.get("TEST_KILL_ACTIVITIES", "2000"))
CONNECTIONS = 8
FOLLOWERS = ("f1", "f2", "f3")
KILL_AFTER = 0.2
PATIENCE = 300


@pytest.fixture
async def inboxes() -> AsyncIterator[Inboxes]:
    async with open_inboxes() as opened:
        yield opened


@pytest.fixture
async def server(tmp_path: Path, new_database: Callable[[], str]) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(tmp_path / "node", "chitose", free_port(), new_database())
    await server.init()
    await server.start()
    yield server
    await server.close()


def note(inboxes: Inboxes, area: str, number: int) -> dict[str, Any]:
    author = inboxes.actor("authors", number % 20)
    iri = f"{inboxes.origin('authors')}/notes/{number}"
    thing = {
        "id": iri,
        "type": "Note",
        "attributedTo": author,
        "to": [PUBLIC],
        "cc": [area],
        "content": f"<p>{number} 番目のお知らせです。足もとに気をつけてください。</p>",
    }
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{iri}/activity",
        "type": "Create",
        "actor": author,
        "to": thing["to"],
        "cc": thing["cc"],
        "object": thing,
    }


async def follow(inboxes: Inboxes, client: httpx.AsyncClient, area: str) -> None:
    for host in FOLLOWERS:
        actor = inboxes.actor(host)
        activity = {"id": f"{actor}/follow", "type": "Follow", "actor": actor, "object": area}
        assert await inboxes.send(client, activity, f"{area}/inbox") == 202
    await inboxes.wait_until(lambda: all(inboxes.received[host] for host in FOLLOWERS), 30)
    inboxes.received.clear()


class Turns:
    """When the server is up, when it has answered since, and when all is done."""

    def __init__(self) -> None:
        self.up, self.answered, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.up.set()


async def send_all(inboxes: Inboxes, area: str, turns: Turns) -> None:
    """Send every activity until it is answered 202."""
    numbers = iter(range(ACTIVITIES))
    await asyncio.gather(*(send_some(inboxes, area, turns, numbers) for _ in range(CONNECTIONS)))
    turns.done.set()
    turns.answered.set()


async def send_some(inboxes: Inboxes, area: str, turns: Turns, numbers: Iterator[int]) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        for number in numbers:
            activity = note(inboxes, area, number)
            status = 0
            while status != 202:
                await turns.up.wait()
                try:
                    status = await inboxes.send(client, activity, f"{area}/inbox")
                except httpx.HTTPError:
                    continue
                assert status in (202, 429), status
            turns.answered.set()


async def kill_again_and_again(server: ServerProcess, turns: Turns) -> int:
    """200 ms after the first answer of each life."""
    kills = 0
    while not turns.done.is_set():
        turns.answered.clear()
        await turns.answered.wait()
        try:
            async with asyncio.timeout(KILL_AFTER):
                await turns.done.wait()
        except TimeoutError:
            turns.up.clear()
            await server.end(signal.SIGKILL)
            kills += 1
            await server.start()
            turns.up.set()
    return kills


async def test_nothing_that_was_answered_is_lost(
    server: ServerProcess, inboxes: Inboxes, new_database: Callable[[], str]
) -> None:
    await server.command("area create", name="chitose", title="千歳市", code="012246")
    await server.command("area limit", name="chitose", author_hourly=0, author_daily=0, boosts_hourly=0)
    area = f"{server.origin}/areas/chitose"
    turns = Turns()
    async with httpx.AsyncClient(timeout=10) as client:
        await follow(inboxes, client, area)
    killer = asyncio.create_task(kill_again_and_again(server, turns))
    await send_all(inboxes, area, turns)
    kills = await killer
    assert kills >= 3

    wanted = {f"{inboxes.origin('authors')}/notes/{number}" for number in range(ACTIVITIES)}
    everyone = (*FOLLOWERS, "authors")
    await inboxes.wait_until(lambda: all(boosted(inboxes, host) >= wanted for host in everyone), PATIENCE)
    for host in everyone:
        different = {
            name: len(set(bodies)) for name, bodies in inboxes.received[host].items() if len(set(bodies)) > 1
        }
        assert not different, "one id, two bodies"
        assert len(inboxes.received[host]) == ACTIVITIES, "one boost for each, under one id"
    await server.end(signal.SIGTERM)
    await check_effects(server.database_url)


def boosted(inboxes: Inboxes, host: str) -> set[str]:
    return {json.loads(bodies[0])["object"] for bodies in inboxes.received[host].values()}


async def check_effects(url: str) -> None:
    """Seen and its effects are one: as many of each."""
    database = await open_database(url)

    def count(tx: sa.Connection) -> dict[str, int]:
        tables = {"posts": posts, "placements": placements, "boosts": boosts, "seen": seen}
        return {
            name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }

    found = await database.read(count)
    await database.close()
    follows = len(FOLLOWERS)
    assert found == {
        "posts": ACTIVITIES,
        "placements": ACTIVITIES,
        "boosts": ACTIVITIES,
        "seen": ACTIVITIES + follows,
    }


async def test_sigterm_ends_within_its_time_and_gives_the_leases_back(
    server: ServerProcess, inboxes: Inboxes
) -> None:
    await server.command("area create", name="chitose", title="千歳市", code="012246")
    area = f"{server.origin}/areas/chitose"
    async with httpx.AsyncClient(timeout=10) as client:
        await follow(inboxes, client, area)
    async with asyncio.timeout(30):
        assert await server.end(signal.SIGTERM) == 0
    database = await open_database(server.database_url)
    leased = await database.read(
        lambda tx: tx.execute(
            sa.text("SELECT count(*) FROM cursors WHERE leased_by IS NOT NULL")
        ).scalar_one()
    )
    await database.close()
    assert leased == 0
