"""A real server on a loopback socket: what clients send that no client library would."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from tests.web.test_guard import echo, make_site
from web import protocol
from web.guard import Guard
from web.protocol import SocketProtocol, TimedProtocol, server_config
from web.settings import Listen
from web.visits import Sites

pytestmark = pytest.mark.anyio
HEAD = b"POST /inbox HTTP/1.1\r\nHost: town.example\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serving(Guard(echo, sites=Sites([make_site()]))) as found:
        yield found


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application until the block ends; gives the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = server_config(app, Listen("127.0.0.1", 0))
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    await server.on_tick(0)  # the server's own loop does this every second: it sets the Date
    yield listener.getsockname()[1]
    await server.shutdown(sockets=[listener])


async def talk(port: int, data: bytes) -> bytes:
    """Send bytes, and return all that comes until the server closes or has answered once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length")),
            0,
        )
        return head + await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()


async def is_closed(port: int, data: bytes) -> bool:
    """Whether the server ends a connection on which only `data` ever comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(5):
            while await reader.read(65_536):
                pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    finally:
        writer.close()
    return True


async def test_an_ordinary_request_is_answered(port: int) -> None:
    answer = await talk(port, HEAD + b"Content-Length: 5\r\n\r\nhello")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"bytes":5' in answer
    assert b"server:" not in answer.lower()
    assert b"\r\ndate:" in answer.lower()


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"400"),
        (b"Host: other.example\r\nContent-Length: 0\r\n\r\n", b"400"),
        (b"X-A: a\r\n folded\r\nContent-Length: 0\r\n\r\n", b"400"),
        (b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n", b"400"),
        (b"Signature: " + b"x" * 65_536 + b"\r\nContent-Length: 0\r\n\r\n", b"431"),
        (b"Content-Length: 1048577\r\n\r\n", b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\n" + (b"40000\r\n" + b"x" * 0x40000 + b"\r\n") * 5, b"413"),
    ],
)
async def test_what_is_two_messages_to_two_readers_is_refused(port: int, rest: bytes, status: bytes) -> None:
    assert (await talk(port, HEAD + rest)).startswith(b"HTTP/1.1 " + status)


async def test_whoever_asks_does_not_say_who_asks(port: int) -> None:
    """H6. What a proxy says is for the guard to judge; the server itself believes nobody."""
    said = b"X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-Proto: https\r\nContent-Length: 0\r\n\r\n"
    assert b'"client":"127.0.0.1"' in await talk(port, HEAD + said)


async def test_headers_without_end_are_refused(port: int) -> None:
    assert await is_closed(port, HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(100)))


async def test_who_sends_too_much_can_read_why(port: int) -> None:
    """The answer leaves before the body has been read; a reset would overtake it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 1500000\r\n\r\n")
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    for _ in range(15):
        writer.write(b"x" * 60_000)
        await writer.drain()
    assert b"413" in await reader.read()
    writer.close()


async def test_who_sends_something_else_can_read_why(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(15):
        writer.write(b"\x16\x03\x01" * 20_000)
        await writer.drain()
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


@pytest.mark.parametrize("limit", ["LINGER_SECONDS", "LINGER_BYTES"])
async def test_what_is_refused_is_not_read_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 60)
    monkeypatch.setattr(protocol, "LINGER_BYTES", 1 << 40)
    monkeypatch.setattr(protocol, limit, 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 1500000\r\n\r\n")
    assert b"413" in await reader.read()
    with pytest.raises(ConnectionError):
        await trickle(writer)
    writer.close()


async def trickle(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(5):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)


async def test_silence_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    assert await is_closed(port, b"")


async def test_slow_headers_are_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    assert await is_closed(port, HEAD)


async def test_a_second_request_has_its_own_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    await reader.readuntil(b"}")
    writer.write(HEAD)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_slow_body_is_given_up_even_after_the_answer(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer may leave before the body is there; what still trickles in is not waited for."""
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(protocol, "GRACE_SECONDS", 0.0)
    head = b"POST /inbox HTTP/1.1\r\nHost: other.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"
    assert await is_closed(port, head)


async def test_slow_connections_do_not_block_others(port: int) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in slow:
        writer.write(HEAD + b"Content-Length: 100\r\n\r\nx")
    answer = await talk(port, HEAD + b"Content-Length: 5\r\n\r\nhello")
    assert answer.startswith(b"HTTP/1.1 200")
    for _, writer in slow:
        writer.close()


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: town.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Flood:
    """An application that writes without end, and notes when it cannot any more."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            more: Message = {"type": "websocket.send", "text": "x" * 100_000}
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            more = {"type": "http.response.body", "body": b"x" * 100_000, "more_body": True}
        watching = asyncio.create_task(self._watch(receive))
        try:
            while not self.ended.is_set():
                await send(more)
                await asyncio.sleep(0)
        finally:
            self.ended.set()
            watching.cancel()

    async def _watch(self, receive: Receive) -> None:
        while not (await receive())["type"].endswith(".disconnect"):
            pass
        self.ended.set()


@pytest.mark.parametrize("request_bytes", [b"GET / HTTP/1.1\r\nHost: town.example\r\n\r\n", UPGRADE])
async def test_who_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch, request_bytes: bytes) -> None:
    """By request and by WebSocket: what is written to a peer that does not read is held in memory."""
    monkeypatch.setattr(protocol, "STALLED_SECONDS", 0.05)
    flood = Flood()
    async with serving(flood) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(request_bytes)
        async with asyncio.timeout(20):
            await flood.ended.wait()
        del reader
        writer.close()


class Timer:
    """What a loop gives for a call in the future."""

    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Timers:
    """A loop of which nothing is used but its clock."""

    def __init__(self) -> None:
        self.set: list[Timer] = []

    def call_later(self, _seconds: float, _function: object) -> Timer:
        self.set.append(Timer())
        return self.set[-1]


@pytest.mark.parametrize("kind", [TimedProtocol, SocketProtocol])
async def test_who_is_slow_is_waited_for(kind: type[TimedProtocol] | type[SocketProtocol]) -> None:
    """Whoever takes something now and then has the whole time again; whoever has gone has none."""
    config = server_config(Flood(), Listen("127.0.0.1", 0))
    config.load()
    timers, found = Timers(), kind(config, ServerState(), {})
    found.loop = timers  # type: ignore[assignment] # as much of one as is needed
    found.transport = Stopped()  # type: ignore[assignment]
    found.flow = FlowControl(found.transport)  # type: ignore[union-attr,unused-ignore]
    for number in range(3):
        found.pause_writing()
        assert [each.is_cancelled for each in timers.set] == [True] * number + [False]
        found.resume_writing()
        assert all(each.is_cancelled for each in timers.set)


class Stopped:
    """A transport that takes nothing."""

    def abort(self) -> None:
        raise AssertionError
