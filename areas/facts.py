"""What the policy may know about a submission: from the post itself, and in one query from its author's history."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from actors.names import OFFICIAL_KINDS
from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.tables import actors, blocks
from areas import registry
from areas.policy import MOST_AREAS, MOST_MENTIONS_BY_STRANGERS, Facts
from areas.records import AreaRecord, Named, PostRecord
from areas.tables import bans, boosts, placements
from federation import html
from federation.vocabulary import PUBLIC, AnnouncePolicy, Iri, Millis

HOUR = 3_600_000
DAY = 24 * HOUR
SERVES_ON = 365 * DAY
SHORTEST_REPEAT = 20
"""Characters below which the same text twice means nothing (おはようございます)."""
FEW_NAMED = min(MOST_AREAS, MOST_MENTIONS_BY_STRANGERS)
"""Up to so many names there is no need to look how many of them are groups: no rule would ask."""

_MASK = (1 << 63) - 1
_HANDLE = re.compile(r"@[A-Za-z0-9_.-]+(?:@[A-Za-z0-9.:-]+)?")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Submission:
    """A post before any area is asked.

    `areas` and `people` are how many it names; `links` are addresses, `text` a hash of what it says.
    `announce` is who may boost it, None where the author says nothing.
    """

    author: ActorRecord
    post: PostRecord
    areas: int
    people: int
    links: frozenset[str]
    text: int | None
    announce: AnnouncePolicy | None


def describe(
    tx: sa.Connection,
    author: ActorRecord,
    post: PostRecord,
    named: tuple[Named, ...],
    announce: AnnouncePolicy | None = None,
) -> Submission:
    """Everything about a post that is the same for each area."""
    others = {each.iri for each in named} - {author.iri, author.followers}
    groups = registry.count_groups(tx, others) if len(others) > FEW_NAMED else 0
    return Submission(
        author=author,
        post=post,
        areas=groups,
        people=len(others) - groups,
        links=find_links(post),
        text=hash_text(post.content),
        announce=announce,
    )


def subtract(after: Submission, before: Submission) -> Submission:
    """What an edit adds: an old link, or a number of mentions that stood before, is not held against it."""
    return replace(
        after,
        areas=after.areas if after.areas > before.areas else 0,
        people=after.people if after.people > before.people else 0,
        links=after.links - before.links,
        text=None if after.text == before.text else after.text,
    )


def find_links(post: PostRecord) -> frozenset[str]:
    """Where a post leads: its links, addresses in the text without a link, and links attached (Lemmy, PieFed)."""
    attachments = json.loads(post.attachments) if post.attachments != "[]" else ()
    attached = (each["url"] for each in attachments if each["type"] == "Link")
    bare = _ADDRESS.findall(html.to_text(post.content)) if "://" in post.content else ()
    return frozenset((*(html.links(post.content) if "<a" in post.content else ()), *bare, *attached))


def hash_text(content: str) -> int | None:
    """A 63-bit hash of the folded plain text without handles; None when it is short."""
    text = _HANDLE.sub("", html.to_text(content))
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    if len(folded) < SHORTEST_REPEAT:
        return None
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest()) & _MASK


_AREA = sa.bindparam("area", type_=sa.BigInteger())
_AUTHOR = sa.bindparam("author", type_=sa.BigInteger())
_ONE: "sa.Label[int]" = sa.literal_column("1", sa.Integer).label("one")


def _bounded(query: "sa.Select[Any]", limit: "sa.BindParameter[int] | int") -> "sa.ScalarSelect[int]":
    """Count, but never further than what the rule asks."""
    return sa.select(sa.func.count()).select_from(query.limit(limit).subquery()).scalar_subquery()


def _of_author(*clauses: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
    return sa.select(_ONE).where(placements.c.area_id == _AREA, placements.c.author_id == _AUTHOR, *clauses)


def _limit(name: str) -> "sa.BindParameter[int]":
    return sa.bindparam(name, type_=sa.Integer)


_BANNED = sa.exists().where(
    bans.c.area_id == _AREA,
    bans.c.actor_id == _AUTHOR,
    sa.or_(bans.c.until.is_(None), bans.c.until > sa.bindparam("now")),
)
_BLOCKED = sa.exists().where(blocks.c.actor_id == _AREA, blocks.c.target_id == _AUTHOR)
_SAME_TEXT = sa.select(_ONE).where(
    placements.c.text_hash == sa.bindparam("text"),
    placements.c.created_at > sa.bindparam("hour"),
    placements.c.post_id != sa.bindparam("post"),
)
_ACCEPTED = _of_author(
    placements.c.post_id != sa.bindparam("post"),
    # Written into the statement: SQLite would plan it anew each time to see whether a partial index serves.
    placements.c.state == sa.literal_column("'accepted'"),
)
_BOOSTS = sa.select(_ONE).where(boosts.c.area_id == _AREA, boosts.c.created_at > sa.bindparam("hour"))
_HISTORY = Prepared(
    sa.select(
        actors.c.standing,
        registry.holds_role(registry.MODERATING, actor=_AUTHOR, area=_AREA).label("may_moderate"),
        registry.holds_role(("official",), actor=_AUTHOR, area=_AREA).label("is_official"),
        sa.or_(_BANNED, _BLOCKED).label("is_shut_out"),
        _bounded(_ACCEPTED, 1).label("accepted_before"),
        _bounded(_of_author(placements.c.created_at > sa.bindparam("hour")), _limit("hourly")).label(
            "hourly"
        ),
        _bounded(_of_author(placements.c.created_at > sa.bindparam("day")), _limit("daily")).label("daily"),
        _bounded(_BOOSTS, _limit("boosts")).label("boosts"),
        _bounded(_SAME_TEXT, 1).label("repeats"),
    ).where(actors.c.id == _AUTHOR)
)


class _History(NamedTuple):
    """The columns of `_HISTORY`."""

    standing: str
    may_moderate: bool
    is_official: bool
    is_shut_out: bool
    accepted_before: int
    hourly: int
    daily: int
    boosts: int
    repeats: int


def gather(tx: sa.Connection, submission: Submission, area: AreaRecord, now: Millis) -> Facts:
    """The facts for one area. Standing is read here: the author's record may come from a cache."""
    author, post = submission.author, submission.post
    history = _read_history(tx, submission, area, now)
    return Facts(
        visibility="public" if post.members_of == area.actor_id else post.visibility,
        is_reply=post.in_reply_to_iri is not None,
        author_type=author.type,
        author_is_local=author.local,
        is_zone=area.is_zone,
        is_refused=bool(history.is_shut_out) or history.standing == "suspended",
        is_limited=history.standing == "limited",
        may_moderate=bool(history.may_moderate) or author.id == area.desk_id,
        is_official=bool(history.is_official) or (author.local and author.kind in OFFICIAL_KINDS),
        area_policy=area.policy,
        restricted=area.restricted,
        areas_named=submission.areas,
        mentions=submission.people,
        links=len(submission.links),
        boost_allowed=_is_boost_allowed(submission.announce, area.iri),
        accepted_before=history.accepted_before,
        in_last_hour=history.hourly,
        in_last_day=history.daily,
        boosts_in_last_hour=history.boosts,
        author_hourly=area.author_hourly,
        author_daily=area.author_daily,
        boosts_hourly=area.boosts_hourly,
        repeats=history.repeats,
        has_left=_has_left(area, now),
    )


def _has_left(area: AreaRecord, now: Millis) -> bool:
    """For a year after it has moved an area serves those who still write to it; then it takes nothing any more."""
    return area.moved_to is not None and area.moved_at is not None and now - area.moved_at > SERVES_ON


def _read_history(tx: sa.Connection, submission: Submission, area: AreaRecord, now: Millis) -> _History:
    values = {
        "author": submission.author.id,
        "area": area.actor_id,
        "post": submission.post.id,
        "now": now,
        "hour": now - HOUR,
        "day": now - DAY,
        "hourly": area.author_hourly,
        "daily": area.author_daily,
        "boosts": area.boosts_hourly,
        "text": submission.text,
    }
    return _History(*_HISTORY.first(tx, **values))


def _is_boost_allowed(announce: AnnouncePolicy | None, area: Iri) -> bool:
    """GoToSocial's `canAnnounce`; absent means anyone who can see the post."""
    return announce is None or PUBLIC in announce.automatic or area in announce.automatic
