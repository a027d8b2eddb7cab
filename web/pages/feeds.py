"""An area's newest posts as an Atom feed (RFC 4287), for readers of feeds, the town's own site, and screens."""

import re
from typing import Final
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from areas import registry, timelines
from areas.records import AreaRecord
from areas.timelines import ShownPost
from areas.zones.reading import zone_timeline
from federation.errors import NotFound
from federation.html import to_text
from federation.vocabulary import Millis
from web.activitypub.actors import addressed_actor
from web.node import node_of
from web.pages.languages import choose_language, translations
from web.pages.timelines import TABS, read_which
from web.pages.times import to_iso

ATOM: Final = "http://www.w3.org/2005/Atom"
ENTRIES: Final = 40
TITLE_LENGTH: Final = 60
HEADERS: Final = {"cache-control": "public, max-age=300", "vary": "Accept"}


async def serve_feed(request: Request) -> Response:
    """The same posts as on the area's page; `?show=` as there."""
    text = await node_of(request).database.read(_write, request)
    return Response(text, headers=HEADERS, media_type="application/atom+xml")


def _write(tx: sa.Connection, request: Request) -> bytes:
    area = registry.find_area(tx, addressed_actor(tx, request).id)
    if area is None:
        raise NotFound("there is no such area")
    if area.is_zone:
        return write_feed(area, f"{area.iri}/feed.atom", zone_timeline(tx, area.actor_id, limit=ENTRIES))
    which = read_which(request)
    shown = timelines.area_timeline(tx, area.actor_id, which=which, limit=ENTRIES, front_page=True)
    if which == "everything":
        return write_feed(area, f"{area.iri}/feed.atom", shown)
    name = translations(choose_language(area.language, "")).gettext(TABS[which])
    return write_feed(area, f"{area.iri}/feed.atom?show={which}", shown, name)


def write_feed(area: AreaRecord, address: str, shown: list[ShownPost], part: str = "") -> bytes:
    """Return the document; `part` names what of the area it has. An element tree escapes whatever people write."""
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": area.language})
    _add(feed, "id", address if part else area.iri)
    _add(feed, "title", f"{area.name}: {part}" if part else area.name)
    _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=area.iri)
    newest = max((_changed_at(each) for each in shown), default=Millis(0))
    _add(feed, "updated", to_iso(newest))
    for each in shown:
        _add_entry(feed, each)
    ET.register_namespace("", ATOM)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add_entry(feed: ET.Element, shown: ShownPost) -> None:
    post = shown.post
    entry = _add(feed, "entry")
    _add(entry, "id", post.iri)
    _add(entry, "title", _title(shown))
    _add(entry, "link", rel="alternate", type="text/html", href=post.url or post.iri)
    _add(entry, "published", to_iso(post.published_at))
    _add(entry, "updated", to_iso(_changed_at(shown)))
    author = _add(entry, "author")
    _add(author, "name", shown.author_name)
    _add(author, "uri", shown.author_iri)
    if post.summary is None:  # what stands behind a warning is read where the warning is
        _add(entry, "content", post.content, type="html")


def _title(shown: ShownPost) -> str:
    post = shown.post
    line = " ".join((post.summary or post.title or to_text(post.content)).split())
    return line if len(line) <= TITLE_LENGTH else f"{line[:TITLE_LENGTH]}…"


def _changed_at(shown: ShownPost) -> Millis:
    return shown.post.updated_at or shown.post.published_at


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    found.text = None if text is None else _legal(text)
    return found


def _legal(text: str) -> str:
    """Without the signs that XML has no way to say (XML 1.0 §2.2)."""
    return _ILLEGAL.sub("", text)


_ILLEGAL: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
