"""What a text seems to tell that its author may not want everybody to know. Pure; a warning, never a refusal."""

import re
import unicodedata
from typing import Final, Literal

Caution = Literal["telephone", "mail", "address", "plate"]
"""`address`: a house or flat number; `plate`: of a car."""

_LINK: Final = re.compile(r"https?://\S+")
_HANDLE: Final = re.compile(r"@[\w.-]+@[\w.-]+|#\w+")
_DASHES: Final = re.compile(r"[‐‑‒–—―−ー](?=\d)")

_TELEPHONE: Final = re.compile(
    r"(?<![\d-])(?:\+81[- ]?[1-9]\d{0,3}|0[1-9]\d{0,3}|0[5789]0)[-( .]*\d{1,4}[-) .]*\d{3,4}(?![\d-])"
)
_PATTERNS: Final[dict[Caution, re.Pattern[str]]] = {
    "mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "address": re.compile(
        r"[\d一二三四五六七八九十]+丁目\s*\d+|\d+\s*番地|\d+番\s*\d+号|\d+号室"
        r"|(?<![\d/-])(?!(?:19|20)\d\d-)\d{1,4}-\d{1,3}-\d{1,4}(?![\d/-])"
    ),
    "plate": re.compile(r"[一-鿿ぁ-ん]{1,4}\s?\d{2}[\dA-Z]\s?[ぁ-んA-Z]\s?[\d・.]{1,2}-?[\d・.]{1,2}"),
}
_TELEPHONE_DIGITS: Final = range(10, 12)
"""In Japan; shorter ones are of emergency services and shops' free lines, and no secret."""


def find_cautions(text: str) -> tuple[Caution, ...]:
    """Return what an author is to be asked about, in a fixed order; links, handles and tags are no secrets."""
    folded = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    bare = _HANDLE.sub(" ", _LINK.sub(" ", folded))
    telephones = [each[0] for each in _TELEPHONE.finditer(bare) if _is_telephone(each[0])]
    for each in telephones:
        bare = bare.replace(each, " ")
    first: tuple[Caution, ...] = ("telephone",) if telephones else ()
    return first + tuple(name for name, pattern in _PATTERNS.items() if pattern.search(bare))


def _is_telephone(match: str) -> bool:
    digits = "".join(character for character in match.replace("+81", "0") if character.isdigit())
    return len(digits) in _TELEPHONE_DIGITS
