"""The host names that this node serves; every local actor keeps the one it was born with."""

import sqlalchemy as sa

from actors.records import OriginRecord
from actors.statements import insert_into
from actors.tables import origins
from federation import iris
from federation.errors import MalformedDocument, Refused
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


def _parse(origin: str) -> str:
    try:
        where = iris.origin(iris.identify(origin))
    except MalformedDocument as error:
        raise Refused(f"{origin!r} is not an origin: {error}") from error
    if iris.canonical(origin).removesuffix("/") != where:
        raise Refused(f"{origin!r} has more than scheme, host and port")
    return where
