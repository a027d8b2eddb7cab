"""A backup is put back whole or not at all, and never over anything that is there."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from areas.search import index
from federation.errors import Refused
from outbox.epochs import find_history
from tests.testrig.databases import Cluster
from tests.testrig.world import Town, open_world
from web.backups.archive import DESCRIPTION, SECRET, Reader, Writer, encode
from web.backups.making import back_up
from web.backups.restoring import put_back
from web.backups.tables import sort
from web.database import open_database
from web.node import open_node
from web.settings import Settings, load_settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(tmp_path: Path, database_url: str) -> Town:
    """A node that has stopped."""
    async with open_world(tmp_path / "old") as world:
        town = await world.town("chitose.example", database_url)
        area = await town.area("chitose")
        await town.post(await town.person("hana"), "今日は雪です。足もとに気をつけてください。", area)
        return town


@pytest.fixture
def other_database(request: pytest.FixtureRequest, database_url: str) -> str | None:
    """An empty one to restore into; SQLite needs none."""
    if database_url.startswith("sqlite"):
        return None
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_empty()


@pytest.fixture
async def backup(town: Town, tmp_path: Path) -> Path:
    path = tmp_path / "kairanban.backup"
    media = Path(town.node.settings.media_url.removeprefix("file:"))
    name = "0a" * 16
    for folder, file in (("0a", name), ("0a", f"{name}.part"), ("ff", name), ("0a", "readme.txt")):
        (media / folder).mkdir(parents=True, exist_ok=True)
        (media / folder / file).write_bytes(b"a picture")
    await back_up(town.node.settings, path)
    return path


def read_settings(folder: Path) -> Settings:
    return load_settings({}, directory=folder)


async def counts(url: str) -> dict[str, int]:
    """Rows by table; SQLite's index of words lets nobody count it, but its own tables do."""

    def count(tx: sa.Connection) -> dict[str, int]:
        hidden = {index.TABLE} if tx.dialect.name == "sqlite" else set()
        names = set(sa.inspect(tx).get_table_names()) - hidden
        return {name: tx.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}

    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(count)
    finally:
        await engine.dispose()


async def history(url: str) -> int:
    """By which peers notice that numbers are given anew."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(find_history)
    finally:
        await engine.dispose()


def is_empty(folder: Path) -> bool:
    return not folder.exists() or not list(folder.iterdir())


async def test_everything_is_there_again(
    town: Town, backup: Path, tmp_path: Path, other_database: str | None
) -> None:
    here = tmp_path / "here"
    await put_back(backup, here, other_database)
    settings = read_settings(here)
    assert await counts(settings.database_url) == await counts(town.node.settings.database_url)
    assert (here / "kairanban.toml").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (here / "var" / "media").glob("*/*")] == ["0a" * 16]
    assert await history(settings.database_url) != await history(town.node.settings.database_url)
    async with open_node(settings) as node:
        assert node.settings.domain == "chitose.example"
        town_again = Town(node, town.clock)
        await town_again.post(await town_again.person("ken"), "あたらしい番号がもらえます。")


async def test_what_is_there_stays(backup: Path, tmp_path: Path, other_database: str | None) -> None:
    for name in ("kairanban.toml", "secret.key", "authorities.pem", "var"):
        here = tmp_path / name.replace(".", "_")
        here.mkdir()
        (here / name).write_text("mine")
        with pytest.raises(Refused, match=f"{name} exists already"):
            await put_back(backup, here, other_database)
        assert [path.name for path in here.iterdir()] == [name]
        assert (here / name).read_text() == "mine"


async def test_a_damaged_backup_changes_nothing(
    backup: Path, tmp_path: Path, other_database: str | None
) -> None:
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 1
    backup.write_bytes(data)
    with pytest.raises(Refused, match="damaged"):
        await put_back(backup, tmp_path / "here", other_database)
    assert is_empty(tmp_path / "here")
    assert other_database is None or await counts(other_database) == {}


def rewrite(backup: Path, target: Path, changed: dict[str, bytes]) -> Path:
    """The same backup with other members."""
    found = Reader(backup)
    with Writer(target) as archive:
        for name in found.names:
            if not name.startswith("manifest."):
                archive.add(name, changed.get(name, found.read(name)))
    return target


async def test_a_newer_schema_is_refused(backup: Path, tmp_path: Path, other_database: str | None) -> None:
    newer = encode(replace(Reader(backup).description, schema="9999"))
    path = rewrite(backup, tmp_path / "newer.backup", {DESCRIPTION: newer})
    with pytest.raises(Refused, match="newer"):
        await put_back(path, tmp_path / "here", other_database)
    assert is_empty(tmp_path / "here")


async def test_a_secret_that_opens_nothing_is_refused(
    backup: Path, tmp_path: Path, other_database: str | None
) -> None:
    path = rewrite(backup, tmp_path / "other.backup", {SECRET: bytes(range(48))})
    with pytest.raises(Refused, match="does not open the keys"):
        await put_back(path, tmp_path / "here", other_database)
    assert is_empty(tmp_path / "here")
    assert other_database is None or await counts(other_database) == {}


async def test_what_an_interrupted_restore_left_is_cleared_away(
    backup: Path, tmp_path: Path, other_database: str | None
) -> None:
    left = tmp_path / "here" / ".restoring-abc" / "var"
    left.mkdir(parents=True)
    (left / "kairanban.db").write_bytes(b"half")
    await put_back(backup, tmp_path / "here", other_database)
    assert not left.exists()


async def test_a_database_with_tables_is_no_place(
    town: Town, backup: Path, tmp_path: Path, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        with pytest.raises(Refused, match="--database-url is for PostgreSQL"):
            await put_back(backup, tmp_path / "here", database_url)
        return
    before = await counts(database_url)
    for url in (database_url, None):  # the second is where the configuration says it was
        with pytest.raises(Refused, match="not empty"):
            await put_back(backup, tmp_path / "here", url)
    assert await counts(database_url) == before
    assert is_empty(tmp_path / "here")


async def test_a_backup_of_one_kind_is_not_put_into_the_other(
    backup: Path, tmp_path: Path, database_url: str
) -> None:
    other = (
        "postgresql+asyncpg://nowhere/x" if database_url.startswith("sqlite") else "sqlite+aiosqlite:///x.db"
    )
    with pytest.raises(Refused, match="the backup is of"):
        await put_back(backup, tmp_path / "here", other)


async def test_a_damaged_database_is_no_backup(town: Town, tmp_path: Path, database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        return
    path = Path(sa.make_url(database_url).database or "")
    data = bytearray(path.read_bytes())
    data[8192:12288] = bytes(4096)
    path.write_bytes(data)
    with pytest.raises(Refused, match="cannot be copied"):
        await back_up(town.node.settings, tmp_path / "a.backup")
    assert not (tmp_path / "a.backup").exists()


async def test_where_there_is_no_database_there_is_no_backup(tmp_path: Path, town: Town) -> None:
    settings = replace(town.node.settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/none.db")
    with pytest.raises(Refused, match="there is no database"):
        await back_up(settings, tmp_path / "a.backup")
    assert not (tmp_path / "none.db").exists()


async def test_leases_of_the_copied_moment_are_let_go(
    town: Town, tmp_path: Path, database_url: str, other_database: str | None
) -> None:
    """Where other processes could hold them: on SQLite every start lets go."""
    if other_database is None:
        return
    database = await open_database(database_url)
    await database.write(lambda tx: tx.execute(sa.text("UPDATE jobs SET leased_until = 9999999999999")))
    await database.write(
        lambda tx: tx.execute(sa.text("UPDATE cursors SET leased_by = 'x', leased_until = 9999999999999"))
    )
    await database.close()
    await back_up(town.node.settings, tmp_path / "a.backup")
    await put_back(tmp_path / "a.backup", tmp_path / "here", other_database)
    restored = await open_database(other_database)
    held = await restored.read(
        lambda tx: tx.execute(
            sa.text("SELECT count(*) FROM cursors WHERE leased_by IS NOT NULL")
        ).scalar_one()
    )
    working = await restored.read(
        lambda tx: tx.execute(sa.text("SELECT count(*) FROM jobs WHERE leased_until > 0")).scalar_one()
    )
    await restored.close()
    assert (held, working) == (0, 0)


def test_tables_come_after_what_they_refer_to() -> None:
    needs = {"a": {"b", "c"}, "b": {"c"}, "c": set[str](), "d": {"a"}}
    assert list(sort(needs)) == ["c", "b", "a", "d"]
    with pytest.raises(Refused, match="circle"):
        list(sort({"a": {"b"}, "b": {"a"}}))
