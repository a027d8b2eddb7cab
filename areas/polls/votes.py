"""Votes: each voter counts once, whatever is sent twice; and when others are told the counts."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from actors.jobs import schedule
from actors.records import ActorRecord
from areas.polls.tables import poll_options, poll_votes, polls
from areas.records import PostRecord
from areas.statements import insert_once
from federation.errors import Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

COUNTS = "poll-counts"
"""The job that tells others the counts of a local poll; the key is the post's number."""
END = "poll-end"
"""The job at the end of a poll: who voted is told."""
PAUSE = 5 * 60_000
"""Milliseconds between two tellings of one poll: a busy one would be an Update for each vote."""


def plan_end(tx: sa.Connection, post_id: int, ends_at: Millis, now: Millis) -> None:
    """Tell who voted when it is over."""
    schedule(tx, END, str(post_id), {"post": post_id}, ends_at, now)


def cast(
    tx: sa.Connection, voter: ActorRecord, question: PostRecord, places: Collection[int], now: Millis
) -> tuple[int, ...]:
    """Count a voter's choice; returns what is new of it.

    Raises `Refused`: no poll, over, no such option, several where one may be chosen, or voted before.
    """
    poll = _lock(tx, question)
    if poll.ends_at is not None and poll.ends_at <= now:
        raise Refused("the poll is over")
    chosen = sorted(set(places))
    count = tx.execute(
        sa.select(sa.func.count()).select_from(poll_options).where(poll_options.c.post_id == question.id)
    ).scalar_one()
    if not chosen or not all(0 <= place < count for place in chosen):
        raise Refused("the poll has no such option")
    if len(chosen) > 1 and not poll.multiple:
        raise Refused("one option can be chosen")
    mine = sa.select(poll_votes.c.place).where(
        poll_votes.c.post_id == question.id, poll_votes.c.actor_id == voter.id
    )
    earlier = set(tx.execute(mine).scalars())
    if earlier and not poll.multiple:
        raise Refused("you have voted")
    new = tuple(
        place for place in chosen if place not in earlier and _insert(tx, voter, question, place, now)
    )
    if new:
        _count(tx, question, new, is_first=not earlier)
    return new


def _lock(tx: sa.Connection, question: PostRecord) -> Any:
    query = sa.select(polls.c.multiple, polls.c.ends_at, polls.c.told_at).where(
        polls.c.post_id == question.id
    )
    row = tx.execute(query.with_for_update()).first()
    if row is None:
        raise Refused("the post is no poll")
    return row


def _insert(tx: sa.Connection, voter: ActorRecord, question: PostRecord, place: int, now: Millis) -> bool:
    row = {"post_id": question.id, "actor_id": voter.id, "place": place, "id": mint_id(now)}
    return insert_once(tx, poll_votes, row)


def _count(tx: sa.Connection, question: PostRecord, places: Collection[int], *, is_first: bool) -> None:
    """Of another server's poll our count is a guess until it tells its own."""
    chosen = sa.and_(poll_options.c.post_id == question.id, poll_options.c.place.in_(places))
    tx.execute(sa.update(poll_options).where(chosen).values(votes=poll_options.c.votes + 1))
    if is_first:
        tx.execute(sa.update(polls).where(polls.c.post_id == question.id).values(voters=polls.c.voters + 1))


def hear(tx: sa.Connection, voter: ActorRecord, question: PostRecord, title: str, now: Millis) -> bool:
    """Count the vote of somebody elsewhere in a local poll. False = it does not count."""
    query = sa.select(poll_options.c.place).where(
        poll_options.c.post_id == question.id, poll_options.c.title == title
    )
    place = tx.execute(query).scalar()
    if place is None:
        return False
    try:
        counted = cast(tx, voter, question, (place,), now)
    except Refused:
        return False  # over, or voted before: nothing was written
    if counted:
        plan_telling(tx, question.id, now)
    return bool(counted)


def plan_telling(tx: sa.Connection, post_id: int, now: Millis) -> None:
    """Tell others the counts of a local poll, at most once in `PAUSE`."""
    told_at = tx.execute(sa.select(polls.c.told_at).where(polls.c.post_id == post_id)).scalar()
    due_at = Millis(max(now, (told_at or 0) + PAUSE))
    schedule(tx, COUNTS, str(post_id), {"post": post_id}, due_at, now)


def voters_of(tx: sa.Connection, post_id: int) -> list[int]:
    """Who voted, each once."""
    query = sa.select(poll_votes.c.actor_id).where(poll_votes.c.post_id == post_id).distinct()
    return list(tx.execute(query.order_by(poll_votes.c.actor_id)).scalars())
