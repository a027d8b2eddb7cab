"""The host names that this node serves; every local actor keeps the one it was born with."""

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import OriginRecord
from actors.statements import insert_into
from actors.tables import actors, origins
from federation import iris
from federation.errors import MalformedDocument, Overloaded, Refused
from federation.vocabulary import Millis


def add_origin(tx: sa.Connection, origin: str, *, primary: bool, now: Millis) -> OriginRecord:
    """Serve `origin` (`scheme://host[:port]`) from now on; one that is served already stays as it is.

    `primary` makes it the one origin of sessions, the client API and mail links. Raises `Refused` when
    `origin` is no origin or its host is served with another scheme.
    """
    where = _parse(origin)
    if primary:
        tx.execute(sa.update(origins).where(origins.c.is_primary).values(is_primary=False))
    values = {"origin": where, "host": iris.host(where), "is_primary": primary, "created_at": now}
    tx.execute(insert_into(tx, origins).values(values).on_conflict_do_nothing())
    if primary:
        tx.execute(sa.update(origins).where(origins.c.origin == where).values(is_primary=True))
    found = find_origin_by_host(tx, iris.host(where))
    if found is None or found.origin != where:
        raise Refused(f"the host of {where} is served as another origin")
    return found


def find_origins(tx: sa.Connection) -> tuple[OriginRecord, ...]:
    """Return all origins, the primary one first."""
    query = sa.select(origins).order_by(origins.c.is_primary.desc(), origins.c.id)
    return tuple(OriginRecord(**row._mapping) for row in tx.execute(query))  # noqa: SLF001


def find_origin_by_host(tx: sa.Connection, host: str) -> OriginRecord | None:
    """Return the origin with this `host[:port]`, in canonical form."""
    row = tx.execute(sa.select(origins).where(origins.c.host == host)).one_or_none()
    return None if row is None else OriginRecord(**row._mapping)  # noqa: SLF001


def is_served(tx: sa.Connection, iri: str) -> bool:
    """Whether `iri` lies on one of our origins."""
    query = sa.select(origins.c.id).where(origins.c.origin == iris.origin(iri))
    return tx.execute(query).one_or_none() is not None


_LEAVING = Prepared(
    sa.select(origins.c.host).where(
        origins.c.origin == sa.bindparam("origin"), origins.c.leaving_at.is_not(None)
    )
)
_LEAVING_ACTOR = Prepared(
    sa.select(origins.c.host)
    .join_from(origins, actors, actors.c.origin_id == origins.c.id)
    .where(actors.c.id == sa.bindparam("actor"), origins.c.leaving_at.is_not(None))
)
LEAVING_SECONDS = 600
"""After which others try again; their own patience is longer: hours at first, then days."""


def require_staying(tx: sa.Connection, origin: str) -> None:
    """Raise `Overloaded` for an origin that was exported: what comes now is for the node that serves it next."""
    _refuse_leaving(_LEAVING.first(tx, origin=origin))


def require_staying_actor(tx: sa.Connection, actor_id: int) -> None:
    """Raise `Overloaded` for an actor whose origin was exported: what it says now would stay behind."""
    _refuse_leaving(_LEAVING_ACTOR.first(tx, actor=actor_id))


def _refuse_leaving(row: "tuple[str] | None") -> None:
    if row is not None:
        raise Overloaded(f"{row[0]} is moving to another node", retry_after=LEAVING_SECONDS)


def set_leaving(tx: sa.Connection, origin_id: int, at: Millis | None) -> None:
    """Let an origin say and hear nothing any more, or (None) again."""
    tx.execute(sa.update(origins).where(origins.c.id == origin_id).values(leaving_at=at))


def _parse(origin: str) -> str:
    try:
        where = iris.origin(iris.identify(origin))
    except MalformedDocument as error:
        raise Refused(f"{origin!r} is not an origin: {error}") from error
    if iris.canonical(origin).removesuffix("/") != where:
        raise Refused(f"{origin!r} has more than scheme, host and port")
    return where
