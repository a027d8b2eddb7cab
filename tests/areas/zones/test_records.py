"""Which act is open in which state, and what is read of terms."""

import pytest

from areas.zones.records import CATEGORIES, DEFAULT_PER_HOUR, MOST_PER_HOUR, NEXT, Terms, read_terms
from federation.vocabulary import Iri, Millis, Peering

ZONE = Iri("https://zone.test/areas/ken")
STATES = ("requested", "accepted", "rejected", "ended", "expired")
OPEN = {
    "ask": {"accepted", "rejected", "ended", "expired"},
    "accept": {"requested"},
    "reject": {"requested"},
    "end": {"requested", "accepted"},
    "expire": {"requested", "accepted"},
}


def test_only_people_accept_and_only_what_is_asked() -> None:
    assert {act: set(states) for act, states in NEXT.items()} == OPEN
    assert [act for act, states in NEXT.items() if "accepted" in states.values()] == ["accept"]
    assert all(state in STATES for states in NEXT.values() for state in states.values())


@pytest.mark.parametrize(
    ("peering", "terms"),
    [
        (Peering(ZONE), Terms(ZONE, (), DEFAULT_PER_HOUR)),
        (Peering(None), Terms(None, (), DEFAULT_PER_HOUR)),
        (Peering(ZONE, ("post", "alert", "spam", "alert"), 5), Terms(ZONE, ("alert", "post"), 5)),
        (Peering(ZONE, CATEGORIES, 10**9), Terms(ZONE, CATEGORIES, MOST_PER_HOUR)),
        (Peering(ZONE, (), -1, Millis(7)), Terms(ZONE, (), 0, Millis(7))),
    ],
)
def test_terms_are_brought_into_their_bounds(peering: Peering, terms: Terms) -> None:
    assert read_terms(peering) == terms
    assert read_terms(terms.to_peering()) == terms
