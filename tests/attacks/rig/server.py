"""Our own server as an operator starts it: `kairanban init`, `area create`, `serve`."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.errors import Refused
from tests.attacks.rig.adapters import Process, find_tracebacks
from tests.testrig.programs import Program, run, start
from web.cli import control

KAIRANBAN = Path(sys.executable).with_name("kairanban")
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
AREA = "machi"
AUTHOR = "hanako"
_installed: dict[str, tempfile.TemporaryDirectory[str]] = {}
"""Folders of nodes on SQLite that nobody has used, by host."""


@dataclass(frozen=True)
class OwnServer:
    """The default adapter: commands go through the server's own control socket."""

    area: str
    folder: Path
    program: Program
    clock: Path | None
    """A file that says by how much its clock is ahead, where libfaketime is installed (tests/setup.sh does it)."""
    boosts: bool = True

    async def command(self, command: str, /, **arguments: object) -> Any:
        """Let it do a command, and return what `--json` prints."""
        report = await control.ask(self.folder / "var", command, arguments)
        assert report is not None, "the server does not run"
        return report.data

    async def timeline(self) -> list[str]:
        """`kairanban area timeline`."""
        return [each["iri"] for each in await self.command("area timeline", name=AREA)]

    async def post(self, text: str) -> str:
        """`kairanban post`."""
        posted = await self.command("post", author=AUTHOR, text=text, area=AREA)
        return str(posted["iri"])

    async def token(self, name: str, scopes: str) -> str:
        """`kairanban token create`."""
        with suppress(Refused):  # there is one already
            await self.command("actor create", name=name, kind="resident", title=name)
        return str((await self.command("token create", name=name, scopes=scopes))["token"])

    async def complaints(self) -> list[str]:
        """Tracebacks, and events that are errors."""
        errors = [str(each) for each in self.program.events if each.get("level") in {"error", "critical"}]
        return errors + find_tracebacks(self.program.lines)

    def move_clock(self, ahead: float) -> bool:
        """Within a second."""
        if self.clock is not None:
            self.clock.write_text(f"+{ahead}\n", encoding="utf-8")
        return self.clock is not None

    def processor(self) -> float | None:
        """Of the one process."""
        return Process(self.program.process.pid).processor()

    def memory(self) -> int | None:
        """Of the one process."""
        return Process(self.program.process.pid).memory()

    def peak(self, *, reset: bool = False) -> int | None:
        """Of the one process."""
        return Process(self.program.process.pid).peak(reset=reset)


@asynccontextmanager
async def serve(
    host: str, listen: str, folder: Path, settings: Mapping[str, str], database_url: str | None
) -> AsyncIterator[OwnServer]:
    """Run a new node at `https://{host}` until the block ends. It must end well when it is told to."""
    # Bytecode is kept: else each of the three programs compiles a thousand modules.
    left_out = ("KAIRANBAN_", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    environment = {**kept, **settings, "KAIRANBAN_LOG_FORMAT": "json"}
    await _install(host, folder, environment, database_url)
    command = [str(KAIRANBAN), "serve", "--listen", listen]
    clock = folder / "clock" if FAKETIME is not None else None
    environment |= {} if clock is None else _let_clock_move(clock)
    async with start("server", command, folder=folder, environment=environment) as program:
        await program.expect(event="listening")
        server = OwnServer(f"https://{host}/areas/{AREA}", folder, program, clock)
        await server.command("area limit", name=AREA, author_hourly=0, author_daily=0, boosts_hourly=0)
        await server.command("actor create", name=AUTHOR, kind="resident", title="花子")
        yield server


async def _install(host: str, folder: Path, environment: Mapping[str, str], database_url: str | None) -> None:
    """Make a node with an area. What was made before for this host is copied: each program takes seconds to start."""
    if host in _installed and not database_url:
        shutil.copytree(_installed[host].name, folder)
        return
    folder.mkdir()
    more = ["--database-url", database_url] if database_url else []
    await run([str(KAIRANBAN), "init", "--domain", host, *more], folder=folder, environment=environment)
    create = [str(KAIRANBAN), "area", "create", AREA, "--title", "まち", "--code", "012319"]
    await run(create, folder=folder, environment=environment)
    if not database_url:
        _installed[host] = tempfile.TemporaryDirectory()
        shutil.copytree(folder, _installed[host].name, dirs_exist_ok=True)


def _let_clock_move(file: Path) -> dict[str, str]:
    """What libfaketime needs: the time of day follows a file, timers do not.

    Its fix for old systems makes threads that wait with a time limit spin, and costs 30 times the server's work.
    """
    file.write_text("+0\n", encoding="utf-8")
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
