"""One writer: commands go through the server that runs, over a socket that only its user can open.

A running server holds `node.lock` in its data folder and listens on `control.sock` (mode 0600). A command asks
there first; without a server on SQLite it takes the lock itself for as long as it works.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from federation.errors import Fault, Refused
from web.cli.reports import Report
from web.progress import Step, Tell, say_nothing

SOCKET = "control.sock"
LOCK = "node.lock"
LINE_LIMIT = 1 << 20
"""Bytes of one request or answer."""

Run = Callable[[str, dict[str, Any], Tell], Awaitable[Report]]


@contextmanager
def hold_lock(data_dir: Path) -> Iterator[None]:
    """Be the one process that writes. Raises `Refused` when another is."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"another process is using {data_dir} (it holds {LOCK})") from error
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def listen(data_dir: Path, run: Run) -> AsyncIterator[None]:
    """Answer commands while the server runs."""
    path = data_dir / SOCKET
    with suppress(FileNotFoundError):
        path.unlink()
    earlier = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(reader, writer, run), path=str(path), limit=LINE_LIMIT
        )
    finally:
        os.umask(earlier)
    try:
        yield
    finally:
        server.close()
        with suppress(FileNotFoundError):
            path.unlink()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, run: Run) -> None:
    try:
        request = json.loads(await reader.readline())
        tell = _tell_over(writer.get_extra_info("socket").fileno())
        answer = await _answer(run, request["command"], request["arguments"], tell)
        writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        await writer.drain()
    except (ValueError, KeyError, ConnectionError):
        pass  # not one of our commands, or it went away; nothing was promised
    finally:
        writer.close()


def _tell_over(socket: int) -> Tell:
    """Lines before the answer, past the event loop, which a long command may hold. What is not read is not said."""

    def tell(step: Step) -> None:
        with suppress(OSError):
            os.write(socket, json.dumps({"step": asdict(step)}, ensure_ascii=False).encode() + b"\n")

    return tell


async def _answer(run: Run, command: str, arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
    try:
        report = await run(command, arguments, tell)
    except Fault as error:
        return {"error": str(error)}
    return {"lines": list(report.lines), "data": report.data}


async def ask(
    data_dir: Path, command: str, arguments: dict[str, Any], tell: Tell = say_nothing
) -> Report | None:
    """Let the running server do it. None = no server runs. Raises `Refused` with the server's words."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(data_dir / SOCKET), limit=LINE_LIMIT)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        await writer.drain()
        answer = await _hear(reader, tell)
    finally:
        writer.close()
    if answer is None:
        raise Refused("the running server closed the connection without an answer; see its log")
    if "error" in answer:
        raise Refused(answer["error"])
    return Report(tuple(answer["lines"]), answer["data"])


async def _hear(reader: asyncio.StreamReader, tell: Tell) -> dict[str, Any] | None:
    """The answer; how far it is comes before it."""
    async for line in reader:
        found: dict[str, Any] = json.loads(line)
        if "step" not in found:
            return found
        tell(Step(**found["step"]))
    return None
