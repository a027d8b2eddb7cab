"""Clocks that are wrong, ours or theirs: inside the window nobody notices; beyond it nothing is lost, and we say so."""

import signal
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx
import pytest

from areas.records import AreaRecord
from federation.vocabulary import Millis
from tests.faults.rig import HOST, IS_LONG, LATER, LONGEST, count_rows, open_town
from tests.testrig.inboxes import Inboxes
from tests.testrig.network import Clock
from tests.testrig.peers import Peer
from tests.testrig.processes import Zygote
from tests.testrig.world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(LONGEST)]

MINUTE, HOUR = 60, 3600
WITHIN = (-2, 2, -10 * MINUTE, 10 * MINUTE)
BEYOND = (-2 * HOUR, 2 * HOUR)
TAKAHE_SECONDS = 60


class OffClock(Clock):
    """The world's clock, so many seconds ahead."""

    def __init__(self, right: Clock, seconds: float) -> None:
        super().__init__()
        self.right, self.seconds = right, seconds

    def __call__(self) -> Millis:
        return Millis(self.right() + int(self.seconds * 1000))


class Place:
    """A town with one area, and three servers of others that follow it; whose clock is right depends."""

    def __init__(self, world: World, town: Town, area: AreaRecord, clock: OffClock) -> None:
        self.world, self.town, self.area, self.clock = world, town, area, clock
        self.peers = [world.peer(f"{name}.example") for name in ("ichi", "ni", "san")]
        for peer in self.peers:
            world.network.clocks[peer.host] = world.clock

    async def follow(self) -> list[httpx.Response]:
        """Let everybody follow the area, as somebody new each time."""
        answers = []
        for peer in self.peers:
            name = f"u{len(peer.actors)}"
            follow = peer.activity("Follow", peer.actor(name), f"follow-{name}", self.area.iri)
            answers.append(await peer.send(follow, f"{self.area.iri}/inbox"))
        return answers

    async def submit(self, name: str, peer: Peer) -> httpx.Response:
        author = next(iter(peer.actors))
        note = peer.documents.get(f"{peer.origin}/notes/{name}") or peer.note(
            author, name, cc=[self.area.iri]
        )
        return await peer.send(peer.create(note), f"{self.area.iri}/inbox")

    async def ready(self) -> tuple[int, Any]:
        transport = httpx.ASGITransport(app=self.world.network.hosts[HOST])
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as client:
            response = await client.get("/readyz")
        return response.status_code, response.json()["problems"]


@pytest.fixture
async def place(world: World, new_database: Callable[[], str]) -> Place:
    clock = OffClock(world.clock, 0)
    town = await world.town(HOST, new_database(), clock)
    return Place(world, town, await town.area("chitose"), clock)


@pytest.mark.parametrize("seconds", WITHIN)
async def test_a_peer_whose_clock_is_a_little_off_is_heard(place: Place, seconds: int) -> None:
    peer = place.peers[0]
    peer.actor("hana")
    peer.clock = OffClock(place.world.clock, seconds)
    assert (await place.submit("n1", peer)).status_code == 202
    assert (await place.town.read(count_rows))["boosts"] == 1


@pytest.mark.parametrize("seconds", BEYOND)
async def test_a_peer_whose_clock_is_far_off_is_told_so(place: Place, seconds: int) -> None:
    """401 is the truth here: one server among many is wrong, and its own alarm needs the answer."""
    await place.follow()
    await place.world.settle()
    liar = place.peers[0]
    liar.clock = OffClock(place.world.clock, seconds)
    assert (await place.submit("n1", liar)).status_code == 401
    assert (await place.town.read(count_rows))["boosts"] == 0
    assert await place.ready() == (200, [])


@pytest.mark.parametrize("seconds", WITHIN)
async def test_our_own_clock_is_a_little_off(place: Place, seconds: int) -> None:
    """We hear and are heard; beyond 30 s we say that we are not ready."""
    place.clock.seconds = seconds
    answers = await place.follow()
    assert {answer.status_code for answer in answers} == {202}
    await place.world.settle()
    assert all("Accept" in peer.kinds() for peer in place.peers)
    status, problems = await place.ready()
    if abs(seconds) <= 30:
        assert (status, problems) == (200, [])
    else:
        assert status == 503
        assert problems == [f"the clock is {abs(seconds)} s {'fast' if seconds > 0 else 'slow'}"]


@pytest.mark.parametrize("seconds", BEYOND)
async def test_our_own_clock_is_far_off_and_nothing_is_lost(place: Place, seconds: int) -> None:
    """As soon as we know that it may be ours, nobody gets a 401 for his: GoToSocial would drop the post."""
    await place.follow()
    await place.world.settle()
    place.clock.seconds = seconds
    await place.town.post(
        await place.town.person("hana"), "時計がずれています。足もとに気をつけて。", place.area
    )
    await place.world.settle()  # the answers tell
    status, problems = await place.ready()
    assert (status, len(problems)) == (503, 1)
    peer = place.peers[0]
    refused = await place.submit("n1", peer)
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (LATER, True)

    place.clock.seconds = 0
    assert await place.ready() == (200, [])
    assert (await place.submit("n1", peer)).status_code == 202
    assert (await place.submit("n1", peer)).status_code == 202
    assert (await place.town.read(count_rows))["boosts"] == 2


@pytest.mark.parametrize("seconds", [-10 * MINUTE, 10 * MINUTE, *BEYOND])
async def test_what_is_refused_for_our_clock_arrives_when_it_is_right(place: Place, seconds: int) -> None:
    """Takahē answers 400 to 60 s of skew, others 401; the first is final for everything but this."""
    await place.follow()
    await place.world.settle()
    place.world.network.fault = partial(judge_date, place)
    place.clock.seconds = seconds
    post, _ = await place.town.post(
        await place.town.person("hana"), "いまは届きません。あとで届くはずです。", place.area
    )
    await place.world.settle()
    assert not any(peer.boosts(post.iri) for peer in place.peers)
    place.clock.seconds = 0
    for _ in range(12):
        place.world.clock.advance(hours=1)
        await place.world.settle()
    assert [len(peer.boosts(post.iri)) for peer in place.peers] == [1, 1, 1]


def judge_date(place: Place, request: httpx.Request) -> int | None:
    """As peers do that refuse a `Date` which is not of this minute."""
    statuses = dict(zip((peer.host for peer in place.peers), (400, 401, 401), strict=True))
    if request.method != "POST" or request.url.host not in statuses:
        return None
    sent = parsedate_to_datetime(request.headers["date"]).timestamp()
    is_right = abs(sent - place.world.clock() / 1000) <= TAKAHE_SECONDS
    return None if is_right else statuses[request.url.host]


@pytest.mark.processes
@pytest.mark.parametrize("seconds", [2, -600, 600] if IS_LONG else [-600])
async def test_a_real_server_reads_the_dates_of_real_answers(
    zygote: Zygote, inboxes: Inboxes, new_database: Callable[[], str], tmp_path: Any, seconds: int
) -> None:
    async with open_town(zygote, inboxes, tmp_path / "node", new_database(), skew=float(seconds)) as town:
        async with httpx.AsyncClient(timeout=10) as client:
            assert (await town.offer(client, 1)).status_code == 202
            await town.until_delivered([1])
            ready = (await town.get(client, "/readyz")).json()
        assert abs(ready["clock_skew_seconds"] + seconds) < 2
        assert bool(ready["problems"]) == (abs(seconds) > 30)
        await town.server.end(signal.SIGTERM)
