"""Towns and servers of other software as real processes behind TLS."""

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.bench.serving import serve
from tests.testrig.inboxes import Inboxes
from tests.testrig.papers import Papers
from tests.testrig.processes import ServerProcess, Zygote, free_port
from tests.testrig.programs import Terminator
from tests.testrig.served import Loopback
from tests.testrig.world import QUIET, Town, make_settings
from web.node import open_node

PLANNED = "SELECT count(*) FROM jobs WHERE kind = 'fetch'"


@dataclass
class SecureTown(ServerProcess):
    """A node behind TLS."""

    public_port: int = 0
    terminator: Terminator = field(default_factory=Terminator)

    @property
    def host(self) -> str:
        return f"{self.name}.localhost:{self.public_port}"

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.host}"

    async def found(self) -> None:
        """Give it an area with its name, residents and an alert desk, before it runs."""
        self.configure()
        settings = make_settings(self.host, self.data_dir, self.database_url)
        async with open_node(settings, log=QUIET) as node:
            town = Town(node, node.clock)
            await town.area(self.name)
            for name in ("hana", "ken", "rei"):
                await town.person(name)
            await town.person("bosai", "alert")

    async def do(self, command: str, **words: object) -> Any:
        return (await self.command(command, **words)).data

    async def states(self, direction: str) -> dict[str, str]:
        """By the names of other areas."""
        found = await self.do("peer list")
        return {each["peer"].split("@")[1]: each["state"] for each in found if each["direction"] == direction}

    async def owes_nothing(self) -> bool:
        found = await self.do("delivery status")
        waits = [each for each in found["destinations"] if each["oldest_owed_at"] is not None]
        return not waits and self._read(PLANNED) == [(0,)]

    def find_posts(self, text: str) -> set[str]:
        """The posts that it knows with these words."""
        return {iri for (iri,) in self._read("SELECT iri FROM posts WHERE instr(content, ?) > 0", text)}

    def _read(self, query: str, *values: object) -> list[Any]:
        path = self.database_url.partition("///")[2]
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()


@dataclass
class Readers(Inboxes):
    """Servers of other software, behind TLS."""

    papers: Papers | None = None
    public_port: int = 0

    def origin(self, name: str) -> str:
        return f"https://{name}.localhost:{self.public_port}"

    async def follow(self, towns: list[SecureTown]) -> None:
        assert self.papers is not None
        async with httpx.AsyncClient(transport=Loopback(verify=self.papers.client_context())) as client:
            for town in towns:
                area = f"{town.origin}/areas/{town.name}"
                document = {
                    "@context": "https://www.w3.org/ns/activitystreams",
                    "id": f"{self.actor('reader')}/follows/{town.name}",
                    "type": "Follow",
                    "actor": self.actor("reader"),
                    "object": area,
                }
                body, headers = self.sign(document, f"{area}/inbox")
                answer = await client.post(f"{area}/inbox", content=body, headers=headers)
                assert answer.status_code == 202

    def _heard(self) -> list[dict[str, Any]]:
        return [json.loads(body) for bodies in self.received["reader"].values() for body in bodies]

    def count(self, kind: str) -> dict[str, int]:
        """How often an activity of this type came about each post."""
        return Counter(each["object"]["id"] for each in self._heard() if each["type"] == kind)

    def standing(self) -> dict[tuple[str, str], set[str]]:
        """By area and post: the ids of the boosts that stand."""
        found: dict[tuple[str, str], set[str]] = {}
        heard = self._heard()
        undone = {each["object"]["id"] for each in heard if each["type"] == "Undo"}
        for each in heard:
            if each["type"] == "Announce" and each["id"] not in undone:
                found.setdefault((each["actor"], each["object"]), set()).add(each["id"])
        return found


@asynccontextmanager
async def open_town(zygote: Zygote, folder: Path, url: str, papers: Papers) -> AsyncIterator[SecureTown]:
    port = free_port()
    more = {"KAIRANBAN_EXTRA_CA_FILE": str(papers.authority)}
    town = SecureTown(zygote, folder, folder.name, port, url, settings=more)
    town.terminator.backend = "127.0.0.1", port
    async with town.terminator.listen(papers.server_context()) as town.public_port:
        await town.found()
        await town.start()
        try:
            yield town
        finally:
            await town.end()


@asynccontextmanager
async def open_readers(papers: Papers) -> AsyncIterator[Readers]:
    terminator, readers = Terminator(), Readers(papers=papers)
    async with serve(readers) as port, terminator.listen(papers.server_context()) as readers.public_port:
        terminator.backend = "127.0.0.1", port
        yield readers
