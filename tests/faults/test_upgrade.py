"""A database of an earlier version becomes one of this version, or stays what it was, whenever the process dies."""

import asyncio
import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from federation.errors import LocalFault, Overloaded, Refused
from tests.faults import seeding
from tests.faults.places import can_mount, mount
from tests.faults.rig import IS_LONG, LONGEST, check_integrity
from tests.testrig.databases import Cluster
from tests.testrig.processes import ServerProcess, Zygote, free_port
from tests.testrig.zygote import Changes
from web import migrations
from web.database import open_database

T = TypeVar("T")
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(LONGEST)]

DEATHS = 1000 if IS_LONG else 4
"""At how many of a migration's statements the process is killed, spread over all of them."""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """The URL of another database without any table, each time."""
    numbers = itertools.count()
    if request.param == "sqlite":
        return lambda: f"sqlite+aiosqlite:///{tmp_path / f'kairanban{next(numbers)}.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_empty


async def run(url: str, function: Callable[[sa.Connection], T]) -> T:
    """Run a function on a database, without any migration."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(function)
    finally:
        await engine.dispose()


async def plant(url: str, revision: str) -> dict[str, int]:
    """Make it one of an earlier version; returns what its town has, by table."""
    await run(url, lambda tx: seeding.plant(tx, revision))
    return await run(url, seeding.count)


async def open_and_close(url: str) -> None:
    database = await open_database(url)
    await database.close()


@pytest.mark.parametrize("revision", seeding.find_seeds())
async def test_what_an_earlier_version_left_is_all_there(
    new_database: Callable[[], str], revision: str
) -> None:
    url = new_database()
    before = await plant(url, revision)
    await open_and_close(url)
    check_whole(before, await run(url, seeding.count))
    assert await run(url, migrations.find_revision) == migrations.find_head()
    check_integrity(url)


def check_whole(before: dict[str, int], after: dict[str, int]) -> None:
    assert {name: after.get(name) for name in before} == before


@pytest.mark.processes
async def test_a_migration_that_is_killed_never_was(
    new_database: Callable[[], str], tmp_path: Path, zygote: Zygote
) -> None:
    """Killed at one statement after the other it changes nothing; then a start completes it."""
    first, url = seeding.find_seeds()[0], new_database()
    before = await plant(url, first)
    server = ServerProcess(zygote, tmp_path / "node", "chitose", free_port(), url)
    server.configure()
    for statement in spread(await count_statements(new_database()), DEATHS):
        server.dies_at = statement
        status, said = await server.run("migrate")
        assert status == -signal.SIGKILL, said
        assert await run(url, migrations.find_revision) == first
        assert await run(url, seeding.count) == before
        check_integrity(url)
    server.dies_at = None
    status, said = await server.run("migrate")
    assert status == 0, said
    assert await run(url, migrations.find_revision) == migrations.find_head()
    check_whole(before, await run(url, seeding.count))


async def count_statements(url: str) -> int:
    """How many statements of a migration from the first schema change something."""
    await plant(url, seeding.find_seeds()[0])
    changes = Changes()
    sa.event.listen(sa.Engine, "after_cursor_execute", changes)
    try:
        await open_and_close(url)
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", changes)
    return changes.count


def spread(count: int, most: int) -> list[int]:
    """Up to `most` numbers from 1 to `count`, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + (count - 1) * place // (most - 1) for place in range(most)})


async def test_a_migration_that_breaks_a_reference_is_undone(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that drops a table others refer to: with foreign keys on, SQLite would delete their rows too."""
    first, url = seeding.find_seeds()[0], new_database()
    before = await plant(url, first)
    upgrade = migrations.upgrade

    def break_it(tx: sa.Connection) -> None:
        upgrade(tx)
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql("CREATE TABLE made_anew AS SELECT * FROM origins WHERE 0")
            tx.exec_driver_sql("DROP TABLE origins")
            tx.exec_driver_sql("ALTER TABLE made_anew RENAME TO origins")
        else:
            tx.execute(sa.text("DELETE FROM origins"))

    monkeypatch.setattr("web.migrations.files.upgrade", break_it)
    monkeypatch.setattr("web.database.upgrade", break_it)
    with pytest.raises((LocalFault, sa.exc.DBAPIError)):
        await open_and_close(url)
    assert await run(url, migrations.find_revision) == first
    assert await run(url, seeding.count) == before


async def test_a_table_that_is_made_anew_keeps_what_refers_to_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite changes most of a table so; keys go with their actors, and so would go when the old table is dropped."""
    before = await plant(url_of(file), seeding.find_seeds()[0])
    upgrade = migrations.upgrade

    def make_anew(tx: sa.Connection) -> None:
        upgrade(tx)
        with Operations(MigrationContext.configure(tx)).batch_alter_table("actors", recreate="always"):
            pass

    monkeypatch.setattr("web.migrations.files.upgrade", make_anew)
    await open_and_close(url_of(file))
    check_whole(before, await run(url_of(file), seeding.count))


# The copy that SQLite's database gets first


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "kairanban.db"


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def copies(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir() if "schema" in path.name)


async def test_a_copy_of_the_file_is_kept_as_it_was(file: Path) -> None:
    first = seeding.find_seeds()[0]
    before = await plant(url_of(file), first)
    (file.parent / "kairanban.db.schema-0000").write_bytes(b"of an earlier upgrade")
    await open_and_close(url_of(file))
    assert copies(file) == [f"kairanban.db.schema-{first}"]
    kept = file.parent / f"kairanban.db.schema-{first}"
    assert kept.stat().st_mode & 0o777 == 0o600
    check_integrity(url_of(kept))
    assert await run(url_of(kept), migrations.find_revision) == first
    assert await run(url_of(kept), seeding.count) == before
    await open_and_close(url_of(file))
    assert copies(file) == [f"kairanban.db.schema-{first}"]


async def test_a_new_file_needs_no_copy(file: Path) -> None:
    await open_and_close(url_of(file))
    assert copies(file) == []


@pytest.mark.parametrize(
    ("share", "fault", "kept"),
    [(0.5, Refused, []), (1.4, Overloaded, ["kairanban.db.schema-0001"])],
    ids=["no room for the copy", "no room for more than the copy"],
)
async def test_a_disk_without_room_leaves_all_as_it_was(
    tmp_path: Path, share: float, fault: type[Exception], kept: list[str]
) -> None:
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with mount(tmp_path / "disk", 16 * 1024) as disk:
        file = disk.path / "kairanban.db"
        before = await plant(url_of(file), "0001")
        ballast = disk.fill(leave=int(file.stat().st_size * share))
        with pytest.raises(fault, match=r"free|full|I/O"):
            await open_and_close(url_of(file))
        assert copies(file) == kept
        assert await run(url_of(file), migrations.find_revision) == "0001"
        assert await run(url_of(file), seeding.count) == before
        ballast.unlink()
        await open_and_close(url_of(file))
        check_whole(before, await run(url_of(file), seeding.count))
        check_integrity(url_of(file))


async def test_two_processes_that_start_at_once_migrate_once(cluster: Cluster) -> None:
    url = cluster.new_empty()
    before = await plant(url, seeding.find_seeds()[0])
    await asyncio.gather(*(open_and_close(url) for _ in range(4)))
    check_whole(before, await run(url, seeding.count))


@pytest.mark.processes
async def test_a_newer_schema_is_refused_in_words(
    new_database: Callable[[], str], tmp_path: Path, zygote: Zygote
) -> None:
    url = new_database()
    await open_and_close(url)
    await run(url, lambda tx: tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    server = ServerProcess(zygote, tmp_path / "node", "chitose", free_port(), url)
    server.configure()
    for command in ("migrate", "serve"):
        status, said = await server.run(command)
        assert status == 1
        assert said.splitlines()[-1] == (
            "kairanban: the database has schema 9999, which is newer than this version of Kairanban knows"
        )
