"""What stands first in an area, and in its `featured` collection.

Microblog servers show only what the Group wrote itself, and are told of that by the Group; the activity dialect
hears of residents' and the desk's posts from the desk.
"""

import sqlalchemy as sa

from areas import placements, registry
from areas.interactions import marking
from areas.interactions.marking import MOST_PINS
from areas.locks import lock_author
from areas.moderation import desk
from areas.personal_tables import pins
from areas.records import AreaRecord, PostRecord
from areas.statements import insert_once
from federation import rendering
from federation.errors import NotFound, Refused
from federation.iris import mint_id
from federation.vocabulary import PUBLIC, Iri, Millis


def pin(tx: sa.Connection, area: AreaRecord, post: PostRecord, now: Millis) -> None:
    """Show a post first. Raises `Refused` for what anyone may not read, does not stand here, or is one too many."""
    group = desk.group_of(tx, area)
    if post.actor_id == group.id:
        marking.pin(tx, group, post.id, now)
        return
    placement = placements.find_placement(tx, area.actor_id, post.id)
    if placement is None or placement.state != "accepted" or not post.is_shown:
        raise Refused(f"{post.iri} does not stand in {area.handle} for everyone")
    lock_author(tx, area.actor_id)
    mine = sa.select(sa.func.count()).select_from(pins).where(pins.c.actor_id == area.actor_id)
    if tx.execute(mine.where(pins.c.post_id != post.id)).scalar_one() >= MOST_PINS:
        raise Refused(f"{MOST_PINS} posts can be pinned")
    if insert_once(tx, pins, {"actor_id": area.actor_id, "post_id": post.id, "id": mint_id(now)}):
        _tell(tx, area, post, "Add", now)


def unpin(tx: sa.Connection, area: AreaRecord, post: PostRecord, now: Millis) -> None:
    """Show it first no longer. Raises `NotFound` where it is not pinned."""
    mine = sa.and_(pins.c.actor_id == area.actor_id, pins.c.post_id == post.id)
    if tx.execute(sa.select(pins.c.id).where(mine)).first() is None:
        raise NotFound(f"{post.iri} is not pinned in {area.handle}")
    if post.actor_id == area.actor_id:
        marking.unpin(tx, desk.group_of(tx, area), post.id, now)
        return
    tx.execute(sa.delete(pins).where(mine))
    _tell(tx, area, post, "Remove", now)


def _tell(tx: sa.Connection, area: AreaRecord, post: PostRecord, kind: str, now: Millis) -> None:
    speaker = registry.desk_of(tx, area)
    build = rendering.add if kind == "Add" else rendering.remove
    act = build(
        desk.act_iri(speaker, kind.lower(), post.id, now),
        actor=speaker.iri,
        object_iri=post.iri,
        target=Iri(f"{area.iri}/featured"),
        to=(PUBLIC,),
        cc=(area.iri,),
        audience=area.iri,
    )
    desk.announce(tx, area, act, now, thread=f"featured:{area.actor_id}", about=post.iri)
