"""The rules of giving up and trying again, without a database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.client import PostResult
from outbox.retries import (
    BREAKER_FAILURES,
    DAY,
    HOUR,
    LONGEST_ADVICE,
    LONGEST_DELAY,
    LONGEST_PAUSE,
    MINUTE,
    WEEK,
    Decision,
    Done,
    DropSubscriber,
    GiveUp,
    Health,
    RetryAt,
    after,
    decide,
    judge,
)
from tests.outbox.world import START, failing


def ask(
    answer: PostResult, *, attempts: int = 0, first: int | None = None, now: int = START, jitter: float = 0.5
) -> Decision:
    return decide(answer, attempts=attempts, first_tried_at=first, now=now, jitter=jitter)


def delay(answer: PostResult, *, attempts: int = 0, jitter: float = 0.5) -> int:
    decision = ask(answer, attempts=attempts, jitter=jitter)
    assert isinstance(decision, RetryAt)
    return decision.at - START


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_done(status: int) -> None:
    assert ask(PostResult(status)) == Done()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 413, 422, 402, 409, 415, 418])
def test_what_the_peer_will_never_take_is_given_up(status: int) -> None:
    decision = ask(failing(status))
    assert isinstance(decision, GiveUp)
    assert str(status) in decision.reason


def test_410_drops_the_subscriber() -> None:
    assert isinstance(ask(failing(410)), DropSubscriber)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 599, 302, 307, None])
def test_what_may_pass_is_tried_again_after_1_2_4_minutes(status: int | None) -> None:
    delays = [delay(failing(status), attempts=attempts) for attempts in range(5)]
    assert delays == [1 * MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE]


def test_the_schedule_ends_at_six_hours() -> None:
    assert delay(failing(500), attempts=9) == LONGEST_DELAY == 6 * HOUR
    assert delay(failing(500), attempts=10_000) == LONGEST_DELAY


def test_jitter_spreads_the_retries() -> None:
    assert delay(failing(500), jitter=0.0) == 45_000
    assert delay(failing(500), jitter=0.999) > 74_000


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_retry_after_is_honoured(status: int) -> None:
    assert delay(failing(status, retry_after=1234)) == 1_234_000


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert delay(failing(429, retry_after=3 * 24 * 3600)) == LONGEST_ADVICE == DAY


def test_retry_after_zero_is_not_at_once() -> None:
    assert delay(failing(429, retry_after=0)) == 1_000


@pytest.mark.parametrize(("status", "pauses"), [(429, True), (425, True), (408, True), (503, False)])
def test_only_who_asks_for_quiet_gets_it(status: int, *, pauses: bool) -> None:
    decision = ask(failing(status))
    assert isinstance(decision, RetryAt)
    assert decision.pauses is pauses


def test_401_is_tried_for_a_day_and_then_given_up() -> None:
    first = START
    assert isinstance(ask(failing(401), attempts=3, first=first, now=first + 23 * HOUR), RetryAt)
    assert isinstance(ask(failing(401), attempts=9, first=first, now=first + 24 * HOUR), GiveUp)


def test_401_has_its_last_try_at_the_end_of_the_day() -> None:
    decision = ask(failing(401), attempts=9, first=START, now=START + 20 * HOUR)
    assert decision == RetryAt(START + 24 * HOUR, "HTTP 401")


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("skew", [31.0, -31.0, 4000.0])
def test_a_wrong_clock_is_an_alarm_and_no_reason_to_give_up(status: int, skew: float) -> None:
    decision = ask(failing(status, skew=skew), attempts=20, first=START - 3 * DAY)
    assert isinstance(decision, RetryAt)
    assert decision.wrong_clock


def test_a_small_skew_is_no_excuse() -> None:
    assert isinstance(ask(failing(400, skew=29.0)), GiveUp)
    assert isinstance(ask(failing(404, skew=4000.0)), GiveUp)


def test_our_own_refusal_is_final() -> None:
    assert isinstance(ask(PostResult(None, error="a private address", refused=True)), GiveUp)


statuses = st.one_of(st.none(), st.integers(100, 599))
answers = st.builds(
    lambda status, advice, skew, refused: PostResult(
        status,
        error=None if status is not None and 200 <= status < 300 else "no",
        refused=refused and status is None,
        retry_after=advice,
        skew=skew,
    ),
    statuses,
    st.one_of(st.none(), st.integers(0, 10**9)),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.booleans(),
)


@given(answers, st.integers(0, 200), st.integers(0, 8 * DAY), st.floats(0, 0.999))
def test_every_answer_leads_to_a_decision_and_a_retry_lies_ahead(
    answer: PostResult, attempts: int, age: int, jitter: float
) -> None:
    decision = ask(answer, attempts=attempts, first=START - age if attempts else None, jitter=jitter)
    if isinstance(decision, RetryAt):
        assert START < decision.at <= START + DAY
    assert isinstance(decision, Done) == answer.is_success


def health_after(failures: int, *, every: int = 0) -> tuple[Health, int]:
    """A server that failed so often, once when it was asked and then at each probe."""
    health, now = Health(), START
    for _ in range(failures):
        now = max(now + every, health.paused_until)
        health = after(health, "failed", now=now, probe=health.is_open)
    return health, now


def test_four_failures_are_borne() -> None:
    health, _ = health_after(BREAKER_FAILURES - 1)
    assert not health.is_open
    assert health.paused_until == 0


def test_the_fifth_in_a_row_opens_the_breaker_for_ten_minutes() -> None:
    health, now = health_after(BREAKER_FAILURES)
    assert health.is_open
    assert health.paused_until == now + 10 * MINUTE


def test_an_answer_in_between_starts_the_count_again() -> None:
    health, now = health_after(BREAKER_FAILURES - 1)
    health = after(health, "answered", now=now, probe=False)
    assert not after(health, "failed", now=now, probe=False).is_open


def test_each_failed_probe_doubles_the_pause_up_to_twelve_hours() -> None:
    pauses = []
    for failures in range(BREAKER_FAILURES, BREAKER_FAILURES + 10):
        health, now = health_after(failures)
        pauses.append((health.paused_until - now) // MINUTE)
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 720, 720, 720]
    assert LONGEST_PAUSE == 12 * HOUR


def test_what_was_under_way_when_it_opened_does_not_lengthen_the_pause() -> None:
    health, now = health_after(BREAKER_FAILURES)
    assert after(health, "failed", now=now + 5_000, probe=False) == health


@pytest.mark.parametrize("verdict", ["accepted", "answered"])
def test_an_answer_closes_it(verdict: str) -> None:
    health, now = health_after(9)
    closed = after(health, verdict, now=now, probe=True)  # type: ignore[arg-type]
    assert (closed.failures, closed.paused_until, closed.failing_since) == (0, 0, None)


def test_our_own_refusal_says_nothing_about_the_server() -> None:
    health, now = health_after(7)
    assert after(health, "unknown", now=now, probe=True) == health


def test_after_thirty_days_probes_are_weekly() -> None:
    health = Health(failures=40, failing_since=START - 30 * DAY)
    assert after(health, "failed", now=START, probe=True).paused_until == START + WEEK
    younger = replace(health, failing_since=START - 30 * DAY + 1)
    assert after(younger, "failed", now=START, probe=True).paused_until == START + 12 * HOUR


def test_after_ninety_days_the_subscribers_are_dropped() -> None:
    health = Health(failures=60, failing_since=START - 90 * DAY)
    assert after(health, "failed", now=START, probe=True).dropped
    younger = replace(health, failing_since=START - 90 * DAY + 1)
    assert not after(younger, "failed", now=START, probe=True).dropped


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (PostResult(202), "accepted"),
        (failing(404), "answered"),
        (failing(429), "answered"),
        (failing(500), "failed"),
        (failing(None), "failed"),
        (PostResult(None, error="a private address", refused=True), "unknown"),
    ],
)
def test_what_an_answer_says_about_the_server(answer: PostResult, verdict: str) -> None:
    assert judge(answer) == verdict
