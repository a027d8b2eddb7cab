"""Posts as templates want them: with their address here, their areas, faces, and pictures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from areas.filters.matching import Filter, match, texts_of
from areas.filters.stored import list_of as list_filters
from areas.kinds import Facts, load
from areas.media import attaching
from areas.media.attaching import Attached
from areas.reading.statuses import Mine, find_mine
from areas.reading.visibility import Reader
from areas.records import PostRecord
from areas.tables import placements
from areas.timelines import ShownPost
from federation import iris
from federation.vocabulary import Iri, Millis
from web.media.proxy import Addresses


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture with its alternative text, and where the whole one is: both on the origin that is visited."""

    src: str
    href: str
    name: str | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class File:
    """A link to what is no picture, where it is; nothing of it is loaded."""

    url: str
    name: str | None


@dataclass(frozen=True, slots=True)
class AreaLink:
    """An area by name; `href` is a path where the area lives on the origin that is visited."""

    name: str
    handle: str
    href: str


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands at a post of a kind: its state, the place that it is about, and when it is over."""

    name: str
    state: str
    place_id: int | None
    until: Millis | None

    @classmethod
    def of(cls, facts: Facts | None) -> "Badge | None":
        """None for an ordinary post."""
        if facts is None:
            return None
        return cls(facts.kind.name, facts.state, facts.place_id, facts.until)


@dataclass(frozen=True, slots=True)
class Card:
    """A post on a page. `original` is where another server has it; `answers` names whom a reply answers.

    `mine` is what the reader has done about it, `is_own` whether she wrote it; `via` who has shown it to her;
    `unwanted` the filter of hers that it meets; `kind` what it says where it is no ordinary post.
    """

    shown: ShownPost
    href: str
    author_href: str
    author_is_elsewhere: bool
    original: Iri | None
    portrait: str | None
    pictures: tuple[Picture, ...]
    files: tuple[File, ...]
    areas: tuple[AreaLink, ...]
    answers: str | None
    mine: Mine = field(default_factory=Mine)
    is_own: bool = False
    via: ActorRecord | None = None
    unwanted: str | None = None
    kind: Badge | None = None


def make_cards(
    tx: sa.Connection,
    shown: Sequence[ShownPost],
    origin: str,
    addresses: Addresses,
    *,
    with_areas: bool = False,
    reader: Reader | None = None,
    via: Mapping[int, ActorRecord] | None = None,
) -> list[Card]:
    """Complete the posts of a timeline or thread for a page on `origin`, as the reader (None = anyone) sees them.

    `via` is who has shown a post, by its position.
    """
    areas = _areas_of(tx, [each.post.id for each in shown], origin) if with_areas else {}
    names = {each.post.id: each.author_name for each in shown}
    portraits = _portraits_of(tx, {each.author_iri for each in shown}, addresses)
    facts = load(tx, (each.post for each in shown))
    cards = [
        replace(
            _card(each, origin, tuple(areas.get(each.post.id, ())), names, portraits, addresses),
            kind=Badge.of(facts.get(each.post.id)),
        )
        for each in shown
    ]
    return cards if reader is None else _sign(tx, cards, reader, via or {})


def _sign(
    tx: sa.Connection, cards: Sequence[Card], reader: Reader, via: Mapping[int, ActorRecord]
) -> list[Card]:
    """Add what is different for the reader; people of other servers are met here, not there."""
    mine = find_mine(tx, reader, (card.shown.post.id for card in cards))
    filters = list_filters(tx, reader.id)
    return [
        replace(
            card,
            mine=mine.get(card.shown.post.id, Mine()),
            is_own=card.shown.post.actor_id == reader.id,
            via=via.get(card.shown.position),
            unwanted=_find_unwanted(card.shown.post, filters, reader),
            author_href=f"/accounts/{card.shown.post.actor_id}"
            if card.author_is_elsewhere
            else card.author_href,
            author_is_elsewhere=False,
        )
        for card in cards
    ]


def _find_unwanted(post: PostRecord, filters: Sequence[Filter], reader: Reader) -> str | None:
    """Why the reader does not want to see a post at once; her own she does."""
    if not filters or post.actor_id == reader.id:
        return None
    found = match(filters, None, texts_of(post), (post.id,), reader.now)
    return found[0].filter.title if found else None


def _card(
    shown: ShownPost,
    origin: str,
    areas: tuple[AreaLink, ...],
    names: Mapping[int, str],
    portraits: Mapping[str, str],
    addresses: Addresses,
) -> Card:
    post = shown.post
    attached = attaching.read(post)
    return Card(
        shown=shown,
        href=here(post.iri, origin) if post.local else f"/posts/{post.id}",
        author_href=here(shown.author_iri, origin),
        author_is_elsewhere=not iris.same_origin(shown.author_iri, origin),
        original=None if post.local else (post.url or post.iri),
        portrait=portraits.get(shown.author_iri),
        pictures=tuple(_list_pictures(attached, addresses, local=post.local)),
        files=tuple(File(each.url, each.name) for each in attached if not each.is_picture),
        areas=areas,
        answers=None if post.in_reply_to_id is None else names.get(post.in_reply_to_id),
    )


def here(iri: str, origin: str) -> str:
    """Return the path of what lives on the visited origin, the whole address of what does not."""
    return iri.removeprefix(origin) if iris.same_origin(iri, origin) else iri


def _list_pictures(attached: Iterable[Attached], addresses: Addresses, *, local: bool) -> Iterator[Picture]:
    for each in attached:
        if not each.is_picture:
            continue
        if local:
            src, href = path_of(each.preview_url or each.url), path_of(each.url)
            yield Picture(src, href, each.name, each.preview_width, each.preview_height)
        elif (src_elsewhere := addresses.path(each.url, "small")) is not None:
            href_elsewhere = addresses.path(each.url, "full") or src_elsewhere
            yield Picture(src_elsewhere, href_elsewhere, each.name, each.width, each.height)


def path_of(url: str) -> str:
    """Every origin of ours serves all our pictures; a page loads them from its own."""
    return urlsplit(url).path


def portrait_of(actor: ActorRecord, url: Iri | None, addresses: Addresses) -> str | None:
    """The path of a picture of an actor's, ours or copied."""
    if url is None:
        return None
    return path_of(url) if actor.local else addresses.path(url, "small")


def _portraits_of(tx: sa.Connection, authors: Iterable[Iri], addresses: Addresses) -> dict[str, str]:
    """How the authors look, by their id."""
    query = sa.select(actors.c.iri, actors.c.icon, actors.c.origin_id)
    query = query.where(actors.c.iri.in_(tuple(authors)), actors.c.icon.is_not(None))
    found = {
        row.iri: path_of(row.icon) if row.origin_id is not None else addresses.path(row.icon, "small")
        for row in tx.execute(query)
    }
    return {iri: path for iri, path in found.items() if path is not None}


def _areas_of(tx: sa.Connection, post_ids: Iterable[int], origin: str) -> dict[int, list[AreaLink]]:
    """The areas in which each post stands, by post."""
    query = (
        sa.select(placements.c.post_id, actors.c.name, actors.c.username, actors.c.host, actors.c.iri)
        .join(actors, actors.c.id == placements.c.area_id)
        .where(placements.c.post_id.in_(post_ids), placements.c.state == "accepted")
        .order_by(placements.c.id)
    )
    found: dict[int, list[AreaLink]] = {}
    for row in tx.execute(query):
        link = AreaLink(row.name, f"@{row.username}@{row.host}", here(row.iri, origin))
        found.setdefault(row.post_id, []).append(link)
    return found
