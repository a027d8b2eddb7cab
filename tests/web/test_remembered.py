"""Answers in memory: the application is asked once, and again as soon as anything may be another."""

import sqlite3
from collections.abc import Iterator

import httpx
import pytest
import sqlalchemy as sa
from starlette.types import Message, Receive, Scope, Send

from actors.tables import actors
from tests.testrig.network import Clock
from tests.testrig.world import Town
from tests.web.conftest import JSON
from web.database import Database
from web.remembered import FRESH_MS, LARGEST, LONGEST_KEY, Remembered

pytestmark = pytest.mark.anyio
PUBLIC = [(b"cache-control", b"public, max-age=60"), (b"vary", b"Accept")]


class Made:
    """An application that counts, behind the memory; `stamp` is what the database says."""

    def __init__(self) -> None:
        self.count = 0
        self.stamp: int | None = 1
        self.status, self.headers, self.body = 200, PUBLIC, [b"made"]
        self.clock = Clock()
        self.memory = Remembered(self._answer, lambda: self.stamp, self.clock)

    async def _answer(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        self.count += 1
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers]})
        for place, part in enumerate(self.body):
            more = place + 1 < len(self.body)
            await send({"type": "http.response.body", "body": part, "more_body": more})

    async def ask(
        self, *headers: tuple[bytes, bytes], method: str = "GET", path: str = "/people/a", query: bytes = b""
    ) -> bytes:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
        await self.memory(scope, receive, send)
        sent[0]["headers"].append((b"x-outer", b"a layer outside adds to the list"))
        assert len(sent[0]["headers"]) == len(self.headers) + 1
        return b"".join(each["body"] for each in sent[1:])


async def test_what_is_for_all_is_made_once() -> None:
    made = Made()
    assert [await made.ask(), await made.ask(), await made.ask()] == [b"made"] * 3
    assert made.count == 1


async def test_after_a_commit_and_after_a_minute_it_is_made_anew() -> None:
    made = Made()
    await made.ask()
    made.stamp = 2
    await made.ask()
    assert made.count == 2
    made.clock.advance(seconds=FRESH_MS / 1000)
    await made.ask()
    assert made.count == 3


async def test_where_the_database_does_not_say_nothing_is_kept() -> None:
    made = Made()
    made.stamp = None
    assert [await made.ask(), await made.ask()] == [b"made"] * 2
    assert made.count == 2


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/people/b"},
        {"query": b"page=2"},
        {"headers": [(b"accept", b"text/html")]},
        {"headers": [(b"host", b"other.example")]},
    ],
)
async def test_another_question_has_another_answer(other: dict[str, object]) -> None:
    made = Made()
    await made.ask()
    headers = other.pop("headers", [])
    await made.ask(*headers, **other)  # type: ignore[misc, arg-type]
    assert made.count == 2


def _own() -> Iterator[tuple[bytes, bytes]]:
    yield (b"if-none-match", b'"x"')
    yield (b"range", b"bytes=0-1")
    yield (b"content-length", b"5")
    yield (b"transfer-encoding", b"chunked")
    yield (b"accept", b"a" * LONGEST_KEY)


@pytest.mark.parametrize("header", list(_own()), ids=lambda header: header[0].decode())
async def test_what_may_be_answered_otherwise_is_always_asked(header: tuple[bytes, bytes]) -> None:
    made = Made()
    await made.ask(header)
    await made.ask(header)
    assert made.count == 2


async def test_only_a_get_is_remembered() -> None:
    made = Made()
    for _ in range(2):
        await made.ask(method="POST")
        await made.ask(method="HEAD")
    assert made.count == 4


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"cache-control", b"private, no-store")],
        [(b"cache-control", b"public"), (b"vary", b"Accept, Cookie")],
        [*PUBLIC, (b"set-cookie", b"a=b")],
    ],
)
async def test_what_is_not_for_all_is_not_kept(headers: list[tuple[bytes, bytes]]) -> None:
    made = Made()
    made.headers = headers
    await made.ask()
    await made.ask()
    assert made.count == 2


async def test_errors_large_answers_and_streams_are_not_kept() -> None:
    for status, body in ((404, [b"no"]), (200, [b"x" * (LARGEST + 1)]), (200, [b"a", b"b"])):
        made = Made()
        made.status, made.body = status, body
        assert [await made.ask(), await made.ask()] == [b"".join(body)] * 2
        assert made.count == 2


# With a town


async def test_a_change_of_ours_is_seen_at_once(town: Town, client: httpx.AsyncClient) -> None:
    hana = await town.person("hana")
    for name in ("はな", "花"):
        change = sa.update(actors).where(actors.c.id == hana.id).values(name=name, updated_at=len(name))
        await town.write(lambda tx, change=change: tx.execute(change))
        for _ in range(2):
            assert (await client.get("/people/hana", headers=JSON)).json()["name"] == name


async def test_a_change_by_another_process_is_seen_at_once(town: Town, client: httpx.AsyncClient) -> None:
    database = town.node.database
    if database.stamp() is None:
        return
    await town.person("hana")
    assert (await client.get("/people/hana", headers=JSON)).status_code == 200
    with sqlite3.connect(town.node.settings.database_url.partition("///")[2]) as other:
        other.execute("UPDATE actors SET gone_at = 1 WHERE username = 'hana'")
    other.close()
    assert (await client.get("/people/hana", headers=JSON)).status_code == 410


async def test_a_stamp_changes_with_each_commit_and_with_nothing_else(database: Database) -> None:
    stamp = database.stamp()
    await database.read(lambda tx: tx.execute(sa.text("SELECT 1")).scalar())
    assert database.stamp() == stamp
    if stamp is not None:
        await database.write(lambda tx: tx.execute(sa.text("CREATE TABLE other (a INTEGER)")))
        assert database.stamp() != stamp
