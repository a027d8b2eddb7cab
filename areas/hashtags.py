"""Hashtags: one form for finding them, and which public post has which. Whom they are shown to is not decided here."""

import json
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

import sqlalchemy as sa

from areas.statements import insert_all
from areas.tables import post_tags
from federation.vocabulary import Iri

MOST = 30
"""Of one post; more is an advertisement."""
LENGTH = 100


def fold(name: str) -> str:
    """The form in which tags are compared: without #, width and case."""
    return unicodedata.normalize("NFKC", name.lstrip("#＃")).casefold()[:LENGTH]


def tag_iri(origin: str, name: str) -> Iri:
    """`/tags/{name}` on an origin of ours: the page of a tag."""
    return Iri(f"{origin}/tags/{quote(fold(name), safe='')}")


def read(tags: str) -> tuple[str, ...]:
    """The names in `posts.tags`, as written, each once."""
    if tags == "[]":
        return ()
    found: dict[str, str] = {}
    for name in json.loads(tags):
        found.setdefault(fold(name), name)
    return tuple(found.values())


def save(tx: sa.Connection, post_id: int, names: Iterable[str]) -> None:
    """Let a new post be found by its tags."""
    folded = list(dict.fromkeys(word for name in names if (word := fold(name))))
    insert_all(tx, post_tags, [{"name": word, "post_id": post_id} for word in folded[:MOST]])
