"""What a kind is, and how its text reads where nobody knows of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import sqlalchemy as sa

from areas.hashtags import fold
from areas.kinds.states import Step
from federation.errors import Refused
from federation.html import find_hashtags, plain_name
from federation.vocabulary import Millis

D = TypeVar("D")
OPEN: Final = "open"
"""The state in which a post of any kind begins."""

Counts = Literal["help", "application", "part"]
"""What an answer to a post can count for. `help`: it was what the author needed, as everybody sees. `application`: both
sides see it, and one is chosen. `part`: taking part; everybody sees how many do, the author who."""


class Unfit(Refused):
    """A detail of a post that breaks a rule of its kind; `field` is the one, as forms name it."""

    def __init__(self, field_name: str, rule: str) -> None:
        super().__init__(f"{field_name}: {rule}")
        self.field = field_name


@dataclass(frozen=True, slots=True)
class Occasion:
    """What stands in a calendar: what, from when until when, and where."""

    title: str
    starts_at: Millis
    ends_at: Millis | None
    where: str
    is_cancelled: bool


class Read(Protocol[D]):
    """Makes the data of a kind of what was typed into its fields; None = by an app, which has no fields.

    What stood there `before` may stay though it would come too late today. Raises `Unfit`.
    """

    def __call__(self, details: Mapping[str, str] | None, now: Millis, before: D | None = None, /) -> D:
        """Return the data."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[D]):
    """A kind of post. `tag` is the hashtag that its posts bear, and that makes one of an app's or a stranger's post.

    `heads` are its first words in each state. `write` is the way back of `read`. `headline` stands behind the head,
    `closing` below the text. `extend` returns what it adds to `NoteFacts` on an origin; `settle` finds what the data
    names, in an area. `not_for` are kinds of actors who do not write it. The columns of `table` are the fields of the
    data and a state. `tab` is the part of an area's page where it stands, where there is one.

    Answers count for `counts_for` (None = for nothing), `until` then, for `capacity` of those who answer at most.
    """

    name: str
    tag: str
    heads: Mapping[str, str]
    table: sa.Table
    read: Read[D]
    write: Callable[[D], Mapping[str, str]]
    fields: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    replies: tuple[Step, ...] = ()
    headline: Callable[[D], str] = lambda _: ""
    closing: Callable[[D, str], str] = lambda _, __: ""
    extend: Callable[[D, str, str], Mapping[str, Any]] = lambda _, __, ___: {}
    settle: Callable[[sa.Connection, D, int | None, Millis], D] = lambda _, data, __, ___: data
    not_for: frozenset[str] = field(default_factory=frozenset)
    tab: str = ""
    counts_for: Counts | None = None
    until: Callable[[D], Millis | None] = lambda _: None
    capacity: Callable[[D], int | None] = lambda _: None
    place_id: Callable[[D], int | None] = lambda _: None
    occasion: Callable[[D, str], Occasion | None] = lambda _, __: None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a post of a kind says beside its text."""

    kind: Kind[Any]
    state: str
    data: Any

    @property
    def until(self) -> Millis | None:
        """When it is over; None = that is not known."""
        return self.kind.until(self.data)

    def is_late(self, now: Millis) -> bool:
        """Whether it is over."""
        return self.until is not None and self.until <= now

    @property
    def capacity(self) -> int | None:
        """How many answers can count; None = any number."""
        return self.kind.capacity(self.data)

    @property
    def place_id(self) -> int | None:
        """The shop or place that it is about."""
        return self.kind.place_id(self.data)

    @property
    def occasion(self) -> Occasion | None:
        """What of it stands in a calendar."""
        return self.kind.occasion(self.data, self.state)

    def dress(self, text: str) -> str:
        """The text as it is published: what it is in its first words, its details, and its hashtag."""
        title = self.kind.headline(self.data)
        said = _undress(self.kind, text)
        first = f"{self.kind.heads[self.state]}{title}"
        begun = [first, said] if title else [f"{first}{said}"]
        parts = [*begun, self.kind.closing(self.data, self.state), _tag(self.kind, text)]
        return "\n\n".join(each for each in parts if each)


def _undress(kind: Kind[Any], text: str) -> str:
    """Without first words of ours: who copies an old post gets them once."""
    stripped = text.strip()
    return next(
        (stripped.removeprefix(head) for head in kind.heads.values() if stripped.startswith(head)), text
    )


def _tag(kind: Kind[Any], text: str) -> str:
    is_there = fold(kind.tag) in {fold(each) for each in find_hashtags(text)}
    return "" if is_there else f"#{kind.tag}"


def read_line(details: Mapping[str, str], name: str, most: int, *, needed: bool = True) -> str:
    """Return one line of what was typed. Raises `Unfit`."""
    line = plain_name(details.get(name, "").strip(), most + 1)
    if len(line) > most or (needed and not line):
        raise Unfit(name, f"has {'1' if needed else '0'} to {most} characters")
    return line
