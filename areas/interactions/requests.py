"""Answers to those who want to follow a local actor: yes and no, at once or by hand, and the end of a follow."""

from secrets import token_hex

import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor_by_id
from actors.jobs import schedule
from actors.records import ActorRecord, FollowRecord
from actors.servers import find_dialect
from actors.tables import follows as follow_table
from areas.notifications import Event, forget_about, ring
from federation import rendering
from federation.errors import NotFound
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry
from outbox.subscriptions import subscribe, unsubscribe

LET_IN = "let-in"
"""The job that accepts whoever waits to follow an actor; the key is its id."""
LET_IN_AT_ONCE = 25
"""In one transaction: each is an entry of the log, and others wait."""


def welcome(
    tx: sa.Connection, target: ActorRecord, follower: ActorRecord, follow_iri: Iri, now: Millis
) -> None:
    """Let a follower hear what `target` says, and tell its server before anything else is sent there."""
    if follower.server_id is None:
        return
    dialect = find_dialect(tx, follower.server_id)
    subscribe(tx, subscriber=follower, target_id=target.id, dialect=dialect, now=now)
    answer(tx, target, follower, follow_iri, "Accept", now)


def answer(
    tx: sa.Connection, target: ActorRecord, follower: ActorRecord, follow_iri: Iri, kind: str, now: Millis
) -> None:
    """Say yes (`Accept`) or no (`Reject`) to a remote follower; the Follow is embedded: PieFed reads nothing else."""
    # By chance: the same Follow may be answered again, since Misskey's has one id for all times.
    iri = Iri(f"{target.iri}/activities/{kind.lower()}-{token_hex(8)}")
    build = rendering.accept if kind == "Accept" else rendering.reject
    entry = Entry(
        iri=iri,
        actor_id=target.id,
        type=kind,
        body=build(iri, actor=target.iri, follow=follow_iri, follower=follower.iri),
        thread=f"follow:{follower.id}:{target.id}",
        recipients=(follower.id,),
        object_iri=follow_iri,
        barrier=True,
        public=False,
    )
    append(tx, entry, now)


def announce(tx: sa.Connection, target: ActorRecord, follower: ActorRecord, state: str, now: Millis) -> None:
    """Tell a local actor that somebody follows, or asks to."""
    ring(tx, target.id, Event("follow" if state == "accepted" else "follow_request", follower), now)


def accept_request(tx: sa.Connection, target: ActorRecord, follower: ActorRecord, now: Millis) -> None:
    """Let in who asked to follow. Raises `NotFound` where nobody waits."""
    waiting = _require(tx, target, follower)
    follows.accept(tx, iri=waiting.iri, follower_id=follower.id, target_id=target.id, now=now)
    welcome(tx, target, follower, waiting.iri, now)
    forget_about(tx, target.id, "follow_request", follower.id, None)
    ring(tx, target.id, Event("follow", follower), now)


def reject_request(tx: sa.Connection, target: ActorRecord, follower: ActorRecord, now: Millis) -> None:
    """Turn away who asked to follow; asking again is possible. Raises `NotFound` where nobody waits."""
    waiting = _require(tx, target, follower)
    follows.remove(tx, follower_id=follower.id, target_id=target.id)
    forget_about(tx, target.id, "follow_request", follower.id, None)
    if not follower.local:
        answer(tx, target, follower, waiting.iri, "Reject", now)


def plan_letting_in(tx: sa.Connection, target_id: int, now: Millis) -> None:
    """Let in whoever waits, soon: the actor asks no more."""
    schedule(tx, LET_IN, str(target_id), {}, now, now)


def let_in(tx: sa.Connection, target_id: int, now: Millis) -> bool:
    """Let in a batch of those who wait, unless the actor asks again by now. True = there may be more."""
    target = find_actor_by_id(tx, target_id)
    if target is None or target.gone_at is not None or target.locked:
        return False
    query = sa.select(follow_table.c.follower_id).where(
        follow_table.c.target_id == target_id, follow_table.c.state == "pending"
    )
    waiting = list(tx.execute(query.order_by(follow_table.c.id).limit(LET_IN_AT_ONCE)).scalars())
    for follower_id in waiting:
        follower = find_actor_by_id(tx, follower_id)
        assert follower is not None  # a foreign key holds it
        accept_request(tx, target, follower, now)
    return len(waiting) == LET_IN_AT_ONCE


def _require(tx: sa.Connection, target: ActorRecord, follower: ActorRecord) -> FollowRecord:
    waiting = follows.find_follow(tx, (follower.id, target.id))
    if waiting is None or waiting.state != "pending":
        raise NotFound(f"{follower.handle} has not asked to follow")
    return waiting


def remove_follower(tx: sa.Connection, target: ActorRecord, follower: ActorRecord, now: Millis) -> bool:
    """End somebody's follow of `target`. False = there was none."""
    ended = follows.remove(tx, follower_id=follower.id, target_id=target.id)
    if ended is None:
        return False
    if not follower.local:
        unsubscribe(tx, follower.id, target.id)
        answer(tx, target, follower, ended.iri, "Reject", now)
    return True
