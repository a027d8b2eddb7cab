"""What people decide about submissions: approve, refuse, remove, restore. Each is kept with who and why.

Everything that speaks against a decision is looked at before anything is written.
"""

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import find_block, is_refused
from areas import admissions, boosts, creates, placements, posts, receipts, registry, relays
from areas.bans import is_banned
from areas.locks import lock_author
from areas.notifications import ring_subscribers
from areas.placements import Verdict
from areas.policy import AUTHOR_POLICY
from areas.records import AreaRecord, PlacementRecord, PlacementState, PostRecord
from areas.tables import decisions
from areas.zones import flow
from federation.errors import Refused
from federation.vocabulary import Millis

Act = Literal["approve", "refuse", "remove", "restore"]

TRANSITIONS: dict[Act, tuple[tuple[PlacementState, ...], PlacementState]] = {
    "approve": (("held", "refused"), "accepted"),
    "refuse": (("held",), "refused"),
    "remove": (("accepted",), "removed"),
    "restore": (("removed",), "accepted"),
}
"""From which states each decision is open, and to which state it leads."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What is decided about."""

    placement: PlacementRecord
    post: PostRecord
    author: ActorRecord
    area: AreaRecord


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of a placement as it was kept; `by` is None where the policy or the author made it."""

    outcome: PlacementState
    rule: str
    reason: str
    by: int | None
    at: Millis


def approve(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str = "", now: Millis
) -> PlacementRecord:
    """Let a held or refused post into the area. Raises `Refused` when that is not open, `NotFound`."""
    case = _open(tx, placement_id, "approve")
    _check_acceptable(tx, case, now)
    moved = _move(tx, case, "approve", reason, by, now)
    post = creates.release(tx, case.post, case.author, now)
    admissions.announce(tx, boosts.speak(tx, case.area, post, case.author), post, now, again=True)
    ring_subscribers(tx, case.author, post, (case.area.actor_id,), now)
    return moved


def refuse(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str, now: Millis, is_told: bool = True
) -> PlacementRecord:
    """Keep a held post out of the area, and tell its author why, unless it is one of a flood."""
    case = _open(tx, placement_id, "refuse")
    moved = _move(tx, case, "refuse", reason, by, now)
    if not is_told:
        return moved
    receipts.tell(tx, boosts.speak(tx, case.area, case.post, case.author), case.post, moved, now)
    return moved


def remove(
    tx: sa.Connection,
    placement_id: int,
    *,
    by: int | None,
    reason: str,
    now: Millis,
    rule: str | None = None,
) -> PlacementRecord:
    """Take an accepted post out of the area; `restore` undoes it. `rule` is kept where it is about its author."""
    case = _open(tx, placement_id, "remove")
    moved = _move(tx, case, "remove", reason, by, now, rule=rule)
    voices = boosts.speak(tx, case.area, case.post, case.author)
    removal = relays.desk_delete(tx, case.area, case.post, now, reason or relays.REMOVED)
    for live in boosts.live_boosts(tx, case.post.id):
        if live.area_id == case.area.actor_id:
            boosts.undo(tx, voices, case.post, live, now, removal=removal)
            flow.retract(tx, case.area.actor_id, case.post.id, now)
    return moved


def restore(
    tx: sa.Connection, placement_id: int, *, by: int | None, reason: str = "", now: Millis
) -> PlacementRecord:
    """Boost a removed post again, under the next generation's id."""
    case = _open(tx, placement_id, "restore")
    _check_acceptable(tx, case, now)
    moved = _move(tx, case, "restore", reason, by, now)
    admissions.announce(tx, boosts.speak(tx, case.area, case.post, case.author), case.post, now, again=True)
    return moved


def history(tx: sa.Connection, area_id: int, post_id: int) -> list[Decided]:
    """Every change of where a post stands in an area, the oldest first."""
    columns = (
        decisions.c.outcome,
        decisions.c.rule,
        decisions.c.reason,
        decisions.c.decided_by,
        decisions.c.at,
    )
    query: sa.Select[Any] = sa.select(*columns).where(
        decisions.c.area_id == area_id, decisions.c.post_id == post_id
    )
    return [Decided(*row) for row in tx.execute(query.order_by(decisions.c.id))]


def _open(tx: sa.Connection, placement_id: int, act: Act) -> _Case:
    """Find what is to be decided, alone with it: neither its author nor another moderator acts meanwhile."""
    author_id = placements.find_by_id(tx, placement_id).author_id
    lock_author(tx, author_id)
    placement = placements.find_by_id(tx, placement_id)
    open_from, _ = TRANSITIONS[act]
    if placement.state not in open_from:
        raise Refused(f"submission {placement_id} is {placement.state}; {act} needs {' or '.join(open_from)}")
    post = posts.find_post_by_id(tx, placement.post_id)
    area = registry.find_area(tx, placement.area_id)
    assert post is not None  # foreign keys hold both
    assert area is not None
    return _Case(placement, post, creates.find_author(tx, post), area)


def _check_acceptable(tx: sa.Connection, case: _Case, now: Millis) -> None:
    """What no moderator can decide: the author's own will, and who is not heard here at all."""
    if not case.post.is_placeable:
        raise Refused("the author has withdrawn this post")
    if case.area.iri not in {each.iri for each in posts.named_by(tx, case.post.id)}:
        raise Refused("the author no longer names the area")
    if case.area.is_zone:
        raise Refused("nobody posts to a zone")
    if case.placement.rule == AUTHOR_POLICY:
        raise Refused("the author does not allow boosts of this post")
    if case.author.type == "Group":
        raise Refused("areas do not boost what groups write")
    refusal = is_refused(tx, case.author, now, "open") or _find_shutting_out(tx, case, now)
    if refusal is not None:
        raise Refused(refusal)


def _find_shutting_out(tx: sa.Connection, case: _Case, now: Millis) -> str | None:
    area_id, author_id = case.area.actor_id, case.author.id
    if is_banned(tx, area_id=area_id, actor_id=author_id, now=now):
        return "the author is banned from the area"
    is_blocked = find_block(tx, actor_id=area_id, target_id=author_id) is not None
    return "the area blocks the author" if is_blocked else None


def _move(
    tx: sa.Connection,
    case: _Case,
    act: Act,
    reason: str,
    by: int | None,
    now: Millis,
    *,
    rule: str | None = None,
) -> PlacementRecord:
    _, state = TRANSITIONS[act]
    moved = placements.move(tx, case.placement, Verdict(state, rule or act, reason, by), now)
    if moved is None:
        raise Refused(f"submission {case.placement.id} was decided by somebody else just now")
    return moved
