"""Whoever waits for a long command sees how far it is, also while the server has no time for anything else."""

import asyncio
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from federation.errors import Refused
from tests.testrig.pictures import jpeg
from tests.testrig.world import open_world
from web.cli import control, run_command
from web.cli.reports import Report
from web.progress import OFTEN, Step, Tell, Terminal, count

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
HOST = "megumino.example"


class Screen(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    terminal(Step("reading posts", 1500))
    terminal(Step("pictures", 2, 3))
    terminal.end()
    assert screen.getvalue().split("\r\x1b[K") == ["", "reading posts: 1,500", "pictures: 2 of 3", ""]


def test_where_nobody_looks_on_nothing_is_said() -> None:
    file = StringIO()
    terminal = Terminal(file)
    terminal(Step("reading posts", 3))
    terminal.end()
    assert file.getvalue() == ""


def test_what_is_counted_is_the_same() -> None:
    told: list[Step] = []
    things = range(2 * OFTEN + 1)
    assert list(count(things, "posts", len(things), told.append)) == list(things)
    assert [each.done for each in told] == [0, OFTEN, 2 * OFTEN, 2 * OFTEN + 1]


async def test_steps_come_before_the_answer_though_the_server_does_nothing_else(tmp_path: Path) -> None:
    """Told by the loop's own thread, which goes on without a pause, and by another one."""
    told: list[str] = []

    async def run(_name: str, _arguments: dict[str, Any], tell: Tell) -> Report:
        tell(Step("checking"))
        await asyncio.to_thread(tell, Step("posts", 1, 2))
        return Report(("done",), {"told": len(told)})

    async with control.listen(tmp_path, run):
        report = await control.ask(tmp_path, "any", {}, lambda step: told.append(str(step)))
    assert report is not None
    assert (told, report.lines) == (["checking", "posts: 1 of 2"], ("done",))


async def test_who_goes_away_meanwhile_stops_nothing(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def run(_name: str, _arguments: dict[str, Any], tell: Tell) -> Report:
        writer.close()
        await writer.wait_closed()
        for _ in range(3):
            tell(Step("checking"))
        done.set()
        return Report()

    async with control.listen(tmp_path, run), asyncio.timeout(10):
        _, writer = await asyncio.open_unix_connection(str(tmp_path / control.SOCKET))
        writer.write(b'{"command": "any", "arguments": {}}\n')
        await done.wait()


async def test_a_fault_comes_after_the_steps(tmp_path: Path) -> None:
    async def run(_name: str, _arguments: dict[str, Any], tell: Tell) -> Report:
        tell(Step("checking"))
        raise Refused("the file is damaged")

    async with control.listen(tmp_path, run):
        with pytest.raises(Refused, match="the file is damaged"):
            await control.ask(tmp_path, "any", {})


async def test_an_area_that_moves_tells_of_its_tables_and_pictures(
    tmp_path: Path, new_database: NewDatabase
) -> None:
    async with open_world(tmp_path) as world:
        old = await world.town("eniwa.example", new_database())
        new = await world.town("chitose.example", new_database())
        area = {"name": "megumino", "title": "恵み野", "code": "012319", "host": HOST}
        hana = {"name": "hana", "kind": "resident", "title": "花", "area": "megumino"}
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(jpeg())
        said = {
            "author": f"hana@{HOST}",
            "text": "夕やけ",
            "area": "megumino",
            "photo": [str(photo)],
            "alt": ["空"],
        }
        for command, words in (("area create", area), ("actor create", hana), ("post", said)):
            await run_command(old.node, command, words)
        await old.node.worker.drain()
        file, told = str(tmp_path / "megumino.area"), list[str]()

        def tell(step: Step) -> None:
            told.append(str(step))

        await run_command(old.node, "export-area", {"name": "megumino", "file": file}, tell)
        assert {"reading posts: 1", "pictures: 0 of 2", "pictures: 2 of 2"} <= set(told)
        told.clear()
        await run_command(new.node, "import-area", {"file": file}, tell)
        assert told[0] == "checking megumino.area"
        assert {"checking posts: 1 of 1", "pictures: 2 of 2", "storing posts: 1 of 1"} <= set(told)
