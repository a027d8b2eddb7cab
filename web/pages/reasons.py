"""Why something waits or is kept out: rules say it in Japanese and in English, and a page shows the reader's half."""

import re
from collections.abc import Mapping
from typing import Final

from areas.policy import RULES
from web.pages.languages import Language

_HALVES: Final = re.compile(r"(.*。) ([A-Z].*)", re.DOTALL)
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    rule.reason: (halves[1], halves[2]) for rule in RULES if (halves := _HALVES.fullmatch(rule.reason))
}


def choose_half(reason: str, language: Language) -> str:
    """Return the reason in one language; what a person wrote stays as it is."""
    japanese, english = _SENTENCES.get(reason, (reason, reason))
    return english if language == "en" else japanese
