"""What people decide about submissions: approve, refuse, remove, restore. Each is kept with who and why."""

import sqlalchemy as sa

from areas import boosts, compose, placements, posts, receipts, registry, submissions
from areas.boosts import Voices
from areas.records import PlacementRecord, PlacementState, PostRecord
from federation.errors import Refused
from federation.vocabulary import Millis

_FROM: dict[str, tuple[PlacementState, ...]] = {
    "approve": ("held", "refused"),
    "refuse": ("held",),
    "remove": ("accepted",),
    "restore": ("removed",),
}
"""Which decision is open from which state."""


def approve(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str = "", now: Millis
) -> PlacementRecord:
    """Let a held post into the area. Raises `Refused` when it is not waiting, `NotFound`."""
    placement = _take(tx, placement_id, "approve", "accepted", by, reason, now)
    voices, post = _about(tx, placement)
    if not post.is_shown:
        raise Refused("the author has withdrawn this post")
    compose.release(tx, post, now)
    boosts.boost(tx, voices, post, raw_of(tx, post), now, again=True)
    return placements.find_by_id(tx, placement_id)


def refuse(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str, now: Millis
) -> PlacementRecord:
    """Keep a held post out of the area, and tell its author why."""
    _take(tx, placement_id, "refuse", "refused", by, reason, now)
    refused = placements.find_by_id(tx, placement_id)
    voices, post = _about(tx, refused)
    receipts.tell(tx, voices, post, refused, now)
    return refused


def remove(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str, now: Millis
) -> PlacementRecord:
    """Take an accepted post out of the area; `restore` undoes it."""
    placement = _take(tx, placement_id, "remove", "removed", by, reason, now)
    voices, post = _about(tx, placement)
    for live in boosts.live_boosts(tx, post.id):
        if live.area_id == placement.area_id:
            removal = submissions.desk_delete(voices, post, now, summary=reason or "removed")
            boosts.undo(tx, voices, post, live, now, removal=removal)
    return placements.find_by_id(tx, placement_id)


def restore(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str = "", now: Millis
) -> PlacementRecord:
    """Boost a removed post again, under the next generation's id."""
    placement = _take(tx, placement_id, "restore", "accepted", by, reason, now)
    voices, post = _about(tx, placement)
    if not post.is_shown:
        raise Refused("the author has withdrawn this post")
    boosts.boost(tx, voices, post, raw_of(tx, post), now, again=True)
    return placements.find_by_id(tx, placement_id)


def _take(
    tx: sa.Connection,
    placement_id: int,
    act: str,
    state: PlacementState,
    by: int | None,
    reason: str,
    now: Millis,
) -> PlacementRecord:
    placement = placements.find_by_id(tx, placement_id)
    open_from = _FROM[act]
    if placement.state not in open_from:
        raise Refused(f"submission {placement_id} is {placement.state}; {act} needs {' or '.join(open_from)}")
    if not placements.move(tx, placement, state, rule=act, reason=reason, by=by, now=now):
        raise Refused(f"submission {placement_id} was decided by somebody else just now")
    return placement


def _about(tx: sa.Connection, placement: PlacementRecord) -> tuple[Voices, PostRecord]:
    post = posts.find_post_by_id(tx, placement.post_id)
    area = registry.find_area(tx, placement.area_id)
    assert post is not None  # foreign keys hold both
    assert area is not None
    return Voices(area, registry.desk_of(tx, area), submissions.find_author(tx, post)), post


def raw_of(tx: sa.Connection, post: PostRecord) -> bytes | None:
    """The author's activity for the activity dialect: as received, or our own Create."""
    return compose.create_body(tx, post) if post.local else posts.original(tx, post.id)
