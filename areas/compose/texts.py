"""What an author types, checked and made HTML: links, mentions of known actors, hashtags, as Mastodon writes them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from actors.directory import find_by_handle
from actors.records import ActorRecord
from areas import hashtags
from federation import html, iris
from federation.errors import Refused

TEXT_LENGTH = 5000
SUMMARY_LENGTH = 500
HTML_BYTES = 20_000
"""The text stands in an activity twice, and Takahē refuses activities above 50 kB."""
MOST_NAMED = 50
"""Each is looked up, and told."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as typed and as HTML, the known actors whose handles stand in it, and its hashtags as written."""

    source: str
    content: str
    mentioned: tuple[ActorRecord, ...]
    tags: tuple[str, ...]


def clean(text: str) -> str:
    """Text that every database and every reader takes. Raises `Refused`."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("the text is not valid Unicode") from error
    return _CONTROLS.sub("", text)


def read_text(
    tx: sa.Connection,
    author: ActorRecord,
    text: str,
    *,
    may_be_empty: bool,
    dress: Callable[[str], str] | None = None,
) -> Text:
    """Return the text as HTML with its mentions and tags. Raises `Refused` when it is empty, or too long.

    `dress` adds what the post's kind says; what was typed stays the source.
    """
    source = clean(text)
    if not source.strip() and not may_be_empty:
        raise Refused("a post needs a text")
    if len(source) > TEXT_LENGTH:
        raise Refused(f"a post has at most {TEXT_LENGTH} characters; this one has {len(source)}")
    written = write_html(tx, author, source if dress is None else dress(source))
    if len(written.content.encode()) > HTML_BYTES:
        raise Refused(f"as HTML a post has at most {HTML_BYTES} bytes; links and signs make this one longer")
    return replace(written, source=source)


def write_html(tx: sa.Connection, author: ActorRecord, source: str) -> Text:
    """Return a clean text as HTML with links, mentions of known actors, and tags. Raises `Refused` for too many."""
    mentioned = _find_mentioned(tx, author, source)
    tags = html.find_hashtags(source)
    origin = iris.origin(author.iri)
    content = html.from_text(
        source,
        {handle: (actor.url or actor.iri, actor.username) for handle, actor in mentioned.items()},
        {name: hashtags.tag_iri(origin, name) for name in tags},
    )
    return Text(source, content, tuple({actor.id: actor for actor in mentioned.values()}.values()), tags)


def read_summary(text: str | None) -> str | None:
    """Return a content warning, None where there is none. Raises `Refused` when it is too long."""
    summary = clean(text or "").strip() or None
    if summary is not None and len(summary) > SUMMARY_LENGTH:
        raise Refused(f"a content warning has at most {SUMMARY_LENGTH} characters")
    return summary


def read_language(tag: str) -> str:
    """Return a language tag (BCP 47). Raises `Refused`."""
    if not _LANGUAGE.fullmatch(tag):
        raise Refused(f"{tag!r} is not a language tag")
    return tag


def find_handles(text: str) -> tuple[tuple[str, str], ...]:
    """The full handles in a text, each as name and host: who is not known yet is looked up before it is written."""
    parts = (handle.partition("@") for handle in html.find_handles(text))
    return tuple((name, host) for name, _, host in parts if host)


def _find_mentioned(tx: sa.Connection, author: ActorRecord, text: str) -> Mapping[str, ActorRecord]:
    """The known actors named in a text, by handle as it is written; one without a host is the author's neighbour."""
    handles = html.find_handles(text)
    if len(handles) > MOST_NAMED:
        raise Refused(f"a post names at most {MOST_NAMED} others; this one names {len(handles)}")
    found = {handle: _find(tx, author, handle) for handle in handles}
    return {handle: actor for handle, actor in found.items() if actor is not None and actor.gone_at is None}


def _find(tx: sa.Connection, author: ActorRecord, handle: str) -> ActorRecord | None:
    name, _, host = handle.partition("@")
    return find_by_handle(tx, name, host.lower() or author.host)
