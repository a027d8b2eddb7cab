"""Commands against floods: everything of a server, or that a rule holds, is decided at once."""

import sqlalchemy as sa

from actors.standing import read_host
from areas import clearing, decisions
from areas.clearing import HELD
from areas.selections import Selection
from areas.zones import flow
from federation.errors import Refused
from federation.vocabulary import Millis
from web.cli.handles import find_named_area
from web.cli.reports import Report
from web.node import Node


async def server_clear(node: Node, *, host: str, reason: str = "") -> Report:
    """Take everything out of areas that a host and all below it have posted."""
    name = read_host(host)
    cleared, authors = await clear_all(node, Selection(host=name), reason)
    data = {"host": name, "posts": cleared, "authors": len(authors)}
    return Report((f"{name}: {cleared} posts by {len(authors)} authors are taken out",), data)


async def held_clear(
    node: Node,
    *,
    area: str | None = None,
    rule: str | None = None,
    host: str | None = None,
    reason: str = "",
    suspend: bool = False,
) -> Report:
    """Refuse at once, without a word to the authors, all that is held; and suspend authors nobody has taken from."""
    if area is rule is host is None:
        raise Refused("say which: --area, --rule (`held list` shows it) or --host")
    home = None if area is None else (await node.database.read(find_named_area, area)).actor_id
    which = Selection(HELD, area_id=home, rule=rule, host=None if host is None else read_host(host))
    cleared, authors = await clear_all(node, which, reason)
    suspended = 0
    for author_id in sorted(authors) if suspend else ():
        suspended += await node.database.write(
            _suspend_stranger, author_id, reason or f"held: {rule or host or area}", node.clock()
        )
    node.directory.forget()
    line = f"{cleared} posts by {len(authors)} authors are refused; suspended: {suspended}"
    return Report((line,), {"posts": cleared, "authors": len(authors), "suspended": suspended})


async def clear_all(
    node: Node, which: Selection, reason: str, *, rule: str | None = None
) -> tuple[int, set[int]]:
    """Clear what is selected, also what peers have brought; how many placements, and of whom."""
    if "accepted" in which.states and (which.author_id is not None or which.host is not None):
        await node.database.write(flow.drop, which, reason, node.clock())
    found = await _list(node, which)
    for placement_id, _ in found:
        await node.database.write(
            lambda tx, each=placement_id: clearing.clear(tx, each, reason=reason, now=node.clock(), rule=rule)
        )
    node.worker.nudge()
    return len(found), {author_id for _, author_id in found}


async def restore_all(node: Node, which: Selection) -> int:
    """Bring back what is selected, as far as its authors have not withdrawn it; how many came."""
    restored = [
        await node.database.write(_restore, each, node.clock()) for each, _ in await _list(node, which)
    ]
    node.worker.nudge()
    return sum(restored)


async def _list(node: Node, which: Selection) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while more := await node.database.read(clearing.find, which, found[-1][0] if found else 0):
        found += more
    return found


def _restore(tx: sa.Connection, placement_id: int, now: Millis) -> bool:
    """Whether a post could come back: its author may have withdrawn it since."""
    try:
        decisions.restore(tx, placement_id, by=None, now=now)
    except Refused:
        return False
    return True


def _suspend_stranger(tx: sa.Connection, author_id: int, reason: str, now: Millis) -> bool:
    if clearing.has_accepted(tx, author_id):
        return False
    clearing.change_standing(tx, author_id, "suspended", reason=reason, now=now)
    return True
