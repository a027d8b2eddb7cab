"""A server of an ASGI application in this process, and a load from another one; CPU is this process's."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from tests.bench import clocks
from web.protocol import server_config
from web.settings import Listen

SEPARATOR = b"\x00\x01\x02SEPARATOR\x02\x01\x00"


class Server(uvicorn.Server):
    """Leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[int]:
    """Serve on a free port of the loopback."""
    server = Server(server_config(app, Listen("127.0.0.1", 0)))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to; `cpu` = microseconds of this process for each request."""

    cpu: float
    rate: float
    p50: float
    p99: float
    statuses: dict[str, int]


async def load(
    port: int,
    requests: Iterable[bytes],
    file: Path,
    *,
    connections: int = 32,
    pace: float = 0,
    servers: Sequence[int] = (),
) -> Load:
    """Send `requests` from another process, and account this one's CPU, and that of the database's `servers`."""
    prepared = list(requests)
    file.write_bytes(SEPARATOR.join(prepared))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    job = {"file": str(file), "port": port, "connections": connections, "pace": pace}
    begin = clocks.cpu(servers)
    out, _ = await process.communicate(json.dumps(job).encode() + b"\n")
    cpu = clocks.cpu(servers) - begin
    found = json.loads(out)
    count = len(prepared)
    return Load(
        cpu / count * 1e6, count / found["elapsed"], found["p50"] * 1e3, found["p99"] * 1e3, found["statuses"]
    )


def request(method: str, host: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a request on a kept connection."""
    fields = {"Host": host, **headers, "Content-Length": str(len(body))}
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in fields.items()
    )
    return head.encode() + b"\r\n" + body
