"""Commands about what an area decides: its own face, posts, threads, pins, and whom it shuts out."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import decisions, elsewhere, moderation, placements, registry
from areas.moderation.presenting import touch
from areas.records import AreaPolicy, AreaRecord, PlacementRecord, PostRecord
from areas.selections import SHOWN_OR_WAITING, Selection
from federation.errors import NotFound
from federation.vocabulary import Millis
from web.cli.clearing import clear_all
from web.cli.handles import find_anyone, find_named_area, find_named_post
from web.cli.reports import Report
from web.node import Node
from web.profiles import change, tell_change

Act = Callable[[sa.Connection, AreaRecord, PostRecord], Any]


async def area_edit(
    node: Node,
    *,
    name: str,
    title: str | None = None,
    summary: str | None = None,
    policy: AreaPolicy | None = None,
) -> Report:
    """Change what an area says of itself, and tell of it."""
    edit, now = moderation.AreaEdit(title, summary, policy), node.clock()

    def write(tx: sa.Connection) -> AreaRecord:
        area = find_named_area(tx, name)
        change(tx, area.actor_id, lambda same: moderation.present(same, area, edit, now), now)
        return find_named_area(tx, name)

    area = await node.database.write(write)
    await node.refresh()
    node.worker.nudge()
    data = {"handle": area.handle, "title": area.name, "policy": area.policy}
    return Report((f"{area.handle} · {area.name} · {area.policy}",), data)


async def area_remove(node: Node, *, name: str, post: str, reason: str = "") -> Report:
    """Take a post out of an area."""
    now = node.clock()
    return await _decide(
        node,
        name,
        post,
        "removed",
        lambda tx, each: decisions.remove(tx, each, by=None, reason=reason, now=now),
    )


async def area_restore(node: Node, *, name: str, post: str, reason: str = "") -> Report:
    """Bring a removed post back."""
    now = node.clock()
    return await _decide(
        node,
        name,
        post,
        "restored",
        lambda tx, each: decisions.restore(tx, each, by=None, reason=reason, now=now),
    )


async def _decide(
    node: Node, name: str, post: str, state: str, act: Callable[[sa.Connection, int], PlacementRecord]
) -> Report:
    def decide(tx: sa.Connection, area: AreaRecord, record: PostRecord) -> None:
        placement = placements.find_placement(tx, area.actor_id, record.id)
        if placement is None:
            raise NotFound(f"{record.iri} was never posted to {area.handle}")
        act(tx, placement.id)

    return await _do(node, name, post, state, decide)


async def area_lock(node: Node, *, name: str, post: str, reason: str = "") -> Report:
    """Take no more replies to a thread."""
    now = node.clock()
    return await _do(
        node,
        name,
        post,
        "locked",
        lambda tx, area, root: moderation.lock(tx, area, root, reason=reason, now=now),
    )


async def area_unlock(node: Node, *, name: str, post: str) -> Report:
    """Take replies again."""
    now = node.clock()
    return await _do(
        node, name, post, "unlocked", lambda tx, area, root: moderation.unlock(tx, area, root, now=now)
    )


async def area_pin(node: Node, *, name: str, post: str) -> Report:
    """Show a post first."""
    return await _pin(node, name, post, "pinned", moderation.pin)


async def area_unpin(node: Node, *, name: str, post: str) -> Report:
    """Show it first no longer."""
    return await _pin(node, name, post, "unpinned", moderation.unpin)


async def _pin(
    node: Node,
    name: str,
    post: str,
    state: str,
    act: Callable[[sa.Connection, AreaRecord, PostRecord, Millis], None],
) -> Report:
    """GoToSocial reads again what is pinned only when the document of the group is a newer one."""
    now = node.clock()

    def write(tx: sa.Connection, area: AreaRecord, record: PostRecord) -> None:
        act(tx, area, record, now)
        tell_change(tx, touch(tx, area, now), now)

    return await _do(node, name, post, state, write)


async def _do(node: Node, name: str, post: str, state: str, act: Act) -> Report:
    """Act on a post of an area, in one transaction."""

    def write(tx: sa.Connection) -> tuple[AreaRecord, PostRecord]:
        area, record = find_named_area(tx, name), find_named_post(tx, post)
        act(tx, area, record)
        return area, record

    area, record = await node.database.write(write)
    node.worker.nudge()
    data = {"id": str(record.id), "iri": record.iri, "area": area.handle, "state": state}
    return Report((f"{area.handle}: {record.iri} · {state}",), data)


async def area_ban(
    node: Node,
    *,
    name: str,
    who: str,
    reason: str = "",
    until: Millis | None = None,
    remove_posts: bool = False,
) -> Report:
    """Shut somebody out of an area; her posts are taken out one by one, since nobody else can be trusted to."""
    now = node.clock()

    def write(tx: sa.Connection) -> tuple[AreaRecord, ActorRecord]:
        area, target = find_named_area(tx, name), find_anyone(tx, who)
        moderation.ban(tx, area, target, reason=reason, until=until, now=now)
        return area, target

    area, target = await node.database.write(write)
    removed = 0
    if remove_posts:
        which = Selection(SHOWN_OR_WAITING, author_id=target.id, area_id=area.actor_id)
        removed, _ = await clear_all(node, which, reason)
    node.worker.nudge()
    data = {"area": area.handle, "handle": target.handle, "until": until, "posts": removed}
    return Report((f"@{target.handle} is banned from {area.handle}; posts taken out: {removed}",), data)


async def area_unban(node: Node, *, name: str, who: str) -> Report:
    """Let somebody in again."""
    now = node.clock()

    def write(tx: sa.Connection) -> tuple[AreaRecord, ActorRecord]:
        area, target = find_named_area(tx, name), find_anyone(tx, who)
        moderation.lift_ban(tx, area, target, now)
        return area, target

    area, target = await node.database.write(write)
    node.worker.nudge()
    data = {"area": area.handle, "handle": target.handle}
    return Report((f"@{target.handle} is not banned from {area.handle} any more",), data)


async def post_show(node: Node, *, post: str) -> Report:
    """Where a post stands, in areas here and in groups elsewhere."""
    data = await node.database.read(_show, post)
    lines = [f"{each['in']}: {each['state']} ({each['rule']})" for each in data["places"]]
    return Report((data["iri"], *(lines or ["in no area and no group"])), data)


def _show(tx: sa.Connection, name: str) -> dict[str, Any]:
    record = find_named_post(tx, name)
    places = []
    for each in placements.placements_of(tx, record.id):
        area = registry.find_area(tx, each.area_id)
        assert area is not None  # a foreign key holds it
        places.append({"in": area.handle, "state": each.state, "rule": each.rule})
    sent = [
        {"in": each.handle, "state": each.state, "rule": "the group's own word"}
        for each in elsewhere.list_submitted(tx, record.id)
    ]
    return {"id": str(record.id), "iri": record.iri, "places": [*places, *sent]}
