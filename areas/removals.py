"""That something has left timelines, with who could read it: afterwards nobody can find that out any more."""

import sqlalchemy as sa

from actors.changes import Audience, Change, note
from actors.tables import actors
from areas.records import SHOWN, PlacementRecord, PostRecord, Visibility
from areas.tables import post_recipients, posts, shares

MOST_SHARES = 40
"""Boosts of one post whose ends are told; apps drop the others with the post that is in them."""
LATEST = 40
"""Posts, and boosts, of somebody silenced whose ends are told: what stands on an app's first pages."""
MOST_NAMED = 200
"""People here whom one post names and who are told: what is told has to fit into one message."""

_NAMED = (
    sa.select(actors.c.id)
    .join(post_recipients, post_recipients.c.iri == actors.c.iri)
    .where(post_recipients.c.post_id == sa.bindparam("post"), actors.c.origin_id.is_not(None))
    .limit(MOST_NAMED)
)
_SHARES = (
    sa.select(shares.c.id, shares.c.actor_id, shares.c.visibility)
    .where(shares.c.post_id == sa.bindparam("post"))
    .order_by(shares.c.id.desc())
    .limit(MOST_SHARES)
)
_OF_POST = sa.select(posts.c.visibility, posts.c.members_of).where(posts.c.id == sa.bindparam("post"))


_LATEST = (
    sa.select(posts.c.id, posts.c.visibility, posts.c.members_of)
    .where(posts.c.actor_id == sa.bindparam("actor"), posts.c.deleted_at.is_(None))
    .order_by(posts.c.id.desc())
    .limit(LATEST)
)
_LATEST_SHARES = (
    sa.select(shares.c.id, shares.c.post_id, shares.c.visibility)
    .where(shares.c.actor_id == sa.bindparam("actor"))
    .order_by(shares.c.id.desc())
    .limit(LATEST)
)


def note_silence(tx: sa.Connection, actor_id: int) -> None:
    """Nobody is shown any more what an actor has written and boosted; the latest of it is told."""
    for row in tx.execute(_LATEST, {"actor": actor_id}).all():
        _note_post(tx, row.id, actor_id, row.visibility, row.members_of)
    note_shares_by(tx, actor_id)


def note_shares_by(tx: sa.Connection, actor_id: int) -> None:
    """Nobody is shown any more what an actor has boosted; the latest of it is told."""
    for row in tx.execute(_LATEST_SHARES, {"actor": actor_id}).all():
        note_share(tx, row.id, actor_id, row.post_id, row.visibility)


def _note_post(
    tx: sa.Connection, post_id: int, actor_id: int, visibility: Visibility, members_of: int | None
) -> None:
    named: tuple[int, ...] = ()
    if visibility not in SHOWN:
        named = tuple(tx.execute(_NAMED, {"post": post_id}).scalars())
    note(tx, Change("removed", post_id, actor_id, post_id, Audience(visibility, members_of, named)))


def note_end(tx: sa.Connection, post: PostRecord) -> None:
    """A post ends, and its boosts by people with it; while it still has them."""
    _note_post(tx, post.id, post.actor_id, post.visibility, post.members_of)
    for row in tx.execute(_SHARES, {"post": post.id}).all():
        note_share(tx, row.id, row.actor_id, post.id, row.visibility)


def note_share(tx: sa.Connection, share_id: int, actor_id: int, post_id: int, visibility: Visibility) -> None:
    """A boost by a person is taken back."""
    note(tx, Change("removed", share_id, actor_id, post_id, Audience(visibility)))


def note_leaving(tx: sa.Connection, placement: PlacementRecord) -> None:
    """A post leaves an area where it was accepted."""
    assert placement.position is not None  # accepted
    visibility, members_of = tx.execute(_OF_POST, {"post": placement.post_id}).one()
    audience = Audience(visibility, members_of)
    note(tx, Change("removed", placement.position, placement.area_id, placement.post_id, audience))
