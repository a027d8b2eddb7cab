"""Where Japanese headings and labels may be broken: between phrases, for browsers that do not know by themselves.

Each place is a `<wbr>`: nothing is said or copied there. Texts that fit into one line anyway are left alone.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Final

from markupsafe import escape

from web.pages.furigana import MARKED

if TYPE_CHECKING:
    from budoux import Parser

_SHORT: Final = re.compile(r"(<(?:h1|h2|legend|label)\b[^<>]*>)([^<]{10,200})(?=<)")
"""The first text in it; nine of the largest letters stand side by side on a telephone. What is long is no heading.

Of buttons none: they are flexible boxes, in which each part would be an item of its own.
"""
_JAPANESE: Final = re.compile("[ぁ-ゖァ-ヺ]")
"""Phrases end in kana; Chinese and mere names have no such places."""
_UNITS: Final = re.compile(f"{MARKED.pattern}|.", re.DOTALL)
REMEMBERED: Final = 2_048
"""Texts; all of ours are a thousand."""


def write(page: str) -> str:
    """Return the page with the places in its headings and labels."""
    return _SHORT.sub(_replace, page)


def _replace(found: re.Match[str]) -> str:
    return found[1] + _split(found[2]) if _JAPANESE.search(found[2]) else found[0]


@lru_cache(REMEMBERED)
def _split(markup: str) -> str:
    """Text as it stands in markup, split; within readings of `furigana` nothing is."""
    units = [(unit[0], unit[1] or unit[0]) for unit in _UNITS.finditer(unescape(markup))]
    places = set(_find_places("".join(plain for _, plain in units)))
    parts, position = [], 0
    for unit, plain in units:
        parts.append(f"<wbr>{escape(unit)}" if position in places else escape(unit))
        position += len(plain)
    return "".join(parts)


def _find_places(text: str) -> Iterator[int]:
    position = 0
    for phrase in _parser().parse(text)[:-1]:
        position += len(phrase)
        yield position


@lru_cache(1)
def _parser() -> "Parser":
    """With its model, when it is first needed."""
    from budoux import load_default_japanese_parser  # noqa: PLC0415 - commands have no pages

    return load_default_japanese_parser()
