"""How an area says that it boosts a peer's post, to whom, and that it does so no more.

By the post's id alone, with the name of its home (`homeGroup`), in the object dialect; and to one person on each other
Kairanban server where somebody follows the area: those servers read both dialects, and bring such a boost no further.
"""

from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.servers import find_dialect
from areas import boosts, creates, threads
from areas.boosts import Voices
from areas.records import AreaRecord, PostRecord
from areas.zones.tables import posts, zone_posts
from federation import rendering
from federation.rendering import Document
from federation.vocabulary import Iri, Millis
from outbox.lookups import list_listeners
from outbox.publish import append, find_told

OWN_SOFTWARE: Final = "kairanban"
"""Its name in NodeInfo."""
_COLUMNS: Final = tuple(posts.c[name] for name in PostRecord.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Passing:
    """A peer's post that an area passes on: whose it is, who wrote it, and the id of the `Announce`."""

    area: AreaRecord
    home: ActorRecord
    post: PostRecord
    author: ActorRecord
    iri: Iri


def describe(passing: Passing, at: Millis) -> Document:
    """The `Announce`."""
    return rendering.announce(
        passing.iri,
        actor=passing.area.iri,
        object_iri=passing.post.iri,
        published=at,
        followers=passing.area.followers,
        author=passing.author.iri,
        home_group=passing.home.iri,
    )


def announce(tx: sa.Connection, passing: Passing, now: Millis) -> int:
    """Say it; its author's microblog server is told as of any boost. Returns the number of the log entry."""
    told = (*_find_author(tx, passing.author), *list_listeners(tx, passing.area.actor_id, OWN_SOFTWARE))
    document = describe(passing, now)
    voices = _voices(tx, passing.area, passing.post, passing.author)
    entry = boosts.say(voices, passing.post, passing.iri, "Announce", document, "object")
    return append(tx, replace(entry, recipients=tuple(dict.fromkeys(told))), now)


def _find_author(tx: sa.Connection, author: ActorRecord) -> tuple[int, ...]:
    is_told = author.server_id is not None and find_dialect(tx, author.server_id) == "object"
    return (author.id,) if is_told else ()


def _voices(tx: sa.Connection, area: AreaRecord, post: PostRecord, author: ActorRecord) -> Voices:
    return Voices(area, author, threads.find_lane(tx, post, author))


def unannounce(
    tx: sa.Connection,
    area: AreaRecord,
    post: PostRecord,
    author: ActorRecord,
    said: tuple[Iri, int],
    now: Millis,
) -> None:
    """Take it back from whoever got it; `said` are the id and the log entry of the `Announce`."""
    iri, log_id = said
    undo = boosts.unannounce(_voices(tx, area, post, author), post, iri)
    append(tx, replace(undo, recipients=find_told(tx, log_id), concerns_id=log_id, cancels=True), now)


def list_boosts(
    tx: sa.Connection, area: AreaRecord, before: Millis | None = None, limit: int = 20
) -> list[tuple[Millis, Document]]:
    """The boosts of peers' posts that stand, each with its time, the newest first."""
    query = sa.select(
        *_COLUMNS, zone_posts.c.home_id, zone_posts.c.iri.label("said"), zone_posts.c.boosted_at
    )
    query = query.join(posts, posts.c.id == zone_posts.c.post_id).where(_stands_in(area))
    if before is not None:
        query = query.where(zone_posts.c.boosted_at < before)
    rows = tx.execute(
        query.order_by(zone_posts.c.boosted_at.desc(), zone_posts.c.position.desc()).limit(limit)
    )
    return [
        (at, describe(_pass_on(tx, area, PostRecord(*columns), home_id, iri), at))
        for *columns, home_id, iri, at in rows
    ]


def find_boost(tx: sa.Connection, area: AreaRecord, iri: Iri) -> Document | None:
    """An `Announce` of a peer's post that stands, by its id."""
    query = sa.select(*_COLUMNS, zone_posts.c.home_id, zone_posts.c.boosted_at)
    query = query.join(posts, posts.c.id == zone_posts.c.post_id).where(
        _stands_in(area), zone_posts.c.iri == iri
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    *columns, home_id, at = row
    return describe(_pass_on(tx, area, PostRecord(*columns), home_id, iri), at)


def count_boosts(tx: sa.Connection, area: AreaRecord) -> int:
    """How many there are of `list_boosts`."""
    return int(tx.execute(sa.select(sa.func.count()).where(_stands_in(area))).scalar_one())


def _stands_in(area: AreaRecord) -> "sa.ColumnElement[bool]":
    return sa.and_(zone_posts.c.area_id == area.actor_id, zone_posts.c.state == "boosted")


def _pass_on(tx: sa.Connection, area: AreaRecord, post: PostRecord, home_id: int, iri: Iri) -> Passing:
    home = find_actor_by_id(tx, home_id)
    assert home is not None  # a foreign key holds it
    return Passing(area, home, post, creates.find_author(tx, post), iri)
