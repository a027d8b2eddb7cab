"""Activities: who did what to which thing."""

from collections.abc import Callable
from typing import NamedTuple

from federation.errors import MalformedDocument
from federation.parsing import limits
from federation.reader import Reader
from federation.vocabulary import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Iri,
    Like,
    Lock,
    Millis,
    Move,
    OtherActivity,
    Peering,
    Reject,
    Remove,
    Thing,
    Undo,
    Update,
)

ReadThing = Callable[[Reader, str], Thing]
"""Reads the one thing that stands at a key: an id or an embedded object."""


class _Common(NamedTuple):
    """The fields of `Activity`, in its order."""

    id: Iri
    actor: Iri
    to: tuple[Iri, ...]
    cc: tuple[Iri, ...]
    audience: tuple[Iri, ...]
    target: tuple[Thing, ...]
    published: Millis | None
    raw: bytes
    has_proof: bool
    has_ld_signature: bool


def read_activity(reader: Reader, activity_type: str, read_thing: ReadThing, raw: bytes = b"") -> Activity:
    """Read an activity of any type; one that we do not know becomes `OtherActivity`."""
    common = _read_common(reader, read_thing, raw)
    read = _READERS.get(activity_type)
    if read is None:
        return OtherActivity(*common, type=activity_type)
    return read(reader, common, read_thing)


def _read_common(reader: Reader, read_thing: ReadThing, raw: bytes) -> _Common:
    return _Common(
        id=reader.require_id(),
        actor=_read_actor(reader, embedded=not raw),
        to=reader.references("to", limits.MAX_ADDRESSEES),
        cc=reader.references("cc", limits.MAX_ADDRESSEES),
        audience=reader.references("audience", limits.MAX_ADDRESSEES),
        target=_read_target(reader, read_thing),
        published=reader.time("published"),
        raw=raw,
        has_proof=reader.object("proof") is not None,
        has_ld_signature=reader.object("signature") is not None,
    )


def _read_actor(reader: Reader, *, embedded: bool) -> Iri:
    """Read who acts: one string. Fedify embeds the whole actor in the Follow that it accepts."""
    return reader.require_reference("actor") if embedded else reader.require_id("actor")


def _read_target(reader: Reader, read_thing: ReadThing) -> tuple[Thing, ...]:
    found: list[Thing] = []
    for value in reader.listed("target")[: limits.MAX_ADDRESSEES]:
        try:
            found.append(read_thing(reader.inner({"target": value}, "target"), "target"))
        except MalformedDocument:
            continue
    return tuple(found)


def _follow(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    return Follow(*common, object=reader.require_reference("object"), peering=_read_peering(reader))


def _read_peering(reader: Reader) -> Peering | None:
    """Read our own extension for Groups that agree with each other, within a zone or without one."""
    peering = reader.object("peering")
    if peering is None:
        return None
    kinds = peering.listed("accepts")[: limits.MAX_TAGS]
    return Peering(
        zone=peering.reference("zone"),
        accepts=tuple(kind for kind in kinds if isinstance(kind, str) and len(kind) <= limits.MAX_TOKEN),
        max_per_hour=peering.number("maxPerHour"),
        expires=peering.time("expires"),
    )


def _accept(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    summary = reader.text("summary", limits.MAX_SUMMARY)
    return Accept(*common, object=read_thing(reader, "object"), summary=summary)


def _reject(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    summary = reader.text("summary", limits.MAX_SUMMARY)
    return Reject(*common, object=read_thing(reader, "object"), summary=summary)


def _undo(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Undo(*common, object=read_thing(reader, "object"))


def _create(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Create(*common, object=read_thing(reader, "object"))


def _update(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Update(*common, object=read_thing(reader, "object"))


def _delete(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    """Read a removal: of an id, a Tombstone (Mastodon), or the whole post once more (Takahē)."""
    summary = reader.text("summary", limits.MAX_SUMMARY)
    return Delete(*common, object=reader.require_reference("object"), summary=summary)


def _announce(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Announce(
        *common,
        object=read_thing(reader, "object"),
        home_group=reader.reference("homeGroup"),
        category=reader.text("category", limits.MAX_TOKEN),
    )


def _like(kind: str) -> "Callable[[Reader, _Common, ReadThing], Activity]":
    def read(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
        return Like(*common, object=reader.require_reference("object"), kind=kind)

    return read


def _block(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    return Block(
        *common,
        object=reader.require_reference("object"),
        summary=reader.text("summary", limits.MAX_SUMMARY),
        until=reader.time("endTime"),
    )


def _lock(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    return Lock(*common, object=reader.require_reference("object"))


def _flag(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    """Read a report: Mastodon and GoToSocial write to `content`, Lemmy and PieFed to `summary`."""
    objects = reader.references("object", limits.MAX_REPORTED)
    if not objects:
        reader.fail("nothing that is reported", "object")
    text = reader.text("content", limits.MAX_CONTENT) or reader.text("summary", limits.MAX_CONTENT)
    return Flag(*common, objects=objects, text=text)


def _move(reader: Reader, common: _Common, _read_thing: ReadThing) -> Activity:
    moved = reader.require_reference("object") if reader.has("object") else common.actor
    return Move(*common, object=moved, destination=reader.reference("target"))


def _add(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Add(*common, object=read_thing(reader, "object"))


def _remove(reader: Reader, common: _Common, read_thing: ReadThing) -> Activity:
    return Remove(*common, object=read_thing(reader, "object"))


_READERS: dict[str, Callable[[Reader, _Common, ReadThing], Activity]] = {
    "Accept": _accept,
    "Add": _add,
    "Announce": _announce,
    "Block": _block,
    "Create": _create,
    "Delete": _delete,
    "Dislike": _like("Dislike"),
    "EmojiReact": _like("EmojiReact"),
    "Flag": _flag,
    "Follow": _follow,
    "Like": _like("Like"),
    "Lock": _lock,
    "Move": _move,
    "Reject": _reject,
    "Remove": _remove,
    "Undo": _undo,
    "Update": _update,
}

ACTIVITY_TYPES = frozenset(_READERS)
