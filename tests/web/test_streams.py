"""Streams hear changes in order; one that is slow or broken ends alone, and everybody where something was missed."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import sqlalchemy as sa

from actors.changes import Change, note
from federation.errors import Overloaded
from tests.testrig.network import Clock
from web import streams as module
from web.changes import LOST
from web.database import Database
from web.logs import open_log
from web.streams import Message, Revoked, Stream, Streams, Told

pytestmark = pytest.mark.anyio
SECONDS = 20


class Reader:
    """An app that is shown the id of each change; `faults` are raised for some."""

    def __init__(self, actor_id: int = 1, household: str = "x") -> None:
        self.faults: dict[int, Exception] = {}
        self.stream = Stream(0, actor_id, household, lambda change: change.kind == "filters", self.present)

    async def present(self, told: Told) -> Sequence[Message]:
        if told.change.id in self.faults:
            raise self.faults[told.change.id]
        return [Message(("user",), "update", str(told.change.id))]

    async def take(self) -> str | None:
        message = await self.stream.take(SECONDS)
        return None if message is None else message.payload

    async def end(self) -> str:
        async with asyncio.timeout(SECONDS):
            return await self.stream.wait_for_end()


@pytest.fixture
async def streams(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Streams]:
    monkeypatch.setattr(module, "CHECK_SECONDS", 3_600.0)  # the tokens of these readers do not exist
    opened = Streams(database, Clock(), open_log("json"))
    yield opened
    await opened.close()


def say(tx: sa.Connection, *ids: int) -> None:
    for each in ids:
        note(tx, Change("filters", each))


async def test_all_hear_everything_in_order(database: Database, streams: Streams) -> None:
    readers = [Reader(number) for number in range(6)]
    for reader in readers:
        await streams.open(reader.stream)
    await asyncio.gather(database.write(say, 1, 2), database.write(say, 3))
    await database.write(say, 4)
    for reader in readers:
        heard = [await reader.take() for _ in range(4)]
        assert sorted(str(each) for each in heard[:3]) == ["1", "2", "3"]
        assert heard[3] == "4"


async def test_who_is_behind_ends_alone(
    database: Database, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_QUEUED", 3)
    slow, quick = Reader(1), Reader(2)
    for reader in (slow, quick):
        await streams.open(reader.stream)
    for number in range(4):
        await database.write(say, number)
        assert await quick.take() == str(number)
    assert await slow.end() == "slow"
    assert await slow.take() is None
    await database.write(say, 9)
    assert await quick.take() == "9"


async def test_a_revoked_one_ends_alone_and_a_fault_ends_all(database: Database, streams: Streams) -> None:
    first, second = Reader(1), Reader(2)
    first.faults = {1: Revoked()}
    second.faults = {2: Overloaded("busy"), 3: RuntimeError("a bug")}
    for reader in (first, second):
        await streams.open(reader.stream)
    await database.write(say, 1)
    assert await first.end() == "revoked"
    assert await second.take() == "1"
    await database.write(say, 2)
    assert await second.end() == "lost"
    again = Reader(2)
    again.faults = second.faults
    await streams.open(again.stream)
    await database.write(say, 3)
    assert await again.end() == "lost"
    whole = Reader(3)
    await streams.open(whole.stream)
    await database.write(say, 4)
    assert await whole.take() == "4"


async def test_what_was_missed_or_is_too_much_ends_all(
    database: Database, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    for changes in ((LOST,), tuple(Change("filters", number) for number in range(4))):
        reader = Reader()
        await streams.open(reader.stream)
        database.changes.tell(changes)
        assert await reader.end() == "lost"
    assert len(streams) == 0


async def test_who_has_left_hears_nothing_and_makes_room(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_ACTOR", 1)
    reader = Reader()
    await streams.open(reader.stream)
    with pytest.raises(Overloaded):
        await streams.open(Reader().stream)
    streams.leave(reader.stream)
    reader.stream.put([Message(("user",), "update", "1")])
    assert await reader.take() is None
    await streams.open(Reader().stream)


async def test_nothing_opens_after_the_end(streams: Streams) -> None:
    reader = Reader()
    await streams.open(reader.stream)
    await streams.close()
    assert await reader.end() == "stopping"
    with pytest.raises(Overloaded):
        await streams.open(Reader().stream)
