"""How large a region is, and how long it is watched."""

import dataclasses
from dataclasses import dataclass
from typing import Final, Self

FEWEST: Final = 4
"""Towns: each fault has one of its own."""


@dataclass(frozen=True, slots=True)
class Size:
    """The same size with the same seed makes people do the same, and the same things befall the network."""

    towns: int = 70
    days: int = 2
    """Of posts; what was away then has time to become whole."""
    posts: int = 150
    """A day, of the whole region."""
    seed: int = 1

    @classmethod
    def parse(cls, words: str) -> Self:
        """As in `towns=6 days=1`. Raises `ValueError`, naming the word."""
        known = [each.name for each in dataclasses.fields(cls)]
        values = {}
        for word in words.split():
            name, _, value = word.partition("=")
            if name not in known or not value.isdecimal():
                raise ValueError(f"{word}: not one of {', '.join(known)} with a whole number, as in towns=6")
            values[name] = int(value)
        if not FEWEST <= values.get("towns", FEWEST) <= cls().towns:
            raise ValueError(f"towns={values['towns']}: a region has {FEWEST} to {cls().towns}")
        if 0 in (values.get("days"), values.get("posts")):
            raise ValueError("days and posts are at least 1")
        return cls(**values)

    @property
    def is_whole(self) -> bool:
        """Whether it is what the report that is kept shows."""
        return self == type(self)()

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in dataclasses.asdict(self).items())
