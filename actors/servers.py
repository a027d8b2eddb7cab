"""Other servers: which software, which dialect of `Announce` they understand, which signatures they take."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from actors.prepared import Prepared
from actors.records import Dialect, ServerRecord
from actors.statements import insert_into
from actors.tables import servers
from federation.signatures import Scheme
from federation.vocabulary import Millis

ACTIVITY_SOFTWARE: Final = frozenset(
    (
        *("discourse", "forte", "friendica", "hubzilla", "kairanban", "kbin", "lemmy", "lotide", "mbin"),
        *("nodebb", "piefed", "streams", "wordpress"),
    )
)
"""NodeInfo names of software that reads `Announce` of a whole activity (FEP-1b12)."""

MOST_PEERS: Final = 50_000
"""More servers than there are; 1 MB of names."""

GROUP_FEDERATION: Final = ("fep-1b12", "/1b12")
"""How `generator.implements` (FEP-844e) ends when it names FEP-1b12."""


def classify(software: str | None, implements: Iterable[str] = ()) -> Dialect:
    """Say which dialect a server understands, by what it implements, else by its software's name."""
    if any(feature.lower().rstrip("/").endswith(GROUP_FEDERATION) for feature in implements):
        return "activity"
    return "activity" if (software or "").lower() in ACTIVITY_SOFTWARE else "object"


def effective_dialect(server: ServerRecord) -> Dialect:
    """Return what the operator decided, else what was found, else the object dialect: it harms nobody."""
    return server.dialect_override or server.dialect or "object"


_DIALECT = Prepared(
    sa.select(sa.func.coalesce(servers.c.dialect_override, servers.c.dialect, "object")).where(
        servers.c.id == sa.bindparam("server")
    )
)


def find_dialect(tx: sa.Connection, server_id: int) -> Dialect:
    """Return the `effective_dialect` of a server, which a foreign key says is there."""
    found: Dialect = _DIALECT.first(tx, server=server_id)[0]
    return found


def find_server(tx: sa.Connection, host: str) -> ServerRecord | None:
    """Return the server at `host[:port]`, in canonical form."""
    return _record(tx.execute(sa.select(servers).where(servers.c.host == host)).one_or_none())


def list_peers(tx: sa.Connection) -> list[str]:
    """Return the hosts of the servers that this node has met, by name."""
    return list(tx.execute(sa.select(servers.c.host).order_by(servers.c.host).limit(MOST_PEERS)).scalars())


def find_server_by_id(tx: sa.Connection, server_id: int) -> ServerRecord | None:
    """Return the server of `ActorRecord.server_id`."""
    return _record(tx.execute(sa.select(servers).where(servers.c.id == server_id)).one_or_none())


def save_server(tx: sa.Connection, host: str, now: Millis) -> ServerRecord:
    """Return the server at `host[:port]`, stored now if it was not known."""
    found = find_server(tx, host)
    if found is None:
        values = {"host": host, "first_seen_at": now}
        tx.execute(insert_into(tx, servers).values(values).on_conflict_do_nothing())
        found = find_server(tx, host)
    assert found is not None  # inserted here or by somebody else
    return found


def save_inspection(
    tx: sa.Connection, host: str, software: str | None, implements: Iterable[str], now: Millis
) -> ServerRecord:
    """Store what a server says of itself (NodeInfo).

    What one of its actors said of group federation stands as long as the software is the same.
    """
    server = save_server(tx, host, now)
    dialect = classify(software, implements)
    if server.dialect == "activity" and server.software in {None, software}:
        dialect = "activity"
    return _change(tx, server, software=software, dialect=dialect, inspected_at=now)


def save_implements(tx: sa.Connection, server: ServerRecord, implements: Iterable[str]) -> ServerRecord:
    """Store what an actor document says that its server implements; saying nothing changes nothing."""
    if server.dialect == "activity" or classify(None, implements) == "object":
        return server
    return _change(tx, server, dialect="activity")


def override_dialect(tx: sa.Connection, host: str, dialect: Dialect | None, now: Millis) -> ServerRecord:
    """Let the operator decide the dialect; None returns to what was found."""
    return _change(tx, save_server(tx, host, now), dialect_override=dialect)


def save_scheme(tx: sa.Connection, host: str, scheme: Scheme, *, until: Millis, now: Millis) -> None:
    """Remember until when a server is knocked at with `scheme` first."""
    _change(tx, save_server(tx, host, now), signature_scheme=scheme, scheme_until=until)


def find_schemes(tx: sa.Connection, now: Millis) -> dict[str, tuple[str, Millis]]:
    """Return the remembered schemes by host, each with the time until which it counts."""
    query = sa.select(servers.c.host, servers.c.signature_scheme, servers.c.scheme_until).where(
        servers.c.signature_scheme.is_not(None), servers.c.scheme_until > now
    )
    return {row.host: (row.signature_scheme, row.scheme_until) for row in tx.execute(query)}


def _change(tx: sa.Connection, server: ServerRecord, **values: str | int | None) -> ServerRecord:
    statement = sa.update(servers).where(servers.c.id == server.id).values(values).returning(servers)
    found = _record(tx.execute(statement).one_or_none())
    assert found is not None  # servers are never deleted
    return found


def _record(row: sa.Row[tuple[object, ...]] | None) -> ServerRecord | None:
    return None if row is None else ServerRecord(**row._mapping)  # noqa: SLF001
