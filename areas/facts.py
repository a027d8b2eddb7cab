"""What the policy may know about a submission, gathered in one query."""

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.policy import Facts
from areas.records import AreaRecord, Visibility
from areas.tables import bans, boosts, placements, roles
from federation.html import links, to_text
from federation.vocabulary import PUBLIC, Millis, Post

HOUR = 3_600_000
DAY = 24 * HOUR
SHORTEST_REPEAT = 20
"""Characters below which the same text twice means nothing (おはようございます)."""
_MASK = (1 << 63) - 1

MODERATING = ("designer", "moderator", "admin")


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of the post before any area is asked. `content` is sanitised HTML."""

    author: ActorRecord
    visibility: Visibility
    is_reply: bool
    content: str
    mentions: int
    areas_named: int
    post: Post | None = None


_ONE: "sa.Label[int]" = sa.literal_column("1", sa.Integer).label("one")


def text_hash(content: str) -> int | None:
    """A 63-bit hash of the folded plain text; None when it is short."""
    folded = "".join(unicodedata.normalize("NFKC", to_text(content)).casefold().split())
    if len(folded) < SHORTEST_REPEAT:
        return None
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest()) & _MASK


def _bounded(query: "sa.Select[Any]", limit: "sa.BindParameter[int] | int") -> "sa.ScalarSelect[int]":
    """Count, but never further than what the rule asks."""
    return sa.select(sa.func.count()).select_from(query.limit(limit).subquery()).scalar_subquery()


def _by_author(*clauses: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    return sa.select(_ONE).where(
        placements.c.area_id == sa.bindparam("area"),
        placements.c.author_id == sa.bindparam("author"),
        *clauses,
    )


_HISTORY = sa.select(
    sa.exists()
    .where(
        roles.c.actor_id == sa.bindparam("author"),
        roles.c.role.in_(MODERATING),
        sa.or_(roles.c.area_id == sa.bindparam("area"), roles.c.area_id.is_(None)),
        sa.or_(roles.c.until.is_(None), roles.c.until > sa.bindparam("now")),
    )
    .label("may_moderate"),
    sa.exists()
    .where(
        bans.c.area_id == sa.bindparam("area"),
        bans.c.actor_id == sa.bindparam("author"),
        sa.or_(bans.c.until.is_(None), bans.c.until > sa.bindparam("now")),
    )
    .label("banned"),
    _bounded(_by_author(placements.c.state == "accepted"), 1).label("accepted"),
    _bounded(
        _by_author(placements.c.created_at > sa.bindparam("hour")), sa.bindparam("hourly", type_=sa.Integer)
    ).label("in_last_hour"),
    _bounded(
        _by_author(placements.c.created_at > sa.bindparam("day")), sa.bindparam("daily", type_=sa.Integer)
    ).label("in_last_day"),
    _bounded(
        sa.select(_ONE).where(
            boosts.c.area_id == sa.bindparam("area"), boosts.c.created_at > sa.bindparam("hour")
        ),
        sa.bindparam("boosts", type_=sa.Integer),
    ).label("boosts"),
    _bounded(
        sa.select(_ONE).where(
            placements.c.text_hash == sa.bindparam("text"),
            placements.c.created_at > sa.bindparam("hour"),
            placements.c.post_id != sa.bindparam("post"),
        ),
        1,
    ).label("repeats"),
)


def gather(
    tx: sa.Connection, submission: Submission, area: AreaRecord, post_id: int, text: int | None, now: Millis
) -> Facts:
    """The facts for one area."""
    author = submission.author
    history = tx.execute(
        _HISTORY,
        {
            "author": author.id,
            "area": area.actor_id,
            "post": post_id,
            "now": now,
            "hour": now - HOUR,
            "day": now - DAY,
            "hourly": area.author_hourly,
            "daily": area.author_daily,
            "boosts": area.boosts_hourly,
            "text": text,
        },
    ).one()
    may_moderate, banned, accepted, in_last_hour, in_last_day, boosted, repeats = history
    return Facts(
        visibility=submission.visibility,
        is_reply=submission.is_reply,
        author_type=author.type,
        author_is_local=author.local,
        refusal=_refusal(author, banned=bool(banned)),
        is_limited=author.standing == "limited",
        may_moderate=bool(may_moderate),
        area_policy=area.policy,
        restricted=area.restricted,
        areas_named=submission.areas_named,
        mentions=submission.mentions,
        links=len(links(submission.content)),
        boost_allowed=_boost_allowed(submission.post, area),
        accepted_before=accepted,
        in_last_hour=in_last_hour,
        in_last_day=in_last_day,
        boosts_in_last_hour=boosted,
        author_hourly=area.author_hourly,
        author_daily=area.author_daily,
        boosts_hourly=area.boosts_hourly,
        repeats=repeats,
    )


def _refusal(author: ActorRecord, *, banned: bool) -> str | None:
    if banned:
        return "banned"
    return "suspended" if author.standing == "suspended" else None


def _boost_allowed(post: Post | None, area: AreaRecord) -> bool:
    """GoToSocial's `canAnnounce`; absent means anyone who can see the post."""
    if post is None or post.can_announce is None:
        return True
    return PUBLIC in post.can_announce.automatic or area.iri in post.can_announce.automatic
