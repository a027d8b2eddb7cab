"""How far a long command is: said to whoever waits for it at a terminal, wherever it is done.

It may be told from any thread, and while nothing else gets its turn.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TextIO, TypeVar

OFTEN: Final = 500
"""Of what is counted: more would be said than read."""
_CLEAR: Final = "\r\x1b[K"
"""ECMA-48: erase from the beginning of the line to its end."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """What is done now, and how much of it is done; `total` None = nobody knows of how much."""

    what: str
    done: int = 0
    total: int | None = None

    def __str__(self) -> str:
        """Like "pictures: 120 of 3,400"."""
        if self.total is None:
            return f"{self.what}: {self.done:,}" if self.done else self.what
        return f"{self.what}: {self.done:,} of {self.total:,}"


Tell = Callable[[Step], None]


def say_nothing(_step: Step) -> None:
    """Nobody waits."""


def count(things: Iterable[T], what: str, total: int | None, tell: Tell) -> Iterator[T]:
    """Return the same things, and tell at the beginning, now and then, and in the end how many there were."""
    done = 0
    tell(Step(what, done, total))
    for thing in things:
        yield thing
        done += 1
        if done % OFTEN == 0:
            tell(Step(what, done, total))
    tell(Step(what, done, total))


class Terminal:
    """One line that is written anew; nothing where nobody looks on."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._is_shown = file, file.isatty()

    def __call__(self, step: Step) -> None:
        """Show it in place of what was there."""
        if self._is_shown:
            self._write(f"{_CLEAR}{step}")

    def end(self) -> None:
        """Leave the line for what comes next."""
        if self._is_shown:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()
