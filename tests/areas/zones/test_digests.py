"""Digests tell sets apart, whatever their order; windows lie within what both sides should know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.zones.cursors import BACK
from areas.zones.digests import (
    HOUR,
    LONGEST,
    UNSETTLED,
    Digest,
    Window,
    choose_window,
    digest,
    find_next,
    read_window,
)
from federation.vocabulary import Iri, Millis

NOW = Millis(1_795_521_600_000)
IRIS = st.sets(st.integers(0, 50).map(lambda number: Iri(f"https://here.test/posts/{number}")))


@given(IRIS, IRIS)
def test_a_digest_is_of_a_set(one: set[Iri], other: set[Iri]) -> None:
    assert (digest(one) == digest(other)) == (one == other)
    assert digest(sorted(one)) == digest(sorted(one, reverse=True))


def test_a_digest_is_the_xor_of_sha_256() -> None:
    """The empty one is zero; of one id it is `sha256sum`; the form is FEP-8fcf's."""
    assert digest([]) == Digest(0, "0" * 64)
    one = digest([Iri("https://here.test/posts/1")])
    assert one == Digest(1, "65ceebfa1fb001a484cf44235a09f1a7ace81d0f87ed97ae6e60308168611d11")


@given(st.integers(0, 20 * LONGEST), st.integers(0, HOUR))
def test_a_window_is_of_full_hours_that_come_again(ago: int, rest: int) -> None:
    now = Millis(NOW + rest)
    window = choose_window(Millis(now - ago), now)
    if window is None:
        assert ago < UNSETTLED + 2 * HOUR
        return
    assert window.since % HOUR == window.until % HOUR == 0
    assert window.since > now - ago or window.until - window.since == LONGEST
    assert now - BACK < window.since < window.until <= now - UNSETTLED
    assert read_window(str(window)) == window


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "2-1", "1-1", "1-x", f"0-{LONGEST + 1}", "1-2-3"])
def test_what_is_no_window_is_none(text: str) -> None:
    assert read_window(text) is None


def test_the_longest_window_is_one() -> None:
    assert read_window(f"1-{LONGEST + 1}") == Window(Millis(1), Millis(LONGEST + 1))


def test_what_differs_is_read_again_once_a_day() -> None:
    assert find_next("no", same=True) == "no"
    assert find_next("no", same=False) == "due"
    assert find_next("done", same=False) == "no", "what reading again did not mend waits"
    assert find_next("done", same=True) == "no"
