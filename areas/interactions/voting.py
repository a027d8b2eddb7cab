"""Votes by residents, here and in others' polls; and what others are told of polls of residents."""

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from actors.changes import Change, note
from actors.moves import require_here
from actors.records import ActorRecord
from areas import creates, posts, wire
from areas.compose.changes import Said, to_entry
from areas.interactions.saying import require_post
from areas.interactions.saying import to_entry as to_one
from areas.notifications import Event, ring
from areas.polls import options, votes
from areas.polls.options import Poll
from areas.polls.tables import polls
from areas.reading.statuses import find_actors, is_readable
from areas.reading.visibility import Reader
from areas.records import PostRecord
from areas.threads import thread_key
from federation import rendering
from federation.vocabulary import Iri, Millis, Post
from outbox.publish import append


def vote(tx: sa.Connection, actor: ActorRecord, post_id: int, places: Collection[int], now: Millis) -> Poll:
    """Choose options of a poll that the actor may read. Raises `NotFound`, `Refused` with the rule that is broken."""
    require_here(actor)
    question = require_post(tx, actor, post_id, now)
    new = votes.cast(tx, actor, question, places, now)
    author = creates.find_author(tx, question)
    poll = options.find(tx, question.id, actor.id)
    assert poll is not None  # or it could not be voted in
    if not author.local:
        for place in new:
            _send(tx, actor, author, question, (place, poll.options[place].name), now)
    else:
        votes.plan_telling(tx, question.id, now)
    if poll.ends_at is not None:
        votes.plan_end(tx, question.id, poll.ends_at, now)
    return poll


def _send(
    tx: sa.Connection,
    actor: ActorRecord,
    author: ActorRecord,
    question: PostRecord,
    choice: tuple[int, str],
    now: Millis,
) -> None:
    """As Mastodon does: a note with a name and no content, to the author alone, for each option."""
    place, title = choice
    iri = Iri(f"{actor.iri}/votes/{question.id}-{place}")
    note = rendering.vote(
        iri, actor=actor.iri, question_iri=question.iri, author=author.iri, name=title, published=now
    )
    said = Iri(f"{iri}/activity")
    document = rendering.create(said, note)
    entry = to_one(
        actor, author, iri=said, kind="Create", document=document, thread=thread_key(question), about=iri
    )
    append(tx, entry, now)


def hear(tx: sa.Connection, voter: ActorRecord, post: Post, now: Millis) -> bool:
    """Count a vote of somebody elsewhere in a local poll that she may read; nothing of it is stored as a post.

    False = it does not count.
    """
    question = None if post.in_reply_to is None else posts.find_post(tx, post.in_reply_to)
    if question is None or not question.local or question.deleted_at is not None or post.name is None:
        return False
    if not (question.is_shown or is_readable(tx, Reader.of(voter, now), question.id)):
        return False
    return votes.hear(tx, voter, question, post.name, now)


def tell_counts(tx: sa.Connection, post_id: int, now: Millis) -> bool:
    """Tell the counts of a local poll to who looks on live, to voters elsewhere and to whoever got it.

    False = nobody elsewhere is told.
    """
    question = posts.find_post_by_id(tx, post_id)
    if question is None or question.deleted_at is not None:
        return False
    author = creates.find_author(tx, question)
    if author.gone_at is not None or author.standing == "suspended":
        return False
    tx.execute(sa.update(polls).where(polls.c.post_id == post_id).values(told_at=now))
    note(tx, Change("edited", question.id, question.actor_id, question.id))
    if question.log_id is None:
        return False
    named = wire.find_named(tx, question)
    iri = Iri(f"{author.iri}/activities/{question.id}-counts-{now}")
    document = rendering.update(iri, wire.note(tx, question, author, named), published=now)
    voters = [each.id for each in find_actors(tx, votes.voters_of(tx, post_id)).values() if not each.local]
    recipients = tuple(dict.fromkeys((*wire.list_recipients(named), *voters)))
    entry = to_entry(tx, author, question, Said(iri, "Update", rendering.render(document), recipients))
    append(tx, replace(entry, public=False), now)
    return True


def tell_end(tx: sa.Connection, post_id: int, now: Millis) -> bool:
    """Tell local voters and a local author that a poll is over, once. False = they were told, or it is not over."""
    poll, question = options.find(tx, post_id), posts.find_post_by_id(tx, post_id)
    if poll is None or question is None or not poll.is_over(now):
        return False
    ended = (
        sa.update(polls).where(polls.c.post_id == post_id, sa.not_(polls.c.told_end)).values(told_end=True)
    )
    if not tx.execute(ended).rowcount:
        return False
    author = creates.find_author(tx, question)
    for reader_id in votes.voters_of(tx, post_id):
        ring(tx, reader_id, Event("poll", author, question), now)
    if author.local:
        ring(tx, author.id, Event("poll", author, question), now)
        tell_counts(tx, post_id, now)
    return True
