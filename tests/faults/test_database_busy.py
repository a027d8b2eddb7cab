"""A database that is locked or full says "later", loses nothing, and heals when there is room again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from areas.tables import boosts, placements, posts
from tests.faults.places import Disk, can_mount, small_database
from tests.faults.rig import LATER, LONGEST, Village, check_integrity, open_village
from tests.testrig.databases import Cluster, SqliteTemplates
from tests.testrig.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(LONGEST)]

BUSY_MILLISECONDS = 300
"""In place of 5 s: how long these tests wait for locks."""
LETTERS = 3000
FULL = (303, 503)
"""How a form may be answered: a few words still fit into a page that is there."""
UNLOCKED = (posts, placements, boosts)
"""What can be read while `locked` holds its locks."""


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("database", "postgres"):
        monkeypatch.setattr(f"web.{module}.BUSY_MILLISECONDS", BUSY_MILLISECONDS)


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[None]:
    """Another program keeps the database from writing, as a careless backup does."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        other = sqlite3.connect(parsed.database or "", isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the node's own write ends on this loop
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    connection = await asyncpg.connect(
        host=str(parsed.query["host"]), user="postgres", database=parsed.database
    )
    async with connection.transaction():
        await connection.execute("LOCK TABLE seen, reports, cursors IN ACCESS EXCLUSIVE MODE")
        yield
    await connection.close()


async def check_refused(
    village: Village, numbers: range, padding: int = 0, forms: tuple[int, ...] = (503,)
) -> None:
    """Nothing is promised, and what only reads goes on."""
    before = await village.count_rows(UNLOCKED)
    answers = await asyncio.gather(*(village.repeat(number, padding) for number in numbers))
    for answer in answers:
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (LATER, True)
    form = await village.send_form()
    assert form.status_code in forms
    assert form.status_code == 303 or int(form.headers["retry-after"]) > 0
    assert (await village.get("/areas/chitose")).status_code == 200
    assert await village.count_rows(UNLOCKED) == before


async def check_healed(village: Village, numbers: range, padding: int = 0) -> None:
    """What was refused comes again and has its effect; who works by himself has not given up."""
    for number in numbers:
        assert (await village.repeat(number, padding)).status_code == 202
    assert (await village.send_form()).status_code == 303
    await village.until_delivered(range(1, numbers.stop))


async def test_locked_for_longer_than_anybody_waits(world: World, new_database: Callable[[], str]) -> None:
    url = new_database()
    async with open_village(world, url) as village:
        assert (await village.repeat(1)).status_code == 202
        async with locked(url):
            await check_refused(village, range(2, 30))
        await check_healed(village, range(2, 30))
        rows = await village.count_rows()
    assert rows == {"posts": 29, "placements": 29, "boosts": 29, "seen": 30}


@asynccontextmanager
async def small_sqlite(village: Village) -> AsyncIterator[None]:
    """As if the disk ended a little behind the last page; SQLite says `SQLITE_FULL`, as on a disk that is."""

    def limit(tx: sa.Connection, extra: int) -> None:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages + extra}")

    await village.node.database.write(limit, 8)
    yield
    await village.node.database.write(limit, 100_000)


async def test_a_full_sqlite(world: World, tmp_path: Path, sqlite_templates: SqliteTemplates) -> None:
    url = sqlite_templates.new(tmp_path)
    async with open_village(world, url) as village:
        async with small_sqlite(village):
            while (await village.offer(LETTERS)).status_code == 202:
                pass
            first = village.count
            await check_refused(village, range(first, first + 20), LETTERS, FULL)
        await check_healed(village, range(first, first + 20), LETTERS)
        rows = await village.count_rows()
    assert rows["posts"] == rows["boosts"] == first + 19
    check_integrity(url)


@pytest.fixture
def small_disk(cluster: Cluster) -> Iterator[tuple[Disk, str]]:
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with small_database(cluster) as made:
        yield made


async def test_a_full_postgresql(world: World, small_disk: tuple[Disk, str]) -> None:
    """A full disk also keeps it from taking new connections, with an error of its own."""
    disk, url = small_disk
    async with open_village(world, url) as village:
        ballast = disk.fill(leave=256 * 1024)
        while (await village.offer(LETTERS)).status_code == 202:
            pass
        first = village.count
        await check_refused(village, range(first, first + 5), LETTERS, FULL)
        ballast.unlink()
        await check_healed(village, range(first, first + 5), LETTERS)
        rows = await village.count_rows()
    assert rows["posts"] == rows["boosts"] == first + 4
