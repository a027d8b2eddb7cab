"""Readings of kanji in our texts, as simple Japanese has them: `漢字《かんじ》`, `｜1人《ひとり》` in its catalogue.

Between the catalogue and the finished page each stands in signs that nobody types; only then is it known whether it is
in a place that takes markup. What others write is never touched.
"""

import re
from typing import Final

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
"""Of the private use area (Unicode §23.5)."""
SOURCE: Final = re.compile(r"(?:｜(?P<marked>[^｜《》]+)|(?P<kanji>[一-鿿々]+))《(?P<reading>[ぁ-ゖー]+)》")
MARKED: Final = re.compile(f"{_OPEN}([^{_OPEN}-{_CLOSE}<>]+){_MIDDLE}([^{_OPEN}-{_CLOSE}<>]+){_CLOSE}")
_BARE: Final = re.compile(r"<(title|option|textarea)\b.*?</\1>|<[^>]*>", re.DOTALL)
"""Where there is no markup: within tags, and in elements that have text alone."""


def mark(text: str) -> str:
    """A sentence of the catalogue on its way to a page."""
    return SOURCE.sub(lambda found: f"{_OPEN}{_base(found)}{_MIDDLE}{found['reading']}{_CLOSE}", text)


def bracket(text: str) -> str:
    """A sentence of the catalogue where there is no markup at all, as in mails: `漢字（かんじ）`."""
    return SOURCE.sub(lambda found: f"{_base(found)}（{found['reading']}）", text)


def _base(found: re.Match[str]) -> str:
    base: str = found["marked"] or found["kanji"]
    return base


def write(page: str) -> str:
    """Return the page with `<ruby>` for what is marked; within tags and the like, without the reading.

    Screen readers know how to read the kanji themselves, and would say them twice.
    """
    parts, end = [], 0
    for bare in _BARE.finditer(page):
        parts.append(MARKED.sub(_RUBY, page[end : bare.start()]))
        parts.append(MARKED.sub(r"\1", bare[0]))
        end = bare.end()
    return "".join((*parts, MARKED.sub(_RUBY, page[end:])))


_RUBY: Final = r'<ruby>\1<rp>（</rp><rt aria-hidden="true">\2</rt><rp>）</rp></ruby>'
