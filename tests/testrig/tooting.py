"""`toot`, a client for terminals, in a process of its own: a process for each command would start for a second each.

Run as a program it reads a command in each line (a list of words), and answers with how it ended and what it printed.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.testrig.consent import allow

TOOT = Path(sys.executable).with_name("toot")
LONGEST = 1 << 20
"""Bytes of an answer: a page of posts."""


@dataclass(frozen=True, slots=True)
class Toot:
    """A terminal of somebody who uses `toot`."""

    process: Process
    environment: dict[str, str]

    async def login(self, base: str, mail: str, password: str) -> str:
        """`toot login` as she does it: it prints an address, she gives it the code that she finds there."""
        command = (str(TOOT), "login", "--instance", base)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, env=self.environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        line = b""
        while not line.startswith(b"http"):
            line = await process.stdout.readline()
            assert line, "no address was printed"
        code = await asyncio.to_thread(allow, line.decode().strip(), mail, password)
        printed, _ = await process.communicate(f"n\n{code}\n".encode())
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    async def __call__(self, *words: str, by: str | None = None) -> str:
        """Run a command that succeeds, as who signed in last, or as `by`; what it prints."""
        status, printed = await self.run(*words, by=by)
        assert status == 0, (words, printed)
        return printed

    async def json(self, *words: str, by: str | None = None) -> Any:
        """The same with `--json`; what it prints is read."""
        return json.loads(await self(*words, "--json", by=by))

    async def run(self, *words: str, by: str | None = None) -> tuple[int, str]:
        """Run a command; how it ended and what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        command = [*(() if by is None else ("--as", by)), *words]
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        status, printed = json.loads(await self.process.stdout.readline())
        return status, printed


@asynccontextmanager
async def open_toot(folder: Path) -> AsyncIterator[Toot]:
    """A terminal that keeps what `toot` keeps in `folder`."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": str(Path.cwd())}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, env=environment, limit=LONGEST
    )
    try:
        yield Toot(process, environment)
    finally:
        process.terminate()  # the town's own processes may hold the other end of what it reads
        await process.wait()


def main() -> None:
    """Run the commands that come."""
    from toot.cli import cli  # type: ignore[import-untyped] # noqa: PLC0415 - reads the settings of this process's environment

    for line in sys.stdin:
        result = CliRunner().invoke(cli, json.loads(line))
        printed = result.output if result.exception is None else f"{result.output}{result.exception!r}"
        sys.stdout.write(json.dumps([result.exit_code, printed]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
