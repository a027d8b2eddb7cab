"""Local actors come into being: a type and addresses by kind, a free name, keys of their own."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from actors.keys import KeyPair, Vault, create_keys
from actors.names import MAX_DISPLAY_NAME, OFFICIAL_KINDS, check_display_name, check_username
from actors.records import ActorKind, ActorRecord, OriginRecord, to_actor
from actors.statements import insert_into
from actors.tables import actors
from federation import html
from federation.errors import LocalFault, Refused
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis

ACTOR_TYPES: Final[dict[ActorKind, str]] = {
    "node": "Application",
    "area": "Group",
    "zone": "Group",
    "desk": "Service",
    # PieFed takes no Organization as an author, Mastodon marks a Service as automated.
    "official": "Person",
    "shop": "Person",
    "partner": "Person",
    "resident": "Person",
    "alert": "Service",
    "calendar": "Service",
}

MINT_TRIES: Final = 5
"""Ids collide once in 32,768 within one millisecond: five in a row is a broken clock."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an actor is found; all on its own origin, and none of them ever changes."""

    iri: Iri
    inbox: Iri
    shared_inbox: Iri
    outbox: Iri
    followers: Iri
    following: Iri
    featured: Iri


def address(kind: ActorKind, username: str, origin: str) -> Addresses:
    """Return the addresses of an actor of `kind` on `origin`."""
    base = origin + _path(kind, username)
    rooms = ("inbox", "outbox", "followers", "following", "featured")
    return Addresses(
        iri=Iri(base),
        shared_inbox=Iri(f"{origin}/inbox"),
        **{room: Iri(f"{base}/{room}") for room in rooms},
    )


def create_local(
    tx: sa.Connection,
    vault: Vault,
    *,
    kind: ActorKind,
    username: str,
    origin: OriginRecord,
    name: str,
    summary: str,
    keys: KeyPair,
    now: Millis,
) -> ActorRecord:
    """Make a local actor with keys from `generate_keys`. `name` is plain text, `summary` HTML.

    Raises `Refused` when the name is reserved, looks official without being so, is an area's, or is or was
    somebody's: names are never used twice.
    """
    check_names(tx, kind=kind, username=username, name=name)
    where = address(kind, username, origin.origin)
    values = {
        **{field: getattr(where, field) for field in Addresses.__slots__},
        "type": ACTOR_TYPES[kind],
        "kind": kind,
        "username": username,
        "host": origin.host,
        "origin_id": origin.id,
        "name": html.plain_name(name, MAX_DISPLAY_NAME),
        "summary": html.sanitise(summary),
        "url": where.iri,
        "discoverable": kind in OFFICIAL_KINDS,
        "indexable": kind in OFFICIAL_KINDS,
        "published_at": now,
        "created_at": now,
        "updated_at": now,
    }
    record = _insert(tx, values, now)
    create_keys(tx, vault, actor_id=record.id, iri=record.iri, keys=keys, now=now)
    return record


def create_node(
    tx: sa.Connection, vault: Vault, *, origin: OriginRecord, name: str, keys: KeyPair, now: Millis
) -> ActorRecord:
    """Make the actor that signs fetches for `origin`: `@host@host`, `/actor`."""
    return create_local(
        tx,
        vault,
        kind="node",
        username=node_username(origin),
        origin=origin,
        name=name,
        summary="",
        keys=keys,
        now=now,
    )


def node_username(origin: OriginRecord) -> str:
    """Return the name of the node actor: its host name, without a port."""
    return urlsplit(origin.origin).hostname or origin.host


def check_names(tx: sa.Connection, *, kind: ActorKind, username: str, name: str) -> None:
    """Raise `Refused` unless an actor of `kind` may be called so, with the areas that exist now."""
    check_title(tx, kind=kind, name=name)
    if kind != "node":  # its name is its host's
        check_username(username, kind=kind, areas=_list_areas(tx, actors.c.username))


def check_title(tx: sa.Connection, *, kind: ActorKind, name: str) -> None:
    """Raise `Refused` unless an actor of `kind` may show this display name, with the areas that exist now."""
    check_display_name(name, kind=kind, areas=_list_areas(tx, actors.c.name))


def _list_areas(tx: sa.Connection, column: sa.Column[str]) -> list[str]:
    is_area = sa.and_(actors.c.kind.in_(("area", "zone")), actors.c.gone_at.is_(None))
    return list(tx.execute(sa.select(column).where(is_area)).scalars())


def _path(kind: ActorKind, username: str) -> str:
    if kind == "node":
        return "/actor"
    return f"/areas/{username}" if ACTOR_TYPES[kind] == "Group" else f"/people/{username}"


def _insert(tx: sa.Connection, values: dict[str, Any], now: Millis) -> ActorRecord:
    taken = sa.select(actors.c.id).where(
        actors.c.username == values["username"],
        actors.c.host == values["host"],
        actors.c.origin_id.is_not(None),
    )
    for _attempt in range(MINT_TRIES):
        statement = insert_into(tx, actors).values(**values, id=mint_id(now)).on_conflict_do_nothing()
        row = tx.execute(statement.returning(*actors.c)).one_or_none()
        if row is not None:
            return to_actor(row)
        if tx.execute(taken).first() is not None:
            raise Refused(f"the name {values['username']!r} is taken on {values['host']}")
    raise LocalFault("no id was free for a new actor")
