"""Peers for the client's tests: small scripted HTTPS servers on loopback, with their own authority."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from federation.addresses import read_networks
from federation.client import Client, ClientOptions, Deadlines, open_client
from federation.vocabulary import Millis

ACTIVITY = "application/activity+json"
NOON = Millis(1_795_521_600_000)
"""2026-11-24T12:00:00Z"""


@dataclass(frozen=True)
class Received:
    """A request as the socket had it; header names in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2, f"{name} was sent twice"
        return found[0] if found else None


@dataclass
class Connection:
    """What a script writes to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0)  # a lost connection is told in the loop's next turn

    async def wait_for_end(self) -> None:
        """Return when the other side has closed."""
        with suppress(OSError):
            while await self.reader.read(65536):
                pass


Script = Callable[[Received, Connection], Awaitable[None]]


def reply(
    status: int = 200,
    body: bytes = b"",
    content_type: str | None = ACTIVITY,
    headers: Mapping[str, str] | None = None,
) -> Script:
    """Answer each request alike, and keep the connection."""
    fields = {"Content-Length": str(len(body))}
    if content_type is not None:
        fields["Content-Type"] = content_type
    lines = [
        f"HTTP/1.1 {status} Status",
        *(f"{name}: {value}" for name, value in {**fields, **(headers or {})}.items()),
    ]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"

    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(head + body)

    return script


def redirect(location: str, status: int = 302) -> Script:
    return reply(status, headers={"Location": location})


def routes(table: Mapping[str, Script]) -> Script:
    """Answer by request target; 404 elsewhere."""

    async def script(request: Received, connection: Connection) -> None:
        await table.get(request.target, reply(404))(request, connection)

    return script


def in_turn(*scripts: Script) -> Script:
    """Answer the first request by the first script, and so on; the last one stays."""
    left = list(scripts)

    async def script(request: Received, connection: Connection) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(request, connection)

    return script


async def stall(_request: Received, connection: Connection) -> None:
    """Answer nothing until the other side gives up."""
    await connection.wait_for_end()


@dataclass
class Peer:
    """A server under one name, and what it saw."""

    name: str
    port: int
    script: Script
    received: list[Received] = field(default_factory=list)
    accepted: int = 0
    closed: int = 0
    failure: BaseException | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"https://{self.name}"

    async def until(self, check: Callable[["Peer"], bool]) -> None:
        """Wait until `check` holds."""
        async with asyncio.timeout(5):
            while not check(self):
                self.changed.clear()
                await self.changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.changed.set()
        try:
            while (request := await read_request(reader)) is not None:
                self.received.append(request)
                self.changed.set()
                await self.script(request, Connection(reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        except AssertionError as error:
            self.failure = error
        finally:
            self.closed += 1
            self.changed.set()
            writer.transport.abort()


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _version = line.split(" ")
    headers = tuple(
        (name.lower(), value.strip()) for name, _colon, value in (each.partition(":") for each in fields)
    )
    length = int(dict(headers).get("content-length", "0"))
    return Received(method, target, headers, await reader.readexactly(length))


class Network:
    """Peers by name, and clients that find them."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        self.hosts: dict[str, tuple[str, int]] = {}

    def context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(context)
        return context

    @asynccontextmanager
    async def peer(
        self,
        script: Script,
        name: str = "peer.test",
        *,
        tls: ssl.SSLContext | None = None,
        plain: bool = False,
    ) -> AsyncIterator[Peer]:
        """Serve `script` as `name` (on the default port, as clients see it) while the block runs."""
        peer = Peer(name, 0, script)
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(peer.serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        context = None if plain else tls or self.context(name)
        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context, limit=4 << 20)
        peer.port = server.sockets[0].getsockname()[1]
        self.hosts[name] = ("127.0.0.1", peer.port)
        try:
            yield peer
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if peer.failure is not None:
                raise peer.failure

    def options(self, **changes: Any) -> ClientOptions:
        given: dict[str, Any] = {
            "contact": "https://kairanban.test/about",
            "version": "1.2.3",
            "ca_file": self.ca_file,
            "allowed_private_networks": read_networks(["127.0.0.0/8"]),
            "hosts": self.hosts,
            "clock": lambda: NOON,
        }
        return ClientOptions(**given | changes)

    def client(self, **changes: Any) -> Client:
        return open_client(self.options(**changes))


QUICK = Deadlines(connect=0.3, verify=0.3, fetch=0.3, post=0.3, drain=0.1)
"""Deadlines for tests of deadlines: whatever hangs ends at once."""
