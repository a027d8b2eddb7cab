"""Whether an area boosts, holds or refuses a submission, with the rule that decided. Pure.

The rules are a table, read from top to bottom; the first that applies decides. Each has a name that is kept
with the placement, and a sentence for the author.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from areas.records import AreaPolicy, Visibility

MOST_AREAS = 3
"""Spam names many groups at once (guppe: the top twenty)."""
MOST_MENTIONS = 10
TRUSTED_AFTER = 1
"""Accepted posts after which an author's links are not held any more."""

Outcome = Literal["boost", "hold", "refuse", "ignore"]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules may know, gathered by `areas.submissions`."""

    visibility: Visibility
    is_reply: bool
    author_type: str
    author_is_local: bool
    refusal: str | None
    is_limited: bool
    may_moderate: bool
    area_policy: AreaPolicy
    restricted: bool
    areas_named: int
    mentions: int
    links: int
    boost_allowed: bool
    accepted_before: int
    in_last_hour: int
    in_last_day: int
    boosts_in_last_hour: int
    author_hourly: int
    author_daily: int
    boosts_hourly: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, the name of the rule, and a sentence for the author."""

    outcome: Outcome
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    name: str
    outcome: Outcome
    applies: Callable[[Facts], bool]
    reason: str


def _over(count: int, limit: int) -> bool:
    return 0 < limit <= count


RULES: tuple[Rule, ...] = (
    Rule(
        "not-public",
        "ignore",
        lambda f: f.visibility not in ("public", "unlisted"),
        "公開の投稿だけがエリアに届きます。 Only public posts reach an area.",
    ),
    Rule(
        "reply",
        "ignore",
        lambda f: f.is_reply,
        "返信はエリアの投稿になりません。 A reply is not a post to the area.",
    ),
    Rule(
        "group-author",
        "refuse",
        lambda f: f.author_type == "Group",
        "グループからの投稿は受け付けません。 Areas do not boost what groups write.",
    ),
    Rule(
        "standing",
        "refuse",
        lambda f: f.refusal is not None,
        "このエリアには投稿できません。 You cannot post to this area.",
    ),
    Rule(
        "author-policy",
        "refuse",
        lambda f: not f.boost_allowed,
        "投稿の設定でブーストが許可されていません。 The post's own settings do not allow boosts.",
    ),
    Rule("moderator", "boost", lambda f: f.may_moderate, ""),
    Rule(
        "restricted",
        "refuse",
        lambda f: f.restricted or f.area_policy == "closed",
        "このエリアは運営者だけが投稿できます。 Only moderators post to this area.",
    ),
    Rule(
        "limited",
        "hold",
        lambda f: f.is_limited,
        "投稿は確認してから載せます。 Your posts are checked first.",
    ),
    Rule(
        "automated",
        "hold",
        lambda f: f.author_type in ("Service", "Application") and not f.author_is_local,
        "自動投稿は確認してから載せます。 Posts by automated accounts are checked first.",
    ),
    Rule(
        "review",
        "hold",
        lambda f: f.area_policy == "review",
        "このエリアでは投稿を確認してから載せます。 This area checks every post first.",
    ),
    Rule(
        "many-areas",
        "hold",
        lambda f: f.areas_named > MOST_AREAS,
        "一度に多くのエリアに宛てた投稿は確認してから載せます。 It names many areas at once, so it is checked first.",
    ),
    Rule(
        "many-mentions",
        "hold",
        lambda f: f.mentions > MOST_MENTIONS,
        "多くの人に宛てた投稿は確認してから載せます。 It mentions many people, so it is checked first.",
    ),
    Rule(
        "new-author-link",
        "hold",
        lambda f: f.links > 0 and f.accepted_before < TRUSTED_AFTER,
        "はじめての投稿にリンクがあるため、確認してから載せます。 A first post with a link is checked first.",
    ),
    Rule(
        "repeated-text",
        "hold",
        lambda f: f.repeats > 0,
        "同じ文の投稿が続いたため、確認してから載せます。 The same text was posted before, so it is checked first.",
    ),
    Rule(
        "author-limit",
        "hold",
        lambda f: _over(f.in_last_hour, f.author_hourly) or _over(f.in_last_day, f.author_daily),
        "短い時間に多くの投稿があったため、確認してから載せます。 Many posts in a short time, so it is checked first.",
    ),
    Rule(
        "area-limit",
        "hold",
        lambda f: _over(f.boosts_in_last_hour, f.boosts_hourly),
        "エリアの投稿が混み合っています。順に載せます。 The area is busy; it will follow.",
    ),
)

ACCEPTED = Decision("boost", "accepted", "")


def decide(facts: Facts) -> Decision:
    """The first rule that applies; none = boost."""
    for rule in RULES:
        if rule.applies(facts):
            return Decision(rule.outcome, rule.name, rule.reason)
    return ACCEPTED
