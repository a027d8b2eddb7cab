"""What an app may rely on, said as data: which keys, of which type, which may be null. And the judge of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
"""Of a value and where it stands: what is wrong with it."""

_ID = re.compile(r"[0-9]{1,19}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_URL = re.compile(r"https?://[^\s\"<>]+")
_SOCKET_URL = re.compile(r"wss?://[^/]+")


def matching(pattern: "re.Pattern[str]", what: str) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            yield f"{where}: {value!r} is no {what}"

    return check


ID = matching(_ID, "id")
TIME = matching(_TIME, "time")
DAY = matching(_DAY, "day")
URL = matching(_URL, "address")
SOCKET_URL = matching(_SOCKET_URL, "address of WebSockets")
DIGITS = matching(_ID, "number in a text")


def of_type(*kinds: type) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) not in kinds:
            yield f"{where}: {value!r} is not {' or '.join(kind.__name__ for kind in kinds)}"

    return check


TEXT = of_type(str)
FLAG = of_type(bool)
NUMBER = of_type(int)
FRACTION = of_type(int, float)


def small(most: int = 2**31 - 1) -> Check:
    """A number that apps read into 32 bits."""

    def check(value: Any, where: str) -> Iterator[str]:
        if type(value) is not int or not 0 <= value <= most:
            yield f"{where}: {value!r} is no number up to {most}"

    return check


def one_of(*values: str) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if value not in values:
            yield f"{where}: {value!r} is none of {values}"

    return check


def or_null(inner: Check) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if value is not None:
            yield from inner(value, where)

    return check


def many(inner: Check) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for place, each in enumerate(value):
            yield from inner(each, f"{where}[{place}]")

    return check


def null(value: Any, where: str) -> Iterator[str]:
    if value is not None:
        yield f"{where}: {value!r} is not null"


@dataclass(frozen=True)
class Entity:
    """Exactly these keys, unless some `may` be absent."""

    name: str
    keys: Mapping[str, Check]
    may: Mapping[str, Check]

    def __call__(self, value: Any, where: str = "") -> Iterator[str]:
        where = where or self.name
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no object"
            return
        yield from (f"{where}.{key} is missing" for key in self.keys if key not in value)
        for key, each in value.items():
            inner = self.keys.get(key) or self.may.get(key)
            if inner is None:
                yield f"{where}.{key} is not known"
            else:
                yield from inner(each, f"{where}.{key}")


def entity(name: str, keys: Mapping[str, Check], may: Mapping[str, Check] | None = None) -> Entity:
    return Entity(name, keys, may or {})


def judge(shape: Entity, value: Any) -> None:
    """Fail with everything that is wrong."""
    faults = list(shape(value))
    assert not faults, "\n".join(faults)
