"""Strict JSON, and a `Reader` of one JSON object that knows where in the document it stands.

Strict: one UTF-8 value and nothing after it, no key twice, no number that a database cannot hold, bounded
depth and size, no text that PostgreSQL refuses (RFC 8259 leaves all of these to the implementation, and
two programs that read one document differently are how a signature is bypassed).
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from math import isfinite
from typing import NoReturn

import orjson

from federation.errors import MalformedDocument
from federation.iris import canonical, identify
from federation.vocabulary import PUBLIC, Iri, Millis

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

MAX_DEPTH = 32
"""Levels of nesting; the deepest document seen from real software has 9."""

MAX_ELEMENTS = 20_000
"""Values in one document; a 1 MiB body of `[],` would hold 350,000 and cost half a second."""

MAX_NUMBER = 2**31 - 1
"""Of votes, members, pixels: what an integer of PostgreSQL holds."""

MAX_LANGUAGE_LENGTH = 35
"""RFC 5646 §4.4.1: longer language tags need not be accepted."""

FORBIDDEN_KEYS = frozenset({"@graph", "@included", "@reverse"})
"""JSON-LD keys by which a document says more than its plain terms: what is signed is not what is read."""

_PUBLIC_NAMES = frozenset({"as:Public", "Public", PUBLIC})
_MAX_INTEGER_DIGITS = 19
_INTEGERS = range(-(2**63), 2**63)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SHORTEST_TIME, _LONGEST_TIME = 16, 40

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\u0000")
"""Possessive: what could be taken back is remembered, and 1 MiB of backslashes would take 30 more."""


def load_json(data: bytes) -> JsonValue:
    """Read one strict JSON value; raise `MalformedDocument` for anything else."""
    try:
        text = data.decode("utf-8")
        _check_size(text)
        value: JsonValue = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise MalformedDocument("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise MalformedDocument("not JSON") from error
    if "\\u" in text:
        _check_escapes(text, value)
    return value


def load_object(data: bytes) -> "Reader":
    """Read a strict JSON document whose top is an object."""
    value = load_json(data)
    if not isinstance(value, dict):
        raise MalformedDocument("not an object")
    return Reader(value)


def _check_size(text: str) -> None:
    """Bound depth and element count before anything is built.

    Counting brackets and commas anywhere, strings included, never counts too few: the exact look is for
    the few documents that fail it.
    """
    openers = text.count("[") + text.count("{")
    if openers <= MAX_DEPTH and openers + text.count(",") <= MAX_ELEMENTS:
        return
    skeleton = _STRING.sub("", text)
    openers = skeleton.count("[") + skeleton.count("{")
    if openers + skeleton.count(",") > MAX_ELEMENTS:
        raise MalformedDocument(f"more than {MAX_ELEMENTS} elements")
    if openers > MAX_DEPTH and _measure_depth(skeleton) > MAX_DEPTH:
        raise MalformedDocument(f"nested more than {MAX_DEPTH} deep")


def _measure_depth(skeleton: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(skeleton):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _check_escapes(text: str, value: JsonValue) -> None:
    """Refuse NUL (PostgreSQL cannot store it) and lone surrogates (nothing can encode them)."""
    if "\\u0000" in text and _NUL_ESCAPE.search(text) is not None:
        raise MalformedDocument("a text contains NUL")
    if "\\ud" in text or "\\uD" in text:
        try:
            orjson.dumps(value)
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise MalformedDocument("a text contains half a surrogate pair") from error


def _read_object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedDocument("a key occurs twice in one object")
    if not FORBIDDEN_KEYS.isdisjoint(found):
        raise MalformedDocument("@graph, @included and @reverse are not accepted")
    return found


def _read_integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS + 1 or (value := int(text)) not in _INTEGERS:
        raise MalformedDocument("an integer does not fit 64 bits")
    return value


def _read_float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise MalformedDocument("a number is not finite")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise MalformedDocument(f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_read_float,
    parse_constant=_refuse_constant,
)


class Reader:
    """One JSON object of a document: lenient about shape, and able to say where something is wrong.

    Where ActivityStreams allows "an id, an object, a list of either, or nothing", every method does.
    Methods named `require_…` raise `MalformedDocument` with the JSON path; the others return `None` or
    leave out what cannot be read.
    """

    __slots__ = ("_parent", "_step", "values")

    def __init__(self, values: JsonObject, parent: "Reader | None" = None, step: str = "$") -> None:
        self.values = values
        self._parent = parent
        self._step = step

    def path(self, key: str | None = None) -> str:
        """Return the JSON path of this object, or of one of its members."""
        here = self._step if self._parent is None else f"{self._parent.path()}.{self._step}"
        return here if key is None else f"{here}.{key}"

    def fail(self, reason: str, key: str | None = None) -> NoReturn:
        """Raise `MalformedDocument` at this object or one of its members."""
        raise MalformedDocument(reason, path=self.path(key))

    def has(self, *keys: str) -> bool:
        """Whether one of the keys is there, even with a null."""
        return not self.values.keys().isdisjoint(keys)

    def listed(self, key: str) -> list[JsonValue]:
        """Return a member as a list: nothing and null are empty, a single value is a list of one."""
        value = self.values.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def inner(self, value: JsonObject, key: str, index: int | None = None) -> "Reader":
        """Return a reader of an object found below `key`."""
        return Reader(value, self, key if index is None else f"{key}[{index}]")

    def objects(self, key: str, limit: int) -> Iterator["Reader"]:
        """Yield the objects among the first `limit` values of a member."""
        for index, value in enumerate(self.listed(key)[:limit]):
            if isinstance(value, dict):
                yield self.inner(value, key, index)

    def object(self, key: str) -> "Reader | None":
        """Return the first object of a member."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Reader(value, self, key)
        return next(self.objects(key, 1), None)

    def types(self) -> tuple[str, ...]:
        """Return the object's types in their order; none where there is no readable type."""
        value = self.values.get("type")
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list):
            return tuple(item for item in value if isinstance(item, str))
        return ()

    def require_id(self, key: str = "id") -> Iri:
        """Return an id that must be a string: an allowed absolute IRI."""
        value = self.values.get(key)
        if not isinstance(value, str):
            self.fail("not a string", key)
        return self.identify(value, key)

    def require_reference(self, key: str) -> Iri:
        """Return the id of exactly one thing, given as a string or as an object with an id."""
        value = self.values.get(key)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("id")
        if not isinstance(value, str):
            self.fail("neither an id nor an object with one", key)
        return self.identify(value, key)

    def identify(self, value: str, key: str) -> Iri:
        """Return `value` as an id, or fail at `key`."""
        try:
            return identify(value)
        except MalformedDocument as error:
            raise MalformedDocument(error.reason, path=self.path(key)) from error

    def reference(self, key: str) -> Iri | None:
        """Return the first readable id of a member, given in any shape."""
        value = self.values.get(key)
        if value is None:
            return None
        return _read_reference(value) if isinstance(value, str) else next(self._references(key, 2), None)

    def references(self, key: str, limit: int) -> tuple[Iri, ...]:
        """Return the readable ids of a member, each once; every name of the public collection is `PUBLIC`.

        Raises when there are more than `limit` values.
        """
        value = self.values.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            found = _read_reference(value)
            return () if found is None else (found,)
        if isinstance(value, list) and len(value) > limit:
            self.fail(f"more than {limit} values", key)
        return self.first_references(key, limit)

    def first_references(self, key: str, limit: int) -> tuple[Iri, ...]:
        """Return `references` of the first `limit` values."""
        return tuple(dict.fromkeys(self._references(key, limit)))

    def require_references(self, key: str, limit: int) -> tuple[Iri, ...]:
        """Return the ids of a member, each once; none is fine, an unreadable one is not."""
        value = self.values.get(key)
        if isinstance(value, str):
            return (self.identify(value, key),)
        found = self.references(key, limit)
        if len(list(self._references(key, limit))) != len(self.listed(key)):
            self.fail("not an allowed IRI", key)
        return found

    def _references(self, key: str, limit: int) -> Iterator[Iri]:
        for value in self.listed(key)[:limit]:
            found = _read_reference(value.get("id") if isinstance(value, dict) else value)
            if found is not None:
                yield found

    def link(self, key: str) -> Iri | None:
        """Return the first readable http(s) address of a member: a string, a `Link`, an object with `url`.

        A `Link` of type text/html comes before others (PeerTube lists the page and all its video files).
        """
        if (only := self.values.get(key)) is None:
            return None
        best: Iri | None = None
        for value in only if isinstance(only, list) else (only,):
            found, media_type = _read_link(value)
            if found is not None and media_type == "text/html":
                return found
            best = best or found
        return best

    def text(self, key: str, limit: int) -> str | None:
        """Return a text that is not blank, cut to `limit` characters."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value or value.isspace():
            return None
        return value[:limit]

    def texts(self, key: str, limit: int, count: int) -> tuple[tuple[str, str], ...]:
        """Return the first `count` entries of a language map, cut to `limit` characters each."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            return ()
        return tuple(
            (language, text[:limit])
            for language, text in list(value.items())[:count]
            if isinstance(text, str) and 0 < len(language) <= MAX_LANGUAGE_LENGTH
        )

    def flag(self, key: str) -> bool | None:
        """Return a boolean."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else None

    def number(self, key: str) -> int | None:
        """Return a count, from 0 to `MAX_NUMBER`; what is more counts nothing."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if 0 <= value <= MAX_NUMBER else None

    def real(self, key: str) -> float | None:
        """Return a number."""
        value = self.values.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def time(self, key: str) -> Millis | None:
        """Return an RFC 3339 time with any offset as milliseconds UTC; unreadable is `None`."""
        value = self.values.get(key)
        return parse_time(value) if isinstance(value, str) else None


def _read_reference(value: JsonValue) -> Iri | None:
    if not isinstance(value, str):
        return None
    if value in _PUBLIC_NAMES:
        return PUBLIC
    try:
        return identify(value)
    except MalformedDocument:
        return None


def _read_link(value: JsonValue) -> tuple[Iri | None, JsonValue]:
    media_type: JsonValue = None
    if isinstance(value, dict):
        media_type = value.get("mediaType")
        value = value.get("href") or value.get("url")
        if isinstance(value, list | dict):
            return Reader({"url": value}).link("url"), media_type
    if not isinstance(value, str):
        return None, None
    try:
        return canonical(value), media_type
    except MalformedDocument:
        return None, None


def parse_time(text: str) -> Millis | None:
    """Read an RFC 3339 time; `None` when unreadable. Times before 1970 become 1970.

    A time without an offset is UTC. Whether a time in the future counts is the caller's business.
    """
    if not _SHORTEST_TIME <= len(text) <= _LONGEST_TIME or text[7] != "-" or text[10] not in "Tt ":
        return None
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return Millis(max(0, _count_milliseconds(when)))


def _count_milliseconds(when: datetime) -> int:
    """Count from 1970 in whole numbers: subtracting the offset as a date would overflow at year 1 and 9999."""
    days = when.toordinal() - _EPOCH_DAY
    seconds = (days * 24 + when.hour) * 3600 + when.minute * 60 + when.second
    if (offset := when.utcoffset()) is not None:
        seconds -= offset.days * 86_400 + offset.seconds
    return seconds * 1000 + when.microsecond // 1000
