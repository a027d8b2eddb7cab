"""A37 to A42: what is refused before anybody reads it: encodings, types, framing, size, time."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.wire import Connection, Request, Unanswered, render_head

MIB = 1 << 20
CAP = MIB
"""Bytes of a body that an inbox may read; ours says so in web/guard.py."""
IN_BUFFERS = 12 * MIB
"""What kernels and proxies may hold of a stream that nobody reads."""
MOST_GROWTH = 16 * MIB
ENDLESS = 200 * MIB

ENCODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "gzip twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "upper case": ("GZIP", gzip.compress),
    "only said": ("gzip", lambda body: body),
}


@pytest.mark.both_fronts
@pytest.mark.parametrize(("name", "encode"), ENCODINGS.values(), ids=ENCODINGS)
async def test_A37_encoded_body(rig: Rig, name: str, encode: Callable[[bytes], bytes]) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(encode(json.dumps(alice.create()).encode()))
    request.add("Content-Encoding", name)
    async with rig.no_effect():
        assert (await rig.send(alice.sign(request))).status == 415


PROFILE = 'profile="https://www.w3.org/ns/activitystreams"'
OTHER_TYPES = [
    "text/plain",
    "application/json",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/ld+json",
    'application/ld+json; profile="https://www.w3.org/ns/json-ld"',
    "application/activity+json-x",
    "",
    None,
]


@pytest.mark.both_fronts
@pytest.mark.parametrize("name", OTHER_TYPES)
async def test_A38_other_content_type(rig: Rig, name: str | None) -> None:
    alice = rig.p.actor()
    request = alice.unsigned(alice.create()).drop("Content-Type")
    if name is not None:
        request.add("Content-Type", name)
    names = ("(request-target)", "host", "date", "digest")
    async with rig.no_effect():
        assert (await rig.send(alice.sign(request, names=names))).status in {406, 415}


TYPES = [
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    f"application/ld+json; {PROFILE}",
    f"application/ld+json;{PROFILE}",
    "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
    f"application/ld+json; charset=utf-8; {PROFILE}",
    "Application/Activity+JSON",
]


@pytest.mark.both_fronts
@pytest.mark.parametrize("name", TYPES)
async def test_A39_activitystreams_content_type(rig: Rig, name: str) -> None:
    alice = rig.p.actor()
    note = alice.note()
    request = alice.unsigned(alice.create(note)).set("Content-Type", name)
    assert (await rig.send(alice.sign(request))).status == 202
    await rig.has_effect(note)


def chunked(request: Request) -> Request:
    request.body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(request.body), request.body)
    return request.add("Transfer-Encoding", "chunked")


def long_signature(request: Request) -> None:
    request.set("Signature", f'{request.header("Signature")},padding="{"x" * 65_536}"')


def length_first(request: Request) -> None:
    """Whoever goes by the length sees a request more than whoever goes by the chunks, or the other way round."""
    length = len(request.body)
    chunked(request).add("Content-Length", str(length))


def length_short(request: Request) -> None:
    chunked(request).add("Content-Length", "5")


def two_lengths(request: Request) -> None:
    for length in (len(request.body), 0):
        request.add("Content-Length", str(length))


FRAMING: dict[str, Callable[[Request], object]] = {
    "a header of 64 kB": long_signature,
    "NUL": lambda request: request.add("X-Note", "a\0b"),
    "a carriage return": lambda request: request.add("X-Note", "a\rb"),
    "a folded line": lambda request: request.add("X-Note", "a\r\n b"),
    "a name with a space": lambda request: request.add("X-Note ", "a"),
    "two lengths": two_lengths,
    "a length and chunks": length_first,
    "a short length and chunks": length_short,
    "a length with a sign": lambda request: request.add("Content-Length", f"+{len(request.body)}"),
    "a length in words": lambda request: request.add("Content-Length", "all"),
    "unknown transfer": lambda request: request.add("Transfer-Encoding", "xchunked"),
    "chunks, then something else": lambda request: chunked(request).set(
        "Transfer-Encoding", "chunked, identity"
    ),
    "chunks of no size": lambda request: chunked(request).__setattr__("body", b"x\r\n" + request.body),
    "two hosts": lambda request: request.add("Host", "other.test"),
    "the same host twice": lambda request: request.add("Host", request.header("Host")),
}


@pytest.mark.both_fronts
@pytest.mark.parametrize("change", FRAMING.values(), ids=FRAMING)
async def test_A40_two_readings(rig: Rig, change: Callable[[Request], object]) -> None:
    """Signed as it should be; a second request that waits behind it must find the door shut."""
    alice = rig.p.actor()
    request = alice.signed(alice.create())
    change(request)
    hidden = alice.signed(alice.create())
    async with rig.no_effect():
        connection = await rig.front.connect(rig.source(None))
        await connection.write(request.render() + hidden.render())
        assert await status_of(connection) in {400, 413, 431, 501}
        assert await connection.ended()
        connection.close()


async def status_of(connection: Connection) -> int:
    """What was answered before the end; an end without a word is the answer of some to what cannot be read."""
    try:
        return (await connection.answer()).status
    except Unanswered:
        return 400


@pytest.mark.both_fronts
async def test_A41_too_long(rig: Rig) -> None:
    alice = rig.p.actor()
    activity = alice.create()
    missing = CAP + 1 - len(json.dumps({**activity, "padding": ""}, ensure_ascii=False).encode())
    request = alice.signed({**activity, "padding": "x" * missing})
    assert len(request.body) == CAP + 1
    async with rig.no_effect():
        rig.adapter.peak(reset=True)
        before = rig.adapter.memory() or 0
        assert await refusal(rig, request, [request.body]) == 413
        sent = [0]
        endless = Request("POST", request.target, [*request.headers, ("Transfer-Encoding", "chunked")])
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

        def stream() -> "list[bytes]":
            return [chunk] * (ENDLESS // 65_536)

        assert await refusal(rig, endless, stream(), sent) == 413
        assert sent[0] < CAP + IN_BUFFERS
        assert (rig.adapter.peak() or 0) - before < MOST_GROWTH


async def refusal(rig: Rig, request: Request, parts: list[bytes], sent: list[int] | None = None) -> int:
    """The status of a request whose body is cut off by the other side; counts what could be sent."""
    connection = await rig.front.connect(rig.source(None))
    answering = asyncio.create_task(connection.answer())
    sent = sent if sent is not None else [0]
    try:
        await connection.write(render_head(request))
        for part in parts:
            if answering.done():
                break
            await connection.write(part)
            await asyncio.sleep(0)  # a write that need not wait lets nobody hear the answer
            sent[0] += len(part)
    except OSError:
        pass  # it is closed; the answer has come before
    status = (await answering).status
    assert await connection.ended()
    connection.close()
    return status
