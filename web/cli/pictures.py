"""Commands about pictures: how an actor looks, and what is kept from sight."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.media import endings, portraits
from areas.media.records import Details, MediaRecord, Purpose
from areas.media.tables import media
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis
from web.cli.handles import find_named_actor
from web.cli.reports import Report
from web.node import Node
from web.profiles import tell_change

_NAME = re.compile(r"(?:.*/media/)?([0-9a-f]{32})(?:\.[a-z]+)?")


async def take_files(
    node: Node, actor: ActorRecord, photos: Sequence[str], alts: Sequence[str]
) -> tuple[int, ...]:
    """Take pictures from files of this machine, for a post by `actor`; `alts` describe the first ones."""
    descriptions = [*alts, *[None] * len(photos)]
    taken = [
        await take_file(node, actor, photo, "attachment", Details(alt))
        for photo, alt in zip(photos, descriptions, strict=False)
    ]
    return tuple(each.id for each in taken)


async def take_file(
    node: Node, actor: ActorRecord, path: str, purpose: Purpose, details: Details
) -> MediaRecord:
    """Take one picture from a file of this machine. Raises `Refused`."""
    try:
        file = Path(path).open("rb")  # noqa: ASYNC230, SIM115 - the operator's own file, closed below
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    with file:
        return await node.library.take(file, actor.id, purpose, details)


async def actor_picture(
    node: Node, *, name: str, avatar: str | None = None, header: str | None = None
) -> Report:
    """Let a local actor have another face, or another picture at the head of its page; "" takes it away."""
    actor = await node.database.read(find_named_actor, name)
    wanted: tuple[tuple[Purpose, str | None], ...] = (("avatar", avatar), ("header", header))
    for purpose, path in wanted:
        if path is not None:
            actor = await _show(node, actor, purpose, path)
    node.worker.nudge()
    data = {"iri": actor.iri, "avatar": actor.icon, "header": actor.image}
    return Report((f"{actor.iri} · avatar {actor.icon} · header {actor.image}",), data)


async def _show(node: Node, actor: ActorRecord, purpose: Purpose, path: str) -> ActorRecord:
    taken = await take_file(node, actor, path, purpose, Details()) if path else None
    now = node.clock()

    def change(tx: sa.Connection) -> ActorRecord:
        changed = portraits.show(tx, taken.id, now) if taken else portraits.hide(tx, actor.id, purpose, now)
        tell_change(tx, changed, now)
        return changed

    return await node.database.write(change)


async def media_quarantine(node: Node, *, address: str, reason: str) -> Report:
    """Keep a picture from everybody's sight until it is released or removed."""
    return await _decide(node, address, lambda tx, found, _now: endings.quarantine(tx, found, reason))


async def media_release(node: Node, *, address: str) -> Report:
    """Show a picture again."""
    return await _decide(node, address, endings.release)


async def media_remove(node: Node, *, address: str) -> Report:
    """Remove a quarantined picture for good."""
    return await _decide(node, address, endings.remove)


async def _decide(
    node: Node, address: str, act: Callable[[sa.Connection, int, Millis], MediaRecord]
) -> Report:
    def decide(tx: sa.Connection) -> dict[str, Any]:
        record = act(tx, _find(tx, address), node.clock())
        return {"id": str(record.id), "state": record.state, "reason": record.reason}

    data = await node.database.write(decide)
    node.nudge()
    return Report((f"picture {data['id']} · {data['state']}",), data)


def _find(tx: sa.Connection, address: str) -> int:
    """The picture behind an address, a name or an id."""
    match = _NAME.fullmatch(address)
    if match is not None:
        named = sa.or_(media.c.name == match[1], media.c.preview_name == match[1])
    elif address.isascii() and address.isdigit() and len(address) < 19:  # noqa: PLR2004 - 63 bits
        named = media.c.id == int(address)
    else:
        raise Refused(f"{address!r} is no address of a picture here")
    found = tx.execute(sa.select(media.c.id).where(named)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no picture {address}")
    return int(found)
