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
MOST_MENTIONS_BY_STRANGERS = 3
"""The wave of February 2024 named five strangers in each post, from 500 new accounts on 50 honest servers."""
TRUSTED_AFTER = 1
"""Accepted posts after which an author's links and mentions are not held any more."""

Outcome = Literal["boost", "hold", "refuse", "ignore"]

AUTHOR_POLICY = "author-policy"
"""The author's own settings forbid boosts: nobody here can change that, but she can."""


ZONE = "zone"
"""A zone passes on what its towns share with it, and takes nothing itself, from whomever."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules may know, gathered by `areas.facts`.

    `areas_named`, `mentions` and `links` of an edit are what it adds. A limit of 0 is none; counts go no
    further than what the rule asks.
    """

    visibility: Visibility
    is_reply: bool
    author_type: str
    author_is_local: bool
    is_zone: bool
    is_refused: bool
    is_limited: bool
    may_moderate: bool
    is_official: bool
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
    has_left: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, the name of the rule, and a sentence for the author."""

    outcome: Outcome
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. `on_edit`: asked again when the author changes a post that was accepted."""

    name: str
    outcome: Outcome
    applies: Callable[[Facts], bool]
    reason: str
    on_edit: bool = False


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
        ZONE,
        "refuse",
        lambda f: f.is_zone,
        "圏域には直接投稿できません。お住まいのまちのエリアへどうぞ。"
        " Nobody posts to a zone: please post to the area of your town.",
    ),
    Rule(
        "group-author",
        "refuse",
        lambda f: f.author_type == "Group",
        "グループからの投稿は受け付けません。 Areas do not boost what groups write.",
        on_edit=True,
    ),
    Rule(
        "standing",
        "refuse",
        lambda f: f.is_refused,
        "このエリアには投稿できません。 You cannot post to this area.",
        on_edit=True,
    ),
    Rule(
        "moved",
        "refuse",
        lambda f: f.has_left,
        "このエリアは引っ越しました。引っ越し先はエリアのページにあります。"
        " This area has moved; its page says where it is now.",
    ),
    Rule(
        AUTHOR_POLICY,
        "refuse",
        lambda f: not f.boost_allowed,
        "投稿の設定でブーストが許可されていません。 The post's own settings do not allow boosts.",
        on_edit=True,
    ),
    Rule("moderator", "boost", lambda f: f.may_moderate, "", on_edit=True),
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
        on_edit=True,
    ),
    Rule("official", "boost", lambda f: f.is_official, "", on_edit=True),
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
        on_edit=True,
    ),
    Rule(
        "many-mentions",
        "hold",
        lambda f: f.mentions > MOST_MENTIONS,
        "多くの人に宛てた投稿は確認してから載せます。 It mentions many people, so it is checked first.",
        on_edit=True,
    ),
    Rule(
        "new-author-link",
        "hold",
        lambda f: f.links > 0 and f.accepted_before < TRUSTED_AFTER,
        "はじめての投稿にリンクがあるため、確認してから載せます。 A first post with a link is checked first.",
        on_edit=True,
    ),
    Rule(
        "new-author-mentions",
        "hold",
        lambda f: f.mentions > MOST_MENTIONS_BY_STRANGERS and f.accepted_before < TRUSTED_AFTER,
        "はじめての投稿が何人にも宛てられているため、確認してから載せます。"
        " A first post that mentions several people is checked first.",
        on_edit=True,
    ),
    Rule(
        "repeated-text",
        "hold",
        lambda f: f.repeats > 0,
        "同じ文の投稿が続いたため、確認してから載せます。 The same text was posted before, so it is checked first.",
        on_edit=True,
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
        "エリアの投稿が混み合っているため、確認してから載せます。 The area is busy, so it is checked first.",
    ),
)

ACCEPTED = Decision("boost", "accepted", "")


def decide(facts: Facts) -> Decision:
    """The first rule that applies; none = boost."""
    return _first(facts, RULES)


def judge_edit(facts: Facts) -> Decision | None:
    """Why an accepted post may not stay as its author has changed it, by what the change adds; None = it stays."""
    decision = _first(facts, tuple(rule for rule in RULES if rule.on_edit))
    return None if decision.outcome == "boost" else decision


def _first(facts: Facts, rules: tuple[Rule, ...]) -> Decision:
    for rule in rules:
        if rule.applies(facts):
            return Decision(rule.outcome, rule.name, rule.reason)
    return ACCEPTED
