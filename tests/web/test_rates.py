"""Buckets by client: a burst, then a trickle."""

import pytest

from federation.errors import Overloaded
from federation.vocabulary import Millis
from web.rates import Rate, find_household

NOW = Millis(1_795_521_600_000)


def test_a_burst_then_a_trickle() -> None:
    rate = Rate(burst=2, per_hour=60)
    rate.take("192.0.2.1", NOW)
    rate.take("192.0.2.1", NOW)
    with pytest.raises(Overloaded) as caught:
        rate.take("192.0.2.1", NOW)
    assert caught.value.retry_after == 61
    rate.take("192.0.2.1", Millis(NOW + 60_000))


def test_clients_do_not_share() -> None:
    rate = Rate(burst=1, per_hour=1)
    rate.take("192.0.2.1", NOW)
    rate.take("192.0.2.2", NOW)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    rate = Rate(burst=1, per_hour=3_600_000)
    rate.take("192.0.2.1", NOW)
    with pytest.raises(Overloaded):
        rate.take("192.0.2.1", Millis(NOW - 60_000))


@pytest.mark.parametrize(
    ("client", "household"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::1", "2001:0db8:0001:0002"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_household_is_one_client(client: str, household: str) -> None:
    assert find_household(client) == household
