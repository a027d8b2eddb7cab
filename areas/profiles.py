"""What local actors say of themselves: a name, a text, fields, and how they want to be met. Pictures are `areas.media`.

Whoever changes something tells the followers (`web.profiles`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord, write_fields
from actors.registration import ACTOR_TYPES, check_title
from actors.statements import insert_into
from actors.tables import actors
from areas.compose.texts import clean, write_html
from areas.interactions import requests
from areas.locks import lock_author
from areas.personal_tables import profile_sources
from areas.search import filling
from federation import html
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis

NOTE_LENGTH: Final = 500
MOST_FIELDS: Final = 4
FIELD_LENGTH: Final = 255
"""Of a field's name, and of its text."""

_PARAGRAPH: Final = ("<p>", "</p>")
_AUTOMATON: Final = "Service"


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """What is to change; None = as it is. `note` and `fields` (name, text) are as typed."""

    name: str | None = None
    note: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A profile as it was typed."""

    note: str
    fields: tuple[tuple[str, str], ...]


def change(tx: sa.Connection, actor_id: int, edit: ProfileEdit, now: Millis) -> ActorRecord:
    """Change what an actor says of itself; `updated_at` moves on only where something is another then.

    Raises `NotFound`, `Refused` for names that look official, and for what is too long.
    """
    lock_author(tx, actor_id)
    actor = _find(tx, actor_id)
    values = prepare(tx, actor, edit)
    _keep_source(tx, actor, edit)
    if all(getattr(actor, name) == value for name, value in values.items()):
        return actor
    if actor.locked and values.get("locked") is False:
        requests.plan_letting_in(tx, actor.id, now)
    if values.get("indexable", actor.indexable) != actor.indexable:
        filling.plan_author(tx, actor.id, now)
    if "fields" in values:
        values["fields"] = write_fields(values["fields"])
    later = max(now, Millis(actor.updated_at + 1))
    tx.execute(sa.update(actors).where(actors.c.id == actor.id).values(**values, updated_at=later))
    return _find(tx, actor_id)


def prepare(tx: sa.Connection, actor: ActorRecord, edit: ProfileEdit) -> dict[str, Any]:
    """Return what becomes of an edit, by the name in the record. Raises as `change` does."""
    values: dict[str, Any] = {
        "locked": None if actor.type == "Group" else edit.locked,
        "type": _choose_type(actor, edit.bot),
        "discoverable": edit.discoverable,
        "indexable": edit.indexable,
    }
    if edit.name is not None:
        values["name"] = _read_name(tx, actor, edit.name)
    if edit.note is not None:
        values["summary"] = write_html(tx, actor, _read_note(edit.note)).content
    if edit.fields is not None:
        values["fields"] = tuple(_read_field(tx, actor, *each) for each in _list_fields(edit.fields))
    return {name: value for name, value in values.items() if value is not None}


def _find(tx: sa.Connection, actor_id: int) -> ActorRecord:
    actor = find_actor_by_id(tx, actor_id)
    if actor is None or not actor.local or actor.gone_at is not None:
        raise NotFound("there is no such local actor")
    return actor


def _choose_type(actor: ActorRecord, bot: bool | None) -> str | None:  # noqa: FBT001 - as in `ProfileEdit`
    """A person may say that a machine writes for her. What is no person stays what it is."""
    if bot is None or actor.kind is None or ACTOR_TYPES[actor.kind] != "Person":
        return None
    return _AUTOMATON if bot else ACTOR_TYPES[actor.kind]


def _read_name(tx: sa.Connection, actor: ActorRecord, text: str) -> str:
    assert actor.kind is not None  # it is local
    name = html.plain_name(clean(text), FIELD_LENGTH)
    check_title(tx, kind=actor.kind, name=name)
    return name


def _read_note(text: str) -> str:
    note = clean(text).strip()
    if len(note) > NOTE_LENGTH:
        raise Refused(f"a profile has a text of at most {NOTE_LENGTH} characters; this one has {len(note)}")
    return note


def _list_fields(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that say something, each on one line. Apps send the empty ones of their form too."""
    found = [(_read_line(name), _read_line(value)) for name, value in fields]
    kept = [(name, value) for name, value in found if name or value]
    if len(kept) > MOST_FIELDS:
        raise Refused(f"a profile has at most {MOST_FIELDS} fields")
    if any(not name for name, _ in kept):
        raise Refused("a field of a profile needs a name")
    return kept


def _read_line(text: str) -> str:
    line = html.plain_name(clean(text), FIELD_LENGTH + 1)
    if len(line) > FIELD_LENGTH:
        raise Refused(f"the name and the text of a field have at most {FIELD_LENGTH} characters")
    return line


def _read_field(tx: sa.Connection, actor: ActorRecord, name: str, text: str) -> tuple[str, str]:
    """A value without a paragraph around it, as others write it."""
    opening, closing = _PARAGRAPH
    return name, write_html(tx, actor, text).content.removeprefix(opening).removesuffix(closing)


def source_of(tx: sa.Connection, actor: ActorRecord) -> Source:
    """What an actor typed of itself; of one that was made otherwise, the text of what it shows."""
    query = sa.select(profile_sources.c.note, profile_sources.c.fields)
    row = tx.execute(query.where(profile_sources.c.actor_id == actor.id)).first()
    if row is not None:
        return Source(row.note, tuple((name, text) for name, text in json.loads(row.fields)))
    shown = tuple((name, html.to_text(value)) for name, value in actor.fields)
    return Source(html.to_text(actor.summary), shown)


def _keep_source(tx: sa.Connection, actor: ActorRecord, edit: ProfileEdit) -> None:
    if edit.note is None and edit.fields is None:
        return
    earlier = source_of(tx, actor)
    fields = earlier.fields if edit.fields is None else _list_fields(edit.fields)
    values = {
        "note": earlier.note if edit.note is None else _read_note(edit.note),
        "fields": write_fields(fields),
    }
    statement = insert_into(tx, profile_sources).values(actor_id=actor.id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=values))
