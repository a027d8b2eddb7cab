"""What is not the whole file that a node has written is refused in words, and nothing of it stays."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.tables import actor_keys, actors, metadata
from areas import compose
from areas.records import Draft
from areas.tables import posts
from federation.errors import LocalFault, Refused
from tests.testrig.pictures import jpeg
from tests.testrig.world import Town, World, open_world
from web.backups.archive import DIGEST, MANIFEST, Writer
from web.backups.making import back_up
from web.carrying.reading import FIRST, Reader
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
HOST = "megumino.example"
Members = dict[str, bytes]


class Scene:
    """A file as `old` has written it, and `new`, which is to take it or not."""

    def __init__(self, world: World, old: Town, new: Town, file: Path) -> None:
        self.world, self.old, self.new, self.file = world, old, new, file

    async def change(self, change: Callable[[Members], object]) -> Path:
        """Another file, sealed as the right one, with other members."""
        reader = Reader(self.file)
        members = {
            name: b"".join(reader.pieces(name)) for name in reader.names if name not in {MANIFEST, DIGEST}
        }
        change(members)
        path = self.file.with_name("changed.area")
        with Writer(path) as archive:
            for name, data in members.items():
                archive.add(name, data)
        return path

    async def refuse(self, path: Path, words: str) -> None:
        """The new node says why, and is as it was."""
        before = await self.new.read(count)
        with pytest.raises(Refused, match=words):
            await run_command(self.new.node, "import-area", {"file": str(path)})
        assert await self.new.read(count) == before
        assert self.pictures() == []

    def pictures(self) -> list[str]:
        media = Path(self.new.node.settings.media_url.removeprefix("file:"))
        return sorted(each.name for each in media.glob("??/*"))


def count(tx: sa.Connection) -> dict[str, int]:
    return {
        name: int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for name, table in metadata.tables.items()
    }


@pytest.fixture
async def scene(tmp_path: Path, new_database: NewDatabase) -> Any:
    async with open_world(tmp_path) as world:
        old = await world.town("eniwa.example", new_database())
        new = await world.town("chitose.example", new_database())
        words = {"name": "megumino", "title": "恵み野", "code": "012319", "host": HOST}
        await run_command(old.node, "area create", words)
        await run_command(
            old.node,
            "actor create",
            {
                "name": "hana",
                "kind": "resident",
                "title": "花",
                "area": "megumino",
                "email": "hana@example.jp",
            },
        )
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(jpeg())
        said = {
            "author": f"hana@{HOST}",
            "text": "夕やけ",
            "area": "megumino",
            "photo": [str(photo)],
            "alt": ["空"],
        }
        await run_command(old.node, "post", said)
        taro = await old.person("taro")
        for draft in (Draft(taro.id, "ひとりごと"), Draft(taro.id, "ないしょ", visibility="private")):
            await old.write(compose.publish, draft, old.clock())
        is_hers = posts.c.iri.startswith(f"https://{HOST}/")
        root = await old.read(lambda tx: tx.execute(sa.select(posts.c.iri).where(is_hers)).scalar_one())
        reply, _ = await old.post(taro, "きれいですね", reply_to=root)
        aside = Draft(taro.id, "こっそり", in_reply_to=reply.iri, visibility="private")
        await old.write(compose.publish, aside, old.clock())
        await old.node.worker.drain()
        file = tmp_path / "megumino.area"
        await run_command(old.node, "export-area", {"name": "megumino", "file": str(file)})
        yield Scene(world, old, new, file)


def describe(**more: object) -> Callable[[Members], object]:
    """Another first member."""
    return lambda members: members.update(
        {FIRST: json.dumps({**json.loads(members[FIRST]), **more}).encode()}
    )


def rewrite(table: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Members], object]:
    """Another table, each row changed in place."""

    def edit(members: Members) -> None:
        rows = [json.loads(line) for line in members[f"tables/{table}"].splitlines()]
        for row in rows:
            change(row)
        members[f"tables/{table}"] = "".join(json.dumps(row) + "\n" for row in rows).encode()

    return edit


async def test_what_is_no_whole_file(scene: Scene, tmp_path: Path) -> None:
    data = scene.file.read_bytes()
    flipped = bytearray(data)
    place = data.index("夕やけ".encode())
    flipped[place] ^= 1
    wrong = {
        "cut.area": data[: len(data) // 2],
        "flipped.area": bytes(flipped),
        "text.area": b"hello\n" * 400,
    }
    for name, found in wrong.items():
        (tmp_path / name).write_bytes(found)
        await scene.refuse(tmp_path / name, "is damaged, or no exported area")
    await scene.refuse(tmp_path / "nowhere.area", "No such file")
    await back_up(scene.old.node.settings, tmp_path / "whole.backup")
    await scene.refuse(tmp_path / "whole.backup", "does not begin with area.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (describe(format=3), "its format is 3, and 2 is the newest known here"),
        (describe(schema="9999"), "with schema 9999; this node has"),
        (describe(counts={}), "says that it has None"),
        (describe(origin="ftp://megumino.example"), "is not an origin"),
        (describe(origin="http://megumino.localhost"), "not reached by the same scheme"),
        (describe(host="chitose.example"), "is served here already"),
        (describe(origin="https://chitose.example"), "of chitose.example"),
        (
            describe(origin="https://elsewhere.example", host="elsewhere.example"),
            "is not of elsewhere.example",
        ),
        (lambda members: members.pop("tables/posts"), "has no table posts"),
        (rewrite("actors", lambda row: row.update(iri=row["iri"].replace(HOST, "mas.example"))), "is not of"),
        (rewrite("actors", lambda row: row.update(host="mas.example")), "is not of"),
        (rewrite("actors", lambda row: row.update(travels=False)), "does not come along"),
        (rewrite("actors", lambda row: row.update(kind="resident")), "nobody in the file signs"),
        (rewrite("actor_keys", lambda row: row.update(key_id="https://mas.example/a#main-key")), "is not of"),
        (rewrite("outbox_log", lambda row: row.update(iri="https://mas.example/a")), "is not of"),
        (rewrite("posts", lambda row: row.update(iri=row["iri"].replace(HOST, "mas.example"))), "is not of"),
        (rewrite("areas", lambda row: row.update(actor_id=1)), "has no area of"),
        (rewrite("areas", lambda row: row.update(policy="anything")), "was not written by a node"),
        (rewrite("areas", lambda row: row.update(colour="red")), "was not written by a node"),
        (rewrite("posts", lambda row: row.pop("content") and row.pop("type")), "was not written by a node"),
    ],
)
async def test_what_no_node_writes(scene: Scene, change: Callable[[Members], object], words: str) -> None:
    await scene.refuse(await scene.change(change), words)


async def test_the_right_one_is_taken_after_all_that(scene: Scene) -> None:
    await scene.refuse(await scene.change(describe(schema="9999")), "schema 9999")
    report = await run_command(scene.new.node, "import-area", {"file": str(scene.file)})
    assert isinstance(report.data, dict)
    assert report.data["pictures"] == len(scene.pictures()) == 2


async def test_what_was_written_to_nobody_who_goes_stays(scene: Scene) -> None:
    told = sorted(row["content"] for row in Reader(scene.file).rows("posts"))
    assert ["きれい" in told[0], "夕やけ" in told[1]] == [True, True]
    assert len(told) == 2
    names = [row["username"] for row in Reader(scene.file).rows("actors")]
    assert sorted(names) == ["hana", "megumino", HOST, "megumino_desk", "taro"]


async def test_private_keys_are_sealed_again(scene: Scene) -> None:
    await run_command(scene.new.node, "import-area", {"file": str(scene.file)})

    def look(tx: sa.Connection) -> int:
        query = sa.select(actor_keys).join(actors).where(actors.c.host == HOST)
        rows = tx.execute(query).all()
        opened = {scene.new.node.vault.open(row.private, row.key_id) for row in rows}
        for row in rows:
            with pytest.raises(LocalFault):
                scene.old.node.vault.open(row.private, row.key_id)
        return len(opened)

    assert await scene.new.read(look) == 8


async def test_no_private_key_stays_behind(scene: Scene) -> None:
    await run_command(scene.old.node, "area leave", {"name": "megumino"})

    def look(tx: sa.Connection) -> list[object]:
        query = sa.select(actor_keys.c.private).join(actors).where(actors.c.host == HOST)
        return list(tx.execute(query).scalars())

    assert await scene.old.read(look) == [None] * 8
