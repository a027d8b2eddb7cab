"""What one host may ask for."""

import pytest

from federation.vocabulary import Millis
from inbox.budgets import ALLOWANCES, Budgets
from tests.testrig.clock import MINUTE, NOON


@pytest.mark.parametrize("what", ALLOWANCES)
def test_so_many_at_once_then_one_by_one(what: str) -> None:
    budgets, allowance = Budgets(), ALLOWANCES[what]
    assert all(budgets.take(what, "p.test", NOON) for _ in range(allowance.at_once))
    assert not budgets.take(what, "p.test", NOON)
    assert not budgets.take(what, "p.test", Millis(NOON + allowance.interval - 1))
    later = Millis(NOON + allowance.interval)
    assert budgets.take(what, "p.test", later)
    assert not budgets.take(what, "p.test", later)


def test_one_host_costs_the_others_nothing() -> None:
    budgets = Budgets()
    while budgets.take("Follow", "e.test", NOON):
        pass
    assert budgets.take("Follow", "p.test", NOON)
    assert budgets.take("Flag", "e.test", NOON)


def test_what_is_cheap_is_not_counted() -> None:
    budgets = Budgets()
    assert all(budgets.take("Create", "p.test", NOON) for _ in range(10_000))


def test_a_clock_that_runs_back_gives_nothing_away() -> None:
    budgets = Budgets()
    while budgets.take("Flag", "p.test", NOON):
        pass
    assert not budgets.take("Flag", "p.test", Millis(NOON - MINUTE))
