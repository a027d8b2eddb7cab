"""The two ways into the database, on both kinds."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from actors.tables import origins
from federation.errors import Overloaded, Refused
from tests.testrig.databases import Cluster, SqliteTemplates
from web.database import Database, SqliteDatabase, open_database

pytestmark = pytest.mark.anyio


def insert(tx: sa.Connection, name: str) -> int:
    row = {"origin": f"https://{name}", "host": name, "is_primary": False, "created_at": 0}
    return int(tx.execute(sa.insert(origins).values(row).returning(origins.c.id)).scalar_one())


def names(tx: sa.Connection) -> list[str]:
    return list(tx.execute(sa.select(origins.c.host).order_by(origins.c.host)).scalars())


async def test_what_was_written_can_be_read(database: Database) -> None:
    await database.write(insert, "a.test")
    assert await database.read(names) == ["a.test"]


async def test_one_failing_function_undoes_itself_alone(database: Database) -> None:
    def insert_then_fail(tx: sa.Connection) -> None:
        insert(tx, "bad.test")
        raise Refused("no")

    results = await asyncio.gather(
        database.write(insert, "a.test"),
        database.write(insert_then_fail),
        database.write(insert, "b.test"),
        return_exceptions=True,
    )
    assert isinstance(results[1], Refused)
    assert await database.read(names) == ["a.test", "b.test"]


async def test_whatever_is_raised_the_next_write_is_answered(database: Database) -> None:
    """Not every exception is an `Exception`; the thread that writes must outlive them all."""

    class Unusual(BaseException):
        pass

    def fail(_tx: sa.Connection) -> None:
        raise Unusual

    with pytest.raises(Unusual):
        await asyncio.wait_for(database.write(fail), 10)
    assert (
        await asyncio.wait_for(database.write(lambda tx: tx.execute(sa.text("SELECT 1")).scalar()), 10) == 1
    )


async def test_a_failing_statement_undoes_its_function_alone(database: Database) -> None:
    def twice(tx: sa.Connection) -> None:
        insert(tx, "twice.test")
        insert(tx, "twice.test")

    results = await asyncio.gather(
        database.write(twice), database.write(insert, "a.test"), return_exceptions=True
    )
    assert isinstance(results[0], sa.exc.IntegrityError)
    assert await database.read(names) == ["a.test"]


async def test_many_writes_at_once_are_all_there(database: Database) -> None:
    await asyncio.gather(*(database.write(insert, f"n{number:03}.test") for number in range(300)))
    assert len(await database.read(names)) == 300


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises((sa.exc.DBAPIError, Overloaded)):
        await database.read(insert, "a.test")
    assert await database.read(names) == []


async def test_a_locked_sqlite_says_busy_and_recovers(
    sqlite_templates: SqliteTemplates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.database.BUSY_MILLISECONDS", 50)
    url = sqlite_templates.new(tmp_path)
    database = await open_database(url)
    assert isinstance(database, SqliteDatabase)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Overloaded):
        await database.write(insert, "a.test")
    other.execute("ROLLBACK")
    other.close()
    await database.write(insert, "b.test")
    assert await database.read(names) == ["b.test"]
    await database.close()


async def test_a_full_sqlite_says_busy_and_keeps_what_it_has(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    database = await open_database(sqlite_templates.new(tmp_path))
    await database.write(insert, "a.test")

    def limit(tx: sa.Connection, extra: int) -> None:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages + extra}")

    await database.write(limit, 0)

    async def fill() -> None:
        for number in range(2000):
            await database.write(insert, f"host{number}" + "x" * 500)

    with pytest.raises(Overloaded):
        await fill()
    await database.write(limit, 10_000)
    await database.write(insert, "b.test")
    assert "a.test" in await database.read(names)
    assert "b.test" in await database.read(names)
    await database.close()


async def test_a_transaction_that_the_disk_ends_loses_nobody_quietly(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    """SQLite may roll everything back by itself; whoever wrote before it did must not be told "done"."""
    database = await open_database(sqlite_templates.new(tmp_path))

    def end_it(tx: sa.Connection) -> None:
        driver = tx.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.rollback()
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    results = await asyncio.gather(
        database.write(insert, "a.test"),
        database.write(end_it),
        database.write(insert, "b.test"),
        return_exceptions=True,
    )
    assert isinstance(results[0], Overloaded)
    assert isinstance(results[1], Overloaded)
    assert results[2] == 1
    assert await database.read(names) == ["b.test"]
    await database.close()


async def test_a_commit_that_fails_fails_for_all_in_it_and_for_nobody_after(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    """As on a disk that is full at the last moment: the driver then keeps the transaction until it is undone."""
    database = await open_database(sqlite_templates.new(tmp_path))

    def refer_to_nothing(tx: sa.Connection) -> None:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        tx.execute(sa.text("INSERT INTO blocks VALUES (1, 2, 'x', 0)"))

    async with asyncio.timeout(10):
        results = await asyncio.gather(
            database.write(insert, "a.test"), database.write(refer_to_nothing), return_exceptions=True
        )
        assert [type(each) for each in results] == [Overloaded, Overloaded]
        await database.write(insert, "b.test")
    assert await database.read(names) == ["b.test"]
    await database.close()


async def test_a_bug_of_the_writer_leaves_nobody_waiting(
    sqlite_templates: SqliteTemplates, tmp_path: Path
) -> None:
    database = await open_database(sqlite_templates.new(tmp_path))
    assert isinstance(database, SqliteDatabase)
    database._writer.begin()  # which nobody ends
    async with asyncio.timeout(10):
        with pytest.raises(sa.exc.InvalidRequestError):
            await database.write(insert, "a.test")
        await database.write(insert, "b.test")
        database._writer.close()
        await database.write(insert, "c.test")
    assert await database.read(names) == ["b.test", "c.test"]
    await database.close()


async def test_a_long_queue_of_writes_leaves_the_loop_its_turns(
    sqlite_templates: SqliteTemplates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.database.TURN", 0.0)
    database = await open_database(sqlite_templates.new(tmp_path))
    order: list[str] = []

    def note(_tx: sa.Connection, number: int) -> None:
        order.append(f"write {number}")

    writes = [asyncio.ensure_future(database.write(note, number)) for number in range(20)]
    while not order:
        await asyncio.sleep(0)
    order.append("another task")
    await asyncio.gather(*writes)
    assert order.index("another task") < 20
    await database.close()


async def test_a_newer_schema_is_refused(sqlite_templates: SqliteTemplates, tmp_path: Path) -> None:
    url = sqlite_templates.new(tmp_path)
    database = await open_database(url)
    await database.write(lambda tx: tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    with pytest.raises(Refused, match="newer"):
        await open_database(url)


async def test_a_stopped_postgresql_says_busy_and_recovers() -> None:
    cluster = await asyncio.to_thread(Cluster)
    try:
        database = await open_database(cluster.new(Path()))
        await database.write(insert, "a.test")
        await asyncio.to_thread(cluster.stop, "fast")
        with pytest.raises(Overloaded):
            await database.write(insert, "b.test")
        with pytest.raises(Overloaded):
            await database.read(names)
        await asyncio.to_thread(cluster.start)
        await database.write(insert, "c.test")
        assert await database.read(names) == ["a.test", "c.test"]
        await database.close()
    finally:
        await asyncio.to_thread(cluster.remove)
