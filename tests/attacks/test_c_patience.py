"""C21, C22, C27: many who name one stranger, a host that fails, and many that are slow: what others notice of them."""

import asyncio
import time

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import find_booster
from tests.attacks.rig.peers import PUBLIC, unique
from tests.attacks.rig.wire import Answer, Request, document

OTHERS_SECONDS = 1.0
MOST_LOOKS = 24
"""At the document of somebody whose host fails, in an hour in which she sends 48 posts."""
SLACK = 3.0
"""For a machine that is busy with other things."""


async def test_C21_one_stranger_many_times(rig: Rig) -> None:
    """All who wait for one document wait for the same fetch."""
    alice = rig.p.actor()
    waiting, is_free = [0], asyncio.Event()
    found = document(alice.document)

    async def serve(_request: Request, _writer: asyncio.StreamWriter) -> Answer:
        await is_free.wait()
        return found

    rig.p.answers[alice.id] = serve
    requests = [alice.signed(alice.activity("View", rig.adapter.area)) for _ in range(500)]

    async def send_some() -> set[int]:
        statuses = set()
        waiting[0] += 1
        if waiting[0] == len(senders):
            is_free.set()
        while requests:
            statuses.add((await rig.send(requests.pop(), via=rig.p)).status)
        return statuses

    senders = range(50)
    async with rig.no_effect():
        for statuses in await asyncio.gather(*(send_some() for _ in senders)):
            assert statuses <= {202}
    assert rig.p.asked(alice.id) == 1


async def test_C22_a_host_that_fails(rig: Rig) -> None:
    """For an hour, while it writes to us all the time: it is asked now and then, not by every letter."""
    peer = await rig.peer("failing", is_busy=True)
    alice = peer.actor()
    peer.answers[alice.id] = Answer(500)
    notes = []
    for _ in range(12):
        for _ in range(4):
            notes.append(alice.note())
            assert (await rig.post(alice, alice.create(notes[-1]))).status in {202, 429}
        await rig.later(minutes=5)
    assert 0 < peer.asked(alice.id) <= MOST_LOOKS


async def test_C27_a_storm_of_slow_hosts(rig: Rig) -> None:
    """Thirty hosts with five slow posts each are boosted; a stranger who writes is heard at once."""
    peer, booster = await rig.peer("storm", is_busy=True), await find_booster(rig)
    is_over = asyncio.Event()

    async def serve(_request: Request, _writer: asyncio.StreamWriter) -> Answer:
        await is_over.wait()
        return Answer(404)

    paths = [f"/slow{number}" for number in range(5)]
    peer.answers |= dict.fromkeys(paths, serve)
    hosts = [f"{unique('x')}.{peer.host}" for _ in range(30)]
    for host in hosts:
        for path in paths:
            announce = booster.activity("Announce", f"https://{host}{path}", to=[PUBLIC])
            assert (await rig.post(booster, announce)).status == 202
    await peer.until(lambda: len({each.host for each in peer.requests}) > 0)
    took = []
    for _ in range(3):
        alice = rig.p.actor()
        note, began = alice.note(), time.monotonic()
        assert (await rig.post(alice, alice.create(note))).status == 202
        took.append(time.monotonic() - began)
        await rig.has_effect(note)
        assert rig.p.asked(alice.id) == 1
    is_over.set()
    assert sorted(took)[1] < OTHERS_SECONDS + SLACK
