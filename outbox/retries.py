"""What an answer means for an entry (done, again, given up) and for its server (the circuit breaker). Pure.

Every figure here is a promise of the delivery contract: nothing is dropped in silence, a server that is down
costs one probe, and clocks and keys have a day to heal.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

FIRST_DELAY: Final = MINUTE
LONGEST_DELAY: Final = 6 * HOUR
LONGEST_ADVICE: Final = 24 * HOUR
"""Of a `Retry-After`: a peer may ask for a day, not for silence."""
UNAUTHORIZED_FOR: Final = 24 * HOUR
"""How long a 401 is tried again: key caches and clocks heal within a day."""
LIFETIME: Final = 7 * DAY
"""Of an entry: older news is found by fetching."""
WRONG_CLOCK: Final = 30
"""Seconds between a peer's `Date` and ours; Takahē refuses 60. Of all peers together: `clockwatch.WRONG`."""

BREAKER_FAILURES: Final = 5
FIRST_PAUSE: Final = 10 * MINUTE
LONGEST_PAUSE: Final = 12 * HOUR
WEEKLY_AFTER: Final = 30 * DAY
WEEK: Final = 7 * DAY
DROPPED_AFTER: Final = 90 * DAY

_DOUBLINGS: Final = 20
"""Beyond it every delay has reached its longest; keeps the powers small."""

_UNAUTHORIZED: Final = 401
_GONE: Final = 410
_CLOCK_STATUSES: Final = frozenset({400, _UNAUTHORIZED})
_BUSY_STATUSES: Final = frozenset({408, 425, 429})


class Answer(Protocol):
    """What the rules read of a `federation.client.PostResult`."""

    @property
    def status(self) -> int | None:
        """None: no answer came."""

    @property
    def error(self) -> str | None:
        """What went wrong, for the log."""

    @property
    def refused(self) -> bool:
        """Our own rules forbid the URL."""

    @property
    def retry_after(self) -> int | None:
        """Seconds from now."""

    @property
    def skew(self) -> float | None:
        """Seconds that the peer's `Date` is ahead of us."""


@dataclass(frozen=True, slots=True)
class Done:
    """Accepted, which is no proof that anybody sees it."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at `at`.

    `pauses`: the peer asks for quiet, so nothing else goes there before. `wrong_clock`: our clock is off, or
    the peer's.
    """

    at: int
    reason: str
    pauses: bool = False
    wrong_clock: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Never to be accepted; an operator sees why and may send it again."""

    reason: str


@dataclass(frozen=True, slots=True)
class DropSubscriber:
    """410: whose inbox it was is gone."""

    reason: str


Decision = Done | RetryAt | GiveUp | DropSubscriber


def decide(answer: Answer, *, attempts: int, first_tried_at: int | None, now: int, jitter: float) -> Decision:
    """Decide what becomes of an entry. `attempts` were made before this one, `jitter` is in [0, 1).

    `first_tried_at` is when the first of them was made, None = this is the first.
    """
    status, reason = answer.status, _describe(answer)
    if status is not None and _is_success(status):
        return Done()
    if answer.refused:
        return GiveUp(reason)
    wrong_clock = status in _CLOCK_STATUSES and abs(answer.skew or 0) > WRONG_CLOCK
    if status is None or wrong_clock:
        return RetryAt(now + _delay(attempts, jitter), reason, wrong_clock=wrong_clock)
    return _decide_refusal(answer, status, attempts, first_tried_at, now, jitter)


def _decide_refusal(
    answer: Answer, status: int, attempts: int, first_tried_at: int | None, now: int, jitter: float
) -> Decision:
    reason = _describe(answer)
    if status == _GONE:
        return DropSubscriber(reason)
    if status == _UNAUTHORIZED:
        return _decide_unauthorized(reason, attempts, first_tried_at, now, jitter)
    if status in _BUSY_STATUSES or not _is_client_error(status):
        return _decide_later(answer, status, attempts, now, jitter)
    return GiveUp(reason)


def _decide_unauthorized(
    reason: str, attempts: int, first_tried_at: int | None, now: int, jitter: float
) -> RetryAt | GiveUp:
    deadline = (now if first_tried_at is None else first_tried_at) + UNAUTHORIZED_FOR
    if now >= deadline:
        return GiveUp(reason)
    return RetryAt(min(now + _delay(attempts, jitter), deadline), reason)


def _decide_later(answer: Answer, status: int, attempts: int, now: int, jitter: float) -> RetryAt:
    delay = _delay(attempts, jitter)
    if answer.retry_after is not None:
        delay = min(max(answer.retry_after * SECOND, SECOND), LONGEST_ADVICE)
    return RetryAt(now + delay, _describe(answer), pauses=status in _BUSY_STATUSES)


def _delay(attempts: int, jitter: float) -> int:
    """1, 2, 4 … minutes, a quarter more or less, so that many entries do not come back in one moment."""
    delay: int = FIRST_DELAY << min(attempts, _DOUBLINGS)
    return min(int(delay * (0.75 + jitter / 2)), LONGEST_DELAY)


def _describe(answer: Answer) -> str:
    return answer.error or f"HTTP {answer.status}"


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - RFC 9110 §15.3


def _is_client_error(status: int) -> bool:
    return 400 <= status < 500  # noqa: PLR2004 - RFC 9110 §15.5


Verdict = Literal["accepted", "answered", "failed", "unknown"]
"""What an answer says about the server: all but a 5xx shows it alive; our own refusal shows nothing."""


def judge(answer: Answer) -> Verdict:
    """Say what `answer` tells about the server as a whole."""
    if answer.status is None:
        return "unknown" if answer.refused else "failed"
    if _is_success(answer.status):
        return "accepted"
    return "failed" if answer.status >= 500 else "answered"  # noqa: PLR2004 - RFC 9110 §15.6


@dataclass(frozen=True, slots=True)
class Health:
    """A server's circuit breaker: open from the fifth failure in a row, until something gets through.

    Open, it allows one probe at `paused_until`. Closed, `paused_until` is what the peer asked for.
    """

    failures: int = 0
    paused_until: int = 0
    failing_since: int | None = None
    last_success_at: int | None = None
    dropped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether only probes go there."""
        return self.failures >= BREAKER_FAILURES


def after(health: Health, verdict: Verdict, *, now: int, probe: bool) -> Health:
    """Return the health after an attempt; `probe`: it was the one that an open breaker allows."""
    match verdict:
        case "unknown":
            return health
        case "accepted":
            return Health(last_success_at=now)
        case "answered":
            return Health(last_success_at=health.last_success_at)
        case "failed" if health.is_open and not probe:
            return health  # it was under way when the breaker opened
        case "failed":
            return _after_failure(health, now)


def _after_failure(health: Health, now: int) -> Health:
    failures = health.failures + 1
    since = now if health.failing_since is None else health.failing_since
    failed = replace(health, failures=failures, failing_since=since)
    if not failed.is_open:
        return failed
    return replace(
        failed,
        paused_until=now + _pause(failures, now - since),
        dropped=now - since >= DROPPED_AFTER,
    )


def _pause(failures: int, failing_for: int) -> int:
    if failing_for >= WEEKLY_AFTER:
        return WEEK
    pause: int = FIRST_PAUSE << min(failures - BREAKER_FAILURES, _DOUBLINGS)
    return min(pause, LONGEST_PAUSE)
