"""Bytes of other servers become the vocabulary: lenient about shape, strict about meaning.

Plain terms only: JSON-LD is not processed, and no context is ever fetched. Quirks of other software live
in this package, each beside the name of the software; what is too long is cut or refused as `limits` says.
"""

import json

from federation.parsing import limits
from federation.parsing.activities import ACTIVITY_TYPES, read_activity
from federation.parsing.actors import KEY_TYPES, read_actor, read_key
from federation.parsing.collections import COLLECTION_TYPES, read_collection
from federation.parsing.posts import read_post, read_tombstone
from federation.reader import JsonValue, Reader, load_json, load_object
from federation.vocabulary import (
    ACTOR_TYPES,
    POST_TYPES,
    Activity,
    Collection,
    PublicKey,
    Thing,
    Unrecognized,
)

__all__ = ["load_json", "parse_activity", "parse_document", "read_carried"]

_UNDERSTOOD = ACTIVITY_TYPES | ACTOR_TYPES | POST_TYPES | COLLECTION_TYPES | KEY_TYPES | {"Tombstone"}
_NOT_ACTIVITIES = _UNDERSTOOD - ACTIVITY_TYPES


def parse_activity(data: bytes) -> Activity:
    """Read what was sent to an inbox; `raw` keeps the bytes.

    An activity of a type we do not know is `OtherActivity`. Raises `MalformedDocument` for anything that
    is not an activity with an id and one actor, both strings.
    """
    reader = load_object(data)
    kind = _read_type(reader)
    if kind in _NOT_ACTIVITIES:
        reader.fail("not an activity", "type")
    return read_activity(reader, kind, _read_thing, data)


def read_carried(data: bytes) -> bytes:
    """Return the document that stands in the `object` of an activity, with the same values: what a proof needs."""
    reader = load_object(data)
    value = reader.values.get("object")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        reader.fail("no embedded document", "object")
    return json.dumps(value, ensure_ascii=False).encode()


def parse_document(data: bytes) -> Thing:
    """Read what a fetch returned: whatever it is, or raise `MalformedDocument`."""
    reader = load_object(data)
    if reader.types() or not reader.has("publicKeyPem"):
        return _read_object(reader, data)
    return _read_public_key(reader)


def _read_thing(reader: Reader, key: str) -> Thing:
    """Read the one thing at a key; a list must have exactly one entry."""
    value = reader.values.get(key)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _read_value(reader, value, key)


def _read_member(reader: Reader, value: JsonValue, key: str, index: int) -> Thing:
    return _read_value(reader, value, f"{key}[{index}]")


def _read_value(reader: Reader, value: JsonValue, key: str) -> Thing:
    if isinstance(value, str):
        return reader.identify(value, key)
    if not isinstance(value, dict):
        reader.fail("neither an id nor an object", key)
    inner = reader.inner(value, key)
    if "type" not in value:  # nothing but the id of a thing, in an object of its own
        return inner.require_id()
    return _read_object(inner)


def _read_object(reader: Reader, raw: bytes = b"") -> Thing:
    kind = _read_type(reader)
    if kind in POST_TYPES:
        return read_post(reader, kind)
    if kind in ACTIVITY_TYPES:
        return read_activity(reader, kind, _read_thing, raw)
    if kind in ACTOR_TYPES:
        return read_actor(reader, kind)
    return _read_other(reader, kind, raw)


def _read_other(reader: Reader, kind: str, raw: bytes) -> Thing:
    if kind in COLLECTION_TYPES:
        return _read_collection(reader, kind)
    if kind == "Tombstone":
        return read_tombstone(reader, kind)
    if kind in KEY_TYPES:
        return _read_public_key(reader)
    if reader.has("actor") and reader.has("object"):
        return read_activity(reader, kind, _read_thing, raw)
    return Unrecognized(reader.reference("id"), kind)


def _read_collection(reader: Reader, kind: str) -> Collection:
    return read_collection(reader, kind, _read_member)


def _read_public_key(reader: Reader) -> PublicKey:
    key = read_key(reader)
    if key is None:
        reader.fail("a key without id or key material")
    return key


def _read_type(reader: Reader) -> str:
    """Return the first type that we understand, else the first, cut."""
    types = reader.types()
    if not types:
        reader.fail("neither a string nor a list of strings", "type")
    return next((kind for kind in types if kind in _UNDERSTOOD), types[0][: limits.MAX_TOKEN])
