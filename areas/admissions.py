"""A post and the areas it names: each is asked, and what it says is carried out; an edit is judged again.

The same for posts of residents and of other servers. Whoever calls holds the author's lock (`areas.locks`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.origins import require_staying_actor
from actors.records import ActorRecord
from areas import boosts, creates, facts, placements, policy, receipts, relays
from areas.boosts import LiveBoost
from areas.facts import Submission
from areas.notifications import Event, has_rung, mailing, ring
from areas.placements import Verdict, to_verdict
from areas.policy import AUTHOR_POLICY
from areas.records import AreaRecord, Placed, PlacementRecord, PostRecord
from areas.zones import flow
from federation.vocabulary import Millis

WITHDRAWN = Verdict("withdrawn", "withdrawn", relays.WITHDRAWN)
DELETED = Verdict("withdrawn", "deleted", relays.WITHDRAWN)
STANDING = ("accepted", "held")
"""States of what is in an area, or may yet be."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed post: as a whole, what the change adds, and the author's activity (empty where there is none)."""

    whole: Submission
    added: Submission
    activity: bytes

    @property
    def post(self) -> PostRecord:
        """As it is now."""
        return self.whole.post


@dataclass(frozen=True, slots=True)
class Exit:
    """A post that leaves an area, with its boost where it has one.

    `removal` is the author's own Delete, for the activity dialect; empty = the area's desk says it.
    """

    placement: PlacementRecord
    live: LiveBoost | None
    verdict: Verdict
    removal: bytes = b""


def admit(
    tx: sa.Connection, submission: Submission, areas: Sequence[AreaRecord], now: Millis
) -> tuple[Placed, ...]:
    """Ask areas that have not been asked, and carry out what they decide.

    A local post is sent with the first acceptance, or at once when it names no area that may decide.
    """
    decided = [(area, _decide(tx, submission, area, now)) for area in areas]
    asked = [(area, placement) for area, placement in decided if placement is not None]
    if not asked or any(placement.state == "accepted" for _, placement in asked):
        submission = _release(tx, submission, now)
    return tuple(_carry_out(tx, submission, area, placement, now) for area, placement in asked)


def _release(tx: sa.Connection, submission: Submission, now: Millis) -> Submission:
    if not submission.post.local:
        return submission
    return replace(submission, post=creates.release(tx, submission.post, submission.author, now))


def _decide(
    tx: sa.Connection, submission: Submission, area: AreaRecord, now: Millis
) -> PlacementRecord | None:
    """The policy's decision, recorded; None when it was made before or there is nothing to decide."""
    require_staying_actor(tx, area.actor_id)
    decision = policy.decide(facts.gather(tx, submission, area, now))
    if decision.outcome == "ignore":
        return None
    return placements.place(
        tx,
        area_id=area.actor_id,
        post=submission.post,
        verdict=to_verdict(decision),
        text=submission.text,
        now=now,
    )


def _carry_out(
    tx: sa.Connection,
    submission: Submission,
    area: AreaRecord,
    placement: PlacementRecord,
    now: Millis,
    *,
    again: bool = False,
) -> Placed:
    """Boost what was accepted; tell the author of anything else."""
    voices = boosts.speak(tx, area, submission.post, submission.author)
    if placement.state == "accepted":
        announce(tx, voices, submission.post, now, again=again)
    else:
        receipts.tell(tx, voices, submission.post, placement, now)
    if placement.state == "held":
        mailing.plan_for_moderators(tx, area.actor_id, now)
        if submission.author.local:
            mailing.plan_for_author(tx, placement, now)
    return Placed(area.actor_id, placement.state, placement.rule)


def announce(tx: sa.Connection, voices: boosts.Voices, post: PostRecord, now: Millis, *, again: bool) -> None:
    """Boost a post that was just accepted, with the replies that were here before. What is for members stays here.

    A local author hears of the first acceptance.
    """
    if post.members_of is not None:
        if not has_rung(tx, post.id):
            creates.tell(tx, post, voices.author, now)
        return
    if again:
        relays.undo_removal(tx, voices, post, now)
    flow.give_way(tx, voices.area.actor_id, post.id, now)
    made = boosts.boost(tx, voices, post, now, again=again)
    flow.offer_own(tx, voices.area, post, voices.author, now)
    if made.wrap_log_id is not None:
        relays.relay_thread(tx, voices.area, post, now)
    if voices.author.local and made.generation == 0:
        group = find_actor_by_id(tx, voices.area.actor_id)
        assert group is not None  # a foreign key holds it
        ring(tx, voices.author.id, Event("reblog", group, post), now)


def follow_edit(
    tx: sa.Connection, edit: Edit, areas: Sequence[AreaRecord], now: Millis
) -> tuple[Placed, ...]:
    """What an edit means: areas not named any more lose the post, the others judge it again, new ones decide."""
    named = {area.actor_id: area for area in areas} if edit.post.is_placeable else {}
    standing = {each.area_id: each for each in placements.placements_of(tx, edit.post.id)}
    live = {each.area_id: each for each in boosts.live_boosts(tx, edit.post.id)}
    for placement in standing.values():
        if placement.area_id not in named and placement.state in STANDING:
            leaving = Exit(placement, live.get(placement.area_id), WITHDRAWN)
            take_out(tx, edit.post, edit.whole.author, leaving, now)
    kept = [
        _keep(tx, edit, named[each], standing[each], live.get(each), now)
        for each in named
        if each in standing
    ]
    placed = tuple(each for each in kept if each is not None)
    return placed + _admit_newly_named(tx, edit, named, standing, now)


def _admit_newly_named(
    tx: sa.Connection,
    edit: Edit,
    named: dict[int, AreaRecord],
    standing: Collection[int],
    now: Millis,
) -> tuple[Placed, ...]:
    """Ask the areas that were not asked before. A local post that no area holds any more is sent now."""
    newly = [area for area_id, area in named.items() if area_id not in standing]
    if newly:
        return admit(tx, edit.whole, newly, now)
    waits = any(area_id in standing for area_id in named)
    if edit.post.is_shown and not waits:
        _release(tx, edit.whole, now)
    return ()


def _keep(
    tx: sa.Connection,
    edit: Edit,
    area: AreaRecord,
    placement: PlacementRecord,
    live: LiveBoost | None,
    now: Millis,
) -> Placed | None:
    """An area that is still named, or named again. None = nothing changes there."""
    if placement.state == "withdrawn" or (placement.state, placement.rule) == ("refused", AUTHOR_POLICY):
        return _ask_again(tx, edit.whole, area, placement, now)
    if placement.state not in STANDING:
        return None
    decision = policy.judge_edit(facts.gather(tx, edit.added, area, now))
    if decision is None or (decision.outcome == "hold" and placement.state == "held"):
        if live is not None and edit.activity:
            voices = boosts.speak(tx, area, edit.post, edit.whole.author)
            relays.relay_edit(tx, voices, edit.post, live, edit.activity, now)
        return None
    leaving = Exit(placement, live, to_verdict(decision))
    return take_out(tx, edit.post, edit.whole.author, leaving, now)


def _ask_again(
    tx: sa.Connection, submission: Submission, area: AreaRecord, placement: PlacementRecord, now: Millis
) -> Placed | None:
    """The author names an area that she had dropped, or allows what she forbade: a new decision."""
    decision = policy.decide(facts.gather(tx, submission, area, now))
    if decision.outcome == "ignore" or to_verdict(decision).rule == placement.rule:
        return None
    moved = placements.move(tx, placement, to_verdict(decision), now)
    if moved is None:
        return None
    if moved.state == "accepted":
        submission = _release(tx, submission, now)
    return _carry_out(tx, submission, area, moved, now, again=True)


def take_out(
    tx: sa.Connection, post: PostRecord, author: ActorRecord, leaving: Exit, now: Millis
) -> Placed | None:
    """Move a post out of an area: its boost is taken back, and the author is told unless she did it herself."""
    moved = placements.move(tx, leaving.placement, leaving.verdict, now)
    if moved is None:
        return None
    voices = relays.voices_of(tx, moved.area_id, post, author)
    if leaving.live is not None:
        removal = leaving.removal or relays.desk_delete(tx, voices.area, post, now, moved.reason)
        boosts.undo(tx, voices, post, leaving.live, now, removal=removal)
        flow.retract(tx, moved.area_id, post.id, now)
    receipts.tell(tx, voices, post, moved, now)
    return Placed(moved.area_id, moved.state, moved.rule)
