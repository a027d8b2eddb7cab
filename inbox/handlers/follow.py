"""`Follow` of a local actor: accepted at once, since nothing here is for followers only."""

from secrets import token_hex

import sqlalchemy as sa

from actors import follows, standing
from actors.directory import find_actor
from actors.records import ActorRecord, Dialect
from actors.servers import effective_dialect, find_server_by_id
from areas.bans import is_banned
from federation import rendering
from federation.vocabulary import Follow, Iri, Millis
from inbox.checks import Allowed, Ignored, Stored, Verdict, judge_state
from inbox.heard import Heard
from outbox.publish import append
from outbox.records import Entry
from outbox.subscriptions import subscribe


def handle(tx: sa.Connection, heard: Heard[Follow]) -> Verdict:
    """Record the follow, subscribe the follower, and say so before anything else is sent there."""
    follow, follower = heard.activity, heard.actor
    target = find_actor(tx, follow.object)
    if heard.addressed not in {None, follow.object}:
        return Ignored("the inbox is another's")
    verdict = judge_state(follower.iri, follow, Stored(is_followable=_is_followable(target)))
    if not isinstance(verdict, Allowed):
        return verdict
    assert target is not None  # or it would not be followable
    if _is_unwelcome(tx, follower, target, heard.now):
        return _reject(tx, heard, target)
    if follow.peering is not None and follower.type == target.type == "Group":
        return _keep_waiting(tx, heard, target)
    return _accept(tx, heard, target)


def _is_followable(target: ActorRecord | None) -> bool:
    """Every local actor but the node's own, which says nothing."""
    return (
        target is not None
        and target.local
        and target.kind != "node"
        and target.gone_at is None
        and target.standing != "suspended"
    )


def _is_unwelcome(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, now: Millis) -> bool:
    if standing.find_block(tx, actor_id=target.id, target_id=follower.id) is not None:
        return True
    return target.type == "Group" and is_banned(tx, area_id=target.id, actor_id=follower.id, now=now)


def _reject(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord) -> Verdict:
    _answer(tx, heard, target, "Reject")
    return Allowed("rejected")


def _keep_waiting(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord) -> Verdict:
    """An agreement between areas of a zone is the operator's to accept."""
    recorded = follows.record_follow(
        tx, iri=heard.activity.id, follower=heard.actor, target=target, state="pending", now=heard.now
    )
    return Ignored("the id of another Follow") if recorded is None else Allowed("waits for the operator")


def _accept(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord) -> Verdict:
    """A repeated Follow is answered again, with its own id: the first answer may have been lost."""
    recorded = follows.record_follow(
        tx, iri=heard.activity.id, follower=heard.actor, target=target, state="accepted", now=heard.now
    )
    if recorded is None:
        return Ignored("the id of another Follow")
    dialect = _find_dialect(tx, heard.actor)
    subscribe(tx, subscriber=heard.actor, target_id=target.id, dialect=dialect, now=heard.now)
    _answer(tx, heard, target, "Accept")
    return Allowed("accepted")


def _find_dialect(tx: sa.Connection, follower: ActorRecord) -> Dialect:
    server = None if follower.server_id is None else find_server_by_id(tx, follower.server_id)
    return "object" if server is None else effective_dialect(server)


def _answer(tx: sa.Connection, heard: Heard[Follow], target: ActorRecord, kind: str) -> None:
    """Embed the Follow: PieFed reads nothing else."""
    follow = heard.activity.id
    # By chance: the same Follow may be answered again, since Misskey's has one id for all times.
    iri = Iri(f"{target.iri}/activities/{kind.lower()}-{token_hex(8)}")
    build = rendering.accept if kind == "Accept" else rendering.reject
    entry = Entry(
        iri=iri,
        actor_id=target.id,
        type=kind,
        body=build(iri, actor=target.iri, follow=follow, follower=heard.actor.iri),
        thread=f"follow:{heard.actor.id}:{target.id}",
        recipients=(heard.actor.id,),
        object_iri=follow,
        barrier=True,
        public=False,
    )
    append(tx, entry, heard.now)
