"""Each rule by itself keeps a peer's post from being boosted."""

from dataclasses import replace
from typing import Any

import pytest

from areas.zones.rules import LONGEST_AGE, RULES, Facts, find_objection

FINE = Facts(
    is_agreed=True,
    is_public=True,
    is_reply=False,
    names_home=True,
    is_own=False,
    is_shut_out=False,
    age=LONGEST_AGE,
    in_last_hour=19,
    max_per_hour=20,
)
AGAINST: list[dict[str, Any]] = [
    {"is_agreed": False},
    {"is_public": False},
    {"is_reply": True},
    {"names_home": False},
    {"is_own": True},
    {"is_shut_out": True},
    {"age": LONGEST_AGE + 1},
    {"in_last_hour": 20},
]


@pytest.mark.parametrize("against", AGAINST, ids=str)
def test_one_thing_against_it_is_enough(against: dict[str, Any]) -> None:
    assert find_objection(FINE) is None
    assert find_objection(replace(FINE, **against)) is not None


def test_every_rule_decides_about_something() -> None:
    named = [find_objection(replace(FINE, **against)) for against in AGAINST]
    assert named == [rule.name for rule in RULES]
