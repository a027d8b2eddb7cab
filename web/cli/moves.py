"""Commands by which residents and areas move: other names, a move, and its end."""

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from federation.errors import Refused
from federation.vocabulary import Iri
from web import moving
from web.cli import carrying
from web.cli.handles import find_named_actor, find_named_area
from web.cli.reports import Report
from web.node import Node


async def account_alias(
    node: Node, *, name: str, add: str | None = None, remove: str | None = None
) -> Report:
    """Let a local actor be known as another too, or no more; list what it is known as."""
    actor = await node.database.read(_find_person, name)
    return await _change_aliases(node, actor, add, remove)


async def account_move(node: Node, *, name: str, to: str) -> Report:
    """Move a local actor to another server."""
    return await _move(node, await node.database.read(_find_person, name), to)


async def account_return(node: Node, *, name: str) -> Report:
    """Take the move of a local actor back."""
    return await _return(node, await node.database.read(_find_person, name))


async def area_alias(node: Node, *, name: str, add: str | None = None, remove: str | None = None) -> Report:
    """Let an area be known as another too, or no more; list what it is known as."""
    return await _change_aliases(node, await node.database.read(_find_group, name), add, remove)


async def area_move(node: Node, *, name: str, to: str) -> Report:
    """Move an area to another node, where it exists and names this one."""
    return await _move(node, await node.database.read(_find_group, name), to)


async def area_return(node: Node, *, name: str) -> Report:
    """Take the move of an area back, or its export."""
    taken_back = await carrying.take_back(node, await node.database.read(find_named_area, name))
    return taken_back or await _return(node, await node.database.read(_find_group, name))


def _find_person(tx: sa.Connection, name: str) -> ActorRecord:
    actor = find_named_actor(tx, name)
    if actor.type == "Group":
        raise Refused(f"@{actor.handle} is an area: say `kairanban area …`")
    return actor


def _find_group(tx: sa.Connection, name: str) -> ActorRecord:
    group = find_actor_by_id(tx, find_named_area(tx, name).actor_id)
    assert group is not None  # a foreign key holds it
    return group


async def _change_aliases(node: Node, actor: ActorRecord, add: str | None, remove: str | None) -> Report:
    now = node.clock()
    if add is not None:
        other = await moving.find_place(node, add)
        actor = await node.database.write(moving.add_alias, actor.id, other, now)
    if remove is not None:
        iri = await _find_alias(node, actor, remove)
        actor = await node.database.write(moving.drop_alias, actor.id, iri, now)
    _tell(node)
    lines = actor.also_known_as or (f"@{actor.handle} has no other names",)
    return Report(tuple(lines), {"handle": actor.handle, "also_known_as": list(actor.also_known_as)})


async def _find_alias(node: Node, actor: ActorRecord, typed: str) -> Iri:
    """An address as it is listed, also where nobody answers there any more."""
    listed = next((each for each in actor.also_known_as if each == typed.strip()), None)
    return listed or (await moving.find_place(node, typed)).iri


async def _move(node: Node, actor: ActorRecord, to: str) -> Report:
    place = await moving.find_place(node, to)
    moved = await node.database.write(moving.move, actor.id, place, node.clock())
    _tell(node)
    line = f"@{moved.handle} has moved to @{place.handle}; followers are told"
    return Report((line,), {"handle": moved.handle, "moved_to": place.iri})


async def _return(node: Node, actor: ActorRecord) -> Report:
    back = await node.database.write(moving.come_back, actor.id, node.clock())
    _tell(node)
    line = f"@{back.handle} is here again; who has followed it away stays there"
    return Report((line,), {"handle": back.handle, "moved_to": None})


def _tell(node: Node) -> None:
    node.directory.forget()
    node.nudge()
