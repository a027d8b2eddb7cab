"""`Block` of a local actor: the two no longer follow each other. Of a server, by a peer, it is a warning."""

import sqlalchemy as sa

from actors import follows, standing
from actors.directory import find_actor
from areas.interactions.follows import let_go
from areas.zones import signals
from federation.vocabulary import Block
from inbox.checks import ALLOWED, Allowed, Ignored, Stored, Verdict, judge_state
from inbox.heard import Heard
from outbox.subscriptions import unsubscribe


def handle(tx: sa.Connection, heard: Heard[Block]) -> Verdict:
    """Record the block and end the follows, both ways."""
    block, blocker = heard.activity, heard.actor
    if blocker.type == "Group" and signals.find_host(block.object) is not None:
        objection = signals.hear(tx, blocker, block, heard.now)
        return ALLOWED if objection is None else Ignored(objection)
    target = find_actor(tx, block.object)
    stored = Stored(is_local=target is not None and target.local)
    verdict = judge_state(blocker.iri, block, stored)
    if not isinstance(verdict, Allowed) or target is None:
        return verdict
    standing.block_actor(tx, iri=block.id, actor_id=blocker.id, target_id=target.id, now=heard.now)
    follows.remove(tx, follower_id=blocker.id, target_id=target.id)
    follows.remove(tx, follower_id=target.id, target_id=blocker.id)
    let_go(tx, follower_id=target.id, target_id=blocker.id)
    unsubscribe(tx, blocker.id, target.id)
    return verdict
