"""The policy line by line, as a pure function."""

from dataclasses import replace
from typing import Any

import pytest

from areas.notifications.policy import DAY, Facts, Policy, decide

STRANGER = Facts(
    type="mention",
    is_shut_out=False,
    is_thread_muted=False,
    is_following=False,
    follower_for=None,
    sender_age=365 * DAY,
    sender_is_limited=False,
    is_unsolicited=False,
    is_crowded=False,
    is_permitted=False,
    is_staff=False,
)
OPEN = Policy("accept", "accept", "accept", "accept", "accept")
SHUT = Policy("drop", "drop", "drop", "drop", "drop")


@pytest.mark.parametrize(
    ("facts", "policy", "answer"),
    [
        ({}, {}, "accept"),
        ({}, {"not_following": "filter"}, "filter"),
        ({}, {"not_followers": "drop"}, "drop"),
        ({"follower_for": 4 * DAY}, {"not_followers": "drop"}, "accept"),
        ({"follower_for": 2 * DAY}, {"not_followers": "drop"}, "drop"),
        ({}, {"new_accounts": "filter"}, "accept"),
        ({"sender_age": 29 * DAY}, {"new_accounts": "filter"}, "filter"),
        ({"is_unsolicited": True}, {"private_mentions": "filter"}, "filter"),
        ({}, {"private_mentions": "filter"}, "accept"),
        ({"is_crowded": True}, {}, "filter"),
        ({"is_crowded": True}, {"not_following": "drop"}, "drop"),
        ({"sender_is_limited": True}, {"limited_accounts": "drop"}, "drop"),
        ({"sender_is_limited": True}, {"limited_accounts": "drop", "not_following": "filter"}, "drop"),
        ({"is_shut_out": True}, {}, "drop"),
        ({"is_thread_muted": True}, {}, "drop"),
        ({"is_thread_muted": True, "type": "follow"}, {}, "accept"),
    ],
)
def test_each_line(facts: dict[str, Any], policy: dict[str, Any], answer: str) -> None:
    assert decide(replace(STRANGER, **facts), replace(OPEN, **policy)) == answer


@pytest.mark.parametrize(
    "facts",
    [
        {"is_following": True},
        {"is_permitted": True},
        {"is_staff": True},
        {"type": "poll"},
        {"type": "update"},
        {"type": "admin.report"},
        {"type": "status"},
    ],
)
def test_who_is_heard_whatever_the_policy(facts: dict[str, Any]) -> None:
    assert decide(replace(STRANGER, **facts), SHUT) == "accept"
    assert decide(replace(STRANGER, is_shut_out=True, **facts), OPEN) == "drop"


def test_at_first_messages_of_strangers_and_the_limited_wait() -> None:
    assert decide(STRANGER, Policy()) == "accept"
    assert decide(replace(STRANGER, is_unsolicited=True), Policy()) == "filter"
    assert decide(replace(STRANGER, sender_is_limited=True), Policy()) == "filter"
