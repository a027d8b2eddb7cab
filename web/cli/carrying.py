"""Commands by which an area with a host name of its own changes nodes: out, back, for good, and in."""

from pathlib import Path

import sqlalchemy as sa

from actors.origins import set_leaving
from areas.records import AreaRecord
from federation.errors import Refused
from web.carrying.importing import bring_in
from web.carrying.making import export, find_own_origin
from web.carrying.parting import count_owed, part
from web.cli.handles import find_named_area
from web.cli.reports import Report
from web.node import Node
from web.progress import Tell, say_nothing

SHOWN = ("actors", "posts", "placements", "follows", "subscriptions", "outbox_log", "media")
"""Counts that people compare."""


async def export_area(node: Node, *, name: str, file: str, tell: Tell = say_nothing) -> Report:
    """Write an area with its host name to a file; from then on the host hears and says nothing here."""
    area = await node.database.read(find_named_area, name)
    parcel = await export(node, area, Path(file), tell)
    lines = (
        f"{parcel.host} with {', '.join(parcel.areas)} is in {file}",
        *_count(parcel.counts),
        "the file has private keys: whoever has it is this area; keep it as safe as the secret",
        f"{parcel.host} takes nothing new from now; next: kairanban import-area on the new node, then the DNS",
        f"kairanban area return {area.username} takes it back",
    )
    return Report(lines, {"file": file, "host": parcel.host, "areas": parcel.areas, "counts": parcel.counts})


async def import_area(node: Node, *, file: str, tell: Tell = say_nothing) -> Report:
    """Serve an exported area on this node."""
    found = await bring_in(node, Path(file), tell)
    parcel = found.parcel
    lines = (
        f"{parcel.host} is served here now, with {', '.join(parcel.areas)}",
        *_count(parcel.counts),
        f"pictures: {found.pictures}; posts from here that were waiting for it: {found.heard}",
        f"next: let the DNS of {parcel.host} name this node; then, on the old node, kairanban area leave",
    )
    data = {
        "host": parcel.host,
        "areas": parcel.areas,
        "counts": parcel.counts,
        "stored": found.stored,
        "pictures": found.pictures,
        "heard": found.heard,
    }
    return Report(lines, data)


def _count(counts: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{name}: {counts[name]}" for name in SHOWN)


async def take_back(node: Node, area: AreaRecord) -> Report | None:
    """Let a host that was exported go on here; None = it was not."""
    origin = await node.database.read(_find_leaving, area)
    if origin is None:
        return None
    await node.database.write(set_leaving, origin, None)
    await node.refresh()
    node.nudge()
    line = f"{area.host} goes on here; the exported file is of no use any more, and must not be imported"
    return Report((line,), {"handle": area.handle.lstrip("@"), "moved_to": None})


def _find_leaving(tx: sa.Connection, area: AreaRecord) -> int | None:
    try:
        origin = find_own_origin(tx, area)
    except Refused:
        return None
    return None if origin.leaving_at is None else origin.id


async def area_leave(node: Node, *, name: str, anyway: bool = False) -> Report:
    """End an exported area on this node for good."""
    area = await node.database.read(find_named_area, name)

    def leave(tx: sa.Connection) -> tuple[int, str]:
        origin = find_own_origin(tx, area)
        if origin.leaving_at is None:
            raise Refused(f"{origin.host} was not exported: kairanban export-area first")
        owed = count_owed(tx, origin)
        if owed and not anyway:
            raise Refused(
                f"{owed} entries of {origin.host} are still to be delivered from here; wait (kairanban delivery "
                "status), or say --anyway and they are dropped"
            )
        return part(tx, origin, node.clock()), origin.host

    count, host = await node.database.write(leave)
    await node.refresh()
    line = f"{host} has left: {count} actors live elsewhere now, and their keys are gone from here"
    return Report((line,), {"host": host, "actors": count})
