"""C12, C13, C17, C24: answers that are too long, that explode, that are no HTTP, that are no JSON."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import DOORS, Door
from tests.attacks.rig.ours import at_most
from tests.attacks.rig.peers import Peer, Script, unique
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer, Request

MIB = 1 << 20
CAP, PICTURE_CAP = MIB, 16 * MIB
"""Bytes that are read of a document, and of a picture."""
IN_BUFFERS = 12 * MIB
"""What kernels may hold of a stream that nobody reads."""
MOST_GROWTH = 16 * MIB
QUICKLY = 2.0
MOST_SECONDS = 0.2
"""Of processor time, for an answer of 1 MB."""
SLACK = 2.0
"""For a machine that is busy with other things."""

doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@dataclass
class Pour:
    """Writes what there is, again and again, until the other side has had enough; `sent` counts bytes."""

    head: str
    part: bytes
    sent: list[int] = field(default_factory=list)

    async def __call__(self, _request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{self.head}\r\n\r\n".encode())
        self.sent.append(0)
        while True:
            writer.write(self.part)
            await writer.drain()
            await asyncio.sleep(0)  # a lost connection is told in the loop's next turn
            self.sent[-1] += len(self.part)


def lay(peer: Peer, script: Answer | Script) -> str:
    """A URL on a host of its own that answers so, whatever it is asked."""
    host = f"{unique('x')}.{peer.host}"
    url = f"https://{host}/users/somebody"
    peer.answers |= {url: script, f"https://{host}/.well-known/webfinger": script}
    return url


def kinds() -> Iterator[str]:
    """What each door takes."""
    yield from (ACTIVITY_JSON, "application/jrd+json", "image/png")


def list_floods() -> Iterator[Pour]:
    """Bodies of gigabytes, with a length, without one, in small chunks and in one that is huge."""
    block = b" " * 65_536
    chunk = b"10000\r\n" + block + b"\r\n"
    for kind in kinds():
        yield Pour(f"Content-Type: {kind}\r\nContent-Length: 2000000000", block)
        yield Pour(f"Content-Type: {kind}\r\nContent-Length: {1 << 62}", block)
        yield Pour(f"Content-Type: {kind}\r\nConnection: close", block)
        yield Pour(f"Content-Type: {kind}\r\nTransfer-Encoding: chunked", chunk)
        yield Pour(f"Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff", block)


@doors
async def test_C12_floods(rig: Rig, door: Door) -> None:
    """Cut off where a document, or a picture, would have to end."""
    peer = await rig.peer("flood", is_busy=True)
    floods = list(list_floods())
    knock = await door(rig, [lay(peer, flood) for flood in floods])
    async with rig.no_effect():
        before = rig.adapter.peak(reset=True), rig.adapter.memory() or 0
        await knock()
        assert (rig.adapter.peak() or 0) - before[1] < MOST_GROWTH
    assert all(flood.sent for flood in floods), "each was asked for"
    cap = PICTURE_CAP if door is DOORS["a picture"] else CAP
    assert max(sent for flood in floods for sent in flood.sent) < cap + IN_BUFFERS


@cache
def pack(total: int, times: int = 1) -> bytes:
    """So many zeros, compressed so many times."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(MIB)
    packed = b"".join([*(packer.compress(zeros) for _ in range(total // MIB)), packer.flush()])
    for _ in range(times - 1):
        packed = gzip.compress(packed)
    return packed


def list_bombs() -> Iterator[Answer]:
    """Small bodies that become large where somebody unpacks them, in encodings that nobody has asked for."""
    small, twice, flat = pack(64 * MIB), pack(200 * MIB, 2), zlib.compress(bytes(64 * MIB), 9)
    for kind in kinds():
        for name, body in (
            ("gzip", small),
            ("gzip", pack(300 * MIB)),
            ("gzip, gzip", twice),
            ("x-gzip", small),
            ("GZIP", small),
            ("identity, gzip", small),
            ("deflate", flat),
            ("br", small),
            ("zstd", small),
        ):
            yield Answer(200, body, (("Content-Type", kind), ("Content-Encoding", name)))
        yield Answer(
            200, small, (("Content-Type", kind), ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))
        )
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(small), small)
        yield Answer(200, chunked, (("Content-Type", kind), ("Transfer-Encoding", "gzip, chunked")))


@doors
async def test_C13_bombs(rig: Rig, door: Door) -> None:
    """Nothing is unpacked; that we want it as it is was said before."""
    peer = await rig.peer("bomb", is_busy=True)
    knock = await door(rig, [lay(peer, bomb) for bomb in list_bombs()])
    asked = len(peer.requests)
    async with rig.no_effect():
        before = rig.adapter.peak(reset=True), rig.adapter.memory() or 0
        await knock()
        assert (rig.adapter.peak() or 0) - before[1] < MOST_GROWTH
    requests = peer.requests[asked:]
    assert requests
    assert {each.header("accept-encoding") for each in requests} == {"identity"}


def say(data: bytes) -> Script:
    """Say these bytes and leave."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return script


def list_broken(actor: bytes) -> dict[str, bytes]:
    """What is no HTTP, or says two things at once, around a document that would do."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n"
    length = b"Content-Length: %d\r\n" % len(actor)
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(actor), actor)
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "a header of 2 MB": head + b"X-Note: " + b"x" * 2 * MIB + b"\r\n" + length + b"\r\n" + actor,
        "a header without end": head + b"X-Note: " + b"x" * 8 * MIB,
        "10,000 headers": head + b"X-Note: x\r\n" * 10_000 + length + b"\r\n" + actor,
        "HTTP/0.9": actor,
        "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
        "a strange version": head.replace(b"HTTP/1.1", b"HTTP/7.7.7") + length + b"\r\n" + actor,
        "no status": head.replace(b" 200 OK", b"") + length + b"\r\n" + actor,
        "a status in words": head.replace(b"200", b"two hundred") + length + b"\r\n" + actor,
        "a long status": head.replace(b"200", b"2" * 5000) + length + b"\r\n" + actor,
        "a chunk of no size": chunked + b"zz\r\n" + chunk,
        "a chunk of negative size": chunked + b"-5\r\n" + chunk,
        "a chunk of endless size": chunked + b"f" * 5000 + b"\r\n" + chunk,
        "a chunk that is longer": chunked + b"5\r\n" + actor + b"\r\n0\r\n\r\n",
        "chunks without end": chunked + chunk[: -len(b"0\r\n\r\n")],
        "a length that is longer": head + b"Content-Length: 99999\r\n\r\n" + actor,
        "a length that is shorter": head + b"Content-Length: 5\r\n\r\n" + actor,
        "two lengths": head + length + b"Content-Length: 5\r\n\r\n" + actor,
        "a length with a sign": head + b"Content-Length: +%d\r\n\r\n" % len(actor) + actor,
        "a length in words": head + b"Content-Length: all\r\n\r\n" + actor,
        "a header without a colon": head + b"X-Note\r\n" + length + b"\r\n" + actor,
        "NUL in a header": head + b"X-Note: a\0b\r\n" + length + b"\r\n" + actor,
        "nothing": b"",
        "a line end": b"\r\n",
    }


async def test_C17_no_http(rig: Rig) -> None:
    """An error at once, and nothing of it is believed."""
    peer = await rig.peer("broken", is_busy=True)
    async with rig.no_effect():
        before = rig.adapter.peak(reset=True), rig.adapter.memory() or 0
        for name in list_broken(b""):
            actor = peer.actor(host=f"{unique('x')}.{peer.host}")
            peer.answers[actor.id] = say(list_broken(json.dumps(actor.document).encode())[name])
            began = time.monotonic()
            assert (await rig.post(actor, actor.create())).status in {202, 401}, name
            assert time.monotonic() - began < QUICKLY + SLACK, name
            assert peer.asked(actor.id) > 0, name
        assert (rig.adapter.peak() or 0) - before[1] < MOST_GROWTH


SLOW_TO_READ: dict[str, Callable[[str], str]] = {
    "tags that do not end": lambda _: "<a " * 300_000,
    "quotes that do not end": lambda _: "<link rel='" + '"' * 900_000,
    "attributes without end": lambda _: "<link " + "rel=x " * 150_000,
    "comments": lambda _: "<!--" * 250_000,
    "deep": lambda _: "<div>" * 200_000,
    "spaces": lambda _: "<html>" + " " * 900_000,
    "a link to a document": lambda url: f'<link rel="alternate" type="{ACTIVITY_JSON}" href="{url}">',
    "a page that leads on": lambda url: f'<meta http-equiv="refresh" content="0; url={url}">',
}


async def test_C24_html(rig: Rig) -> None:
    """Whatever it says that it is, nobody reads it as a page, or goes where it points."""
    peer = await rig.peer("pages", is_busy=True)
    aim = f"{rig.e.origin}/{unique('aim')}"
    link = ("Link", f'<{aim}>; rel="alternate"; type="{ACTIVITY_JSON}"')
    pages = [
        Answer(200, make(aim).encode(), (("Content-Type", kind), link))
        for make in SLOW_TO_READ.values()
        for kind in ("text/html; charset=utf-8", *kinds())
    ]
    for name, door in DOORS.items():
        knock = await door(rig, [lay(peer, page) for page in pages])
        async with rig.no_effect(), at_most(rig, MOST_SECONDS * len(pages)):
            await knock()
        assert len(peer.requests) >= len(pages), name
        peer.requests.clear()
