"""One GET against peers of every kind: what is sent, what is taken, and what ends in time."""

import asyncio
import gzip
import select
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta

import pytest

from federation.client import Client, Deadlines, Fetched, Limits, Signer
from federation.errors import Gone, Unreachable
from federation.vocabulary import Iri
from tests.federation.peers import (
    ACTIVITY,
    QUICK,
    Connection,
    Network,
    Received,
    Script,
    in_turn,
    redirect,
    reply,
    routes,
    stall,
)

pytestmark = pytest.mark.anyio

URL = "https://peer.test/a"


async def fetch_from(network: Network, script: Script, **changes: object) -> Fetched:
    async with network.peer(script), network.client(**changes) as client:
        return await client.fetch(URL)


async def assert_unreachable(network: Network, script: Script, match: str, **changes: object) -> Unreachable:
    with pytest.raises(Unreachable, match=match) as caught:
        await fetch_from(network, script, **changes)
    return caught.value


async def test_what_a_fetch_sends_and_brings(network: Network) -> None:
    async with network.peer(reply(200, b'{"id": 1}')) as peer, network.client() as client:
        fetched = await client.fetch("https://PEER.test/%7Ealice?b=c#main-key")
    assert fetched == Fetched(
        Iri("https://peer.test/~alice?b=c"), ACTIVITY, b'{"id": 1}', fetched.headers, 200
    )
    assert fetched.headers["Content-Length"] == "9"
    (request,) = peer.received
    assert (request.method, request.target, request.body) == ("GET", "/~alice?b=c", b"")
    assert dict(request.headers) == {
        "host": "peer.test",
        "user-agent": "Kairanban/1.2.3 (+https://kairanban.test/about)",
        "accept": 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "accept-encoding": "identity",
    }


async def test_connections_are_used_again(network: Network) -> None:
    async with network.peer(reply(404)) as peer, network.client() as client:
        for number in range(5):
            with pytest.raises(Unreachable):
                await client.fetch(f"https://peer.test/{number}")
    assert (len(peer.received), peer.accepted) == (5, 1)


async def test_cookies_are_not_kept(network: Network) -> None:
    async with network.peer(reply(headers={"Set-Cookie": "a=b; Path=/"})) as peer, network.client() as client:
        for _again in range(2):
            await client.fetch(URL)
    assert [request.header("cookie") for request in peer.received] == [None, None]


async def test_the_environment_decides_nothing(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    async with network.peer(reply()) as peer, network.peer(reply(), "proxy.test", plain=True) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with network.client() as client:
            await client.fetch(URL)
        monkeypatch.setenv("SSL_CERT_FILE", str(network.ca_file))
        async with network.client(ca_file=None) as client:
            with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
                await client.fetch(URL)
    assert (len(peer.received), proxy.accepted) == (1, 0)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON;charset=UTF-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;profile="https://www.w3.org/ns/activitystreams"; charset=utf-8',
        'application/ld+json; profile="http://www.w3.org/ns/json-ld#context https://www.w3.org/ns/activitystreams"',
    ],
)
async def test_content_types_of_activity_streams(network: Network, content_type: str) -> None:
    assert (await fetch_from(network, reply(200, b"{}", content_type))).content_type == content_type


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/html",
        "text/plain",
        "application/json",
        "application/octet-stream",
        "image/png",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams2"',
        'application/ld+json; profile="https://evil.test/"; profile="https://www.w3.org/ns/activitystreams"',
        "application/activity+json, text/html",
        "text/html, application/activity+json",
        "text/html; a=application/activity+json",
        "application/activity+json text/html",
        "application/activity+jsonx",
    ],
)
async def test_other_content_types_are_refused(network: Network, content_type: str | None) -> None:
    await assert_unreachable(network, reply(200, b"{}", content_type), "content type")


async def test_two_content_types_are_refused(network: Network) -> None:
    script = reply(200, b"{}", ACTIVITY, {"content-type": "text/html"})
    await assert_unreachable(network, script, "content type")


@pytest.mark.parametrize(
    ("accept", "good", "bad"),
    [
        ("jrd", "application/jrd+json; charset=utf-8", "text/html"),
        ("jrd", "application/json", ACTIVITY),
        (
            "json",
            'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"',
            "text/plain",
        ),
    ],
)
async def test_content_types_of_discovery(network: Network, accept: str, good: str, bad: str) -> None:
    async with (
        network.peer(in_turn(reply(200, b"{}", good), reply(200, b"{}", bad))),
        network.client() as client,
    ):
        await client.fetch(URL, accept=accept)  # type: ignore[arg-type]
        with pytest.raises(Unreachable, match="content type"):
            await client.fetch(URL, accept=accept)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 429, 500, 503])
async def test_other_statuses_prove_nothing(network: Network, status: int) -> None:
    fault = await assert_unreachable(network, reply(status), f"HTTP {status}")
    assert (fault.status, fault.permanent) == (status, False)


async def test_410_is_gone(network: Network) -> None:
    with pytest.raises(Gone):
        await fetch_from(network, reply(410))


async def test_only_the_origin_that_was_asked_says_gone(network: Network) -> None:
    async with network.peer(reply(410), "other.test"):
        fault = await assert_unreachable(network, redirect("https://other.test/a"), "HTTP 410")
    assert fault.status == 410


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(network: Network, status: int) -> None:
    script = routes({"/a": redirect("/b", status), "/b": reply(200, b"{}")})
    assert (await fetch_from(network, script)).final_url == "https://peer.test/b"


async def test_three_redirects_and_no_fourth(network: Network) -> None:
    chain = {f"/{step}": redirect(f"/{step + 1}") for step in range(4)} | {"/4": reply()}
    async with network.peer(routes(chain)) as peer, network.client() as client:
        assert (await client.fetch("https://peer.test/1")).final_url == "https://peer.test/4"
        peer.received.clear()
        with pytest.raises(Unreachable, match="more than 3 redirects"):
            await client.fetch("https://peer.test/0")
        assert [request.target for request in peer.received] == ["/0", "/1", "/2", "/3"]


async def test_loops_of_redirects_end(network: Network) -> None:
    async with network.peer(redirect(URL)) as peer:
        async with network.client() as client:
            with pytest.raises(Unreachable, match="more than 3 redirects"):
                await client.fetch(URL)
        assert len(peer.received) == 4


async def test_a_redirect_without_location_proves_nothing(network: Network) -> None:
    await assert_unreachable(network, reply(302), "HTTP 302")


@pytest.mark.parametrize(
    "location", ["http://peer.test/b", "file:///etc/passwd", "gopher://peer.test/", "data:,a"]
)
async def test_redirects_to_other_schemes_are_refused(network: Network, location: str) -> None:
    assert (await assert_unreachable(network, redirect(location), "redirects to")).permanent


async def test_a_signature_stays_on_its_origin(network: Network, signer: Signer) -> None:
    scripts = routes({"/a": redirect("/b"), "/b": redirect("https://other.test/c")})
    back = redirect("https://peer.test/d")
    async with (
        network.peer(scripts) as peer,
        network.peer(back, "other.test") as other,
        network.client() as client,
    ):
        with pytest.raises(Unreachable, match="HTTP 404"):
            await client.fetch(URL, signer=signer)
    first, second, last = peer.received
    assert first.header("signature")
    assert second.header("signature")
    assert first.header("signature") != second.header("signature")
    assert other.received[0].header("signature") is None
    assert last.header("signature") is None


# Size


async def test_a_body_of_the_cap_and_one_byte_more(network: Network) -> None:
    limits = Limits(body_bytes=100_000)
    assert len((await fetch_from(network, reply(200, b"a" * 100_000), limits=limits)).body) == 100_000
    await assert_unreachable(network, reply(200, b"a" * 100_001), "longer than", limits=limits)


async def test_an_announced_length_above_the_cap_is_not_waited_for(network: Network) -> None:
    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + ACTIVITY.encode())
        await connection.send(b"\r\nContent-Length: 2000000000\r\n\r\n{")
        await connection.wait_for_end()

    await assert_unreachable(network, script, "longer than")


@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n\r\n", b"Connection: close\r\n\r\n"])
async def test_endless_bodies_are_dropped(network: Network, head: bytes) -> None:
    """Also on the wire: the peer sees the connection end, and cannot go on sending."""
    sent = 0

    async def script(_request: Received, connection: Connection) -> None:
        nonlocal sent
        piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + ACTIVITY.encode() + b"\r\n" + head)
        while True:
            await connection.send(piece)
            sent += len(piece)

    async with network.peer(script) as peer, network.client() as client:
        with pytest.raises(Unreachable, match="longer than"):
            await client.fetch(URL)
        await peer.until(lambda peer: peer.closed == 1)
    assert sent < 16 << 20


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "GZIP"])
async def test_encoded_bodies_are_refused(network: Network, encoding: str) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (20 << 20)))
    script = reply(200, bomb, ACTIVITY, {"Content-Encoding": encoding})
    await assert_unreachable(network, script, "encoded")


async def test_identity_is_no_encoding(network: Network) -> None:
    assert (
        await fetch_from(network, reply(200, b"{}", ACTIVITY, {"Content-Encoding": "identity"}))
    ).body == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * (2 << 20) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 " + b"a" * (1 << 20) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nA: b\r\nc\0d: e\r\n\r\n{}",
        b"<html>HTTP/0.9</html>",
        b"\0\1\2",
        b"",
    ],
)
async def test_what_is_no_http_ends_at_once(network: Network, answer: bytes) -> None:
    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(answer)
        connection.writer.close()

    await assert_unreachable(network, script, "peer.test: ")


# Time


async def drip_body(_request: Received, connection: Connection) -> None:
    await connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 9999\r\n\r\n"
    )
    while True:
        await connection.send(b" ")
        await asyncio.sleep(0.05)


async def drip_headers(_request: Received, connection: Connection) -> None:
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"X: a\r\n")
        await asyncio.sleep(0.05)


async def endless_continues(_request: Received, connection: Connection) -> None:
    while True:
        await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("script", [stall, drip_body, drip_headers, endless_continues])
async def test_one_deadline_for_the_whole(network: Network, script: Script) -> None:
    async with network.peer(script) as peer, network.client(deadlines=QUICK) as client:
        with pytest.raises(Unreachable, match=r"no answer within 0\.3 s"):
            await client.fetch(URL)
        await peer.until(lambda peer: peer.closed == 1)


async def test_a_peer_that_does_not_say_goodbye(network: Network) -> None:
    """It reads nothing after the request, so TLS cannot end in agreement: the socket is closed all the same."""
    server = socket.create_server(("127.0.0.1", 0))
    network.hosts["peer.test"] = ("127.0.0.1", server.getsockname()[1])

    def serve() -> bool:
        accepted, _address = server.accept()
        with network.context("peer.test").wrap_socket(accepted, server_side=True) as connection:
            connection.recv(65536)
            poll = select.poll()
            poll.register(connection, select.POLLRDHUP)
            return bool(poll.poll(5000))

    async with network.client(deadlines=QUICK) as client:
        is_closed = asyncio.create_task(asyncio.to_thread(serve))
        with pytest.raises(Unreachable, match="no answer"):
            await client.fetch(URL)
        assert await is_closed
    server.close()


async def test_what_is_not_read_is_dropped_without_a_goodbye(network: Network) -> None:
    """A farewell reads on, for as long as the peer takes for its own: here nothing waits for that."""
    server = socket.create_server(("127.0.0.1", 0))
    network.hosts["peer.test"] = ("127.0.0.1", server.getsockname()[1])
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {ACTIVITY}\r\nContent-Length: 2000000000\r\n\r\n"

    def serve() -> bool:
        accepted, _address = server.accept()
        with network.context("peer.test").wrap_socket(accepted, server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(head.encode())
            poll = select.poll()
            poll.register(connection, select.POLLRDHUP)
            return bool(poll.poll(5000))

    async with network.client(deadlines=Deadlines(drain=60)) as client:
        is_closed = asyncio.create_task(asyncio.to_thread(serve))
        with pytest.raises(Unreachable, match="longer than"):
            await client.fetch(URL)
        assert await is_closed
    server.close()


async def test_redirects_share_one_deadline(network: Network) -> None:
    async def slow(_request: Received, connection: Connection) -> None:
        await asyncio.sleep(0.2)
        await redirect("/b")(_request, connection)

    await assert_unreachable(network, slow, "no answer within", deadlines=QUICK)


async def test_a_peer_that_accepts_and_never_speaks_tls(network: Network) -> None:
    async with network.peer(stall, plain=True) as peer:
        async with network.client(deadlines=QUICK) as client, asyncio.timeout(5):
            with pytest.raises(Unreachable):
                await client.fetch(URL)
        assert (peer.accepted, peer.received) == (1, [])


async def test_a_connection_has_less_time_than_the_whole(network: Network) -> None:
    deadlines = Deadlines(connect=0.1, fetch=60)
    async with network.peer(stall, plain=True), network.client(deadlines=deadlines) as client:
        with pytest.raises(Unreachable, match="ConnectionTimeoutError"):
            await client.fetch(URL)


async def test_nobody_listens(network: Network) -> None:
    async with network.peer(reply()):
        pass
    async with network.client() as client:
        with pytest.raises(Unreachable, match="Cannot connect"):
            await client.fetch(URL)


async def test_a_server_that_has_closed_an_idle_connection(network: Network) -> None:
    async def once(request: Received, connection: Connection) -> None:
        await reply(200, b"{}")(request, connection)
        connection.writer.close()

    async with network.peer(once) as peer, network.client() as client:
        await client.fetch(URL)
        await client.fetch(URL)
    assert peer.accepted == 2


# TLS


async def assert_certificate_refused(network: Network, context: ssl.SSLContext) -> None:
    async with network.peer(reply(), tls=context) as peer, network.client() as client:
        with pytest.raises(Unreachable, match=r"(?i)ssl|certificate"):
            await client.fetch(URL)
    assert peer.received == []


async def test_a_certificate_of_another_name(network: Network) -> None:
    await assert_certificate_refused(network, network.context("other.test"))


async def test_a_certificate_of_another_authority(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Network(tmp_path_factory.mktemp("other"))
    await assert_certificate_refused(network, other.context("peer.test"))


async def test_an_expired_certificate(network: Network) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    network.authority.issue_cert("peer.test", not_after=yesterday).configure_cert(context)
    await assert_certificate_refused(network, context)


async def test_old_tls(network: Network) -> None:
    context = network.context("peer.test")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    await assert_certificate_refused(network, context)


async def test_the_name_is_told_and_checked_though_a_table_gives_the_address(network: Network) -> None:
    names: list[str | None] = []
    context = network.context("peer.test")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    async with network.peer(reply(), tls=context), network.client() as client:
        await client.fetch(URL)
    assert names == ["peer.test"]


async def test_a_closed_client_has_no_connections(network: Network) -> None:
    async with network.peer(stall) as peer:
        client: Client = network.client()
        waiting = asyncio.create_task(client.fetch(URL))
        await peer.until(lambda peer: bool(peer.received))
        await client.aclose()
        with pytest.raises(Unreachable, match="closed"):
            await waiting
        await peer.until(lambda peer: peer.closed == 1)
