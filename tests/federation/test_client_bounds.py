"""What keeps a peer, or those who name it, from costing more than its share."""

import asyncio
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.client import Fetched, Limits, Purpose, Signer
from federation.client.bounds import FIRST_PAUSE, LONGEST_PAUSE, Budgets, Busy, Failures, Places
from federation.client.flights import Flights
from federation.client.recent import Recent
from federation.errors import Gone, Unreachable
from federation.vocabulary import Millis
from tests.federation.peers import (
    NOON,
    QUICK,
    Connection,
    Network,
    Received,
    in_turn,
    redirect,
    reply,
    routes,
    stall,
)

pytestmark = pytest.mark.anyio

URL = "https://peer.test/a"
MINUTE = 60_000


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> Millis:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now = Millis(self.now + milliseconds)


async def assert_unreachable(fetching: Awaitable[Fetched], match: str) -> None:
    with pytest.raises(Unreachable, match=match):
        await fetching


# Remembered failures


@pytest.mark.parametrize("status", [404, 403, 429, 500, 503])
async def test_failures_are_remembered_longer_and_longer(network: Network, status: int) -> None:
    clock = Clock()
    async with network.peer(reply(status)) as peer, network.client(clock=clock) as client:
        for asked, minutes in enumerate((5, 10, 20, 40, 60, 60), start=1):
            await assert_unreachable(client.fetch(URL), f"HTTP {status}$")
            clock.advance(minutes * MINUTE - 1)
            with pytest.raises(Unreachable, match="remembered") as caught:
                await client.fetch(URL)
            assert caught.value.status == status
            assert len(peer.received) == asked
            clock.advance(1)


async def test_what_is_gone_is_remembered_as_gone(network: Network) -> None:
    async with network.peer(reply(410)) as peer, network.client() as client:
        for _again in range(2):
            with pytest.raises(Gone):
                await client.fetch(URL)
    assert len(peer.received) == 1


async def test_a_success_ends_the_memory(network: Network) -> None:
    clock = Clock()
    script = in_turn(reply(500), reply(200), reply(500), reply(200))
    async with network.peer(script) as peer, network.client(clock=clock) as client:
        for _again in range(2):
            await assert_unreachable(client.fetch(URL), "HTTP 500")
            clock.advance(5 * MINUTE)
            await client.fetch(URL)
    assert len(peer.received) == 4


async def test_a_fresh_fetch_asks_again(network: Network) -> None:
    async with network.peer(in_turn(reply(404), reply(200))) as peer, network.client() as client:
        await assert_unreachable(client.fetch(URL), "HTTP 404")
        await client.fetch(URL, fresh=True)
        await client.fetch(URL)
    assert len(peer.received) == 3


async def test_failures_are_of_one_document_and_one_signer(network: Network, signer: Signer) -> None:
    scripts = routes({"/a": in_turn(reply(401), reply(200)), "/b": reply(200)})
    async with network.peer(scripts) as peer, network.client() as client:
        await assert_unreachable(client.fetch(URL), "HTTP 401")
        await client.fetch("https://peer.test/b")
        await client.fetch(URL, signer=signer)
        await assert_unreachable(client.fetch(URL), "remembered")
    assert len(peer.received) == 3


async def test_a_host_without_connection_is_not_asked_for_other_documents(network: Network) -> None:
    clock, context = Clock(), network.context("other.test")
    dialled: list[object] = []
    context.sni_callback = lambda *_facts: dialled.append(_facts)
    async with network.peer(reply(), tls=context), network.client(clock=clock) as client:
        await assert_unreachable(client.fetch(URL), r"certificate.*\]$")
        await assert_unreachable(client.fetch("https://peer.test/b"), "remembered")
        assert len(dialled) == 1
        await assert_unreachable(client.fetch("https://peer.test/c", fresh=True), r"certificate.*\]$")
        clock.advance(10 * MINUTE)
        await assert_unreachable(client.fetch("https://peer.test/d"), r"certificate.*\]$")
        assert len(dialled) == 3


async def test_one_slow_document_makes_no_slow_host_but_two_do(network: Network) -> None:
    async with network.peer(stall) as peer, network.client(deadlines=QUICK) as client:
        await assert_unreachable(client.fetch("https://peer.test/1"), r"within 0\.3 s$")
        await assert_unreachable(client.fetch("https://peer.test/2"), r"within 0\.3 s$")
        await assert_unreachable(client.fetch("https://peer.test/3"), "remembered")
    assert [request.target for request in peer.received] == ["/1", "/2"]


async def test_an_answer_in_between_makes_a_slow_host_quick_again(network: Network) -> None:
    scripts = routes({"/1": stall, "/2": stall})
    async with network.peer(scripts) as peer, network.client(deadlines=QUICK) as client:
        await assert_unreachable(client.fetch("https://peer.test/1"), r"within 0\.3 s$")
        await assert_unreachable(client.fetch("https://peer.test/other"), "HTTP 404")
        await assert_unreachable(client.fetch("https://peer.test/2"), r"within 0\.3 s$")
        await assert_unreachable(client.fetch("https://peer.test/another"), "HTTP 404")
    assert len(peer.received) == 4


async def test_who_is_redirected_to_is_not_blamed_for_the_time(network: Network) -> None:
    """Else anybody could use up a host's good name by dripping first and redirecting last."""
    there, here = network.peer(stall, "other.test"), network.peer(redirect("https://other.test/"))
    async with there as other, here, network.client(deadlines=QUICK) as client:
        for number in range(3):
            await assert_unreachable(client.fetch(f"https://peer.test/{number}"), r"peer.test: no answer")
        await assert_unreachable(client.fetch("https://other.test/"), r"other.test: no answer within 0\.3 s$")
    assert len(other.received) == 4


def test_the_memory_of_failures() -> None:
    clock = Clock()
    failures = Failures(2, clock)
    failures.note("a", Unreachable("no", status=500, permanent=True))
    with pytest.raises(Unreachable, match="no") as caught:
        failures.recall("a")
    assert (caught.value.status, caught.value.permanent) == (500, True)
    failures.recall("b")
    clock.advance(FIRST_PAUSE)
    failures.recall("a")
    for _each in range(100):
        failures.note("a", Unreachable("no"))
    clock.advance(LONGEST_PAUSE - 1)
    with pytest.raises(Unreachable):
        failures.recall("a")
    clock.advance(1)
    failures.recall("a")


# Single flight


async def test_one_fetch_for_all_who_ask_at_once(network: Network, signer: Signer) -> None:
    async with network.peer(reply(200, b"{}")) as peer, network.client() as client:
        found = await asyncio.gather(*(client.fetch(f"{URL}#{n}", signer=signer) for n in range(500)))
        assert len(peer.received) == 1
        assert {fetched.body for fetched in found} == {b"{}"}
        await client.fetch(URL, signer=signer)
        assert len(peer.received) == 2


async def test_all_who_ask_at_once_hear_of_one_failure(network: Network) -> None:
    async with network.peer(reply(500)) as peer, network.client() as client:
        found = await asyncio.gather(*(client.fetch(URL) for _each in range(50)), return_exceptions=True)
    assert all(isinstance(each, Unreachable) and each.status == 500 for each in found)
    assert len(peer.received) == 1


async def test_who_leaves_takes_nobody_along(network: Network) -> None:
    gate = asyncio.Event()

    async def script(request: Received, connection: Connection) -> None:
        await gate.wait()
        await reply(200, b"{}")(request, connection)

    async with network.peer(script) as peer, network.client() as client:
        first, second = (asyncio.create_task(client.fetch(URL)) for _each in range(2))
        await peer.until(lambda peer: bool(peer.received))
        first.cancel()
        gate.set()
        assert (await second).body == b"{}"
        with pytest.raises(asyncio.CancelledError):
            await first
    assert len(peer.received) == 1


async def test_a_flight_nobody_waits_for_ends_quietly() -> None:
    flights: Flights[None] = Flights()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise Unreachable("nobody hears this")

    waiting = asyncio.create_task(flights.join("a", fail))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await flights.cancel()


# Budgets, places, pools


async def test_the_budget_of_a_host(network: Network) -> None:
    clock = Clock()
    limits = Limits(fetches_per_minute=3)
    here, there = network.peer(reply(404)), network.peer(reply(200), "other.test")
    async with here as peer, there, network.client(clock=clock, limits=limits) as client:
        for number in range(5):
            await assert_unreachable(
                client.fetch(f"https://peer.test/{number}"), r"404$" if number < 3 else "budget"
            )
        assert len(peer.received) == 3
        await client.fetch("https://other.test/a")
        await assert_unreachable(client.fetch("https://peer.test/5", purpose=Purpose.VERIFY), "HTTP 404")
        clock.advance(20_000)
        await assert_unreachable(client.fetch("https://peer.test/4"), r"HTTP 404$")
        await assert_unreachable(client.fetch("https://peer.test/6"), "budget")
    assert len(peer.received) == 5


async def test_redirects_cost_budget(network: Network) -> None:
    there = reply(302, headers={"Location": "/a"})
    async with network.peer(there) as peer, network.client(limits=Limits(fetches_per_minute=2)) as client:
        await assert_unreachable(client.fetch(URL), "budget")
    assert len(peer.received) == 2


@given(st.lists(st.integers(0, 90_000), max_size=60))
def test_no_more_than_the_budget_in_any_minute(pauses: list[int]) -> None:
    clock, taken = Clock(), []
    budgets = Budgets(5, 10, clock)
    for pause in pauses:
        clock.advance(pause)
        try:
            budgets.take("a")
        except Busy:
            continue
        taken.append(clock())
    for start in taken:
        assert (
            len([each for each in taken if start <= each < start + MINUTE]) <= 10
        )  # a full bucket, and a minute


async def test_a_slow_host_holds_its_own_places_only(network: Network) -> None:
    """As many slow documents as the pool has places, of one host: another host is served meanwhile."""
    limits = Limits(fetching=8, connections_per_host=2, fetches_per_minute=1000)
    there, here = network.peer(stall, "slow.test"), network.peer(reply(200))
    async with there as slow, here, network.client(limits=limits) as client:
        waiting = [asyncio.create_task(client.fetch(f"https://slow.test/{n}")) for n in range(20)]
        await slow.until(lambda peer: len(peer.received) == 2)
        await client.fetch(URL)
        assert (len(slow.received), slow.accepted) == (2, 2)
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_too_many_who_wait_for_one_host_are_sent_away(network: Network) -> None:
    limits = Limits(connections_per_host=1, waiting_per_host=2)
    async with network.peer(stall) as peer, network.client(limits=limits) as client:
        waiting = [asyncio.create_task(client.fetch(f"https://peer.test/{n}")) for n in range(3)]
        await peer.until(lambda peer: bool(peer.received))
        await assert_unreachable(client.fetch("https://peer.test/4"), "requests wait")
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_fetches_do_not_starve_verification(network: Network) -> None:
    there, here = network.peer(stall, "slow.test"), network.peer(reply(200))
    async with there as slow, here, network.client(limits=Limits(fetching=1)) as client:
        waiting = asyncio.create_task(client.fetch("https://slow.test/a"))
        await slow.until(lambda peer: bool(peer.received))
        await client.fetch(URL, purpose=Purpose.VERIFY)
    await asyncio.gather(waiting, return_exceptions=True)


async def test_who_finds_no_place_in_time_blames_nobody(network: Network) -> None:
    limits = Limits(fetching=1)
    scripts = network.peer(stall, "slow.test"), network.peer(reply(200))
    async with (
        scripts[0] as slow,
        scripts[1] as peer,
        network.client(limits=limits, deadlines=QUICK) as client,
    ):
        waiting = asyncio.create_task(client.fetch("https://slow.test/a"))
        await slow.until(lambda peer: bool(peer.received))
        await assert_unreachable(client.fetch(URL), "no place became free")
        await assert_unreachable(waiting, "no answer")
        await client.fetch(URL)
    assert len(peer.received) == 1


async def test_places_are_given_back_by_those_who_leave() -> None:
    places = Places(1, 1)

    async def hold() -> None:
        async with places.hold("a"):
            await asyncio.sleep(3600)

    holders = [asyncio.create_task(hold()) for _each in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        async with places.hold("a"):
            pass
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)
    async with places.hold("a"), places.hold("b"):
        pass


def test_the_recent_is_bounded() -> None:
    recent: Recent[int, str] = Recent(3)
    for number in range(3):
        recent.put(number, str(number))
    assert recent.get(0) == "0"
    recent.put(3, "3")
    assert [recent.get(number) for number in range(4)] == ["0", None, "2", "3"]
    recent.put(3, "again")
    recent.drop(0)
    recent.drop(0)
    assert (len(recent), recent.get(3)) == (2, "again")
