"""What stands around a sheet: who writes, what is answered or changed, where a post can go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from starlette.requests import Request

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import categories, membership, posts, registry
from areas.kinds import KINDS, Facts, find, places
from areas.kinds.places import PlaceRecord
from areas.kinds.stored import is_answered
from areas.reading.visibility import Reader
from areas.records import AreaRecord, PostRecord
from federation.errors import Gone, NotFound
from web.accounts.visitors import Visitor
from web.node import node_of
from web.pages.acts import require_speaker
from web.pages.threads import find_readable
from web.pages.writing.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Desk:
    """All of it. `may_mark`: she speaks for one of the areas, and may let a post go to the region too.

    `says` is what her post says beside its text; `may_turn`: it can be a post of another kind; `not_offered` are those
    that nobody writes as whom she speaks.
    """

    author: ActorRecord
    parent: PostRecord | None
    parent_author: ActorRecord | None
    post: PostRecord | None
    says: Facts | None
    areas: tuple[AreaRecord, ...]
    member_of: frozenset[int]
    may_mark: bool
    may_turn: bool
    known_places: tuple[PlaceRecord, ...]
    not_offered: frozenset[str]


def arrange(tx: sa.Connection, request: Request, visitor: Visitor, sheet: Sheet) -> Desk:
    """Raises `NotFound` for what she may not read, and for what is not hers to change."""
    now = node_of(request).clock()
    author = require_speaker(visitor, sheet.speaker)
    parent = None if sheet.reply is None else find_readable(tx, sheet.reply, Reader.of(author, now))
    post = None if sheet.edit is None else find_own(tx, sheet.edit, visitor)
    if post is not None:
        author = require_speaker(visitor, str(post.actor_id))
    mine = [each.area_id for each in membership.list_of(tx, author.id)]
    order = {area_id: place for place, area_id in enumerate(mine)}
    found = sorted(registry.list_areas(tx), key=lambda area: order.get(area.actor_id, len(order)))
    answered = None if parent is None else find_actor_by_id(tx, parent.actor_id)
    may_mark = any(categories.may_mark(tx, author, (area.actor_id,), now) for area in found)
    may_turn = parent is None and (post is None or _may_turn(tx, post))
    known = (
        places.suggest(tx, sheet.area or next(iter(mine), None)) if "place" in fields_of(sheet.kind) else []
    )
    return Desk(
        author=author,
        parent=parent,
        parent_author=answered,
        post=post,
        says=None if post is None else find(tx, post),
        areas=tuple(found),
        member_of=frozenset(mine),
        may_mark=may_mark,
        may_turn=may_turn,
        known_places=tuple(known),
        not_offered=_list_not_offered(visitor.speakers if post is None else (author,)),
    )


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a kind; an ordinary post has none."""
    return KINDS[kind].fields if kind in KINDS else ()


def _list_not_offered(speakers: Sequence[ActorRecord]) -> frozenset[str]:
    """The kinds that none of these writes."""
    return frozenset(
        name for name, kind in KINDS.items() if all(each.kind in kind.not_for for each in speakers)
    )


def _may_turn(tx: sa.Connection, post: PostRecord) -> bool:
    """Whether a post can become one of another kind."""
    return post.in_reply_to_iri is None and not is_answered(tx, post.id)


def find_own(tx: sa.Connection, post_id: int, visitor: Visitor) -> PostRecord:
    """A post that one of hers has written. Raises `NotFound`."""
    post = posts.find_post_by_id(tx, post_id)
    if (
        post is None
        or post.deleted_at is not None
        or post.actor_id not in {each.id for each in visitor.speakers}
    ):
        raise NotFound("only its author changes a post")
    return post


def arrange_what_is_left(
    tx: sa.Connection, request: Request, visitor: Visitor, sheet: Sheet
) -> tuple[Desk, Sheet]:
    """As `arrange`; what the sheet answers or changes may have ended since: then it is a new post, for few at first."""
    try:
        return arrange(tx, request, visitor, sheet), sheet
    except (NotFound, Gone):
        alone = replace(sheet, reply=None, edit=None, speaker=None, audience="followers", to_zone=False)
        return arrange(tx, request, visitor, alone), alone
