"""Runs of tests in a copy of the tree: which test failed first, or why a run says nothing."""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutants.patches import Mutant

Outcome = Literal["noticed", "survived", "broken"]
"""`broken`: neither passed nor failed. A patch that no longer applies, a test that is not there, no end in time."""

SECONDS = 600.0
"""For one run, on a machine that has other things to do."""
TEST_SECONDS = 60
"""For one test: a mutant that takes a deadline away must not hang."""
SHOWN_LINES = 12

PRELOADED = (
    *("pytest", "_pytest.fixtures", "xdist", "pytest_timeout", "anyio", "hypothesis", "trustme", "httpx"),
    *("sqlalchemy", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql", "sqlalchemy.ext.asyncio"),
    *("alembic", "alembic.command", "aiosqlite", "asyncpg", "aiohttp", "starlette.applications", "uvicorn"),
    *("cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.serialization"),
    *("nh3", "http_sf", "idna", "orjson", "rfc8785", "yarl", "jinja2", "babel.messages.pofile", "structlog"),
    *("cyclopts", "uvloop", "certifi", "multipart"),
)
"""What the program and its tests stand on, imported once for all runs."""

_ZYGOTE = Path(__file__).with_name("zygote.py")
_ARGUMENTS = (
    *("-x", "-q", "-rfE", "--no-header", "--tb=line", "--assert=plain", "-p", "no:cacheprovider"),
    # A check does not depend on the database, and SQLite is there at once.
    *("-k", "not postgresql", f"--timeout={TEST_SECONDS}", "--timeout-method=thread", "--hypothesis-seed=0"),
)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_HANGS = "+ Timeout +"
_PASSED, _SOME_FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a mutant: the first test that failed, or what is wrong."""

    outcome: Outcome
    by: str
    seconds: float


class Runner:
    """One copy of the tree and the process that runs its tests, one run at a time."""

    def __init__(self, copy: Path, *, seconds: float = SECONDS) -> None:
        self._copy = copy
        self._seconds = seconds
        self._output = copy.with_suffix(".out")
        self._process: asyncio.subprocess.Process | None = None

    async def judge(self, mutant: Mutant) -> Result:
        """Run a mutant's tests with the check weakened; the copy is whole again afterwards."""
        path = self._copy / mutant.file
        whole = path.read_text("utf-8")
        try:
            path.write_text(mutant.apply(whole), "utf-8")
        except ValueError as error:
            return Result("broken", str(error), 0)
        try:
            return await self.run(mutant.tests)
        finally:
            path.write_text(whole, "utf-8")

    async def run(self, tests: Sequence[str]) -> Result:
        """Run tests until the first fails."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._ask((*_ARGUMENTS, f"--basetemp={self._copy}-tmp", *tests))
        except TimeoutError:
            await self.close()
            return Result("broken", f"no end within {self._seconds:g} s", time.monotonic() - began)
        return _read(status, self._output.read_text(errors="replace"), time.monotonic() - began)

    async def _ask(self, arguments: Sequence[str]) -> int:
        process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        wanted = {"folder": str(self._copy), "output": str(self._output), "arguments": arguments}
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        await process.stdin.drain()
        return int(await process.stdout.readline())

    async def _start(self) -> asyncio.subprocess.Process:
        # What was compiled from one version of a file is never taken for another.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_ZYGOTE), *PRELOADED),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self._process

    async def close(self) -> None:
        """End the process, with what it runs."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


def _read(status: int, output: str, seconds: float) -> Result:
    failed = _FAILED.search(output)
    if status == _SOME_FAILED and failed is not None:
        return Result("noticed", failed[1], seconds)
    if status == _SOME_FAILED and _HANGS in output:
        return Result("noticed", f"a test that does not end within {TEST_SECONDS} s", seconds)
    if status == _PASSED:
        return Result("survived", "", seconds)
    last = "\n".join(output.strip().splitlines()[-SHOWN_LINES:])
    return Result("broken", f"pytest ended with {status}:\n{last}", seconds)
