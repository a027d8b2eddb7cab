"""Telling other servers that one of our actors has another face, name or text."""

from collections.abc import Callable

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import registry
from areas.locks import lock_author
from areas.moderation import desk
from areas.records import AreaRecord
from federation import rendering
from federation.rendering import Document
from federation.vocabulary import PUBLIC, Iri, Millis
from outbox.publish import append
from outbox.records import Entry
from web.documents import describe


def change(
    tx: sa.Connection, actor_id: int, act: Callable[[sa.Connection], ActorRecord], now: Millis
) -> ActorRecord:
    """Do what may change an actor, and tell of it once, however much that was; of nothing where it changed nothing."""
    lock_author(tx, actor_id)
    before = find_actor_by_id(tx, actor_id)
    after = act(tx)
    if before is None or after.updated_at != before.updated_at:
        tell_change(tx, after, now)
    return after


def tell_change(tx: sa.Connection, actor: ActorRecord, now: Millis) -> None:
    """Send the actor's document as it is now to whoever follows it; an area's also in FEP-1b12's way."""
    area = registry.find_area(tx, actor.id) if actor.type == "Group" else None
    document = describe(tx, actor)
    followers = () if actor.followers is None else (actor.followers,)
    iri = Iri(f"{actor.iri}/activities/profile-{actor.updated_at}")
    entry = Entry(
        iri=iri,
        actor_id=actor.id,
        type="Update",
        body=rendering.update(iri, document, published=actor.updated_at, cc=followers),
        thread=actor.iri,
        dialect="both" if area is None else "object",
        audience_id=actor.id,
        object_iri=actor.iri,
    )
    append(tx, entry, now)
    if area is not None:
        _tell_by_desk(tx, area, actor, document, now)


def _tell_by_desk(
    tx: sa.Connection, area: AreaRecord, group: ActorRecord, document: Document, now: Millis
) -> None:
    """In the activity dialect a moderator has changed the group: Lemmy takes no Group as an actor."""
    speaker = registry.desk_of(tx, area)
    act = rendering.update(
        desk.act_iri(speaker, "update", group.id, group.updated_at),
        document,
        actor=speaker.iri,
        published=group.updated_at,
        to=(PUBLIC,),
        cc=(area.iri,),
    )
    desk.announce(tx, area, act, now, thread=group.iri, about=group.iri)
