"""C14, C15: those who answer slowly, or not at all, and what others notice of them."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import by_handle, by_key, name_key
from tests.attacks.rig.peers import Script, unique
from tests.attacks.rig.wire import Request
from tests.attacks.test_a_patience import be_silent

KEY_SECONDS, DOCUMENT_SECONDS = 5.0, 10.0
"""Deadlines for the whole of an answer, by what is asked for."""
CONNECT_SECONDS = 5.0
OTHERS_SECONDS = 1.0
SLACK = 3.0
"""For a machine that is busy with other things."""
PERIOD = 0.4
DRIPS = 5
AT_ONCE_PER_HOST = 4


def drip(first: bytes, part: bytes, lasted: list[float]) -> Script:
    """Say something at once, and then a little now and then, until the other side has had enough."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        began = time.monotonic()
        with suppress(OSError):
            writer.write(first)
            while True:
                await writer.drain()
                await asyncio.sleep(PERIOD)
                writer.write(part)
                if writer.is_closing():
                    break
        lasted.append(time.monotonic() - began)

    return script


def list_drips(kind: str, lasted: list[float]) -> Iterator[Script]:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n".encode()
    yield drip(head + b"Content-Length: 100000\r\n\r\n", b" ", lasted)
    yield drip(head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", lasted)
    yield drip(head, b"X-Note: a\r\n", lasted)
    yield drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", lasted)
    yield drip(b"", b"H", lasted)


async def be_slow(rig: Rig) -> dict[str, tuple[list[float], float]]:
    """Let hosts drip, all at once; how long each connection lasted, and its deadline.

    Through doors that leave no trace: other rows are played meanwhile.
    """
    peer = await rig.peer("slow", is_busy=True)
    found = {}
    knocking = []
    for name, door, kind, limit in (
        ("a key", by_key, "application/activity+json", KEY_SECONDS),
        ("a handle", by_handle, "application/jrd+json", DOCUMENT_SECONDS),
    ):
        lasted: list[float] = []
        urls = []
        for script in list_drips(kind, lasted):
            host = f"{unique('x')}.{peer.host}"
            urls.append(f"https://{host}/users/somebody")
            peer.answers |= {urls[-1]: script, f"https://{host}/.well-known/webfinger": script}
        knocking += [(await door(rig, [url]))() for url in urls]
        found[name] = (lasted, limit)
    await asyncio.gather(*knocking)
    await peer.until(lambda: all(len(lasted) >= DRIPS for lasted, _ in found.values()))
    return found


@pytest.mark.begins.with_args(be_slow)
async def test_C14_byte_by_byte(rig: Rig) -> None:
    """Bodies, chunks, headers, interim answers, first lines: a deadline for the whole ends them."""
    for name, (lasted, limit) in (await rig.begun[be_slow]).items():
        assert max(lasted) < limit + SLACK, name


async def stall_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin to answer the greeting of TLS, and say no more."""
    writer.write(b"\x16\x03\x03\x40\x00")
    with suppress(OSError):
        while await reader.read(1 << 16):
            pass
    writer.close()


@contextmanager
def swallow(rig: Rig) -> Iterator[str]:
    """A host whose queue of connections is full: what knocks there gets no answer at all."""
    host, address = rig.place.find("blackhole")
    with (
        socket.create_server(address, backlog=0) as server,
        socket.socket() as first,
        socket.socket() as second,
    ):
        for each in (first, second):
            each.setblocking(False)  # noqa: FBT003 - a method of the library
            each.connect_ex(server.getsockname())
        rig.listeners.add(address)
        if rig.resolver is not None:
            rig.resolver.records[host] = [address[0]]
        yield host


async def test_C15_hosts_that_stall(rig: Rig) -> None:
    """Given up in time, each with a few connections at most; whoever else has something to say is heard meanwhile."""
    counts: Counter[str] = Counter()
    most: Counter[str] = Counter()

    def count(name: str, serve: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            counts[name] += 1
            most[name] = max(most[name], counts[name])
            try:
                await serve(reader, writer)
            finally:
                counts[name] -= 1

        return counted

    hosts = [
        await rig.listen("plain", count("plain", be_silent)),
        await rig.listen("stalling", count("stalling", stall_tls)),
    ]
    mallory = rig.e.actor()
    with swallow(rig) as hole:
        async with rig.no_effect():
            began = time.monotonic()
            urls = [f"https://{host}/users/{number}" for host in (*hosts, hole) for number in range(12)]
            asking = [asyncio.create_task(name_key(rig, mallory, url)) for url in urls]
            others = await rig.time_honest()
            statuses = await asyncio.gather(*asking)
            assert time.monotonic() - began < CONNECT_SECONDS + SLACK
    assert set(statuses) <= {202, 401, 429}
    assert others < OTHERS_SECONDS + SLACK
    assert 0 < min(most.values()) <= max(most.values()) <= AT_ONCE_PER_HOST
