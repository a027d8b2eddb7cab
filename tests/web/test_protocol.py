"""A real server on a loopback socket: what clients send that no client library would."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from tests.web.test_guard import echo, make_site
from web import protocol
from web.guard import Guard
from web.protocol import server_config
from web.settings import Listen
from web.visits import Sites

pytestmark = pytest.mark.anyio
HEAD = b"POST /inbox HTTP/1.1\r\nHost: town.example\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = server_config(Guard(echo, sites=Sites([make_site()])), Listen("127.0.0.1", 0))
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


async def test_headers_without_end_are_refused(port: int) -> None:
    assert await is_closed(port, HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(100)))


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
