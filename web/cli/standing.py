"""Commands about who is heard: opening, limiting, suspending actors, ours and those of others."""

from dataclasses import replace
from typing import Final, get_args

import sqlalchemy as sa

from actors.records import ActorKind, ActorRecord, Standing
from areas.clearing import REMOVED, SUSPENDED, change_standing
from areas.selections import Selection
from federation.errors import Refused
from web.cli.clearing import clear_all, restore_all
from web.cli.handles import find_anyone
from web.cli.reports import Report
from web.node import Node

PARTS: Final[frozenset[ActorKind]] = frozenset({"node", "area"})
"""An area is closed by its policy."""


async def actor_standing(node: Node, *, name: str, standing: Standing, reason: str = "") -> Report:
    """Say whether somebody is heard. Who is suspended is signed out everywhere, at once and for good.

    What stands in areas of a suspended one is taken out, and comes back when she is not suspended any more.
    """
    if standing not in get_args(Standing):
        raise Refused(f"standing {standing!r} is none of {', '.join(get_args(Standing))}")
    if standing != "open" and not reason.strip():
        raise Refused("say why: a reason is kept with what is decided about somebody")

    def change(tx: sa.Connection) -> ActorRecord:
        actor = find_anyone(tx, name)
        if actor.kind in PARTS:
            raise Refused(f"{name} is a part of this node")
        return change_standing(tx, actor.id, standing, reason=reason.strip(), now=node.clock())

    actor = await node.database.write(change)
    node.directory.forget()
    which = Selection(author_id=actor.id)
    if standing == "suspended":
        posts, _ = await clear_all(node, which, actor.standing_reason, rule=SUSPENDED)
    else:
        posts = await restore_all(node, replace(which, states=REMOVED, rule=SUSPENDED))
    data = {
        "handle": actor.handle,
        "standing": actor.standing,
        "reason": actor.standing_reason,
        "posts": posts,
    }
    verb = "out of" if standing == "suspended" else "back in"
    return Report(
        (f"@{actor.handle} is {actor.standing}", *([f"posts {verb} areas: {posts}"] if posts else ())), data
    )
