"""One round at one destination: its chains are posted side by side, each in its order, in no transaction.

What comes of it is a `Report`; the ledger writes it down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from federation.signatures import Scheme
from federation.vocabulary import Millis
from outbox.audience import AUDIENCE, Drop, choose_drops
from outbox.ports import Sender
from outbox.records import Address, Claim, Destination, GapRecord, LogRecord, Work
from outbox.retries import (
    Decision,
    Done,
    DropSubscriber,
    GiveUp,
    RetryAt,
    Verdict,
    decide,
    judge,
)
from outbox.rounds import Pending, Plan

if TYPE_CHECKING:
    from federation.client import PostResult, Signer

ROUND_BUDGET: Final = 45_000
"""Milliseconds since the claim after which a round sends nothing new, so that its lease does not run out."""

MAX_TRIES: Final = 8
"""Inboxes tried in turn for one entry: a server where so many followers are gone is not worth more."""

_NEXT_INBOX: Final = frozenset({403, 404, 410})
"""One follower's inbox is closed or gone; another's may do."""


class Log(Protocol):
    """The part of a structlog logger that is used here."""

    def info(self, event: str, **values: object) -> object:
        """Say what happened."""

    def warning(self, event: str, **values: object) -> object:
        """Say what somebody should look at."""

    def error(self, event: str, **values: object) -> object:
        """Say what is broken."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is posted for an entry; `signer` is None where its actor has no key."""

    body: bytes | None
    signer: "Signer | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a round works with. `permits` bound the POSTs under way, `must_stop` is asked before each."""

    sender: Sender
    clock: Callable[[], Millis]
    chance: Callable[[], float]
    log: Log
    permits: asyncio.Semaphore
    must_stop: Callable[[], bool]
    find_shared: Callable[[int], Awaitable[tuple[Address, ...]]]
    note_skew: Callable[[str, float], None]


@dataclass(slots=True, kw_only=True)
class Report:
    """What a round came to. Gaps and removed gaps by log id; `verdicts` in the order of the answers."""

    claim: Claim
    destination: Destination
    cursor: int
    gaps: dict[int, GapRecord]
    removed: set[int]
    verdicts: list[Verdict] = field(default_factory=list)
    paused_until: int = 0
    gone_actors: set[int] = field(default_factory=set)
    is_gone: bool = False
    """The destination itself answered 410."""
    lifted_barrier: bool = False
    learned: Scheme | None = None
    error: str | None = None
    slowest: float = 0.0
    """Seconds that the slowest POST took."""


async def send_round(
    work: Work, plan: Plan, letters: Mapping[int, Letter], shared: tuple[Address, ...], tools: Tools
) -> Report:
    """Send what `plan` says. `letters` by log id; `shared` are the inboxes to try first."""
    sending = _Round(work, plan, letters, shared, tools)
    if len(plan.chains) == 1:
        await sending.send_chain(plan.chains[0])
    elif plan.chains:
        async with asyncio.TaskGroup() as group:
            for chain in plan.chains:
                group.create_task(sending.send_chain(chain))
    return sending.report


class _Round:
    def __init__(
        self,
        work: Work,
        plan: Plan,
        letters: Mapping[int, Letter],
        shared: tuple[Address, ...],
        tools: Tools,
    ) -> None:
        self._work = work
        self._letters = letters
        self._shared = shared
        self._tools = tools
        self.report = Report(
            claim=work.claim,
            destination=work.destination,
            cursor=plan.cursor,
            gaps={gap.log_id: gap for gap in plan.gaps},
            removed=set(plan.removed),
        )

    async def send_chain(self, chain: Sequence[Pending]) -> None:
        for place, pending in enumerate(chain):
            if self._must_stop():
                self._hold(chain[place:], self._tools.clock())
                return
            decision = await self._send(pending)
            if isinstance(decision, RetryAt):
                self._hold(chain[place + 1 :], decision.at)
                return

    def _must_stop(self) -> bool:
        """Stopping, or the lease runs out, or the server asks for quiet or is gone."""
        return (
            self._tools.must_stop()
            or self._tools.clock() - self._work.claim.claimed_at > ROUND_BUDGET
            or self.report.paused_until > 0
            or self.report.is_gone
        )

    def _hold(self, rest: Sequence[Pending], until: int) -> None:
        """What was not sent becomes a gap: the cursor is beyond it."""
        for pending in rest:
            self.report.gaps[pending.entry.id] = replace(pending.as_gap(), due_at=until)

    async def _send(self, pending: Pending) -> Decision:
        gap = pending.as_gap()
        drops = choose_drops(self._work, pending.entry, shared=self._shared, reached=gap.reached)
        delivered = [await self._deliver(drop, pending.entry, gap) for drop in drops]
        decision = _combine([each.decision for each in delivered])
        if isinstance(decision, Done):
            self._close(pending)
        else:
            self._keep(gap, decision, delivered)
        if pending.entry.barrier and not isinstance(decision, RetryAt):
            self.report.lifted_barrier = True
        return decision

    def _close(self, pending: Pending) -> None:
        if pending.gap is not None:
            self.report.removed.add(pending.entry.id)

    def _keep(
        self, gap: GapRecord, decision: RetryAt | GiveUp | DropSubscriber, delivered: Sequence["_Delivered"]
    ) -> None:
        """Leave a gap: to be tried again, or for an operator to see."""
        done = (each.recipient for each in delivered if isinstance(each.decision, Done))
        tried = replace(
            gap,
            state="failed",
            attempts=gap.attempts + 1,
            first_tried_at=self._tools.clock() if gap.first_tried_at is None else gap.first_tried_at,
            status=next((each.status for each in delivered if each.decision == decision), None),
            reason=decision.reason,
            reached=gap.reached.union(done),
        )
        self.report.error = decision.reason
        if isinstance(decision, RetryAt):
            tried = replace(tried, state="retry", due_at=decision.at)
            if decision.pauses:
                self.report.paused_until = max(self.report.paused_until, decision.at)
        self.report.gaps[gap.log_id] = tried

    async def _deliver(self, drop: Drop, entry: LogRecord, gap: GapRecord) -> "_Delivered":
        """Post to the first inbox that neither forbids it nor is gone."""
        letter = self._letters[entry.id]
        if letter.body is None or letter.signer is None:
            reason = "the body is no longer kept" if letter.body is None else "the actor has no key"
            return _Delivered(drop.recipient, GiveUp(reason), None)
        delivered = _Delivered(drop.recipient, GiveUp("no inbox is known"), None)
        tried: set[str] = set()
        addresses = list(drop.addresses[:MAX_TRIES])
        while addresses:
            address = addresses.pop(0)
            tried.add(address.url)
            answer = await self._post(address, letter.body, letter.signer)
            decision = self._judge(answer, entry, gap)
            delivered = _Delivered(drop.recipient, decision, answer.status)
            if isinstance(decision, DropSubscriber) and address.actor_id is not None:
                self.report.gone_actors.add(address.actor_id)
            if answer.status not in _NEXT_INBOX:
                return delivered
            if not addresses and address.actor_id is None:
                addresses = await self._find_others(tried)
        self._note_gone(drop, delivered.decision)
        return delivered

    def _note_gone(self, drop: Drop, decision: Decision) -> None:
        """410 from a shared inbox is the server's own word; a follower's speaks for this one alone."""
        speaks_for_all = self._work.destination.is_personal or (
            drop.recipient == AUDIENCE and all(address.actor_id is None for address in drop.addresses)
        )
        if isinstance(decision, DropSubscriber) and speaks_for_all:
            self.report.is_gone = True

    async def _find_others(self, tried: set[str]) -> list[Address]:
        """The shared inbox that was remembered may have moved."""
        self._shared = await self._tools.find_shared(self._work.destination.server_id)
        return [address for address in self._shared if address.url not in tried]

    async def _post(self, address: Address, body: bytes, signer: "Signer") -> "PostResult":
        async with self._tools.permits:
            return await self._tools.sender.post(
                address.url, body, signer, scheme=self._work.destination.scheme
            )

    def _judge(self, answer: "PostResult", entry: LogRecord, gap: GapRecord) -> Decision:
        report, now = self.report, self._tools.clock()
        decision = decide(
            answer,
            attempts=gap.attempts,
            first_tried_at=gap.first_tried_at,
            now=now,
            jitter=self._tools.chance(),
        )
        report.verdicts.append(judge(answer))
        report.learned = answer.learned_scheme or report.learned
        report.slowest = max(report.slowest, answer.elapsed)
        if answer.skew is not None:
            self._tools.note_skew(self._work.destination.host, answer.skew)
        self._write_line(answer, decision, entry, gap)
        return decision

    def _write_line(self, answer: "PostResult", decision: Decision, entry: LogRecord, gap: GapRecord) -> None:
        """The one line of each attempt: never a body."""
        self._tools.log.info(
            "delivery",
            host=self._work.destination.host,
            activity=entry.iri,
            type=entry.type,
            lane=self._work.claim.lane,
            attempt=gap.attempts + 1,
            status=answer.status,
            outcome=_OUTCOMES[type(decision)],
            error=answer.error,
            milliseconds=round(answer.elapsed * 1000, 1),
        )
        if isinstance(decision, RetryAt) and decision.wrong_clock:
            self._tools.log.warning("clock alarm", host=self._work.destination.host, skew=answer.skew)


_OUTCOMES: Final[Mapping[type[Decision], str]] = {
    Done: "done",
    RetryAt: "retry",
    GiveUp: "failed",
    DropSubscriber: "gone",
}


class _Delivered(NamedTuple):
    recipient: int
    decision: Decision
    status: int | None


def _combine(found: Sequence[Decision]) -> Decision:
    """One decision for an entry that goes to several inboxes: try again, else what failed, else done."""
    retries = [each for each in found if isinstance(each, RetryAt)]
    if retries:
        return replace(max(retries, key=lambda each: each.at), pauses=any(each.pauses for each in retries))
    return next((each for each in found if not isinstance(each, Done)), Done())
