"""Posts as templates want them: with their address here, their areas, and what is attached."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from actors.tables import actors
from areas.tables import placements
from areas.timelines import ShownPost
from federation import iris
from federation.vocabulary import Iri


@dataclass(frozen=True, slots=True)
class Attached:
    """A link to a picture or another file; nothing is loaded from elsewhere."""

    url: str
    name: str | None
    is_picture: bool


@dataclass(frozen=True, slots=True)
class AreaLink:
    """An area by name; `href` is a path where the area lives on the origin that is visited."""

    name: str
    handle: str
    href: str


@dataclass(frozen=True, slots=True)
class Card:
    """A post on a page. `original` is where another server has it; `answers` names whom a reply answers."""

    shown: ShownPost
    href: str
    author_href: str
    author_is_elsewhere: bool
    original: Iri | None
    attachments: tuple[Attached, ...]
    areas: tuple[AreaLink, ...]
    answers: str | None


def make_cards(
    tx: sa.Connection, shown: Sequence[ShownPost], origin: str, *, with_areas: bool = False
) -> list[Card]:
    """Complete the posts of a timeline or thread for a page on `origin`."""
    areas = _areas_of(tx, [each.post.id for each in shown], origin) if with_areas else {}
    names = {each.post.id: each.author_name for each in shown}
    return [_card(each, origin, tuple(areas.get(each.post.id, ())), names) for each in shown]


def _card(shown: ShownPost, origin: str, areas: tuple[AreaLink, ...], names: Mapping[int, str]) -> Card:
    post = shown.post
    return Card(
        shown=shown,
        href=here(post.iri, origin) if post.local else f"/posts/{post.id}",
        author_href=here(shown.author_iri, origin),
        author_is_elsewhere=not iris.same_origin(shown.author_iri, origin),
        original=None if post.local else (post.url or post.iri),
        attachments=_read_attachments(post.attachments),
        areas=areas,
        answers=None if post.in_reply_to_id is None else names.get(post.in_reply_to_id),
    )


def here(iri: str, origin: str) -> str:
    """Return the path of what lives on the visited origin, the whole address of what does not."""
    return iri.removeprefix(origin) if iris.same_origin(iri, origin) else iri


def _read_attachments(text: str) -> tuple[Attached, ...]:
    return tuple(
        Attached(
            url=each["url"],
            name=each.get("name"),
            is_picture=each.get("type") == "Image" or (each.get("media_type") or "").startswith("image/"),
        )
        for each in json.loads(text)
        if each["url"].startswith(("https://", "http://"))
    )


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
