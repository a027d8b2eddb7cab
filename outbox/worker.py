"""The delivery worker: numbers what was said, claims who is owed, sends, and writes down what came of it.

It is told of new work by `nudge`, and otherwise wakes when something falls due; a slow look every `POLL` is
only the safety net. Alerts have places of their own. Any number of workers may share one PostgreSQL database.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog

from actors.keys import Keyring
from actors.ports import Clock, Storage
from federation.errors import Overloaded
from federation.vocabulary import Millis
from outbox.claims import claim, find_next_due, release
from outbox.clockwatch import ClockWatch
from outbox.ledger import Ledger
from outbox.letters import Letters
from outbox.loading import load
from outbox.ports import Sender
from outbox.records import ALERT, LIKES, ORDINARY, Address, Lane, Work
from outbox.rounds import WINDOW, Plan, plan
from outbox.sending import Letter, Log, Report, Tools, send_round
from outbox.sequencer import BATCH, number

POLL: Final = 30.0
"""Seconds."""

GRACE: Final = 15.0
"""Seconds that POSTs under way are given at the end; one takes 10, and a second knock is rare."""

BREATH: Final = 0.05
"""Seconds between two looks while destinations wait for a place: claims come in batches."""

SLOW: Final = 2.0
"""Seconds; a destination that takes longer gets one POST at a time, so that its places serve the others."""

MAX_SLOW: Final = 10_000
"""Slow destinations remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How much goes on at once: destinations worked on, and POSTs under way.

    The POSTs together stay below what the client bears (256), so that an alert never waits for its pool.
    """

    alert_rounds: int = 128
    alert_posts: int = 96
    ordinary_rounds: int = 192
    ordinary_posts: int = 144
    claims: int = 128
    """Destinations in one claim: some milliseconds in one transaction."""


@dataclass(slots=True)
class _Desk:
    """The places for some lanes; `hungry`: there may be more to claim."""

    lanes: tuple[Lane, ...]
    rounds: int
    tools: Tools
    running: set[asyncio.Task[None]] = field(default_factory=set)
    hungry: bool = False

    @property
    def room(self) -> int:
        return self.rounds - len(self.running)

    @property
    def should_claim(self) -> bool:
        """Whether a claim is worth its transaction: each brings some destinations, not one."""
        return self.hungry and self.room * 4 >= self.rounds


class Worker:
    """Sends what the log owes to other servers."""

    def __init__(
        self,
        storage: Storage,
        sender: Sender,
        keyring: Keyring,
        clock: Clock,
        *,
        log: Log | None = None,
        capacity: Capacity | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        capacity = capacity or Capacity()
        self._storage = storage
        self._clock = clock
        self._log: Log = log or structlog.get_logger("outbox")
        self._letters = Letters(storage, keyring, clock)
        self._ledger = Ledger(storage, clock)
        self._watch = ClockWatch(clock)
        self._claims = capacity.claims
        self._name = secrets.token_hex(8)
        self._count = 0
        self._started = 0
        self._slow: dict[int, None] = {}
        self._stopping = False
        self._nudged = True
        self._wake = asyncio.Event()
        self._errors: list[BaseException] = []
        tools = partial(self._make_tools, sender, chance)
        self._alerts = _Desk((ALERT,), capacity.alert_rounds, tools(capacity.alert_posts))
        self._others = _Desk((ORDINARY, LIKES), capacity.ordinary_rounds, tools(capacity.ordinary_posts))

    def _make_tools(self, sender: Sender, chance: Callable[[], float], posts: int) -> Tools:
        return Tools(
            sender=sender,
            clock=self._clock,
            chance=chance,
            log=self._log,
            permits=asyncio.Semaphore(posts),
            must_stop=lambda: self._stopping,
            find_shared=self._letters.find_shared,
            note_skew=self._watch.note,
        )

    @property
    def skew(self) -> float | None:
        """Seconds that other servers' clocks are ahead of ours; beyond `clockwatch.WRONG` we are not ready."""
        return self._watch.skew

    def nudge(self) -> None:
        """Something was appended, or fell due; call it after the commit, on the worker's loop."""
        self._nudged = True
        self._wake.set()

    async def next_due(self) -> Millis | None:
        """Return when the next work falls due, perhaps in the past; None when nothing is owed to anybody."""
        return await self._storage.read(find_next_due)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is under way end, and give the leases back."""
        stopper = asyncio.create_task(self._watch_for(stop))
        self._nudged = True
        try:
            while not self._stopping:
                await self._wait(await self._work_or_rest())
        finally:
            stopper.cancel()
            await self._finish()

    async def _watch_for(self, stop: asyncio.Event) -> None:
        """From this moment rounds send nothing more, whatever the loop is just waiting for."""
        await stop.wait()
        self._stopping = True
        self._wake.set()

    async def drain(self) -> None:
        """Work until nothing is left that is due by the clock. Not while `run` runs."""
        while True:
            self._nudged = True
            before = self._started
            await self._fill()
            running = self._alerts.running | self._others.running
            if running:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if self._errors:
                raise self._errors.pop()
            if self._started == before and not running:
                return

    async def _work_or_rest(self) -> float:
        """Start what can be started; return how many seconds there is nothing else to do."""
        self._wake.clear()
        if self._stopping:
            return 0
        try:
            await self._fill()
            if self._alerts.should_claim or self._others.should_claim:
                return 0
            if self._alerts.hungry or self._others.hungry:
                return BREATH
            due = await self.next_due()
        except Overloaded as fault:
            self._log.warning("delivery waits for the database", reason=str(fault))
            return 1.0
        if due is None:
            return POLL
        return min(POLL, max(BREATH, (due - self._clock()) / 1000))

    async def _wait(self, seconds: float) -> None:
        if not seconds:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            self._nudged = True

    async def _fill(self) -> None:
        """Number, claim, and start rounds. Likes come after all else, and everything after alerts."""
        if self._nudged:
            self._nudged = False
            while await self._storage.write(number, self._clock()) >= BATCH:
                pass
            self._alerts.hungry = self._others.hungry = True
        for desk in (self._alerts, self._others):
            if desk.hungry and desk.room > 0:
                await self._claim(desk)
            if desk.hungry:
                return

    async def _claim(self, desk: _Desk) -> None:
        """Claim once, so that alerts are looked for before the next claim of anything else."""
        desk.hungry = False
        for lane in desk.lanes:
            limit = min(desk.room, self._claims)
            if limit <= 0 or await self._claim_some(desk, lane, limit) == limit:
                desk.hungry = True
                return

    async def _claim_some(self, desk: _Desk, lane: Lane, limit: int) -> int:
        """Claim and start up to `limit` rounds; return how many there were."""
        self._count += 1
        token = f"{self._name}:{self._count}"
        claims = await self._storage.write(claim, lane, limit, token, self._clock())
        if not claims:
            return 0
        now = self._clock()
        works = await self._storage.read(load, claims, now)
        plans = [(work, self._plan(work, now)) for work in works]
        letters, shared = await self._letters.find(plans)
        for work, planned in plans:
            inboxes = shared.get(work.destination.server_id, ())
            self._start(desk, self._do_round(desk, work, planned, letters, inboxes))
        return len(claims)

    def _plan(self, work: Work, now: Millis) -> Plan:
        return plan(work, now=now, budget=1 if work.destination.id in self._slow else WINDOW)

    def _start(self, desk: _Desk, coroutine: Coroutine[Any, Any, None]) -> None:
        self._started += 1
        task = asyncio.create_task(coroutine)
        desk.running.add(task)
        task.add_done_callback(partial(self._end, desk))

    def _end(self, desk: _Desk, task: asyncio.Task[None]) -> None:
        """A round that failed is no reason to stop the others: its lease runs out, and it is done again."""
        desk.running.discard(task)
        if desk.should_claim:
            self._wake.set()
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._errors = [*self._errors[-9:], error]
            self._log.error("a delivery round failed", exc_info=error)

    async def _do_round(
        self,
        desk: _Desk,
        work: Work,
        planned: Plan,
        letters: dict[int, Letter],
        shared: tuple[Address, ...],
    ) -> None:
        report = await send_round(work, planned, letters, shared, desk.tools)
        self._remember(work, report)
        if await self._ledger.record(report):
            self._alerts.hungry = self._alerts.hungry or report.lifted_barrier
            self._others.hungry = self._others.hungry or report.lifted_barrier or desk is self._others
            desk.hungry = True
            self._wake.set()

    def _remember(self, work: Work, report: Report) -> None:
        if report.error is not None:
            self._letters.forget_shared(work.destination.server_id)
        self._slow.pop(work.destination.id, None)
        if report.slowest > SLOW:
            self._slow[work.destination.id] = None
        while len(self._slow) > MAX_SLOW:
            self._slow.pop(next(iter(self._slow)))

    async def _finish(self) -> None:
        self._stopping = True
        running: Sequence[asyncio.Task[None]] = [*self._alerts.running, *self._others.running]
        if running:
            _, late = await asyncio.wait(running, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._stopping = False
        try:
            await self._storage.write(release, self._name, self._clock())
        except Overloaded as fault:
            self._log.warning("leases are left to run out", reason=str(fault))
