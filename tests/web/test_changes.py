"""What is committed is told to who listens: once, after the commit, in this process and in others; nothing else is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from actors.changes import Audience, Change, note
from tests.testrig.databases import Cluster
from web import changes as module
from web.changes import LOST, MOST_BYTES, SharedChanges, pack, unpack
from web.database import Database, PostgresDatabase, open_database

pytestmark = pytest.mark.anyio

SECONDS = 20


class Ear:
    """What one listener has heard."""

    def __init__(self) -> None:
        self.heard: list[Change] = []
        self._more = asyncio.Event()

    def __call__(self, changes: Sequence[Change]) -> None:
        self.heard.extend(changes)
        self._more.set()

    async def until(self, change: Change) -> list[Change]:
        """All that was heard up to `change`."""
        async with asyncio.timeout(SECONDS):
            while change not in self.heard:
                self._more.clear()
                await self._more.wait()
        return self.heard[: self.heard.index(change) + 1]


@pytest.fixture
async def ear(database: Database) -> AsyncIterator[Ear]:
    opened = Ear()
    await database.changes.listen(opened)
    yield opened
    database.changes.ignore(opened)


def say(tx: sa.Connection, *ids: int) -> int:
    for each in ids:
        note(tx, Change("written", each))
    return len(ids)


def fail(tx: sa.Connection, *ids: int) -> None:
    say(tx, *ids)
    raise ValueError("undone")


async def test_what_is_committed_is_told_once_and_in_order(database: Database, ear: Ear) -> None:
    assert await database.write(say, 1, 2, 1) == 3
    await database.write(say, 3)
    assert await ear.until(Change("written", 3)) == [Change("written", each) for each in (1, 2, 3)]


async def test_what_is_undone_or_only_read_is_never_told(database: Database, ear: Ear) -> None:
    failing = [database.write(fail, each) for each in (1, 2)]
    told = [database.write(say, each) for each in (3, 4)]
    found = await asyncio.gather(*failing, *told, return_exceptions=True)
    assert [type(each) for each in found] == [ValueError, ValueError, int, int]
    await database.read(say, 5)
    await database.write(say, 6)
    heard = await ear.until(Change("written", 6))
    assert {each.id for each in heard} == {3, 4, 6}


async def test_who_stops_listening_hears_no_more(database: Database, ear: Ear) -> None:
    other = Ear()
    await database.changes.listen(other)
    database.changes.ignore(ear)
    await database.write(say, 1)
    await other.until(Change("written", 1))
    assert ear.heard == []


AUDIENCES = st.builds(
    Audience,
    st.sampled_from(["public", "unlisted", "private", "direct"]),
    st.none() | st.integers(0, 2**62),
    st.lists(st.integers(0, 2**62), max_size=200).map(tuple),
)
CHANGES = st.builds(
    Change,
    st.sampled_from(["written", "removed", "notified"]),
    st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.none() | AUDIENCES,
)


@given(st.lists(CHANGES, max_size=60))
def test_messages_between_processes_carry_everything_and_are_never_too_long(changes: list[Change]) -> None:
    messages = list(pack(changes))
    assert all(len(each.encode()) <= MOST_BYTES for each in messages)
    assert [each for message in messages for each in unpack(message)] == changes


async def test_other_processes_of_a_postgresql_hear_it(cluster: Cluster) -> None:
    url = cluster.new(Path())
    here, there = await open_database(url), await open_database(url)
    first, second = Ear(), Ear()
    await here.changes.listen(first)
    await there.changes.listen(second)
    await here.write(say, 1)
    await second.until(Change("written", 1))
    await there.write(say, 2)
    both = [Change("written", 1), Change("written", 2)]
    assert await first.until(both[1]) == both
    assert await second.until(both[1]) == both
    await here.close()
    await there.close()


async def test_a_command_that_ends_at_once_has_told_what_it_did(cluster: Cluster) -> None:
    url = cluster.new(Path())
    server, command = await open_database(url), await open_database(url)
    ear = Ear()
    await server.changes.listen(ear)
    await command.write(say, 1)
    await command.close()
    await ear.until(Change("written", 1))
    await server.close()


async def test_who_may_have_missed_something_is_told_so_and_can_listen_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.05)
    url = cluster.new(Path())
    database = await open_database(url)
    ear = Ear()
    await database.changes.listen(ear)
    heard_last = "query LIKE 'LISTEN%' OR query = 'SELECT 1'"
    await asyncio.to_thread(
        cluster.execute, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {heard_last}"
    )
    await ear.until(LOST)
    database.changes.ignore(ear)
    await database.changes.listen(ear)
    await database.write(say, 1)
    await ear.until(Change("written", 1))
    await database.close()


async def test_too_much_for_the_database_is_told_as_lost(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    database = await open_database(cluster.new(Path()))
    assert isinstance(database, PostgresDatabase)
    assert isinstance(database.changes, SharedChanges)
    ear = Ear()
    await database.changes.listen(ear)
    database.changes.tell([Change("written", each) for each in range(11)])
    assert await ear.until(LOST) == [LOST]
    await database.close()
