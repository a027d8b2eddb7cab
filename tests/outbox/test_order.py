"""Whatever the network and power cuts do: threads stay in order, nothing is lost, nothing is sent twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.client import PostResult
from outbox.claims import LEASE
from outbox.retries import MINUTE, WEEK
from outbox.rounds import WINDOW
from outbox.tables import (
    cursors,
    destinations,
    gaps,
    log,
    reaches,
    recipients,
    sequence,
    subscriptions,
)
from tests.outbox.world import OK, World, failing, short

pytestmark = pytest.mark.anyio

HOSTS = ("one.test", "two.test")
ANSWERS = [OK, OK, OK, failing(503), failing(None), failing(401), failing(429, retry_after=120)]


@dataclass(frozen=True)
class Say:
    """A root in one of three threads, or something that concerns the n-th root so far."""

    thread: int
    concerns: int | None = None
    cancels: bool = False


@dataclass(frozen=True)
class Deliver:
    """Send what is due; the answers in turn; a power cut at the n-th POST."""

    answers: list[PostResult] = field(default_factory=list)
    crash_at: int | None = None


@dataclass(frozen=True)
class Advance:
    minutes: int


says = st.builds(Say, st.integers(0, 2)) | st.builds(Say, st.just(0), st.integers(0, 5), st.booleans())
delivers = st.builds(
    Deliver,
    st.lists(st.sampled_from(ANSWERS), max_size=12),
    st.none() | st.none() | st.integers(0, 10),
)
advances = st.builds(Advance, st.integers(1, 30))  # in all less than the day for which a 401 is tried
steps = st.lists(says | says | delivers | advances, max_size=24)


@dataclass
class Story:
    """What was said, and what the network then saw."""

    world: World
    threads: dict[str, str] = field(default_factory=dict)
    roots: dict[str, int] = field(default_factory=dict)
    concerned: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    cancelling: set[str] = field(default_factory=set)
    doubtful: list[Counter[tuple[str, str]]] = field(default_factory=list)

    async def say(self, step: Say) -> None:
        area = self.area
        name = f"e{len(self.threads)}"
        if step.concerns is None or not self.roots:
            self.roots[name] = await self.world.say(area, name, thread=f"t{step.thread}")
            self.threads[name] = f"t{step.thread}"
            return
        root = list(self.roots)[step.concerns % len(self.roots)]
        if root in self.cancelled:
            return
        cancels = step.cancels
        await self.world.say(area, name, concerns_id=self.roots[root], cancels=cancels)
        self.threads[name] = self.threads[root]
        self.concerned[name] = root
        if cancels:
            self.cancelled.add(root)
            self.cancelling.add(name)

    async def begin(self) -> None:
        await self.world.database.write(self._clear)
        self.world.inboxes.clear()
        self.area = await self.world.local(f"area{self.world.clock()}")
        self.world.clock.advance(WEEK)
        await self.world.follow(
            self.area, *[await self.world.remote(f"u{self.world.clock()}", host) for host in HOSTS]
        )

    @staticmethod
    def _clear(tx: sa.Connection) -> None:
        for table in (gaps, cursors, recipients, reaches, subscriptions, log, sequence, destinations):
            tx.execute(sa.delete(table))

    async def deliver(self, step: Deliver) -> None:
        answers = iter(step.answers)
        self.world.answer(lambda _url, _activity: next(answers, OK))
        if step.crash_at is None:
            await self.world.deliver()
        else:
            await self._deliver_and_crash(step.crash_at)

    async def _deliver_and_crash(self, crash_at: int) -> None:
        crash, never = asyncio.Event(), asyncio.Event()
        before = len(self.world.inboxes.posts)

        async def cut(_url: str) -> None:
            if len(self.world.inboxes.posts) - before > crash_at:
                crash.set()
                await never.wait()

        self.world.inboxes.pause = cut
        worker = self.world.worker()
        draining = asyncio.create_task(worker.drain())
        cutting = asyncio.create_task(crash.wait())
        await asyncio.wait({draining, cutting}, return_when=asyncio.FIRST_COMPLETED)
        cutting.cancel()
        await self.world.crash(worker, draining)
        self.world.inboxes.pause = None
        self.doubtful.append(
            Counter((post.url, short(post.activity)) for post in self.world.inboxes.posts[before:])
        )
        self.world.clock.advance(LEASE)

    async def end(self) -> None:
        """The network heals, and time goes on until nothing is owed."""
        self.world.answer_all(OK)
        for _ in range(100):
            await self.world.deliver()
            due = await self.world.worker().next_due()
            if due is None:
                return
            self.world.clock.now = max(self.world.clock.now, due)
        raise AssertionError("it never ends")

    def check(self) -> None:
        for host in HOSTS:
            self._check_inbox(f"https://{host}/inbox")

    def _check_inbox(self, url: str) -> None:
        accepted = self.world.inboxes.at(url)
        first = list(dict.fromkeys(accepted))
        for thread in set(self.threads.values()):
            said = [name for name, of in self.threads.items() if of == thread]
            arrived = [name for name in first if self.threads[name] == thread]
            assert arrived == [name for name in said if name in set(arrived)], (thread, arrived)
        for name in self.threads:
            root = self.concerned.get(name, name)
            if root not in self.cancelled:
                assert name in accepted, name
        for name in self.cancelling:
            root = self.concerned[name]
            if root in accepted:
                assert name in accepted
                assert accepted.index(name) > accepted.index(root)
        repeated = {name: count - 1 for name, count in Counter(accepted).items() if count > 1}
        for name, count in repeated.items():
            assert count <= sum((url, name) in each for each in self.doubtful)
        assert sum(repeated.values()) <= WINDOW * len(self.doubtful)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
async def test_order_holds_and_nothing_is_lost(world: World, steps: list[Say | Deliver | Advance]) -> None:
    story = Story(world)
    await story.begin()
    for step in steps:
        match step:
            case Say():
                await story.say(step)
            case Deliver():
                await story.deliver(step)
            case Advance(minutes):
                world.clock.advance(minutes * MINUTE)
    await story.end()
    story.check()
