"""Actors as apps look for them: by ids, by handle, by the beginning of a name."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from actors.directory import find_by_handle
from actors.records import ActorRecord, to_actor
from actors.tables import actors, follows
from federation import iris
from federation.errors import MalformedDocument, NotFound

IS_SHOWN: Final = sa.and_(actors.c.gone_at.is_(None), actors.c.standing != "suspended")
"""Whom anyone may look at."""
_ESCAPE: Final = "\\"


def require_actor(tx: sa.Connection, actor_id: int) -> ActorRecord:
    """Return an actor that may be looked at. Raises `NotFound`."""
    found = list_actors(tx, (actor_id,))
    if not found:
        raise NotFound(f"there is no actor {actor_id}")
    return found[0]


def list_actors(tx: sa.Connection, actor_ids: Iterable[int]) -> list[ActorRecord]:
    """Return those of these actors that may be looked at, in the order asked for."""
    order = {actor_id: place for place, actor_id in enumerate(dict.fromkeys(actor_ids))}
    query = sa.select(actors).where(actors.c.id.in_(order), IS_SHOWN)
    found = [to_actor(row) for row in tx.execute(query)] if order else []
    return sorted(found, key=lambda actor: order[actor.id])


def find_destinations(tx: sa.Connection, moved: Iterable[ActorRecord]) -> dict[int, ActorRecord]:
    """Return where those of these actors are now who have moved to somebody known here, by their ids."""
    wanted = {actor.id: actor.moved_to for actor in moved if actor.moved_to is not None}
    query = sa.select(actors).where(actors.c.iri.in_(set(wanted.values())), IS_SHOWN)
    known = {actor.iri: actor for actor in map(to_actor, tx.execute(query))} if wanted else {}
    return {actor_id: known[iri] for actor_id, iri in wanted.items() if iri in known}


def parse_handle(text: str, home: str) -> tuple[str, str] | None:
    """Read `name`, `@name`, `name@host` or `acct:name@host`; without a host it is one of `home`. None = no handle."""
    name, at, host = text.strip().removeprefix("acct:").removeprefix("@").partition("@")
    if not name or "@" in host or any(sign in name for sign in " /:?#"):
        return None
    if not at:
        return name, home
    try:
        return name, iris.host(f"https://{host}")
    except MalformedDocument:
        return None


def look_up(tx: sa.Connection, handle: str, home: str) -> ActorRecord:
    """Return a known actor by handle. Raises `NotFound`."""
    parsed = parse_handle(handle, home)
    found = None if parsed is None else find_by_handle(tx, *parsed)
    if found is None or found.gone_at is not None or found.standing == "suspended":
        raise NotFound("nobody is known by this handle")
    return found


def search_actors(
    tx: sa.Connection, text: str, home: str, *, limit: int, offset: int = 0, follower_id: int | None = None
) -> list[ActorRecord]:
    """Return known actors whose handle begins with `text`, or whose name has it in it; areas of ours first.

    `follower_id`: only whom that actor follows. A whole handle finds exactly that one.
    """
    name, _, host = text.strip().removeprefix("@").partition("@")
    if not name:
        return []
    begins = sa.func.lower(actors.c.username).like(_escape(name.lower()) + "%", escape=_ESCAPE)
    if host:
        is_meant = sa.and_(begins, actors.c.host.like(_escape(host.lower()) + "%", escape=_ESCAPE))
    else:
        contains = sa.func.lower(actors.c.name).like(f"%{_escape(name.lower())}%", escape=_ESCAPE)
        is_meant = sa.or_(begins, contains)
    query = sa.select(actors).where(is_meant, IS_SHOWN, actors.c.type != "Application")
    if follower_id is not None:
        mine = sa.and_(follows.c.follower_id == follower_id, follows.c.state == "accepted")
        query = query.join(follows, follows.c.target_id == actors.c.id).where(mine)
    is_here = actors.c.origin_id.is_not(None)
    query = query.order_by(
        sa.not_(sa.and_(is_here, actors.c.kind == "area")).nulls_last(),
        sa.func.lower(actors.c.username) != name.lower(),
        sa.not_(is_here),
        actors.c.host != home,
        actors.c.id,
    )
    return [to_actor(row) for row in tx.execute(query.limit(limit).offset(offset))]


def list_directory(
    tx: sa.Connection, *, limit: int, offset: int, by_age: bool, only_local: bool
) -> list[ActorRecord]:
    """Return actors that agree to be found, the last heard of or the newest first."""
    query = sa.select(actors).where(IS_SHOWN, actors.c.discoverable, actors.c.type != "Application")
    if only_local:
        query = query.where(actors.c.origin_id.is_not(None))
    order = actors.c.id if by_age else actors.c.updated_at
    query = query.order_by(order.desc(), actors.c.id.desc()).limit(limit).offset(offset)
    return [to_actor(row) for row in tx.execute(query)]


def _escape(text: str) -> str:
    return "".join(_ESCAPE + sign if sign in "%_\\" else sign for sign in text)
