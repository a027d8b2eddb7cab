"""Which filters a post meets. Pure.

As Mastodon's filters (https://docs.joinmastodon.org/entities/V1_Filter/): a word that must stand alone does so where
no letter is beside it. Japanese has no spaces between words: there "alone" would never be, so its words match
anywhere, and its signs beside a Latin word are no letters of that word.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from areas.records import PostRecord
from federation.html import to_text
from federation.vocabulary import Millis, PollOption

Context = Literal["home", "notifications", "public", "thread", "account"]
Action = Literal["warn", "hide", "blur"]

_SPACED = r"[a-z0-9_\u00df-\u024f\u0370-\u052f]"
"""Folded letters of scripts that put spaces between words."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word of a filter."""

    id: int
    keyword: str
    whole_word: bool


@dataclass(frozen=True)
class Filter:
    """A filter with its words and posts; it holds in `contexts`, until `expires_at` (None = for good)."""

    id: int
    title: str
    contexts: tuple[Context, ...]
    action: Action
    expires_at: Millis | None
    keywords: tuple[Keyword, ...] = ()
    post_ids: frozenset[int] = frozenset()

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """All its words at once, folded."""
        parts = [_write(each) for each in self.keywords]
        return re.compile("|".join(parts)) if parts else None


@dataclass(frozen=True, slots=True)
class Match:
    """A filter that a post meets, by which of its words, or as one of its posts."""

    filter: Filter
    keywords: tuple[str, ...]
    is_listed: bool


def fold(text: str) -> str:
    """Text in which width and case make no difference."""
    return unicodedata.normalize("NFKC", text).casefold()


def _write(word: Keyword) -> str:
    folded = fold(word.keyword)
    escaped = re.escape(folded)
    if not word.whole_word:
        return escaped
    begins = f"(?<!{_SPACED})" if re.match(_SPACED, folded[:1]) else ""
    ends = f"(?!{_SPACED})" if re.match(_SPACED, folded[-1:]) else ""
    return f"{begins}{escaped}{ends}"


def match(
    filters: Iterable[Filter],
    context: Context | None,
    texts: Sequence[str],
    post_ids: Iterable[int],
    now: Millis,
) -> tuple[Match, ...]:
    """The filters that hold in `context` now (None = in any) and that a post meets.

    `texts` are all that a reader sees of it: text, warning, options of a poll, descriptions of pictures; `post_ids`
    the post, and what it boosts.
    """
    shown, ids = fold("\n".join(texts)), frozenset(post_ids)
    found = (
        _match_one(each, shown, ids)
        for each in filters
        if (context is None or context in each.contexts)
        and (each.expires_at is None or each.expires_at > now)
    )
    return tuple(each for each in found if each is not None)


def texts_of(post: PostRecord, options: Iterable[PollOption] = ()) -> tuple[str, ...]:
    """All that a reader sees of a post."""
    described = (each.get("name") for each in json.loads(post.attachments))
    return (
        to_text(post.content),
        post.summary or "",
        *(option.name for option in options),
        *(text for text in described if text),
    )


def _match_one(one: Filter, shown: str, ids: frozenset[int]) -> Match | None:
    is_listed = not ids.isdisjoint(one.post_ids)
    pattern = one.pattern
    if pattern is None or pattern.search(shown) is None:
        return Match(one, (), is_listed) if is_listed else None
    words = tuple(each.keyword for each in one.keywords if re.search(_write(each), shown) is not None)
    return Match(one, words, is_listed)
