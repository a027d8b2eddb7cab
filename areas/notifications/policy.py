"""Whether somebody is told of something: at once, in a request, or never. Pure.

As Mastodon's notification policy: https://docs.joinmastodon.org/entities/NotificationPolicy/.
"""

from dataclasses import dataclass
from typing import Literal

Answer = Literal["accept", "filter", "drop"]
ANSWERS: tuple[Answer, ...] = ("accept", "filter", "drop")

DAY = 24 * 3_600_000
NEW_ACCOUNT = 30 * DAY
"""Milliseconds for which an account is new."""
NEW_FOLLOWER = 3 * DAY
"""Milliseconds for which a follower counts as none: following costs nothing."""

UNFILTERED = frozenset({"poll", "update", "admin.report", "admin.sign_up", "status"})
"""What one has asked for, or has to know."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of notifications from whom one does not know. The defaults are Mastodon's."""

    not_following: Answer = "accept"
    not_followers: Answer = "accept"
    new_accounts: Answer = "accept"
    private_mentions: Answer = "filter"
    limited_accounts: Answer = "filter"


@dataclass(frozen=True, slots=True)
class Facts:
    """About an event and the two it concerns. Ages are milliseconds; `follower_for` None = does not follow.

    `is_unsolicited`: a message that answers nothing of the reader's. `is_crowded`: it names many, and no area here
    has ever taken anything of its author's. `is_permitted`: the reader has accepted a request of this sender.
    `is_staff`: a moderator here.
    """

    type: str
    is_shut_out: bool
    is_thread_muted: bool
    is_following: bool
    follower_for: int | None
    sender_age: int
    sender_is_limited: bool
    is_unsolicited: bool
    is_crowded: bool
    is_permitted: bool
    is_staff: bool


def decide(facts: Facts, policy: Policy) -> Answer:
    """The strictest answer of the lines that apply; whom one follows, and staff, is always heard."""
    if facts.is_shut_out or (facts.is_thread_muted and facts.type in {"mention", "favourite", "reblog"}):
        return "drop"
    if facts.type in UNFILTERED or facts.is_permitted or facts.is_following or facts.is_staff:
        return "accept"
    is_follower = facts.follower_for is not None and facts.follower_for >= NEW_FOLLOWER
    answers = [
        policy.not_following,
        policy.not_followers if not is_follower else "accept",
        policy.new_accounts if facts.sender_age < NEW_ACCOUNT else "accept",
        policy.private_mentions if facts.is_unsolicited else "accept",
        "filter" if facts.is_crowded else "accept",
        policy.limited_accounts if facts.sender_is_limited else "accept",
    ]
    return max(answers, key=ANSWERS.index)
