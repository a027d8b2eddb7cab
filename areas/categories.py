"""What a post is to a zone: which category it has, and whether its author wants it to go to the region too.

An alert always is one. Whatever else the town says reaches other areas unasked only where its author has marked it
(圏域にも); without that it is a post like any other.
"""

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa

from actors.names import OFFICIAL_KINDS
from actors.prepared import Prepared
from actors.records import ActorRecord
from areas import registry
from areas.records import Draft, PostRecord
from areas.statements import insert_once
from areas.tables import zone_marks
from areas.zones.records import CATEGORIES
from federation.errors import Refused
from federation.vocabulary import Millis

SPEAKING: Final = ("official", *registry.MODERATING)
"""Roles by which somebody speaks for the town."""
NOT_TO_AREAS: Final = (
    "圏域にも出せるのは、エリアに宛てた公開の新しい投稿だけです。"
    " Only new public posts to an area go to the region too."
)
NOT_FOR_YOU: Final = (
    "圏域にも出せるのは、そのエリアの担当者だけです。"
    " Only those who speak for the area send posts to the region."
)

_MARKED = Prepared(sa.select(zone_marks.c.marked_at).where(zone_marks.c.post_id == sa.bindparam("post")))
_SPEAKS = sa.select(registry.holds_role(SPEAKING, actor=sa.bindparam("actor"), area=sa.bindparam("area")))


def categorise(tx: sa.Connection, author: ActorRecord, post: PostRecord) -> str | None:
    """The category of a post by its kind, its author, and her wish; None = nothing special."""
    if author.kind == "alert":
        return "alert"
    if not post.local or not is_marked(tx, post.id):
        return None
    return post.kind if post.kind in CATEGORIES else "notice"


def is_marked(tx: sa.Connection, post_id: int) -> bool:
    """Whether the post is to go to the region too."""
    return _MARKED.first(tx, post=post_id) is not None


def mark(tx: sa.Connection, post_id: int, now: Millis) -> bool:
    """Let a post go to the region too, before any area is asked. False = it was marked before."""
    return insert_once(tx, zone_marks, {"post_id": post_id, "marked_at": now})


def may_mark(tx: sa.Connection, author: ActorRecord, area_ids: Collection[int], now: Millis) -> bool:
    """Whether an actor speaks for the town, or for each of these areas."""
    if author.local and author.kind in OFFICIAL_KINDS:
        return True
    return all(
        tx.execute(_SPEAKS, {"actor": author.id, "area": area_id, "now": now}).scalar_one()
        for area_id in area_ids
    )


def check_wish(tx: sa.Connection, author: ActorRecord, draft: Draft, now: Millis) -> None:
    """Raise `Refused` where a draft is to go to the region, and cannot."""
    if not draft.to_zone:
        return
    if not draft.area_ids or draft.visibility != "public" or draft.in_reply_to is not None:
        raise Refused(NOT_TO_AREAS)
    if not may_mark(tx, author, draft.area_ids, now):
        raise Refused(NOT_FOR_YOU)
