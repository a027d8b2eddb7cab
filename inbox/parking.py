"""Requests whose sender's key could not be fetched: kept raw, verified later, without effect until then.

Bounded, since anybody may send them. The bounds are counted and then inserted: under load a few more may slip
in, which harms nobody.
"""

import hashlib
import json
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

import sqlalchemy as sa

from actors.origins import require_staying
from actors.statements import insert_into
from federation.errors import Overloaded
from federation.signatures import Request
from federation.vocabulary import Millis
from inbox.tables import parked

PER_HOST: Final = 50
"""Of one host of keys: what a busy server sends while it cannot be reached."""
PER_NETWORK: Final = 200
"""Of one sender's network: a stranger with many host names is one stranger."""
IN_ALL: Final = 5_000
BYTES_IN_ALL: Final = 64 << 20

KEPT: Final = 24 * 3_600_000
"""Milliseconds until a request is dropped: a server that is away longer sends anew."""

FIRST_DELAY: Final = 60_000
LONGEST_DELAY: Final = 2 * 3_600_000
LEASE: Final = 60_000
"""Milliseconds in which whoever took a request must be done with it: a key fetch takes 5 s at most."""

_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 48
_DIGEST_BYTES: Final = 32

_COUNTS: Final = sa.select(
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(parked.c.size), 0),
    sa.func.coalesce(sa.func.sum(sa.case((parked.c.host == sa.bindparam("host"), 1), else_=0)), 0),
    sa.func.coalesce(sa.func.sum(sa.case((parked.c.network == sa.bindparam("network"), 1), else_=0)), 0),
)


@dataclass(frozen=True, slots=True)
class Parked:
    """A request that waits; `attempts` counts the tries since it was parked."""

    id: int
    host: str
    request: Request
    received_at: Millis
    attempts: int


def find_network(source: str) -> str:
    """Return the network that a sender's address belongs to: IPv4 /24, IPv6 /48; other text as it is."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if not isinstance(address, IPv4Address):
        address = address.ipv4_mapped or address
    prefix = _IPV4_PREFIX if isinstance(address, IPv4Address) else _IPV6_PREFIX
    return str(ip_network((address, prefix), strict=False))


def park(tx: sa.Connection, request: Request, host: str, network: str, now: Millis) -> None:
    """Keep a request; `host` is that of the key. The same request twice is kept once. Raises `Overloaded`."""
    require_staying(tx, request.origin)
    body, headers = request.body or b"", json.dumps(request.headers)
    # With the signature: a stranger's forgery of the same body must not stand in for the real one.
    whole = f"{request.origin}\n{request.target}\n{headers}\n".encode() + body
    _check_bounds(tx, host, network, len(whole))
    row = {
        "host": host,
        "network": network,
        "digest": hashlib.blake2b(whole, digest_size=_DIGEST_BYTES).digest(),
        "origin": request.origin,
        "target": request.target,
        "headers": headers,
        "body": body,
        "size": len(whole),
        "received_at": now,
        "due_at": now + FIRST_DELAY,
        "attempts": 0,
    }
    tx.execute(insert_into(tx, parked).values(row).on_conflict_do_nothing())


def _check_bounds(tx: sa.Connection, host: str, network: str, size: int) -> None:
    count, total, of_host, of_network = tx.execute(_COUNTS, {"host": host, "network": network}).one()
    if of_host >= PER_HOST:
        raise Overloaded(f"{of_host} requests signed by keys of {host} wait already")
    if of_network >= PER_NETWORK:
        raise Overloaded(f"{of_network} requests from {network} wait already")
    if count >= IN_ALL or total + size > BYTES_IN_ALL:
        raise Overloaded(f"{count} requests with {total} bytes wait already")


def claim(tx: sa.Connection, now: Millis, limit: int) -> list[Parked]:
    """Take up to `limit` requests that are due; nobody else gets them within `LEASE`."""
    due = (
        sa.select(parked).where(parked.c.due_at <= now).order_by(parked.c.due_at).limit(limit)
    ).with_for_update(skip_locked=True)
    rows = tx.execute(due).all()
    if rows:
        ids = [row.id for row in rows]
        tx.execute(sa.update(parked).where(parked.c.id.in_(ids)).values(due_at=now + LEASE))
    return [_to_parked(row) for row in rows]


def _to_parked(row: "sa.Row[tuple[object, ...]]") -> Parked:
    headers = tuple((name, value) for name, value in json.loads(row.headers))
    request = Request("POST", row.origin, row.target, headers, row.body)
    return Parked(row.id, row.host, request, row.received_at, row.attempts)


def postpone(tx: sa.Connection, waiting: Parked, now: Millis) -> None:
    """Try again later: after 1, 2, 4 … minutes, then every `LONGEST_DELAY`."""
    delay = min(LONGEST_DELAY, FIRST_DELAY << (waiting.attempts + 1))
    again = sa.update(parked).where(parked.c.id == waiting.id)
    tx.execute(again.values(attempts=waiting.attempts + 1, due_at=now + delay))


def remove(tx: sa.Connection, waiting: Parked) -> None:
    """It was handled, or never will be."""
    tx.execute(sa.delete(parked).where(parked.c.id == waiting.id))


def is_stale(waiting: Parked, now: Millis) -> bool:
    """Whether it has waited long enough."""
    return now - waiting.received_at >= KEPT


def find_next_due(tx: sa.Connection) -> Millis | None:
    """Return when the next request is due."""
    earliest: Millis | None = tx.execute(sa.select(sa.func.min(parked.c.due_at))).scalar_one()
    return earliest
