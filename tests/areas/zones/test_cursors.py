"""Cursors are read as they were written, and known to their own history alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.zones.cursors import Cursor, find_epoch, is_known, read_cursor
from federation.vocabulary import Iri

AREA, OTHER = Iri("https://here.test/areas/a"), Iri("https://here.test/areas/b")
HISTORIES = st.integers(0, 2**62 - 1)


@given(HISTORIES, st.integers(0, 10**17))
def test_a_cursor_is_read_as_it_was_written(history: int, number: int) -> None:
    cursor = Cursor(find_epoch(history, AREA), number)
    assert read_cursor(str(cursor)) == cursor


@given(st.text(max_size=40))
def test_whatever_else_is_none(text: str) -> None:
    cursor = read_cursor(text)
    assert cursor is None or str(cursor) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "0123456789ab",
        "0123456789ab-",
        "0123456789ab--01",
        "0123456789AB-1",
        "0123456789ab-01",
        "0123456789ab-1\n",
        "0123456789ab-٣",
        f"0123456789ab-{10**18}",
    ],
)
def test_what_looks_like_one_is_none(text: str) -> None:
    assert read_cursor(text) is None


@given(HISTORIES, HISTORIES)
def test_an_epoch_is_of_one_history_and_one_area(one: int, other: int) -> None:
    assert find_epoch(one, AREA) != find_epoch(one, OTHER)
    assert (find_epoch(one, AREA) == find_epoch(other, AREA)) == (one == other)


def test_only_numbers_that_were_given_are_known() -> None:
    epoch = find_epoch(1, AREA)
    assert is_known(Cursor(epoch, 5), epoch, 5)
    assert not is_known(Cursor(epoch, 6), epoch, 5), "of a history that was lost"
    assert not is_known(Cursor(find_epoch(2, AREA), 5), epoch, 5)
    assert not is_known(None, epoch, 5)
