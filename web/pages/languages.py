"""The language of a page, and its texts.

English sentences are the keys; `web/locales/ja.po` has the Japanese, `ja-simple.po` the same in short sentences, with
readings of kanji (`simple` is a registered variant, RFC 5646 §2.2.5). They are read as they are, so a translator edits
one file with any gettext tool and nothing is compiled. A new language is a new file and a line in `LANGUAGES`.
The choice travels in the address (`?lang=en`), else `Accept-Language` decides: there is no cookie.
"""

import gettext
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from web.pages import furigana

Language = Literal["ja", "ja-simple", "en"]
LANGUAGES: Final[dict[Language, str]] = {"ja": "日本語", "ja-simple": "やさしい日本語", "en": "English"}
"""Tag → what its readers call it. The first is the default."""
DEFAULT: Final[Language] = "ja"
LONGEST_HEADER: Final = 256
"""Characters of Accept-Language that are looked at."""


def choose_language(asked: str | None, accept_language: str) -> Language:
    """Return what the address asks for, else the reader's first choice that we have, else Japanese."""
    return (asked and _match(asked)) or _prefer(accept_language[:LONGEST_HEADER])


def written_language(language: Language) -> str:
    """The language that whoever reads such pages writes, as a tag of posts."""
    return language.partition("-")[0]


def _match(tag: str) -> Language | None:
    """What we have for a tag: exactly that, else the language of which it is a kind."""
    asked = tag.strip().lower().replace("_", "-")
    return _TAGS.get(asked) or _TAGS.get(asked.partition("-")[0])


_TAGS: Final[dict[str, Language]] = {tag: tag for tag in LANGUAGES}


@lru_cache(maxsize=256)
def _prefer(accept_language: str) -> Language:
    best, best_weight = DEFAULT, 0.0
    for part in accept_language.split(","):
        tag, _, parameters = part.partition(";")
        language, weight = _match(tag), _weight(parameters)
        if language is not None and weight > best_weight:
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
    """Return the texts of `language` for mails and the like; English is what the templates say."""
    return _read(language, furigana.bracket)


@lru_cache
def page_translations(language: Language) -> gettext.NullTranslations:
    """Return the texts of `language` for pages, on which `furigana.write` writes the readings."""
    return _read(language, furigana.mark)


def _read(language: Language, prepare: Callable[[str], str]) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    catalogue = read_po(BytesIO(_source(language)), locale=written_language(language))
    for message in catalogue:
        text = message.string
        message.string = prepare(text) if isinstance(text, str) else tuple(map(prepare, text or ()))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _source(language: Language) -> bytes:
    return (files("web") / "locales" / f"{language}.po").read_bytes()
