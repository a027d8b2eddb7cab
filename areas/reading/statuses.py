"""Posts with all that a client shows of them: authors, counts, what the reader did, mentions, who boosted.

A handful of statements for a whole page. What the reader may not read is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from actors.prepared import Prepared, one_of
from actors.records import ACTOR_FIELDS, ActorRecord, read_actor
from actors.tables import actors
from areas import ids
from areas.personal_tables import bookmarks, pins, thread_mutes
from areas.polls import options
from areas.polls.options import Poll
from areas.reading.merging import Candidate
from areas.reading.slices import Page
from areas.reading.visibility import ACCEPTED, ME, Reader, for_anyone, is_share_for_me, may_read
from areas.records import SHOWN, PostRecord
from areas.tables import placements, post_recipients, posts, reactions
from areas.tables import shares as share_table
from areas.zones.records import STANDING
from areas.zones.tables import zone_posts
from federation.vocabulary import Millis


@dataclass(frozen=True, slots=True)
class Mine:
    """What the reader has done about a post; `muted`: its thread rings no bell."""

    favourited: bool = False
    shared: bool = False
    bookmarked: bool = False
    muted: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A post as one reader sees it. `answered_id` is the author of what it answers, where that is known.

    Boosts by areas and other Groups are not counted in `shares`.
    """

    post: PostRecord
    author: ActorRecord
    answered_id: int | None
    mentions: tuple[ActorRecord, ...]
    replies: int = 0
    favourites: int = 0
    shares: int = 0
    mine: Mine = field(default_factory=Mine)
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What stands in a timeline: a post, or somebody's boost of it, under an id of its own."""

    id: int
    at: Millis
    seen: Seen
    via: ActorRecord | None = None


_POST = tuple(posts.c[name] for name in PostRecord.__dataclass_fields__)
_ID_PLACE, _ACTOR_PLACE, _TYPE_PLACE = (
    1 + list(PostRecord.__dataclass_fields__).index(name) for name in ("id", "actor_id", "type")
)
"""In a row of posts, which begins with whom they answer."""
_parents = posts.alias("parents")


def _prepare_posts(readable: "sa.ColumnElement[bool]") -> Prepared:
    query = (
        sa.select(_parents.c.actor_id.label("answered"), *_POST)
        .join(actors, actors.c.id == posts.c.actor_id)
        .join(_parents, _parents.c.id == posts.c.in_reply_to_id, isouter=True)
        .where(readable)
    )
    return Prepared(lambda dialect: query.where(one_of(posts.c.id, "ids", dialect)))


_FOR_ANYONE = _prepare_posts(for_anyone())
_FOR_READER = _prepare_posts(may_read())
_IS_READABLE = (
    sa.select(posts.c.id)
    .join(actors, actors.c.id == posts.c.actor_id)
    .where(posts.c.id == sa.bindparam("id", type_=sa.BigInteger()), may_read())
)
_ACTORS = Prepared(
    lambda dialect: sa.select(*(actors.c[name] for name in ACTOR_FIELDS)).where(
        one_of(actors.c.id, "ids", dialect)
    )
)


def _label(text: str) -> "sa.ColumnElement[str]":
    return sa.literal_column(f"'{text}'", sa.Text)


def _count_all(dialect: str) -> sa.Executable:
    def count(
        name: str, post: "sa.ColumnElement[Any]", *clauses: "sa.ColumnElement[bool]"
    ) -> "sa.Select[Any]":
        chosen = one_of(post, "ids", dialect)
        return sa.select(_label(name), post, sa.func.count()).where(chosen, *clauses).group_by(post)

    is_shown = sa.and_(posts.c.deleted_at.is_(None), posts.c.visibility.in_(SHOWN))
    return sa.union_all(
        count("replies", posts.c.in_reply_to_id, is_shown),
        count("favourites", reactions.c.post_id, reactions.c.kind == "Like"),
        count("shares", share_table.c.post_id, share_table.c.counts),
    )


def _list_done(dialect: str) -> sa.Executable:
    def done(name: str, table: sa.Table, *clauses: "sa.ColumnElement[bool]") -> "sa.Select[Any]":
        chosen = one_of(table.c.post_id, "ids", dialect)
        return sa.select(_label(name), table.c.post_id).where(table.c.actor_id == ME, chosen, *clauses)

    muted = sa.and_(thread_mutes.c.actor_id == ME, thread_mutes.c.thread_id == posts.c.thread_id)
    return sa.union_all(
        done("favourited", reactions, reactions.c.kind == "Like"),
        done("shared", share_table),
        done("bookmarked", bookmarks),
        done("pinned", pins),
        sa.select(_label("muted"), posts.c.id).where(one_of(posts.c.id, "ids", dialect), muted),
    )


def _list_mentions(dialect: str) -> sa.Executable:
    return (
        sa.select(post_recipients.c.post_id, actors.c.id)
        .join(actors, actors.c.iri == post_recipients.c.iri)
        .where(one_of(post_recipients.c.post_id, "ids", dialect), actors.c.gone_at.is_(None))
        .order_by(post_recipients.c.post_id, post_recipients.c.place)
    )


_COUNTS, _DONE, _MENTIONS = Prepared(_count_all), Prepared(_list_done), Prepared(_list_mentions)

_IDS: "sa.BindParameter[list[int]]" = sa.bindparam("ids", expanding=True)
_IS_HEARD = sa.and_(actors.c.gone_at.is_(None), actors.c.standing != "suspended")
_PLACED = (
    sa.select(placements.c.position, placements.c.post_id, placements.c.area_id)
    .join(actors, actors.c.id == placements.c.area_id)
    .where(placements.c.position.in_(_IDS), placements.c.state == ACCEPTED, _IS_HEARD)
)
_BROUGHT = (
    sa.select(zone_posts.c.position, zone_posts.c.post_id, zone_posts.c.home_id)
    .join(actors, actors.c.id == zone_posts.c.home_id)
    .where(zone_posts.c.position.in_(_IDS), zone_posts.c.state.in_(STANDING), _IS_HEARD)
)
_SHARED = (
    sa.select(share_table.c.id, share_table.c.post_id, share_table.c.actor_id)
    .join(actors, actors.c.id == share_table.c.actor_id)
    .where(share_table.c.id.in_(_IDS), _IS_HEARD)
)
_SHARED_WITH_ANYONE = _SHARED.where(share_table.c.visibility.in_(SHOWN))
_SHARED_WITH_READER = _SHARED.where(is_share_for_me())


def load(tx: sa.Connection, reader: Reader | None, post_ids: Iterable[int]) -> dict[int, Seen]:
    """What is known of each post that the reader (None = anyone) may read, by its id."""
    return _load(tx, reader, post_ids, ())[0]


def _load(
    tx: sa.Connection, reader: Reader | None, post_ids: Iterable[int], others: Iterable[int]
) -> tuple[dict[int, Seen], dict[int, ActorRecord]]:
    """Posts by id; and the actors in them, with `others`."""
    wanted = list(dict.fromkeys(post_ids))
    values: dict[str, Any] = {} if reader is None else reader.values
    found = (_FOR_ANYONE if reader is None else _FOR_READER).all(tx, ids=wanted, **values) if wanted else ()
    rows = {row[_ID_PLACE]: row for row in found}
    values["ids"] = list(rows)
    mentioned = _read_mentions(tx, values) if rows else {}
    people = find_actors(
        tx,
        (
            *(row[_ACTOR_PLACE] for row in rows.values()),
            *(each for named in mentioned.values() for each in named),
            *others,
        ),
    )
    counts = _read_counts(tx, values) if rows else {}
    mine = _read_mine(tx, values) if rows and reader is not None else {}
    asked = [post_id for post_id, row in rows.items() if row[_TYPE_PLACE] == "Question"]
    polls = options.load(tx, asked, None if reader is None else reader.id)
    seen = {
        post_id: Seen(
            post=PostRecord(*row[1:]),
            author=people[row[_ACTOR_PLACE]],
            answered_id=row[0],
            mentions=tuple(people[each] for each in mentioned.get(post_id, ())),
            mine=mine.get(post_id, _NOTHING),
            poll=polls.get(post_id),
            **counts.get(post_id, {}),
        )
        for post_id, row in rows.items()
    }
    return seen, people


_NOTHING = Mine()


def is_readable(tx: sa.Connection, reader: Reader, post_id: int) -> bool:
    """Whether the reader may read a post."""
    return tx.execute(_IS_READABLE, {**reader.values, "id": post_id}).first() is not None


def find_actors(tx: sa.Connection, actor_ids: Iterable[int]) -> dict[int, ActorRecord]:
    """Actors by id."""
    wanted = list(dict.fromkeys(actor_ids))
    rows = _ACTORS.all(tx, ids=wanted) if wanted else ()
    return {row[_KEY]: read_actor(row) for row in rows}


_KEY = ACTOR_FIELDS.index("id")


def _read_mentions(tx: sa.Connection, values: Mapping[str, Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for post_id, actor_id in _MENTIONS.all(tx, **values):
        found.setdefault(post_id, []).append(actor_id)
    return found


def _read_counts(tx: sa.Connection, values: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for name, post_id, number in _COUNTS.all(tx, **values):
        found.setdefault(post_id, {})[name] = number
    return found


def find_mine(tx: sa.Connection, reader: Reader, post_ids: Iterable[int]) -> dict[int, Mine]:
    """What the reader has done about each of these posts, where she has done anything."""
    return _read_mine(tx, {**reader.values, "ids": list(post_ids)})


def _read_mine(tx: sa.Connection, values: Mapping[str, Any]) -> dict[int, Mine]:
    found: dict[int, dict[str, bool]] = {}
    for name, post_id in _DONE.all(tx, **values):
        found.setdefault(post_id, {})[name] = True
    return {post_id: Mine(**flags) for post_id, flags in found.items()}


def complete(tx: sa.Connection, reader: Reader | None, page: Page[Candidate]) -> Page[Status]:
    """A page of a merged timeline, with its posts."""
    vias = (each.via for each in page.items if each.via is not None)
    seen, people = _load(tx, reader, (each.post_id for each in page.items), vias)
    items = tuple(
        Status(each.position, ids.time_of(each.position), seen[each.post_id], _find(people, each.via))
        for each in page.items
        if each.post_id in seen
    )
    return Page(items, page.older, page.newer)


def _find(people: Mapping[int, ActorRecord], actor_id: int | None) -> ActorRecord | None:
    return None if actor_id is None else people[actor_id]


def find(tx: sa.Connection, reader: Reader | None, status_id: int) -> Status | None:
    """What a client calls by this id: a post, the boost of one, or its place in an area. None = not for her."""
    found = find_all(tx, reader, (status_id,))
    return found[0] if found else None


def find_all(tx: sa.Connection, reader: Reader | None, status_ids: Iterable[int]) -> tuple[Status, ...]:
    """What a client calls by these ids, in this order, as far as the reader may see it."""
    order = list(dict.fromkeys(status_ids))
    located = _locate(tx, reader, order)
    return complete(tx, reader, Page(tuple(located[each] for each in order if each in located))).items


def _locate(tx: sa.Connection, reader: Reader | None, status_ids: Sequence[int]) -> dict[int, Candidate]:
    by_kind: dict[ids.Kind, list[int]] = {"post": [], "share": [], "placement": []}
    for status_id in status_ids:
        by_kind[ids.find_kind(status_id)].append(status_id)
    found = {post_id: Candidate(post_id, post_id, None) for post_id in by_kind["post"]}
    shared = _SHARED_WITH_ANYONE if reader is None else _SHARED_WITH_READER
    places = by_kind["placement"]
    for query, wanted in ((_PLACED, places), (_BROUGHT, places), (shared, by_kind["share"])):
        values = {"ids": wanted, **({} if reader is None else reader.values)}
        for position, post_id, via in tx.execute(query, values) if wanted else ():
            found[position] = Candidate(position, post_id, via)
    return found


def list_seen(seen: Mapping[int, Seen], order: Sequence[int]) -> tuple[Seen, ...]:
    """In this order, without what may not be read."""
    return tuple(seen[each] for each in order if each in seen)


def original(seen: Seen) -> Status:
    """A post as itself, boosted by nobody."""
    return Status(seen.post.id, seen.post.published_at, seen)
