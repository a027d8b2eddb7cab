"""Strategies that take what is right and spoil it: bytes and texts by edits, JSON by changes of its tree."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.fuzz.words import KEYS, STRANGE_NUMBERS, STRANGE_TEXTS

GOLDEN = Path(__file__).parent.parent / "golden"
LONGEST_SEED = 20_000
"""Bytes of a sample that is spoiled; the few longer ones only cost time."""


class Edit(NamedTuple):
    """One change: at a place (a fraction of the length) something is cut, repeated, flipped or put in."""

    kind: str
    place: float
    length: int
    token: Any


def _edits(tokens: Sequence[Any]) -> st.SearchStrategy[Edit]:
    return st.builds(
        Edit,
        st.sampled_from(["put", "put", "replace", "cut", "repeat", "flip", "swap", "end"]),
        st.floats(0, 1),
        st.integers(1, 40),
        st.sampled_from(tokens),
    )


def one_of(samples: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Return one of the samples, by its number: so many long ones make a long description."""
    return st.integers(0, len(samples) - 1).map(lambda number: samples[number])


def spoiled_bytes(seeds: Sequence[bytes], tokens: Sequence[bytes], most: int = 5) -> st.SearchStrategy[bytes]:
    """Samples with a few edits; now and then bytes that were never anything."""
    edited = st.builds(_edit, one_of(seeds), st.lists(_edits(tokens), max_size=most), st.just(_flip_bit))
    return edited | st.binary(max_size=200) | st.lists(st.sampled_from(tokens), max_size=20).map(b"".join)


def spoiled_texts(seeds: Sequence[str], tokens: Sequence[str], most: int = 5) -> st.SearchStrategy[str]:
    """Samples with a few edits; now and then a text that was never anything."""
    edited = st.builds(_edit, one_of(seeds), st.lists(_edits(tokens), max_size=most), st.just(_flip_letter))
    return edited | st.text(max_size=60) | st.lists(st.sampled_from(tokens), max_size=20).map("".join)


def _edit(data: Any, edits: Sequence[Edit], flip: Callable[[Any, int], Any]) -> Any:
    for kind, where, length, token in edits:
        place = int(where * len(data))
        head, piece, tail = data[:place], data[place : place + length], data[place + length :]
        match kind:
            case "put":
                data = head + token + piece + tail
            case "replace":
                data = head + token + tail
            case "cut":
                data = head + tail
            case "repeat":
                data = head + piece * 3 + tail
            case "flip":
                data = flip(data, place) if place < len(data) else data
            case "swap":
                data = head + tail[:length] + piece + tail[length:]
            case _:
                data = head
    return data


def _flip_bit(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << (place % 8)
    return bytes(changed)


def _flip_letter(text: str, place: int) -> str:
    return text[:place] + chr(ord(text[place]) ^ 1 << (place % 7)) + text[place + 1 :]


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"object": value}
    return value


SCALARS = (
    st.sampled_from([*STRANGE_TEXTS, *STRANGE_NUMBERS]) | st.text(max_size=12) | st.integers() | st.floats()
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=4),
    st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=4),
    st.sampled_from([[], {}, [[]], [{}], [None], _deep(5), _deep(40)]),
    st.builds(lambda value, times: [value] * times, SCALARS, st.sampled_from([17, 101, 201, 1001])),
    st.builds(
        lambda number: [f"https://p.test/users/u{each}" for each in range(number)],
        st.sampled_from([3, 60, 199, 201]),
    ),
)


class Change(NamedTuple):
    """One change of a JSON tree: the `where`-th of its places gets another value, or loses or gains one."""

    kind: str
    where: int
    key: str
    value: Any


_CHANGES = st.builds(
    Change,
    st.sampled_from(["set", "set", "set", "drop", "list", "wrap", "add", "rename", "copy"]),
    st.integers(0, 400),
    st.sampled_from(KEYS),
    VALUES,
)


def spoiled_json(seeds: Sequence[Any], most: int = 4) -> st.SearchStrategy[Any]:
    """JSON values with a few places of their tree changed."""
    return st.builds(_change, one_of(seeds), st.lists(_CHANGES, max_size=most))


def spoiled_documents(seeds: Sequence[Any], most: int = 4) -> st.SearchStrategy[bytes]:
    """JSON documents as bytes: changed as trees, sometimes as bytes too."""
    written = st.builds(write_json, spoiled_json(seeds, most), st.booleans())
    tokens = (
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\u0000",
        b"\\ud800",
        b"\xff",
        b"\xef\xbb\xbf",
        b"NaN",
        b"1e999",
    )
    broken = st.builds(_edit, written, st.lists(_edits(tokens), min_size=1, max_size=3), st.just(_flip_bit))
    return st.one_of(written, written, broken)


def write_json(value: Any, escaped: bool) -> bytes:
    """Write JSON as strangers may: with NaN, with half characters as escapes or not at all."""
    text = json.dumps(value, ensure_ascii=escaped)
    return text.encode("utf-8", "surrogatepass")


def _change(value: Any, changes: Sequence[Change]) -> Any:
    tree = [json.loads(json.dumps(value))]  # so that the root has a place too
    for change in map(deepcopy, changes):  # strategies hand out one and the same list
        places = list(_list_places(tree))
        places = places[1:] if len(places) > 1 and change.where else places
        holder, key = places[change.where % len(places)]
        _apply(holder, key, change)
    return tree[0]


def _apply(holder: Any, key: Any, change: Change) -> None:
    match change.kind:
        case "set":
            holder[key] = change.value
        case "drop" if isinstance(holder, dict):
            del holder[key]
        case "list":
            holder[key] = [holder[key], change.value]
        case "wrap":
            holder[key] = {"id": holder[key], "type": change.value}
        case "add" if isinstance(holder[key], dict):
            holder[key][change.key] = change.value
        case "rename" if isinstance(holder, dict):
            holder[change.key] = holder.pop(key)
        case "copy":
            holder[key] = [deepcopy(holder[key]) for _ in range(3)]
        case _:
            holder[key] = change.value


def _list_places(holder: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree that holds a value, outermost first, as (what holds it, key)."""
    keys: Any = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        yield holder, key
    for key in keys:
        if isinstance(holder[key], dict | list):
            yield from _list_places(holder[key])


@cache
def samples() -> tuple[Any, ...]:
    """Documents as we and others write them: golden files, and the corpus where there is one."""
    paths = sorted(GOLDEN.rglob("*.json"))
    if "KAIRANBAN_TEST_WIRE" in os.environ:
        paths += sorted(Path(os.environ["KAIRANBAN_TEST_WIRE"]).glob("*/*/**/*.json"))
    return tuple(_read(path) for path in paths if path.stat().st_size <= LONGEST_SEED)


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes().replace(b'"http://', b'"https://'))
