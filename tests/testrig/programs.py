"""Real programs beside the test: what they write is waited for, line by line, and TLS stands before those without."""

import asyncio
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Event = dict[str, Any]

DEADLINE = 30.0
"""Seconds until a program that has not said what it should is given up."""
STOP_SECONDS = 30.0
ENDED_WELL = (0, -signal.SIGTERM)
LINE_LIMIT = 1 << 22
"""Bytes; an event may hold a whole document."""
SHOWN = 2000
"""Characters of a line in the transcript."""
CHUNK = 1 << 16


@dataclass(eq=False)
class Program:
    """A running program. Lines that are JSON objects are `events`; all others, its complaints, are `lines`."""

    name: str
    process: asyncio.subprocess.Process
    events: list[Event] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            self._readers.append(asyncio.create_task(self._read(stream)))

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := (await stream.readline()).decode():
            async with self._news:
                self._note(line.rstrip("\n"))
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    def _note(self, line: str) -> None:
        # Pytest shows it where a test fails: what all programs said, in the order in which they said it.
        sys.stdout.write(f"{self.name}: {line[:SHOWN]}\n")
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                self.events.append(event)
                return
        self.lines.append(line)

    async def tell(self, **command: object) -> None:
        """Write one JSON object to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        await self.process.stdin.drain()

    def find(self, **values: object) -> list[Event]:
        """Every event so far that has these values."""
        return [each for each in self.events if all(each.get(key) == value for key, value in values.items())]

    async def expect(self, **values: object) -> Event:
        """Wait until there is an event with these values, and return the first one that ever was."""

        def is_over() -> bool:
            return bool(self.find(**values)) or all(each.done() for each in self._readers)

        async with self._news:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait_for(is_over), DEADLINE)
        found = self.find(**values)
        if not found:
            raise AssertionError(f"{self.name} never said {values}")
        return found[0]

    async def stop(self) -> int:
        """End it as an operator does, and return its exit status (negative: a signal's number)."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            status = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            status = await self.process.wait()
        await asyncio.gather(*self._readers)
        return status


@asynccontextmanager
async def start(
    name: str, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> AsyncIterator[Program]:
    """Run a program until the block ends; its standard input stays open. It must end well when it is told to."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    program = Program(name, process)
    try:
        yield program
    except BaseException:
        await program.stop()
        raise
    status = await program.stop()
    assert status in ENDED_WELL, f"{name}: exit status {status}"


class Terminator:
    """Takes TLS connections on loopback and carries their bytes to a program that speaks plain HTTP."""

    def __init__(self) -> None:
        self._carrying: set[asyncio.Task[None]] = set()
        self.backend: tuple[str, int] | None = None

    @asynccontextmanager
    async def listen(self, context: ssl.SSLContext) -> AsyncIterator[int]:
        """Listen at the port that this gives, until the block ends; then drop every connection."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._carrying:
                task.cancel()
            await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        assert self.backend is not None
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self.backend)
        except OSError:  # the program is being restarted: whoever asks finds nobody there
            await _close(writer)
            return
        ways = [
            asyncio.create_task(_carry(reader, inner_writer)),
            asyncio.create_task(_carry(inner_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _close(inner_writer)
            await _close(writer)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a program to its end, and return its standard output; raises `AssertionError` with its complaints."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await process.communicate()
    if process.returncode:
        shown = " ".join(command)
        raise AssertionError(f"{shown}: exit status {process.returncode}\n{complaints.decode()}")
    return output.decode()
