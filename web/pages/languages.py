"""The language of a page, and its texts.

English sentences are the keys; `web/locales/ja.po` has the Japanese and is read as it is, so a translator edits
one file with any gettext tool and nothing is compiled. A new language is a new file and a line in `LANGUAGES`.
The choice travels in the address (`?lang=en`), else `Accept-Language` decides: there is no cookie.
"""

import gettext
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["ja", "en"]
LANGUAGES: Final[dict[Language, str]] = {"ja": "日本語", "en": "English"}
"""Tag → what its readers call it. The first is the default."""
DEFAULT: Final[Language] = "ja"
LONGEST_HEADER: Final = 256
"""Characters of Accept-Language that are looked at."""


def choose_language(asked: str | None, accept_language: str) -> Language:
    """Return what the address asks for, else the reader's first choice that we have, else Japanese."""
    if asked is not None:
        for language in LANGUAGES:
            if asked.lower().replace("_", "-").partition("-")[0] == language:
                return language
    return _prefer(accept_language[:LONGEST_HEADER])


@lru_cache(maxsize=256)
def _prefer(accept_language: str) -> Language:
    best, best_weight = DEFAULT, 0.0
    for part in accept_language.split(","):
        tag, _, parameters = part.partition(";")
        for language in LANGUAGES:
            weight = _weight(parameters)
            if tag.strip().lower().partition("-")[0] == language and weight > best_weight:
                best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


@lru_cache
def translations(language: Language) -> gettext.NullTranslations:
    """Return the texts of `language`; English is what the templates say."""
    if language == "en":
        return gettext.NullTranslations()
    catalogue = read_po(BytesIO(_source(language)), locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _source(language: Language) -> bytes:
    return (files("web") / "locales" / f"{language}.po").read_bytes()
