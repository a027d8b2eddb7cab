"""A town that is a real process, the servers that write to it, and what must be true of it whatever happened."""

import asyncio
import json
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import sqlalchemy as sa

from areas.tables import boosts, placements, posts
from inbox.tables import seen
from tests.testrig.inboxes import Inboxes
from tests.testrig.peers import Peer
from tests.testrig.processes import ServerProcess, Zygote, free_port
from tests.testrig.world import World
from web.background import run_background
from web.database import open_database
from web.node import Node

IS_LONG: Final = os.environ.get("TEST_FAULTS") == "long"
"""`make faults`: everything at its full size."""
LONGEST: Final = 3600 if IS_LONG else 240
"""Seconds until a test is given up that stands still."""
PATIENCE: Final = 200
"""Seconds until what should come by itself is given up; a killed worker's leases last 90."""

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = ("f1", "f2", "f3")
AUTHORS = "authors"
EVERYONE = (*FOLLOWERS, AUTHORS)
LATER = 429
EFFECTS = (posts, placements, boosts, seen)


@dataclass
class Town:
    """A running server with the area `chitose`; `front` is where its peers reach it, if not directly."""

    server: ServerProcess
    inboxes: Inboxes
    front: str = ""
    accepted: set[int] = field(default_factory=set)
    """Numbers of the notes that were answered 202."""
    refusals: list[httpx.Response] = field(default_factory=list)
    """Answers to notes that were not 202."""

    @property
    def area(self) -> str:
        return f"{self.server.origin}/areas/chitose"

    def note_iri(self, number: int) -> str:
        return f"{self.inboxes.origin(AUTHORS)}/notes/{number}"

    def make_create(self, number: int, padding: int = 0) -> dict[str, Any]:
        """A Create addressed to the area; `padding` more letters in its text."""
        author = self.inboxes.actor(AUTHORS, number % 20)
        iri = self.note_iri(number)
        text = f"{number} 番目のお知らせです。足もとに気をつけてください。{make_text(number, padding)}"
        thing = {
            "id": iri,
            "type": "Note",
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [self.area],
            "content": f"<p>{text}</p>",
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

    async def post(self, client: httpx.AsyncClient, activity: dict[str, Any]) -> httpx.Response:
        """Sign and send it once."""
        inbox = f"{self.area}/inbox"
        body, headers = self.inboxes.sign(activity, inbox)
        front = self.front or f"http://127.0.0.1:{self.server.port}"
        return await client.post(f"{front}/areas/chitose/inbox", content=body, headers=headers)

    async def offer(self, client: httpx.AsyncClient, number: int, padding: int = 0) -> httpx.Response:
        """Send note `number` once. An inbox answers 202, or says when to come again; never anything else."""
        response = await self.post(client, self.make_create(number, padding))
        if response.status_code == 202:
            self.accepted.add(number)
            return response
        assert response.status_code == LATER, (response.status_code, response.text, self.server.log()[-3000:])
        assert int(response.headers["retry-after"]) > 0
        self.refusals.append(response)
        return response

    async def get(self, client: httpx.AsyncClient, path: str) -> httpx.Response:
        """Read a page as a browser does."""
        address = f"http://127.0.0.1:{self.server.port}{path}"
        return await client.get(address, headers={"host": self.server.host, "accept": "text/html"})

    async def send_form(self, client: httpx.AsyncClient) -> httpx.Response:
        """Write as a visitor does: a report."""
        address = f"http://127.0.0.1:{self.server.port}/report"
        form = {"uri": f"{self.server.origin}/areas/chitose", "text": "迷惑な投稿です。"}
        headers = {"host": self.server.host, "origin": self.server.origin, "accept": "text/html"}
        return await client.post(address, data=form, headers=headers)

    async def follow(self, client: httpx.AsyncClient) -> None:
        """Let everybody of `FOLLOWERS` follow the area, and wait for the answers."""
        for host in FOLLOWERS:
            actor = self.inboxes.actor(host)
            activity = {"id": f"{actor}/follow", "type": "Follow", "actor": actor, "object": self.area}
            assert (await self.post(client, activity)).status_code == 202
        await self.inboxes.wait_until(lambda: all(self.inboxes.received[host] for host in FOLLOWERS), 30)
        self.inboxes.received.clear()

    # What must be true

    async def until_delivered(
        self, numbers: Iterable[int], seconds: float = PATIENCE, *, bodies_may_differ: bool = False
    ) -> None:
        """Wait until everyone was told of these notes, and of each under one id with one body."""
        wanted = {self.note_iri(number) for number in numbers}
        await self.inboxes.wait_until(lambda: all(self.boosted(host) >= wanted for host in EVERYONE), seconds)
        for host in EVERYONE:
            received = self.inboxes.received[host]
            if not bodies_may_differ:
                assert all(len(set(bodies)) == 1 for bodies in received.values()), "one id, two bodies"
            objects = [json.loads(bodies[0])["object"] for bodies in received.values()]
            assert len(objects) == len(set(objects)), "one boost for each, under one id"

    def boosted(self, host: str) -> set[str]:
        return {json.loads(bodies[0])["object"] for bodies in self.inboxes.received[host].values()}

    async def check_effects(self) -> None:
        """Seen and its effects are one: as many of each as were answered 202. The server has ended."""
        count = len(self.accepted)
        assert await count_effects(self.server.database_url) == {
            "posts": count,
            "placements": count,
            "boosts": count,
            "seen": count + len(FOLLOWERS),
        }

    def check_integrity(self) -> None:
        """Let SQLite look at every page; PostgreSQL needs no such look."""
        check_integrity(self.server.database_url)


@asynccontextmanager
async def open_town(
    zygote: Zygote, inboxes: Inboxes, folder: Path, database_url: str, **how: Any
) -> AsyncIterator[Town]:
    """Start it, let people follow it, kill it in the end. `how` as in `ServerProcess`."""
    server = ServerProcess(zygote, folder, "chitose", free_port(), database_url, **how)
    await server.init()
    await server.start()
    town = Town(server, inboxes)
    try:
        await server.command("area create", name="chitose", title="千歳市", code="012246")
        await server.command("area limit", name="chitose", author_hourly=0, author_daily=0, boosts_hourly=0)
        async with httpx.AsyncClient(timeout=10) as client:
            await town.follow(client)
        yield town
    finally:
        await server.end(signal.SIGKILL)


async def count_effects(url: str) -> dict[str, int]:
    """`count_rows` of a database that no server uses."""
    database = await open_database(url)
    try:
        return await database.read(count_rows)
    finally:
        await database.close()


def count_rows(tx: sa.Connection, tables: Iterable[sa.Table] = EFFECTS) -> dict[str, int]:
    """Rows by table, of what hearing a note leaves."""
    return {
        table.name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables
    }


def check_integrity(url: str) -> None:
    path = sa.make_url(url).database
    if url.startswith("sqlite"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()


def make_text(number: int, length: int) -> str:
    """Letters that no database can compress, always the same for a number."""
    return "".join(chr(0x4E00 + each % 0x4E00) for each in random.Random(number).randbytes(length))


async def until(is_so: Any, seconds: float = 60) -> None:
    """Ask another process again and again until `await is_so()` is true."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.05)


HOST = "chitose.example"


@dataclass
class Village:
    """The same as `Town` in this process: one node that works by itself, an author elsewhere, a follower elsewhere."""

    world: World
    node: Node
    area: str
    author: Peer
    follower: Peer
    background: asyncio.Task[None]
    count: int = 0

    async def offer(self, padding: int = 0) -> httpx.Response:
        """Send a new note."""
        self.count += 1
        return await self.repeat(self.count, padding)

    async def repeat(self, number: int, padding: int = 0) -> httpx.Response:
        """Send note `number`, again or for the first time."""
        name = f"{self.author.origin}/users/hana"
        content = f"<p>{number} 番目のお知らせです。{make_text(number, padding)}</p>"
        note = self.author.note(name, f"n{number}", cc=[self.area], content=content)
        return await self.author.send(self.author.create(note), f"{self.area}/inbox")

    async def get(self, path: str) -> httpx.Response:
        """Read a page as a browser does."""
        async with self._client() as client:
            return await client.get(path, headers={"accept": "text/html"})

    async def send_form(self) -> httpx.Response:
        """Write as a visitor does: a report."""
        async with self._client() as client:
            form = {"uri": self.area, "text": "迷惑な投稿です。"}
            return await client.post("/report", data=form, headers={"origin": f"https://{HOST}"})

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.world.network.hosts[HOST], client=("203.0.113.7", 50_000))
        return httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}")

    async def until_delivered(self, numbers: Iterable[int]) -> None:
        """Wait until the follower was told of these notes, each once or under one id."""
        wanted = {f"{self.author.origin}/notes/n{number}" for number in numbers}

        async def is_there() -> bool:
            return wanted <= {each["object"] for each in self.follower.received if each["type"] == "Announce"}

        await until(is_there)
        assert not self.background.done()

    async def count_rows(self, tables: Iterable[sa.Table] = EFFECTS) -> dict[str, int]:
        """Rows by table, of what hearing a note leaves."""
        found: dict[str, int] = await self.node.database.read(count_rows, tables)
        return found


@asynccontextmanager
async def open_village(world: World, database_url: str) -> AsyncIterator[Village]:
    """Make it, and let it work until the block ends."""
    town = await world.town(HOST, database_url)
    area = await town.area("chitose")
    author, follower = world.peer("author.example"), world.peer("follower.example")
    author.actor("hana")
    ken = follower.actor("ken")
    stop = asyncio.Event()
    background = asyncio.create_task(run_background(town.node, stop))
    village = Village(world, town.node, area.iri, author, follower, background)
    try:
        follow = follower.activity("Follow", ken, "follow", area.iri)
        assert (await follower.send(follow, f"{area.iri}/inbox")).status_code == 202

        async def is_answered() -> bool:
            return bool(follower.received)

        await until(is_answered)
        yield village
    finally:
        stop.set()
        await background
