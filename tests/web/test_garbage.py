"""The collector leaves alone what stays, and still finds circles."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from web import garbage


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_is_there_is_walked_through_no_more() -> None:
    kept = [Circle() for _ in range(100)]
    garbage.settle()
    assert not any(each is kept for each in gc.get_objects())
    assert gc.get_freeze_count() > len(kept)


def test_circles_that_come_later_are_taken_away_by_and_by() -> None:
    garbage.settle()
    gone = weakref.ref(Circle())
    rest = [Circle() for _ in range(2 * garbage.YOUNG)]
    assert gone() is None
    del rest
