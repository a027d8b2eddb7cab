"""Remote actors as rows: what a fetched document may say of one, and what is kept of one that is gone."""

import json
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from actors import moderators
from actors.claims import ClaimedKey, is_below, list_keys
from actors.origins import is_served
from actors.records import ActorRecord, to_actor, write_fields
from actors.servers import save_implements, save_server
from actors.statements import insert_into
from actors.tables import actor_keys, actors, blocks, follows, localities
from federation import html, iris
from federation.errors import LocalFault, Unauthorized
from federation.vocabulary import Actor, Iri, Locality, Millis

MINT_TRIES: Final = 5
"""As for local actors: an id is tried again on conflict."""

MAX_NAME: Final = 100
"""Characters of a display name that a page shows in one line."""


def save_remote(tx: sa.Connection, actor: Actor, now: Millis, *, confirmed: Iri | None = None) -> ActorRecord:
    """Store an actor document that was fetched from its own id, with its server and its keys.

    Its inbox counts only on its own origin, as do its collections; a document never changes whose an id
    is, nor anybody's standing, nor brings back who is gone. `confirmed` is a key id that was fetched and
    led to this actor. Without a name (Lemmy's instance actor) it is called like its host. Raises
    `Unauthorized` for an id of ours.
    """
    if is_served(tx, actor.id):
        raise Unauthorized(f"{actor.id} is an address of this node")
    server = save_server(tx, iris.host(actor.id), now)
    save_implements(tx, server, actor.implements)
    record = _upsert(tx, actor.id, {**_read_columns(actor), "server_id": server.id}, now)
    if record.gone_at is not None:
        return record
    if actor.type == "Group":
        collection = _own(actor, actor.moderators)
        moderators.save(tx, record.id, collection, restricted=actor.posting_restricted)
        _keep_locality(tx, record.id, actor.location)
    keys = [key for key in list_keys(actor) if key.key_id == confirmed or is_below(key.key_id, actor.id)]
    _replace_keys(tx, record.id, keys, confirmed=confirmed, now=now)
    return record


def mark_gone(tx: sa.Connection, actor_id: int, now: Millis) -> None:
    """Keep of a deleted actor nothing but id, handle, keys and standing; its follows and blocks end."""
    values = {
        **dict.fromkeys(("url", "icon", "image", "moved_to")),
        "name": "",
        "summary": "",
        "also_known_as": "[]",
        "fields": "[]",
        "discoverable": False,
        "indexable": False,
        "gone_at": sa.func.coalesce(actors.c.gone_at, now),
        "updated_at": now,
    }
    tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(values))
    tx.execute(sa.delete(follows).where(_concerns(follows.c.follower_id, follows.c.target_id, actor_id)))
    _keep_locality(tx, actor_id, None)
    tx.execute(sa.delete(blocks).where(_concerns(blocks.c.actor_id, blocks.c.target_id, actor_id)))
    moderators.forget(tx, actor_id)


def _concerns(first: sa.Column[Any], second: sa.Column[Any], actor_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(first == actor_id, second == actor_id)


def _read_columns(actor: Actor) -> dict[str, Any]:
    host, inbox = iris.host(actor.id), _own(actor, actor.inbox)
    return {
        "type": actor.type,
        "username": actor.preferred_username or host,
        "host": host,
        "name": html.plain_name(actor.name or "", MAX_NAME),
        "summary": html.sanitise(actor.summary or ""),
        "url": actor.url,
        "icon": actor.icon,
        "image": actor.image,
        "inbox": inbox,
        "shared_inbox": _own(actor, actor.shared_inbox) if inbox else None,
        "outbox": _own(actor, actor.outbox),
        "followers": _own(actor, actor.followers),
        "following": _own(actor, actor.following),
        "featured": _own(actor, actor.featured),
        "moved_to": actor.moved_to,
        "also_known_as": json.dumps(actor.also_known_as),
        "fields": write_fields([(name, html.sanitise(value)) for name, value in actor.fields]),
        "discoverable": bool(actor.discoverable),
        "indexable": bool(actor.indexable),
        "locked": actor.manually_approves_followers,
        "published_at": actor.published,
    }


def _own(actor: Actor, iri: Iri | None) -> Iri | None:
    """An address elsewhere would make us send, or believe, what its host never asked for."""
    return iri if iri is not None and iris.same_origin(iri, actor.id) else None


def _upsert(tx: sa.Connection, iri: Iri, columns: dict[str, Any], now: Millis) -> ActorRecord:
    """Store what is said of an actor; of one that is gone nothing is said any more."""
    values = {**columns, "updated_at": now, "fetched_at": now}
    living = sa.update(actors).where(actors.c.iri == iri, actors.c.gone_at.is_(None))
    for _attempt in range(MINT_TRIES):
        row = tx.execute(living.values(values).returning(*actors.c)).one_or_none()
        if row is None:
            new = {**values, "iri": iri, "created_at": now, "id": iris.mint_id(now)}
            insert = insert_into(tx, actors).values(new).on_conflict_do_nothing()
            row = tx.execute(insert.returning(*actors.c)).one_or_none()
        if row is None:
            gone = sa.select(actors).where(actors.c.iri == iri, actors.c.gone_at.is_not(None))
            row = tx.execute(gone).one_or_none()
        if row is not None:
            return to_actor(row)
    raise LocalFault("no id was free for a remote actor")


def _keep_locality(tx: sa.Connection, actor_id: int, found: Locality | None) -> None:
    """Where an area lies, as it says now."""
    if found is None:
        tx.execute(sa.delete(localities).where(localities.c.actor_id == actor_id))
        return
    said = {name: getattr(found, name) for name in ("region", "locality", "latitude", "longitude")}
    insert = insert_into(tx, localities).values(actor_id=actor_id, **said)
    tx.execute(insert.on_conflict_do_update(index_elements=["actor_id"], set_=said))


def _replace_keys(
    tx: sa.Connection, actor_id: int, keys: Collection[ClaimedKey], *, confirmed: Iri | None, now: Millis
) -> None:
    named = [key.key_id for key in keys]
    tx.execute(
        sa.delete(actor_keys).where(actor_keys.c.actor_id == actor_id, actor_keys.c.key_id.not_in(named))
    )
    for key in keys:
        values = {
            "actor_id": actor_id,
            "algorithm": key.algorithm,
            "public": key.public,
            "fetched_at": now,
        }
        insert = insert_into(tx, actor_keys).values(**values, key_id=key.key_id)
        # Only a key id that was fetched may pass from one actor of a server to another.
        whose = None if key.key_id == confirmed else actor_keys.c.actor_id == actor_id
        tx.execute(insert.on_conflict_do_update(index_elements=["key_id"], set_=values, where=whose))
