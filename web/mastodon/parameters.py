"""Parameters as Rails reads them, whichever way they came: one tree, and typed ways to ask it. Pure.

`id[]=1&id[]=2`, `id=1&id=2` and `{"id": [1, 2]}` are one list; `poll[options][]`, `fields_attributes[0][name]` and
`keywords_attributes[][keyword]` nest. Source: Rack::QueryParser, ActiveModel::Type::Boolean.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

MAX_FIELDS: Final = 1_000
"""Values in one request. The most that a client needs is the ids of a page of 80, or a filter's words."""
MAX_DEPTH: Final = 6
"""`subscription[keys][auth]` has three levels; a status in JSON four."""
MAX_NAME: Final = 200
MAX_ID: Final = (1 << 63) - 1
LARGEST_NUMBER: Final = 1 << 53
"""Beyond this JSON itself is not sure which number is meant."""

Leaf: TypeAlias = str | int | float | bool | UploadFile | None
Node: TypeAlias = "list[Any] | dict[str, Any]"
"""A list of leaves and groups, or a group. A single value is a list of one."""

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SEGMENT: Final = re.compile(r"\[([^\[\]]*)\]")
_FALSE: Final = frozenset({"0", "f", "false", "off"})
_ID: Final = re.compile(r"[0-9]{1,19}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}")


class Parameters:
    """One level of the tree. What is absent, null or empty reads as None."""

    __slots__ = ("_nodes", "_path")

    def __init__(self, nodes: Mapping[str, Any] | None = None, path: str = "") -> None:
        self._nodes = nodes or {}
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def text(self, name: str) -> str | None:
        """Return a text as it came; of several the last. An empty one is a text too."""
        leaves = self._leaves(name)
        return _write(leaves[-1], self._name(name)) if leaves else None

    def word(self, name: str) -> str | None:
        """Return a text without spaces around it, or None where nothing is left."""
        return (self.text(name) or "").strip() or None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return every text of a list, in order."""
        return tuple(_write(leaf, self._name(name)) for leaf in self._leaves(name))

    def flag(self, name: str) -> bool | None:
        """Return a boolean: everything but 0, f, false and off is true; None where nothing is said."""
        text = self.word(name)
        return None if text is None else text.lower() not in _FALSE

    def number(self, name: str) -> int | None:
        """Return a whole number. Raises 422."""
        text = self.word(name)
        if text is None:
            return None
        if _NUMBER.fullmatch(text) is None or abs(int(text)) > LARGEST_NUMBER:
            raise HTTPException(422, f"Validation failed: {self._name(name)} is not a number")
        return int(text)

    def id(self, name: str) -> int | None:
        """Return an id. Raises 422."""
        text = self.word(name)
        return None if text is None else self._id(name, text)

    def ids(self, name: str) -> tuple[int, ...]:
        """Return every id of a list, each once, in order. Raises 422."""
        found = (self._id(name, text.strip()) for text in self.texts(name) if text.strip())
        return tuple(dict.fromkeys(found))

    def upload(self, name: str) -> UploadFile | None:
        """Return a file. Raises 422 where something else came."""
        leaves = self._leaves(name)
        if not leaves or leaves[-1] == "":
            return None
        if not isinstance(leaves[-1], UploadFile):
            raise HTTPException(422, f"Validation failed: {self._name(name)} is not a file")
        return leaves[-1]

    def group(self, name: str) -> "Parameters":
        """Return what is nested below a name; nothing where nothing is."""
        node = self._nodes.get(name)
        return Parameters(node if isinstance(node, dict) else None, self._name(name))

    def groups(self, name: str) -> tuple["Parameters", ...]:
        """Return a list of groups, numbered (`a[0][b]`), repeated (`a[][b]`) or from JSON."""
        node = self._nodes.get(name)
        if isinstance(node, dict):
            ordered = sorted(node.items(), key=lambda item: (not item[0].isdecimal(), len(item[0]), item[0]))
            found = [each for _, each in ordered]
        else:
            found = node or []
        return tuple(Parameters(each, self._name(name)) for each in found if isinstance(each, dict))

    def _leaves(self, name: str) -> list[Any]:
        """What is no group: of a group the values, in order (`data[0]=…`)."""
        node = self._nodes.get(name)
        if isinstance(node, dict):
            node = [leaf for each in node.values() if isinstance(each, list) for leaf in each]
        return [leaf for leaf in node or [] if leaf is not None and not isinstance(leaf, dict | list)]

    def _id(self, name: str, text: str) -> int:
        if _ID.fullmatch(text) is None or int(text) > MAX_ID:
            raise HTTPException(422, f"Validation failed: {self._name(name)} is not an id")
        return int(text)

    def _name(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name


def _write(leaf: Leaf, name: str) -> str:
    if isinstance(leaf, UploadFile):
        raise HTTPException(422, f"Validation failed: {name} is a file")
    if isinstance(leaf, bool):
        return "true" if leaf else "false"
    return str(leaf)


def read_pairs(pairs: Iterable[tuple[str, str | UploadFile]]) -> dict[str, Node]:
    """Return the tree of a query string or a form. Raises 400 for too many, too deep, contradicting names."""
    tree: dict[str, Node] = {}
    for number, (name, value) in enumerate(pairs):
        if number >= MAX_FIELDS:
            raise HTTPException(400, f"A request may have {MAX_FIELDS} parameters.")
        if isinstance(value, str):
            _check_text(value)
        _place(tree, _split(name), value)
    return tree


def _split(name: str) -> list[str]:
    """`poll[options][]` → poll, options, "". A name that Rails could not read is a name as it is."""
    _check_text(name)
    if len(name) > MAX_NAME:
        raise HTTPException(400, f"The name of a parameter may have {MAX_NAME} characters.")
    match = _NAME.fullmatch(name)
    if match is None:
        return [name]
    path = [match[1], *_SEGMENT.findall(match[2])]
    if len(path) > MAX_DEPTH:
        raise HTTPException(400, f"Parameters may nest {MAX_DEPTH} deep.")
    return path


def _place(tree: dict[str, Node], path: list[str], value: str | UploadFile) -> None:
    name, rest = path[0], path[1:]
    if not any(rest):  # `id[]`, and `id[][]` as Mastodon.py asks for several requests at once
        _list_at(tree, name).append(value)
    elif rest[0]:
        _place(_group_at(tree, name), rest, value)
    else:
        _place_in_list(_list_at(tree, name), rest[1:], value)


def _place_in_list(items: list[Any], path: list[str], value: str | UploadFile) -> None:
    """`a[][b]=1&a[][c]=2&a[][b]=3`: a name that the last group has already begins the next one."""
    last = items[-1] if items else None
    if not isinstance(last, dict) or (len(path) == 1 and path[0] in last):
        last = {}
        items.append(last)
    _place(last, path, value)


def _list_at(tree: dict[str, Node], name: str) -> list[Any]:
    node = tree.setdefault(name, [])
    if not isinstance(node, list):
        raise HTTPException(400, f"The parameter {name} comes as a value and as a group.")
    return node


def _group_at(tree: dict[str, Node], name: str) -> dict[str, Node]:
    node = tree.setdefault(name, {})
    if not isinstance(node, dict):
        raise HTTPException(400, f"The parameter {name} comes as a value and as a group.")
    return node


def read_json(body: bytes) -> dict[str, Node]:
    """Return the tree of a JSON object. Raises 400."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, "The JSON cannot be read.") from error
    if not isinstance(found, dict):
        raise HTTPException(400, "The JSON is not an object.")
    return _Walk().group(found, 1)


class _Walk:
    """Bounds a document while it is brought into the form of a tree."""

    def __init__(self) -> None:
        self.count = 0

    def group(self, found: Mapping[str, Any], depth: int) -> dict[str, Node]:
        if depth > MAX_DEPTH:
            raise HTTPException(400, f"Parameters may nest {MAX_DEPTH} deep.")
        for name in found:
            _check_text(name)
        return {name: self._node(value, depth) for name, value in found.items()}

    def _node(self, value: Any, depth: int) -> Node:
        if isinstance(value, dict):
            return self.group(value, depth + 1)
        items = value if isinstance(value, list) else [value]
        return [self._item(item, depth) for item in items]

    def _item(self, value: Any, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_FIELDS:
            raise HTTPException(400, f"A request may have {MAX_FIELDS} parameters.")
        if isinstance(value, dict):
            return self.group(value, depth + 1)
        if isinstance(value, list):
            raise HTTPException(400, "A list of lists is no parameter.")
        if isinstance(value, str):
            _check_text(value)
        return value


def _check_text(text: str) -> None:
    """What no database takes (PostgreSQL refuses NUL) and no form can say (a lone surrogate)."""
    if "\x00" in text:
        raise HTTPException(400, "A parameter has a NUL in it.")
