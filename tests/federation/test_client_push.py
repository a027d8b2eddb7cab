"""Messages to push services: addresses that users name, so every guard of the client stands before them."""

import asyncio

import pytest

from federation.client import Client, Limits, PostResult
from tests.federation.peers import QUICK, Network, redirect, reply, stall

pytestmark = pytest.mark.anyio
ENDPOINT = "https://peer.test/send/abc"
HEADERS = {"content-encoding": "aes128gcm", "ttl": "60", "authorization": "vapid t=a.b.c, k=d"}


async def push(client: Client, url: str = ENDPOINT) -> PostResult:
    return await client.push(url, b"sealed", HEADERS)


async def test_what_is_sent_is_what_was_given_and_nothing_signed(network: Network) -> None:
    async with network.peer(reply(201)) as peer, network.client() as client:
        result = await push(client)
    assert result == PostResult(201, elapsed=result.elapsed)
    (request,) = peer.received
    assert (request.method, request.target, request.body) == ("POST", "/send/abc", b"sealed")
    assert {name: request.header(name) for name in HEADERS} == HEADERS
    assert request.header("signature") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://peer.test/send",
        "https://127.0.0.1/send",
        "https://[::1]/send",
        "https://peer.test:8443/send",
        "https://user@peer.test/send",
        "https://kairanban.test/send",
        "https://bad.test/send",
        "send",
        "",
    ],
)
async def test_where_nothing_is_sent(network: Network, url: str) -> None:
    """And whoever subscribes can be told so at once."""
    options = {"own_origins": {"https://kairanban.test"}, "is_blocked": lambda host: host == "bad.test"}
    async with network.peer(reply(201)) as peer:
        network.hosts |= dict.fromkeys(("kairanban.test", "bad.test"), network.hosts["peer.test"])
        async with network.client(**options) as client:
            assert client.find_refusal(ENDPOINT) is None
            assert client.find_refusal(url)
            result = await push(client, url)
        assert (result.status, result.refused) == (None, True)
        assert peer.accepted == 0


async def test_a_name_that_leads_inside_is_not_dialled(network: Network) -> None:
    async with network.peer(reply(201)) as peer:
        async with network.client(allowed_private_networks=()) as client:
            result = await push(client)
        assert result.refused
        assert "not a global address" in (result.error or "")
        assert peer.accepted == 0


async def test_redirects_are_not_followed(network: Network) -> None:
    async with network.peer(redirect("/other", 307)) as peer, network.client() as client:
        assert (await push(client)).status == 307
    assert len(peer.received) == 1


async def test_a_service_that_hangs_is_left_and_keeps_no_delivery_waiting(network: Network) -> None:
    slow, quick = network.peer(stall, "slow.test"), network.peer(reply(201))
    limits = Limits(pushing=1)
    async with slow as peer, quick, network.client(limits=limits, deadlines=QUICK) as client:
        waiting = asyncio.create_task(push(client, "https://slow.test/send"))
        await peer.until(lambda peer: bool(peer.received))
        second = asyncio.create_task(push(client))
        assert (await waiting).error == "slow.test: no answer within 0.3 s"
        assert (await second).is_success
