"""A town that has been there for years: bulk rows in its real schema, the same for every run.

A post a minute by people of other servers; most stand in one of the areas, some are replies or not for everybody.
What is only sent or heard (the log, keys, originals) is left out: no page reads it.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from actors.tables import blocks, domain_blocks, follows, mutes
from areas.search.index import Entry
from areas.tables import placements, post_recipients, post_tags, posts, reactions, shares
from federation.vocabulary import Millis
from tests.bench.texts import TAGS, Text, write_texts

INTERVAL = 60_000
"""Milliseconds between two posts: a node with more of them is an older one, not a busier one."""
CHUNK = 20_000
FOLLOWED_AREAS, FOLLOWED_PEOPLE = 5, 100

PUBLIC_SHARE, PLACED_SHARE, REPLY_SHARE = 0.93, 0.9, 0.1
SECOND_AREA_SHARE, BOOSTED_SHARE, TAGGED_SHARE, LIKED_SHARE = 0.05, 0.05, 0.2, 0.25

T = TypeVar("T")

Rows = list[tuple[Any, ...]]

COLUMNS: dict[sa.Table, tuple[str, ...]] = {
    posts: (
        *("id", "iri", "actor_id", "local", "kind", "type", "visibility"),
        *("in_reply_to_iri", "in_reply_to_id", "thread_id", "content", "sensitive", "language"),
        *("url", "attachments", "tags", "published_at", "received_at"),
    ),
    placements: (
        *("id", "area_id", "post_id", "author_id", "state", "position"),
        *("rule", "reason", "token", "created_at", "decided_at"),
    ),
    shares: ("id", "iri", "actor_id", "post_id", "visibility", "counts", "created_at"),
}
"""What is given; of other tables every column."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there, by ids: areas with the addresses by which posts name them, people elsewhere, residents."""

    areas: tuple[tuple[int, str], ...]
    authors: tuple[int, ...]
    residents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows by table, in the order of their references; see `COLUMNS`."""

    rows: dict[sa.Table, Rows]
    words: list[Entry]


def write_personal(cast: Cast, now: Millis) -> dict[sa.Table, Rows]:
    """Whom residents follow, mute and block."""
    chance = random.Random("personal")
    rows: dict[sa.Table, Rows] = {follows: [], mutes: [], blocks: [], domain_blocks: []}
    for number, resident in enumerate(cast.residents):
        chosen = [area for area, _ in _sample(cast.areas, FOLLOWED_AREAS, chance)]
        chosen += _sample(cast.authors, FOLLOWED_PEOPLE, chance)
        for place, target in enumerate(chosen):
            key = number * 1_000 + place + 1
            rows[follows].append(
                (key, f"urn:follow:{key}", resident, target, "accepted", now, now, True, False)
            )
        shut_out = chance.sample(cast.authors, 4)
        rows[mutes] += [(resident, target, True, None, now) for target in shut_out[:3]]
        rows[blocks].append((resident, shut_out[3], f"urn:block:{number}", now))
        rows[domain_blocks].append((resident, f"s{number}.example", now))
    return rows


def _sample(items: Sequence[T], count: int, chance: random.Random) -> list[T]:
    return chance.sample(items, min(count, len(items)))


def write_posts(cast: Cast, count: int, now: Millis) -> Iterator[Chunk]:
    """`count` posts until now, oldest first."""
    writer = _Writer(cast, random.Random(count))
    for number, text in enumerate(write_texts(count, random.Random("texts"))):
        writer.write(number, Millis(now - (count - number) * INTERVAL), text)
        if len(writer.chunk.rows[posts]) == CHUNK:
            yield writer.take()
    yield writer.take()


def _empty() -> Chunk:
    return Chunk(
        {table: [] for table in (posts, post_recipients, post_tags, placements, shares, reactions)}, []
    )


class _Writer:
    """Writes one post after the other, with what happens to each."""

    def __init__(self, cast: Cast, chance: random.Random) -> None:
        self._cast = cast
        self._chance = chance
        self._recent: deque[int] = deque(maxlen=30)
        self.chunk = _empty()

    def take(self) -> Chunk:
        """What was written since the last time."""
        chunk, self.chunk = self.chunk, _empty()
        return chunk

    def write(self, number: int, at: int, text: Text) -> None:
        """One post, and what becomes of it."""
        chance, rows = self._chance.random, self.chunk.rows
        post_id = self._mint(at) & ~1
        author = _pick(self._cast.authors, chance)
        is_public = chance() < PUBLIC_SHARE
        answered = _pick(self._recent, chance) if number and chance() < REPLY_SHARE else None
        tags = (_pick(TAGS, chance),) if chance() < TAGGED_SHARE else ()
        rows[posts].append(_post_row(number, post_id, at, author, text, tags, answered, is_public=is_public))
        rows[post_tags] += [(name, post_id) for name in tags if is_public]
        self._recent.append(post_id)
        if is_public and answered is None and chance() < PLACED_SHARE:
            self._place(post_id, author, at, text)
        self._react(post_id, at)

    def _mint(self, at: int) -> int:
        return at << 15 | self._chance.getrandbits(15)

    def _place(self, post_id: int, author: int, at: int, text: Text) -> None:
        areas, rows = self._cast.areas, self.chunk.rows
        first = int(self._chance.random() * len(areas))
        for place in range(2 if self._chance.random() < SECOND_AREA_SHARE else 1):
            area_id, iri = areas[(first + place) % len(areas)]
            position = self._mint(at + 2_000 + place) | 3
            token = f"{post_id}-{place}"
            rows[placements].append(
                (position, area_id, post_id, author, "accepted", position, "open", "", token, at, at)
            )
            rows[post_recipients].append((post_id, iri, place, "object"))
        self.chunk.words.append(Entry(post_id, author, text.words, is_open=True))

    def _react(self, post_id: int, at: int) -> None:
        chance, rows, authors = self._chance.random, self.chunk.rows, self._cast.authors
        if chance() < BOOSTED_SHARE:
            key = self._mint(at + 60_000) & ~3 | 1
            rows[shares].append((key, f"urn:{key}", _pick(authors, chance), post_id, "public", True, at))
        if chance() < LIKED_SHARE:
            first = int(chance() * len(authors))
            for place in range(1 + int(chance() * 3)):
                key = self._mint(at + 30_000)
                who = authors[(first + place) % len(authors)]
                rows[reactions].append((who, post_id, "Like", key, f"urn:{key}", at))


def _pick(items: Sequence[T], chance: Callable[[], float]) -> T:
    """As `random.choice`, in a fifth of its time."""
    return items[int(chance() * len(items))]


def _post_row(
    number: int,
    post_id: int,
    at: int,
    author: int,
    text: Text,
    tags: Sequence[str],
    answered: int | None,
    *,
    is_public: bool,
) -> tuple[Any, ...]:
    iri = f"https://s{author % 100}.example/notes/{number}"
    return (
        post_id,
        iri,
        author,
        False,
        "ordinary",
        "Note",
        "public" if is_public else ("unlisted", "private")[number % 2],
        None if answered is None else f"urn:{answered}",
        answered,
        answered or post_id,
        f"<p>{text.plain}</p>",
        False,
        "ja",
        iri,
        "[]",
        f'["{tags[0]}"]' if tags else "[]",
        at,
        at,
    )
