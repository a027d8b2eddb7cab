"""Databases as earlier versions left them: what a small town of that version had, row by row.

`python -m tests.faults.seeding` writes the file of the present schema; each release adds its own.
"""

import asyncio
import base64
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command

from tests.testrig.databases import SqliteTemplates
from tests.testrig.world import World, open_world
from web.migrations import config, find_head

FOLDER: Final = Path(__file__).parent / "seeds"

Rows = list[dict[str, Any]]


def find_seeds() -> list[str]:
    """The schemas of which there is a file, the first one first."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read_seed(revision: str) -> dict[str, Rows]:
    """Rows by table."""
    seed: dict[str, Rows] = json.loads((FOLDER / f"{revision}.json").read_text(encoding="utf-8"))
    return {table: [_read_row(row) for row in rows] for table, rows in seed.items()}


def _read_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for name, value in row.items()
    }


def plant(tx: sa.Connection, revision: str) -> None:
    """Make an empty database one of that schema, with what its town had."""
    configuration = config()
    configuration.attributes["connection"] = tx
    command.upgrade(configuration, revision)
    metadata = sa.MetaData()
    metadata.reflect(tx)
    seed = read_seed(revision)
    for table in metadata.sorted_tables:
        rows = seed.get(table.name)
        if rows:
            tx.execute(sa.delete(table))
            tx.execute(sa.insert(table), [_fit(table, row) for row in rows])


def _fit(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """SQLite gave truth values as numbers."""
    return {
        name: bool(value) if isinstance(table.c[name].type, sa.Boolean) and value is not None else value
        for name, value in row.items()
    }


def count(tx: sa.Connection) -> dict[str, int]:
    """Rows by table, without empty tables, and without an index of words, which cannot be counted."""
    metadata = sa.MetaData()
    metadata.reflect(tx, only=_list_plain(tx))
    found = {
        table.name: int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }
    return {name: number for name, number in found.items() if number}


def _list_plain(tx: sa.Connection) -> list[str]:
    names = sa.inspect(tx).get_table_names()
    if tx.dialect.name != "sqlite":
        return names
    plain = set(tx.execute(sa.text("SELECT name FROM pragma_table_list WHERE type = 'table'")).scalars())
    return [name for name in names if name in plain]


async def live(world: World, url: str) -> None:
    """Let a small town have its day."""
    town = await world.town("chitose.example", url)
    area = await town.area("chitose")
    hana = await town.person("hana")
    lemmy = world.peer("lemmy.example", software="lemmy")
    gts = world.peer("gts.example", software="gotosocial", shared_inbox=False)
    ken, goto = lemmy.actor("ken"), gts.actor("goto")
    inbox = f"{area.iri}/inbox"
    for peer, actor in ((lemmy, ken), (gts, goto)):
        await peer.send(peer.activity("Follow", actor, f"follow-{peer.host}", area.iri), inbox)
    post, _ = await town.post(hana, "今日は雪です。足もとに気をつけてください。", area)
    for number in range(3):
        note = gts.note(goto, f"n{number}", cc=[area.iri], content=f"<p>{number} 番目のお知らせです。</p>")
        await gts.send(gts.create(note), inbox)
    reply = lemmy.note(ken, "r1", cc=[area.iri], inReplyTo=post.iri, content="<p>ありがとうございます。</p>")
    await lemmy.send(lemmy.create(reply), inbox)
    await lemmy.send(lemmy.activity("Like", ken, "like", post.iri), inbox)
    await gts.send(gts.activity("Flag", goto, "flag", [post.iri], content="確かめてください。"), inbox)
    lemmy.answer = 503
    await town.post(hana, "届かないお知らせです。あとでもう一度送ります。", area)
    await world.settle()
    await gts.send(gts.activity("Delete", goto, "delete", f"{gts.origin}/notes/n0"), inbox)


async def dump(url: str) -> dict[str, Rows]:
    """Everything in a SQLite database but its schema's number."""

    def read(tx: sa.Connection) -> dict[str, Rows]:
        metadata = sa.MetaData()
        metadata.reflect(tx)
        return {
            table.name: [
                {name: _write_value(value) for name, value in row._mapping.items()}
                for row in tx.execute(sa.text(f'SELECT * FROM "{table.name}"'))
            ]
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }

    path = sa.make_url(url).database
    with sa.create_engine(f"sqlite:///{path}").connect() as tx:
        return {name: rows for name, rows in read(tx).items() if rows}


def _write_value(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


async def main() -> None:
    """Write the file of the present schema."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = (await asyncio.to_thread(SqliteTemplates, folder)).new(folder)
        async with open_world(folder) as world:
            await live(world, url)
        seed = await dump(url)
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(seed, ensure_ascii=False, indent=1)
    (FOLDER / f"{find_head()}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
