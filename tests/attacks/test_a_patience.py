"""A28, A29, A42: senders who cost time, and what others notice of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.attacks.results import FRONT
from tests.attacks.rig import Rig
from tests.attacks.rig.wire import Connection, render_head

SENDERS, REQUESTS = 20, 1000
MOST_FETCHES = 150
"""Of a thousand keys of one host."""
KEY_SECONDS = 6.0
OTHERS_SECONDS = 1.0
SLACK = 2.0
"""For a machine that is busy with other things."""

SLOW = 200
"""Connections of each kind, at each front."""
BODY_PERIOD, HEADER_PERIOD = 5.0, 0.5
LONGEST = 60.0


async def test_A28_unknown_keys(rig: Rig) -> None:
    crowd = await rig.peer("crowd", is_busy=True)
    mallory = crowd.actor()
    owners = {f"{crowd.origin}/users/x{number}" for number in range(REQUESTS)}
    requests = [
        mallory.sign(mallory.unsigned(mallory.create()), keyId=f"{owner}#main-key") for owner in owners
    ]
    statuses: Counter[int] = Counter()

    async def send_some() -> None:
        connection = await rig.front.connect(rig.source(crowd))
        while requests:
            statuses[(await connection.ask(requests.pop())).status] += 1
        connection.close()

    async with rig.no_effect(fetches=owners):
        sending = [asyncio.create_task(send_some()) for _ in range(SENDERS)]
        others = await rig.time_honest()
        await asyncio.gather(*sending)
    assert statuses.total() == REQUESTS
    assert set(statuses) <= {202, 401, 429}
    assert statuses[202] <= MOST_FETCHES
    assert sum(crowd.asked(owner) for owner in owners) <= MOST_FETCHES
    assert others < OTHERS_SECONDS + SLACK


async def test_A29_silent_key_host(rig: Rig) -> None:
    mallory = rig.p.actor(host=await rig.listen("silent", be_silent))
    async with rig.no_effect():
        began = time.monotonic()
        asking = asyncio.create_task(rig.post(mallory, mallory.create()))
        others = await rig.time_honest()
        assert (await asking).status in {202, 429}
        assert time.monotonic() - began < KEY_SECONDS + SLACK
    assert others < OTHERS_SECONDS + SLACK


async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1 << 16):
        pass
    writer.close()


@dataclass(frozen=True)
class Drip:
    """Bytes that come slowly, after some that come at once."""

    first: bytes
    part: bytes
    period: float

    async def run(self, connection: Connection) -> bool:
        """Write until the other side closes; whether it did in time."""
        writing = asyncio.create_task(self._write(connection))
        is_ended = await connection.ended(LONGEST)
        writing.cancel()
        connection.close()
        return is_ended

    async def _write(self, connection: Connection) -> None:
        with suppress(OSError):
            await connection.write(self.first)
            while True:
                await asyncio.sleep(self.period)
                await connection.write(self.part)


@dataclass(frozen=True)
class Outcome:
    """`ended`: of each slow sender; `waits`: seconds of honest ones meanwhile, by front."""

    ended: list[bool]
    waits: dict[str, float]


async def drip(rig: Rig) -> Outcome:
    """Let hundreds of slow senders in by every front."""
    mallory = rig.e.actor()
    whole = mallory.signed(mallory.create())
    body = Drip(render_head(whole), b"{", BODY_PERIOD)
    head = Drip(f"POST {whole.target} HTTP/1.1\r\n".encode(), b"X-Note: a\r\n", HEADER_PERIOD)
    running = [
        asyncio.create_task(each.run(await front.connect(rig.source(rig.e))))
        for front in rig.fronts.values()
        for each in (body, head)
        for _ in range(SLOW)
    ]
    waits = {name: await rig.time_honest(front) for name, front in rig.fronts.items()}
    return Outcome(await asyncio.gather(*running), waits)


@pytest.mark.begins.with_args(drip)
async def test_A42_slow_senders(rig: Rig, record_property: Callable[[str, object], None]) -> None:
    record_property(FRONT, ", ".join(rig.fronts))
    outcome = await rig.begun[drip]
    assert all(outcome.ended)
    assert outcome.waits.keys() == rig.fronts.keys()
    assert max(outcome.waits.values()) < OTHERS_SECONDS + SLACK
