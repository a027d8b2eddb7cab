"""The policy table: each rule decides where it should, and nothing that may not be boosted ever is."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas import policy
from areas.policy import ACCEPTED, RULES, Facts, decide, judge_edit

FINE = Facts(
    visibility="public",
    is_reply=False,
    author_type="Person",
    author_is_local=False,
    is_zone=False,
    is_refused=False,
    is_limited=False,
    may_moderate=False,
    is_official=False,
    area_policy="open",
    restricted=False,
    areas_named=1,
    mentions=0,
    links=0,
    boost_allowed=True,
    accepted_before=0,
    in_last_hour=0,
    in_last_day=0,
    boosts_in_last_hour=0,
    author_hourly=10,
    author_daily=40,
    boosts_hourly=120,
    repeats=0,
    has_left=False,
)
"""What is boosted; each case below is this with something changed."""

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "boost", "accepted"),
    ({"visibility": "unlisted"}, "boost", "accepted"),
    ({"visibility": "private"}, "ignore", "not-public"),
    ({"visibility": "direct"}, "ignore", "not-public"),
    ({"is_reply": True}, "ignore", "reply"),
    ({"is_zone": True}, "refuse", "zone"),
    ({"is_zone": True, "may_moderate": True, "is_official": True}, "refuse", "zone"),
    ({"author_type": "Group"}, "refuse", "group-author"),
    ({"is_refused": True}, "refuse", "standing"),
    ({"has_left": True, "may_moderate": True}, "refuse", "moved"),
    ({"boost_allowed": False}, "refuse", "author-policy"),
    ({"may_moderate": True, "restricted": True}, "boost", "moderator"),
    ({"restricted": True}, "refuse", "restricted"),
    ({"area_policy": "closed"}, "refuse", "restricted"),
    ({"is_limited": True}, "hold", "limited"),
    ({"is_official": True, "in_last_hour": 10, "area_policy": "review"}, "boost", "official"),
    ({"author_type": "Service"}, "hold", "automated"),
    ({"author_type": "Application"}, "hold", "automated"),
    ({"author_type": "Service", "author_is_local": True}, "boost", "accepted"),
    ({"area_policy": "review"}, "hold", "review"),
    ({"areas_named": 3}, "boost", "accepted"),
    ({"areas_named": 4}, "hold", "many-areas"),
    ({"mentions": 10, "accepted_before": 1}, "boost", "accepted"),
    ({"mentions": 11, "accepted_before": 1}, "hold", "many-mentions"),
    ({"links": 1}, "hold", "new-author-link"),
    ({"links": 1, "accepted_before": 1}, "boost", "accepted"),
    ({"mentions": 3}, "boost", "accepted"),
    ({"mentions": 4}, "hold", "new-author-mentions"),
    ({"mentions": 4, "accepted_before": 1}, "boost", "accepted"),
    ({"repeats": 1}, "hold", "repeated-text"),
    ({"in_last_hour": 9}, "boost", "accepted"),
    ({"in_last_hour": 10}, "hold", "author-limit"),
    ({"in_last_day": 40}, "hold", "author-limit"),
    ({"in_last_hour": 10, "author_hourly": 0}, "boost", "accepted"),
    ({"in_last_day": 40, "author_daily": 0}, "boost", "accepted"),
    ({"boosts_in_last_hour": 120}, "hold", "area-limit"),
    ({"boosts_in_last_hour": 120, "boosts_hourly": 0}, "boost", "accepted"),
]


@pytest.mark.parametrize(("change", "outcome", "rule"), CASES)
def test_rules(change: dict[str, Any], outcome: str, rule: str) -> None:
    found = decide(replace(FINE, **change))
    assert (found.outcome, found.rule) == (outcome, rule)


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in RULES} | {"accepted"} == {rule for _, _, rule in CASES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_not_boosted_says_why_in_two_languages(rule: policy.Rule) -> None:
    if rule.outcome == "boost":
        assert rule.reason == ""
    else:
        assert rule.reason.isascii() is False
        assert rule.reason.endswith(".")


STRONGER = [
    ({"is_reply": True}, {"may_moderate": True}),
    ({"visibility": "private"}, {"is_official": True}),
    ({"is_refused": True}, {"may_moderate": True}),
    ({"boost_allowed": False}, {"may_moderate": True, "is_official": True}),
    ({"restricted": True}, {"is_official": True}),
    ({"is_limited": True}, {"is_official": True}),
    ({"author_type": "Group"}, {"may_moderate": True}),
]


@pytest.mark.parametrize(("against", "for_it"), STRONGER)
def test_what_speaks_against_a_boost_counts_more(against: dict[str, Any], for_it: dict[str, Any]) -> None:
    assert decide(replace(FINE, **against, **for_it)).outcome != "boost"


_VALUES = {
    "visibility": st.sampled_from(["public", "unlisted", "private", "direct"]),
    "author_type": st.sampled_from(["Person", "Group", "Service", "Application", "Organization"]),
    "area_policy": st.sampled_from(["open", "review", "closed"]),
}
ANY_FACTS = st.builds(
    Facts,
    **{
        field.name: _VALUES.get(field.name, st.booleans() if field.type == "bool" else st.integers(0, 200))
        for field in fields(Facts)
        if (field.type in {"bool", "int"} or field.name in _VALUES)
    },
)


@given(ANY_FACTS)
def test_nothing_is_boosted_that_may_not_be(facts: Facts) -> None:
    if decide(facts).outcome == "boost":
        assert facts.visibility in {"public", "unlisted"}
        assert not facts.is_reply
        assert not facts.is_refused
        assert facts.boost_allowed
        assert facts.author_type != "Group"
        assert facts.may_moderate or not (facts.restricted or facts.is_limited)


@given(ANY_FACTS)
def test_only_what_is_not_public_or_a_reply_is_ignored(facts: Facts) -> None:
    is_ignored = decide(facts).outcome == "ignore"
    assert is_ignored == (facts.is_reply or facts.visibility not in {"public", "unlisted"})


EDITS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"links": 1}, "new-author-link"),
    ({"links": 1, "may_moderate": True}, None),
    ({"links": 1, "is_official": True}, None),
    ({"links": 1, "accepted_before": 1}, None),
    ({"mentions": 11, "accepted_before": 1}, "many-mentions"),
    ({"mentions": 4}, "new-author-mentions"),
    ({"areas_named": 4}, "many-areas"),
    ({"repeats": 1}, "repeated-text"),
    ({"is_refused": True}, "standing"),
    ({"is_limited": True}, "limited"),
    ({"boost_allowed": False}, "author-policy"),
    ({"author_type": "Group"}, "group-author"),
    ({"area_policy": "review"}, None),
    ({"restricted": True}, None),
    ({"author_type": "Service"}, None),
    ({"in_last_hour": 10, "in_last_day": 40, "boosts_in_last_hour": 120}, None),
]


@pytest.mark.parametrize(("change", "rule"), EDITS)
def test_edits(change: dict[str, Any], rule: str | None) -> None:
    found = judge_edit(replace(FINE, **change))
    assert (None if found is None else found.rule) == rule
    assert found is None or found.outcome in {"hold", "refuse"}


def test_every_rule_about_edits_has_a_case() -> None:
    named = {rule for _, rule in EDITS if rule is not None}
    assert {rule.name for rule in RULES if rule.on_edit and rule.outcome != "boost"} == named


def test_no_rule_applies_to_what_is_fine() -> None:
    assert decide(FINE) == ACCEPTED
