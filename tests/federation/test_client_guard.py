"""No request leaves for an address that is not global: not by name, literal, redirect or a change of mind."""

import socket
from collections.abc import Sequence

import pytest

from federation.addresses import AddressPolicy, read_networks
from federation.client import Client, Signer
from federation.client.guard import GuardedResolver, SystemLookup
from federation.errors import Unreachable
from tests.federation.peers import Network, redirect, reply
from tests.federation.test_addresses import NOWHERE_IPV4, NOWHERE_IPV6

pytestmark = pytest.mark.anyio


class Names:
    """A name service that answers what it is told, in turn."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def assert_refused(client: Client, url: str) -> None:
    with pytest.raises(Unreachable, match=r"is not a global address|has a scope") as caught:
        await client.fetch(url, fresh=True)
    assert caught.value.permanent


@pytest.mark.parametrize("address", NOWHERE_IPV4 + NOWHERE_IPV6)
async def test_a_name_that_leads_nowhere_global_is_not_dialled(network: Network, address: str) -> None:
    async with network.client(allowed_private_networks=(), lookup=Names([address])) as client:
        await assert_refused(client, "https://evil.test/a")


@pytest.mark.parametrize(
    "answers", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"]]
)
async def test_one_bad_address_spoils_the_name(network: Network, answers: list[str]) -> None:
    """The good one answers, and would be dialled first in one of the orders."""
    async with network.peer(reply(), "localhost", plain=True) as peer:
        allowed = read_networks(["127.0.0.1"])
        names = Names(answers)
        options = {"allowed_private_networks": allowed, "lookup": names, "hosts": {}, "allow_any_port": True}
        async with network.client(**options) as client:
            await assert_refused(client, f"https://evil.test:{peer.port}/a")
        assert names.asked == ["evil.test"]
        assert peer.accepted == 0


async def test_loopback_is_dialled_only_where_a_network_allows_it(network: Network) -> None:
    async with network.peer(reply()) as peer:
        async with network.client(allowed_private_networks=()) as client:
            await assert_refused(client, "https://peer.test/a")
        async with network.client(allowed_private_networks=read_networks(["127.0.0.2"])) as client:
            await assert_refused(client, "https://peer.test/a")
        assert peer.accepted == 0
        async with network.client() as client:
            await client.fetch("https://peer.test/a")
        assert peer.accepted == 1


@pytest.mark.parametrize("name", ["localhost", "town.localhost", "LOCALHOST."])
async def test_loopback_names_lead_to_loopback_without_a_name_service(network: Network, name: str) -> None:
    names = Names(["8.8.8.8"])
    async with network.peer(reply(), plain=True) as peer:
        async with network.client(lookup=names, hosts={}) as client:
            await client.fetch(f"http://{name}:{peer.port}/a")
        async with network.client(lookup=names, hosts={}, allowed_private_networks=()) as client:
            await assert_refused(client, f"http://{name}:{peer.port}/a")
        assert peer.accepted == 1
    assert names.asked == []


async def test_literals_meet_the_guard_at_the_dial(network: Network) -> None:
    """No resolver sees a literal: here the socket factory stands alone."""
    async with network.peer(reply(), "127.0.0.1") as peer:
        async with network.client(allow_any_port=True, allowed_private_networks=()) as client:
            await assert_refused(client, f"https://127.0.0.1:{peer.port}/a")
            await assert_refused(client, f"https://[::1]:{peer.port}/a")
            await assert_refused(client, f"https://[::ffff:7f00:1]:{peer.port}/a")
        assert peer.accepted == 0
        async with network.client(allow_any_port=True) as client:
            await client.fetch(f"https://127.0.0.1:{peer.port}/a")


async def test_a_name_that_changes_its_mind_meets_the_guard_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the answer that was judged not be the one that is dialled, the dial is judged as well."""
    resolve = GuardedResolver.resolve

    async def rebind(
        self: GuardedResolver, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> object:
        judged = await resolve(self, host, port, socket.AF_UNSPEC)
        return [{**each, "host": "127.0.0.2"} for each in judged]

    monkeypatch.setattr(GuardedResolver, "resolve", rebind)
    async with (
        network.peer(reply()),
        network.client(allowed_private_networks=read_networks(["127.0.0.1"])) as client,
    ):
        await assert_refused(client, "https://peer.test/a")


async def test_the_second_answer_of_a_name_is_judged_like_the_first(network: Network) -> None:
    async with network.peer(reply(headers={"Connection": "close"}), "localhost") as peer:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        resolver = GuardedResolver(AddressPolicy(read_networks(["127.0.0.1"])), {}, names)
        assert [each["host"] for each in await resolver.resolve("peer.test", peer.port)] == ["127.0.0.1"]
        with pytest.raises(OSError, match=r"127\.0\.0\.2 is not a global address"):
            await resolver.resolve("peer.test", peer.port)


@pytest.mark.parametrize(
    "location",
    [
        "https://inside.test/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost:6379/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
async def test_redirects_meet_the_guard(network: Network, location: str) -> None:
    async with network.peer(reply(), "inside.test") as inside, network.peer(redirect(location)) as peer:
        hosts = {"peer.test": ("127.0.0.1", peer.port), "inside.test": ("127.0.0.2", inside.port)}
        async with network.client(
            hosts=hosts, allowed_private_networks=read_networks(["127.0.0.1"])
        ) as client:
            with pytest.raises(Unreachable):
                await client.fetch("https://peer.test/a")
        assert inside.accepted == 0


async def test_posts_meet_the_guard(network: Network, signer: Signer) -> None:
    async with network.peer(reply(202)) as peer:
        async with network.client(allowed_private_networks=()) as client:
            result = await client.post("https://peer.test/inbox", b"{}", signer)
        assert result.refused
        assert result.status is None
        assert "not a global address" in (result.error or "")
        assert peer.accepted == 0


async def test_the_name_service_of_the_system() -> None:
    lookup = SystemLookup()
    assert await lookup("127.0.0.1") == ["127.0.0.1"]
    for name in ("no-such-name.invalid", "a" * 64 + ".test", "a..b"):
        with pytest.raises(OSError, match=r"."):
            await lookup(name)
    lookup.close()


async def test_a_name_without_address_is_unreachable(network: Network) -> None:
    async with network.client(lookup=Names([])) as client:
        with pytest.raises(Unreachable, match="has no address") as caught:
            await client.fetch("https://nowhere.test/a")
    assert not caught.value.permanent
