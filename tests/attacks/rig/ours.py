"""What only our own server can be asked: commands of an operator, and the pages on which people read.

Rows that need these are skipped where another server is played against.
"""

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.peers import Json
from tests.attacks.rig.server import OwnServer
from tests.attacks.rig.wire import Answer, Request

HTML = "text/html"


def own(rig: Rig) -> OwnServer:
    """Our own server, or skip the row."""
    if not isinstance(rig.adapter, OwnServer):
        pytest.skip("needs the commands and pages of Kairanban")
    return rig.adapter


async def ask(rig: Rig, command: str, /, **arguments: object) -> Any:
    """Do what an operator does, and return what `--json` prints. Raises `Refused`."""
    return await own(rig).command(command, **arguments)


@dataclass(frozen=True)
class Article:
    """A post on a page, as a browser reads it."""

    element: Element

    @property
    def text(self) -> str:
        """What is read, white space folded."""
        return text_of(self.element)

    @property
    def iri(self) -> str:
        """The post's id."""
        queries = (parse_qs(urlsplit(link.get("href", "")).query) for link in self.element.iter("a"))
        return next(query["uri"][0] for query in queries if "uri" in query)

    @property
    def path(self) -> str:
        """Where the post has a page of its own."""
        return next(
            path for link in self.element.iter("a") if (path := link.get("href", "")).startswith("/posts/")
        )

    def part(self, name: str) -> str:
        """The text of the part with this class; empty where there is none."""
        return next((text_of(each) for each in self.parts(name)), "")

    def parts(self, name: str) -> list[Element]:
        """Every part with this class."""
        return [each for each in self.element.iter() if name in each.get("class", "").split()]


def text_of(element: Element) -> str:
    """What is read of an element."""
    return " ".join("".join(element.itertext()).split())


def parse(body: bytes | str) -> Element:
    """Read HTML as browsers do."""
    text = body.decode() if isinstance(body, bytes) else body
    document: Element = html5lib.parse(text, namespaceHTMLElements=False)
    return document


async def page(rig: Rig, path: str) -> Answer:
    """A page of our server, which must be there."""
    own(rig)
    origin = rig.adapter.area.rpartition("/areas/")[0]
    answer = await rig.get(path if path.startswith("https://") else origin + path, HTML)
    assert answer.status == 200, f"{path}: {answer}"
    return answer


async def articles(rig: Rig, path: str = "") -> dict[str, Article]:
    """The posts on a page by their ids; without a path, on the area's."""
    answer = await page(rig, path or rig.adapter.area)
    found = (Article(each) for each in _list_articles(parse(answer.body)))
    return {each.iri: each for each in found}


def _list_articles(document: Element) -> Iterator[Element]:
    yield from document.iter("article")


@dataclass
class Cost:
    """Seconds of the server's processor time; where that cannot be seen, of time."""

    seconds: float = 0.0


@asynccontextmanager
async def measure(rig: Rig) -> AsyncIterator[Cost]:
    """Say afterwards what the block has cost the server."""
    cost, before, start = Cost(), rig.adapter.processor(), time.monotonic()
    yield cost
    after, end = rig.adapter.processor(), time.monotonic()
    cost.seconds = end - start if before is None or after is None else after - before


@asynccontextmanager
async def at_most(rig: Rig, seconds: float) -> AsyncIterator[None]:
    """Let the block cost the server so much at most."""
    async with measure(rig) as cost:
        yield
    assert cost.seconds <= seconds, f"{cost.seconds:.2f} s"


async def article(rig: Rig, note: Json) -> Article:
    """How the area's page shows a post."""
    return (await articles(rig))[note["id"]]


async def sign_in(rig: Rig, name: str) -> str:
    """A token by which an app speaks as somebody here."""
    return str((await ask(rig, "token create", name=name))["token"])


async def call(rig: Rig, token: str, method: str, path: str, **body: Any) -> Any:
    """What an app does that is signed in; it must succeed."""
    host = rig.adapter.area.split("/")[2]
    request = Request(method, path, [("Host", host), ("Authorization", f"Bearer {token}")])
    if body:
        request.add("Content-Type", "application/json").body = json.dumps(body).encode()
    answer = await rig.send(request)
    assert answer.status == 200, answer
    return answer.json()


@asynccontextmanager
async def nobody_writes(rig: Rig) -> AsyncIterator[None]:
    """Let the block find the database shut for writing, where that can be done (SQLite)."""
    file = own(rig).folder / "var" / "kairanban.db"
    if not file.exists():
        yield
        return
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
