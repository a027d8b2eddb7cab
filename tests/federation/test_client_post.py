"""Deliveries: signed as they leave, knocked twice where asked, and every fault a value."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation import signatures
from federation.client import Deadlines, Limits, PostResult, RecentSchemes, Signer
from federation.errors import LocalFault, Unreachable
from federation.signatures import Scheme
from federation.signatures.keys import generate_ed25519
from federation.vocabulary import Millis
from tests.federation.peers import (
    NOON,
    QUICK,
    Connection,
    Network,
    Peer,
    Received,
    Script,
    in_turn,
    reply,
    stall,
)

pytestmark = pytest.mark.anyio

INBOX = "https://peer.test/inbox"
BODY = b'{"type":"Follow"}'
SCHEMES: tuple[Scheme, Scheme] = ("cavage", "rfc9421")


def verify(request: Received, peer: Peer, signer: Signer) -> str:
    """Verify the signature against what the socket received; return its scheme."""
    body = request.body if request.method == "POST" else None
    received = signatures.Request(request.method, peer.origin, request.target, request.headers, body)
    claim = signatures.read(received, now=NOON)
    assert claim.key_id == signer.key_id
    assert isinstance(signer.private_key, RSAPrivateKey)
    signatures.verify(claim, signer.private_key.public_key())
    return claim.scheme


async def post_to(network: Network, script: Script, signer: Signer, **changes: object) -> PostResult:
    async with network.peer(script), network.client(**changes) as client:
        return await client.post(INBOX, BODY, signer)


def takes(scheme: Scheme, refusal: int = 401, success: int = 202) -> Script:
    """Answer `success` to one scheme and `refusal` to the other."""

    async def script(request: Received, connection: Connection) -> None:
        found = "rfc9421" if request.header("signature-input") else "cavage"
        await reply(success if found == scheme else refusal)(request, connection)

    return script


async def test_what_a_delivery_sends(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202)) as peer, network.client() as client:
        result = await client.post(INBOX, BODY, signer)
    assert result == PostResult(202, elapsed=result.elapsed)
    assert result.is_success
    assert 0 < result.elapsed < 5
    (request,) = peer.received
    assert (request.method, request.target, request.body) == ("POST", "/inbox", BODY)
    assert verify(request, peer, signer) == "cavage"
    assert {
        name: request.header(name) for name in ("host", "content-type", "user-agent", "content-length")
    } == {
        "host": "peer.test",
        "content-type": "application/activity+json",
        "user-agent": "Kairanban/1.2.3 (+https://kairanban.test/about)",
        "content-length": str(len(BODY)),
    }
    assert 'headers="(request-target) host date digest content-type"' in (request.header("signature") or "")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "target",
    [
        "/a%7Eb",
        "/a~b?c=d",
        "/@あ/inbox?い=う&え",
        "/a%2Fb/%E3%81%82?q=%26%3D%20+x",
        "/a;b=c,d!$'()*+:@",
        "//a//b",
        "/a%zz|^`{}?[]",
        "?page=1",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_signed_is_what_leaves(
    network: Network, signer: Signer, scheme: Scheme, target: str, method: str
) -> None:
    schemes = RecentSchemes(8, lambda: NOON)
    schemes.remember("https://peer.test", scheme)
    async with network.peer(reply()) as peer, network.client(schemes=schemes) as client:
        if method == "GET":
            await client.fetch(peer.origin + target, signer=signer)
        else:
            assert (await client.post(peer.origin + target, BODY, signer)).is_success
    assert verify(peer.received[0], peer, signer) == scheme


@pytest.mark.parametrize("name", ["peer.test", "town.localhost"])
async def test_the_signed_host_has_its_port(network: Network, signer: Signer, name: str) -> None:
    async with network.peer(reply(), name) as peer:
        url = f"https://{name}:{peer.port}/inbox"
        async with network.client(allow_any_port=True) as client:
            assert (await client.post(url, BODY, signer)).is_success
    peer.name = f"{name}:{peer.port}"
    assert verify(peer.received[0], peer, signer) == "cavage"


# The second knock


@pytest.mark.parametrize("refusal", [401, 400, 403])
async def test_the_second_knock(network: Network, signer: Signer, refusal: int) -> None:
    async with network.peer(takes("rfc9421", refusal)) as peer, network.client() as client:
        result = await client.post(INBOX, BODY, signer)
        assert (result.status, result.learned_scheme) == (202, "rfc9421")
        again = await client.post(INBOX, BODY, signer)
        assert (again.status, again.learned_scheme) == (202, None)
    assert [verify(request, peer, signer) for request in peer.received] == ["cavage", "rfc9421", "rfc9421"]


async def test_what_was_learned_is_unlearned(network: Network, signer: Signer) -> None:
    schemes = RecentSchemes(8, lambda: NOON)
    schemes.remember("https://peer.test", "rfc9421")
    async with network.peer(takes("cavage")) as peer, network.client(schemes=schemes) as client:
        assert (await client.post(INBOX, BODY, signer)).learned_scheme == "cavage"
        assert (await client.post(INBOX, BODY, signer)).learned_scheme is None
    assert [verify(request, peer, signer) for request in peer.received] == ["rfc9421", "cavage", "cavage"]


async def test_who_posts_may_name_the_first_scheme(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202)) as peer, network.client() as client:
        result = await client.post(INBOX, BODY, signer, scheme="rfc9421")
    assert (result.status, result.learned_scheme) == (202, None)
    assert verify(peer.received[0], peer, signer) == "rfc9421"


@pytest.mark.parametrize("status", [200, 404, 405, 408, 410, 413, 415, 422, 425, 429, 500, 502, 503])
async def test_other_answers_ask_for_no_second_knock(network: Network, signer: Signer, status: int) -> None:
    async with network.peer(reply(status)) as peer, network.client() as client:
        assert (await client.post(INBOX, BODY, signer)).status == status
    assert len(peer.received) == 1


@pytest.mark.parametrize("second", [400, 401, 403, 404, 410, 429, 500])
async def test_nothing_is_learned_from_a_second_refusal(
    network: Network, signer: Signer, second: int
) -> None:
    async with network.peer(in_turn(reply(401), reply(second))) as peer, network.client() as client:
        result = await client.post(INBOX, BODY, signer)
        assert (result.status, result.learned_scheme, result.is_success) == (second, None, False)
        await client.post(INBOX, BODY, signer)
    assert verify(peer.received[2], peer, signer) == "cavage"


async def test_nothing_is_learned_from_a_get(network: Network, signer: Signer) -> None:
    async with network.peer(takes("rfc9421", success=200)) as peer, network.client() as client:
        for path in ("/a", "/b"):
            await client.fetch(peer.origin + path, signer=signer)
    found = [verify(request, peer, signer) for request in peer.received]
    assert found == ["cavage", "rfc9421", "cavage", "rfc9421"]


@pytest.mark.parametrize(("status", "requests"), [(401, 6), (400, 4), (403, 4)])
async def test_doubtful_refusals_are_doubted_once_an_hour(
    network: Network, signer: Signer, status: int, requests: int
) -> None:
    now = NOON
    async with network.peer(reply(status)) as peer, network.client(clock=lambda: now) as client:
        await client.post(INBOX, BODY, signer)
        now = Millis(NOON + 59 * 60_000)
        await client.post(INBOX, BODY, signer)
        if status != 401:
            now = Millis(NOON + 60 * 60_000)
            await client.post(INBOX, BODY, signer)
            requests += 1
        else:
            await client.post(INBOX, BODY, signer)
    assert len(peer.received) == requests


def test_what_was_learned_is_forgotten_after_a_week() -> None:
    now = NOON
    schemes = RecentSchemes(8, lambda: now)
    schemes.remember("https://peer.test", "rfc9421")
    now = Millis(NOON + 7 * 24 * 3600 * 1000 - 1)
    assert schemes.scheme("https://peer.test") == "rfc9421"
    assert schemes.scheme("https://other.test") == "cavage"
    now = Millis(now + 1)
    assert schemes.scheme("https://peer.test") == "cavage"


# What is told


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 5000, 999_999_999),
        ("Tue, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
async def test_retry_after(network: Network, signer: Signer, value: str, seconds: int | None) -> None:
    result = await post_to(network, reply(429, headers={"Retry-After": value}), signer)
    assert (result.status, result.retry_after, result.error) == (429, seconds, "peer.test: HTTP 429")


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 11:59:00 GMT", -60.0),
        ("yesterday", None),
    ],
)
async def test_skew(network: Network, signer: Signer, date: str, skew: float | None) -> None:
    assert (await post_to(network, reply(401, headers={"Date": date}), signer)).skew == skew


# Faults


@pytest.mark.parametrize(
    "url",
    [
        "http://peer.test/inbox",
        "https://127.0.0.1/inbox",
        "https://peer.test:8443/inbox",
        "https://user@peer.test/inbox",
        "https://kairanban.test/inbox",
        "https://bad.test/inbox",
        "inbox",
        "",
    ],
)
async def test_where_nothing_is_posted(network: Network, signer: Signer, url: str) -> None:
    options = {"own_origins": {"https://kairanban.test"}, "is_blocked": lambda host: host == "bad.test"}
    async with network.peer(reply(202)) as peer:
        network.hosts |= dict.fromkeys(("kairanban.test", "bad.test"), network.hosts["peer.test"])
        async with network.client(**options) as client:
            result = await client.post(url, BODY, signer)
        assert result.refused
        assert (result.status, bool(result.error), result.is_success) == (None, True, False)
        assert peer.accepted == 0


async def test_a_peer_that_hangs(network: Network, signer: Signer) -> None:
    result = await post_to(network, stall, signer, deadlines=QUICK)
    assert (result.status, result.error, result.refused) == (None, "peer.test: no answer within 0.3 s", False)
    assert result.elapsed >= 0.3


async def test_a_peer_that_is_not_there(network: Network, signer: Signer) -> None:
    async with network.peer(reply()):
        pass
    async with network.client() as client:
        result = await client.post(INBOX, BODY, signer)
    assert (result.status, result.refused) == (None, False)
    assert "Cannot connect" in (result.error or "")


async def test_a_peer_with_a_wrong_certificate(network: Network, signer: Signer) -> None:
    async with (
        network.peer(reply(202), tls=network.context("other.test")) as peer,
        network.client() as client,
    ):
        result = await client.post(INBOX, BODY, signer)
    assert (result.status, peer.received) == (None, [])
    assert "certificate" in (result.error or "")


async def test_redirects_of_deliveries_are_not_followed(network: Network, signer: Signer) -> None:
    async with network.peer(reply(307, headers={"Location": "/other"})) as peer, network.client() as client:
        assert (await client.post(INBOX, BODY, signer)).status == 307
    assert len(peer.received) == 1


@pytest.mark.parametrize(
    "rest",
    [
        b"\r\n\r\n",  # until the connection ends, which it does not
        b"\r\nContent-Length: 5\r\n\r\n{",
        b"\r\nContent-Length: 100000\r\n\r\n" + b"a" * 100_000,
        b"\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
    ],
)
async def test_an_answer_counts_whatever_becomes_of_its_body(
    network: Network, signer: Signer, rest: bytes
) -> None:
    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 202 Accepted" + rest)
        await connection.wait_for_end()

    async with network.peer(script) as peer, network.client(deadlines=Deadlines(drain=0.05)) as client:
        result = await client.post(INBOX, BODY, signer)
    assert (result.status, result.error) == (202, None)
    assert len(peer.received) == 1


async def test_an_endless_answer_is_not_read_to_its_end(network: Network, signer: Signer) -> None:
    async def script(_request: Received, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n")
        while True:
            await connection.send(b"a" * 65536)

    async with network.peer(script) as peer, network.client(deadlines=Deadlines(drain=60)) as client:
        assert (await client.post(INBOX, BODY, signer)).status == 202
        await peer.until(lambda peer: peer.closed == 1)


async def test_answers_with_a_small_body_keep_the_connection(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202, b"{}")) as peer, network.client() as client:
        for _again in range(3):
            assert (await client.post(INBOX, BODY, signer)).is_success
    assert peer.accepted == 1


async def test_a_connection_that_ended_while_idle_costs_no_delivery(network: Network, signer: Signer) -> None:
    """The peer ends the first connection instead of answering its second request."""

    async def close(_request: Received, connection: Connection) -> None:
        connection.writer.transport.abort()

    script = in_turn(reply(202), close, reply(202))
    async with network.peer(script) as peer, network.client() as client:
        results = [await client.post(INBOX, BODY, signer) for _again in range(2)]
    assert [result.status for result in results] == [202, 202]
    assert (len(peer.received), peer.accepted) == (3, 2)


async def test_a_peer_that_always_hangs_up_is_asked_twice(network: Network, signer: Signer) -> None:
    async def close(_request: Received, connection: Connection) -> None:
        connection.writer.transport.abort()

    async with network.peer(close) as peer, network.client() as client:
        result = await client.post(INBOX, BODY, signer)
    assert (result.status, result.refused, len(peer.received)) == (None, False, 2)


async def test_the_place_in_the_pool_is_no_time_of_the_peer(network: Network, signer: Signer) -> None:
    """One post holds the only place for most of the deadline; the next one still has all of it."""

    async def slow(request: Received, connection: Connection) -> None:
        await asyncio.sleep(0.2)
        await reply(202)(request, connection)

    async with network.peer(slow), network.client(deadlines=QUICK, limits=Limits(posting=1)) as client:
        results = await asyncio.gather(*(client.post(INBOX, BODY, signer) for _each in range(3)))
    assert [result.status for result in results] == [202] * 3
    assert max(result.elapsed for result in results) < 0.3


async def test_no_more_posts_at_once_than_the_pool_has_places(network: Network, signer: Signer) -> None:
    gate = asyncio.Event()

    async def script(request: Received, connection: Connection) -> None:
        await gate.wait()
        await reply(202)(request, connection)

    async with network.peer(script) as peer, network.client(limits=Limits(posting=2)) as client:
        posts = [asyncio.create_task(client.post(INBOX, BODY, signer)) for _each in range(3)]
        await peer.until(lambda peer: len(peer.received) == 2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await peer.until(lambda peer: len(peer.received) == 3)
        gate.set()
        assert [(await post).status for post in posts] == [202] * 3


async def test_many_posts_at_once_are_all_signed(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202)) as peer, network.client() as client:
        results = await asyncio.gather(*(client.post(f"{INBOX}?{n}", BODY, signer) for n in range(60)))
    assert all(result.is_success for result in results)
    assert {verify(request, peer, signer) for request in peer.received} == {"cavage"}
    assert {request.target for request in peer.received} == {f"/inbox?{n}" for n in range(60)}
    assert peer.accepted <= Limits().connections_per_host


async def test_one_who_leaves_while_signing_disturbs_nobody(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202)), network.client() as client:
        leaving = [asyncio.create_task(client.post(INBOX, BODY, signer)) for _each in range(20)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        assert (await client.post(INBOX, BODY, signer)).is_success
        await asyncio.gather(*leaving, return_exceptions=True)


async def test_a_key_that_cannot_sign_is_our_fault_and_stops_nobody(network: Network, signer: Signer) -> None:
    """More of them than there are threads: none is lost over it."""
    unfit = Signer(signer.key_id, generate_ed25519())
    broken = Signer(signer.key_id, "no key")  # type: ignore[arg-type]
    async with network.peer(reply(202)) as peer, network.client() as client:
        for _each in range(3):
            with pytest.raises(LocalFault):
                await client.post(INBOX, BODY, unfit)
            with pytest.raises(AttributeError):
                await client.post(INBOX, BODY, broken, scheme="rfc9421")
        assert (await client.post(INBOX, BODY, unfit, scheme="rfc9421")).is_success
        assert (await client.post(INBOX, BODY, signer)).is_success
    assert len(peer.received) == 2


async def test_deliveries_and_fetches_have_pools_of_their_own(network: Network, signer: Signer) -> None:
    slow, quick = network.peer(stall, "slow.test"), network.peer(reply(202))
    async with slow as peer, quick, network.client(limits=Limits(fetching=1)) as client:
        waiting = asyncio.create_task(client.fetch("https://slow.test/a"))
        await peer.until(lambda peer: bool(peer.received))
        assert (await client.post(INBOX, BODY, signer)).is_success
        waiting.cancel()
    with pytest.raises((asyncio.CancelledError, Unreachable)):
        await waiting
