"""What of a text is looked for: pure functions from text to words, the same for what is stored and what is asked.

Width and case are folded (NFKC, casefold). Where a script has no spaces (Japanese, Chinese, Korean) every two signs
that stand together are a word, and every sign by itself; elsewhere what is written between spaces and signs. So 札幌 is
found in 札幌市, which SQLite's trigrams cannot, and one sign by itself is found too.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

WORD_LENGTH = 64
MOST_WORDS = 3_000
"""Of one text: 5,000 signs have fewer."""
MOST_ASKED = 24
QUERY_LENGTH = 200

_DENSE = (
    r"\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    r"\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Signs of scripts without spaces, as they are after NFKC."""
_RUNS = re.compile(rf"([{_DENSE}]+)|([^\W_{_DENSE}]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: the words that a text must have, and the parts of it that must stand in the text as they are."""

    words: tuple[str, ...]
    dense: tuple[str, ...]
    spaced: tuple[str, ...]


def fold(text: str) -> str:
    """Text in which width and case make no difference."""
    return unicodedata.normalize("NFKC", text).casefold()


def split(text: str) -> tuple[str, ...]:
    """The words of a text that is stored, each once."""
    found = dict.fromkeys(_split(fold(text)))
    return tuple(found)[:MOST_WORDS]


def _split(folded: str) -> Iterator[str]:
    for match in _RUNS.finditer(folded):
        dense, spaced = match.groups()
        if dense is None:
            yield spaced[:WORD_LENGTH]
        else:
            yield from dense
            yield from (dense[place : place + 2] for place in range(len(dense) - 1))


def ask(query: str) -> Asked | None:
    """Read what somebody looks for; None where nothing of it can be found."""
    dense: list[str] = []
    spaced: list[str] = []
    for match in _RUNS.finditer(fold(query[:QUERY_LENGTH])):
        run, word = match.groups()
        if run is None:
            spaced.append(word[:WORD_LENGTH])
        else:
            dense.append(run)
    words = dict.fromkeys([*(word for run in dense for word in _needed(run)), *spaced])
    if not words:
        return None
    return Asked(tuple(words)[:MOST_ASKED], tuple(dense), tuple(spaced))


def _needed(run: str) -> list[str]:
    """Signs that stand together; a sign by itself is asked for only where it is all there is."""
    return [run] if len(run) == 1 else [run[place : place + 2] for place in range(len(run) - 1)]


def has(asked: Asked, text: str) -> bool:
    """Whether a text has what is asked, and not only its words in some other order."""
    folded = fold(text)
    if not all(run in folded for run in asked.dense):
        return False
    if not asked.spaced:
        return True
    present = {spaced[:WORD_LENGTH] for _, spaced in _RUNS.findall(folded) if spaced}
    return present.issuperset(asked.spaced)
