"""Pictures of other servers: streamed, counted, and fetched with the guards of every other fetch."""

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from federation.client import Deadlines, Fetched, Limits
from federation.errors import Gone, Unreachable
from tests.federation.peers import Connection, Network, Received, Script, redirect, reply, routes, stall

pytestmark = pytest.mark.anyio

URL = "https://peer.test/a.jpg"
CAP = 100_000


async def pour(network: Network, script: Script, sink: BytesIO, url: str = URL, **changes: Any) -> Fetched:
    async with network.peer(script), network.client(**changes) as client:
        return await client.fetch_file(url, sink.write, cap=CAP)


async def assert_unreachable(network: Network, script: Script, match: str, **changes: Any) -> BytesIO:
    sink = BytesIO()
    with pytest.raises(Unreachable, match=match):
        await pour(network, script, sink, **changes)
    return sink


async def test_a_picture_goes_into_the_sink_and_not_into_the_answer(network: Network) -> None:
    sink = BytesIO()
    body = bytes(range(256)) * 300
    async with network.peer(reply(200, body, "image/png")) as peer, network.client() as client:
        fetched = await client.fetch_file(URL, sink.write, cap=CAP)
    assert sink.getvalue() == body
    assert (fetched.body, fetched.content_type, fetched.final_url) == (b"", "image/png", URL)
    (request,) = peer.received
    assert (request.header("accept"), request.header("accept-encoding")) == ("image/*", "identity")
    assert request.header("signature") is None


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "IMAGE/WebP; charset=x", "application/octet-stream", "binary/octet-stream"]
)
async def test_what_may_be_a_picture_is_taken(network: Network, content_type: str) -> None:
    sink = BytesIO()
    await pour(network, reply(200, b"x", content_type), sink)
    assert sink.getvalue() == b"x"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "image/svg+xml",
        "application/pdf",
        "application/activity+json",
        "video/mp4",
        None,
        "image",
    ],
)
async def test_what_says_that_it_is_no_picture_is_refused(network: Network, content_type: str | None) -> None:
    await assert_unreachable(network, reply(200, b"x", content_type), "content type")


async def test_nothing_is_read_of_what_says_that_it_is_too_long(network: Network) -> None:
    sink = await assert_unreachable(network, reply(200, b"x" * (CAP + 1), "image/png"), "longer than we read")
    assert sink.getvalue() == b""


async def test_an_endless_body_is_cut_off_at_the_cap(network: Network) -> None:
    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for piece in pieces():
            await connection.send(piece)

    def pieces() -> Iterator[bytes]:
        while True:
            yield b"2710\r\n" + b"x" * 10_000 + b"\r\n"

    sink = await assert_unreachable(network, script, "longer than we read")
    assert len(sink.getvalue()) <= CAP


async def test_what_is_encoded_is_refused(network: Network) -> None:
    script = reply(200, b"x", "image/png", {"Content-Encoding": "gzip"})
    await assert_unreachable(network, script, "identity")


async def test_a_drip_ends_at_the_deadline(network: Network) -> None:
    async def drip(_request: Received, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 999\r\n\r\n")
        while True:
            await connection.send(b"x")
            await asyncio.sleep(0.02)

    await assert_unreachable(network, drip, "no answer within", deadlines=Deadlines(file=0.3))


async def test_redirects_are_followed_within_the_rules(network: Network) -> None:
    table = {
        "/a.jpg": redirect("/b.jpg"),
        "/b.jpg": reply(200, b"there", "image/jpeg"),
        "/private": redirect("https://10.0.0.1/c.jpg"),
        "/plain": redirect("http://peer.test/b.jpg"),
        "/round": redirect("/round"),
    }
    sink = BytesIO()
    assert (await pour(network, routes(table), sink)).final_url == "https://peer.test/b.jpg"
    assert sink.getvalue() == b"there"
    for path, match in (("private", "10.0.0.1"), ("plain", "redirects to"), ("round", "redirects")):
        nothing = BytesIO()
        with pytest.raises(Unreachable, match=match):
            await pour(network, routes(table), nothing, f"https://peer.test/{path}")
        assert nothing.getvalue() == b""


async def test_errors_have_their_names_and_leave_nothing_in_the_sink(network: Network) -> None:
    sink = BytesIO()
    with pytest.raises(Gone):
        await pour(network, reply(410, b"gone", "image/png"), sink)
    with pytest.raises(Unreachable, match="HTTP 404"):
        await pour(network, reply(404, b"not here", "image/png"), sink)
    assert sink.getvalue() == b""


async def test_our_own_and_blocked_hosts_are_never_asked(network: Network) -> None:
    async with network.peer(reply(200, b"x", "image/png")) as peer:
        for changes in (
            {"own_origins": {"https://peer.test"}},
            {"is_blocked": lambda host: host == "peer.test"},
        ):
            async with network.client(**changes) as client:
                with pytest.raises(Unreachable):
                    await client.fetch_file(URL, BytesIO().write, cap=CAP)
    assert peer.accepted == 0


async def test_slow_pictures_take_no_place_from_documents(network: Network) -> None:
    script = routes({"/a.jpg": stall, "/document": reply(200, b"{}")})
    limits = Limits(fetching=1, files=1)
    async with network.peer(script) as peer, network.client(limits=limits) as client:
        slow = asyncio.create_task(client.fetch_file(URL, BytesIO().write, cap=CAP))
        await peer.until(lambda each: len(each.received) == 1)
        assert (await client.fetch("https://peer.test/document")).body == b"{}"
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)


async def test_a_failure_is_remembered(network: Network) -> None:
    async with network.peer(reply(404)) as peer, network.client() as client:
        for _again in range(3):
            with pytest.raises(Unreachable):
                await client.fetch_file(URL, BytesIO().write, cap=CAP)
    assert len(peer.received) == 1
