"""Warnings of peers about other servers: kept for the operator, who takes one over or vetoes it. None acts by itself.

A `Block` in the name of an area to those with which it has agreed: `object` is the server's origin, `summary` says why,
`endTime` until when; `Undo{Block}` takes it back. Each is signed as everything is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.origins import is_served
from actors.records import ActorRecord
from actors.standing import block_server, read_host, server_rule, unblock_server
from actors.statements import insert_into
from actors.tables import actors
from areas import registry
from areas.records import AreaRecord
from areas.zones import agreements
from areas.zones.tables import block_signals
from federation import rendering
from federation.errors import MalformedDocument, NotFound, Refused
from federation.html import plain_name
from federation.iris import mint_id
from federation.rendering import Document
from federation.vocabulary import Block, Iri, Millis
from outbox.publish import append
from outbox.records import Entry

State = Literal["open", "taken", "vetoed", "sent"]
"""`open` waits for the operator; `sent` is a warning of ours."""
DAY: Final = 24 * 3_600_000
LONGEST: Final = 366 * DAY
MOST_OF_ONE: Final = 1_000
"""Warnings that are kept of one peer; a list of all that is bad is no warning."""
REASON_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Signal:
    """A warning; `peer_id` is who warns, an area of ours where it was sent from here."""

    id: int
    peer_id: int
    host: str
    iri: Iri
    reason: str
    expires_at: Millis
    state: State
    note: str
    received_at: Millis
    withdrawn_at: Millis | None


_COLUMNS = tuple(block_signals.c[name] for name in Signal.__dataclass_fields__)


def find_host(thing: Iri) -> str | None:
    """The host name of a server that is named by its origin alone; None = something else."""
    parts = urlsplit(thing)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return None
    try:
        return read_host(thing)
    except (MalformedDocument, Refused):
        return None


def hear(tx: sa.Connection, peer: ActorRecord, block: Block, now: Millis) -> str | None:
    """Keep a peer's warning. Returns why it is not kept; None = it is.

    Another end is another warning; what was vetoed stays so, whoever warns.
    """
    host = find_host(block.object)
    assert host is not None  # the caller has looked
    objection = _find_objection(tx, peer, block, now)
    if objection is not None:
        return objection
    earlier = _find(tx, peer.id, host)
    if earlier is None and _count(tx, peer.id) >= MOST_OF_ONE:
        return "too many warnings of one area"
    is_new = earlier is None or earlier.withdrawn_at is not None or earlier.expires_at != block.until
    state = "vetoed" if _is_vetoed(tx, host) else "open" if earlier is None or is_new else earlier.state
    reason = plain_name(block.summary or "", REASON_LENGTH)
    said = {"iri": block.id, "reason": reason, "expires_at": block.until, "state": state}
    _save(tx, peer.id, host, said, now)
    return None


def _find_objection(tx: sa.Connection, peer: ActorRecord, block: Block, now: Millis) -> str | None:
    if not agreements.is_peer(tx, peer.id, now):
        return "no area here has agreed with who warns"
    if not (block.summary or "").strip():
        return "a warning says why"
    if block.until is None or not now < block.until <= now + LONGEST:
        return "a warning ends, within a year"
    return "a warning about this node" if is_served(tx, block.object) else None


def hear_end(tx: sa.Connection, peer_id: int, iri: Iri, now: Millis) -> bool:
    """A peer takes its warning back. What was blocked for it stays so: that was our decision. False = there is none."""
    mine = sa.update(block_signals).where(
        block_signals.c.iri == iri,
        block_signals.c.peer_id == peer_id,
        block_signals.c.withdrawn_at.is_(None),
    )
    return bool(tx.execute(mine.values(withdrawn_at=now)).rowcount)


def take(tx: sa.Connection, signal_id: int, now: Millis) -> Signal:
    """Block the server as the warning says, and until then. Raises `NotFound`, `Refused`."""
    signal = find(tx, signal_id)
    if signal.state not in {"open", "vetoed"} or signal.withdrawn_at is not None or signal.expires_at <= now:
        raise Refused(f"the warning about {signal.host} is over, or was taken over before")
    _check_rules(tx, signal, now)
    peer = find_actor_by_id(tx, signal.peer_id)
    assert peer is not None  # a foreign key holds it
    reason = f"{signal.reason} (@{peer.handle})"
    block_server(tx, signal.host, reason=reason, until=signal.expires_at, now=now)
    return _move(tx, signal.id, "taken", "", now)


def _check_rules(tx: sa.Connection, signal: Signal, now: Millis) -> None:
    allowed = server_rule(tx, signal.host, "allow", now)
    if allowed is not None:
        raise Refused(f"{allowed.host} is allowed by name")
    blocked = server_rule(tx, signal.host, "block", now)
    if blocked is not None and (blocked.until is None or blocked.until >= signal.expires_at):
        raise Refused(f"{blocked.host} is blocked for longer already")


def veto(tx: sa.Connection, signal_id: int, note: str, now: Millis) -> Signal:
    """Keep a warning, and every other about that server, from being asked about again. Raises `NotFound`, `Refused`."""
    signal = find(tx, signal_id)
    if signal.state != "open":
        raise Refused(f"the warning about {signal.host} is {signal.state}")
    same = sa.and_(block_signals.c.host == signal.host, block_signals.c.state == "open")
    ids = list(tx.execute(sa.select(block_signals.c.id).where(same)).scalars())
    return next(moved for each in ids if (moved := _move(tx, each, "vetoed", note, now)).id == signal.id)


def reopen(tx: sa.Connection, signal_id: int, now: Millis) -> Signal:
    """Let a warning wait again: the block that it brought ends, or the veto against all about that server.

    Raises `NotFound`, `Refused`.
    """
    signal = find(tx, signal_id)
    if signal.state not in {"taken", "vetoed"}:
        raise Refused(f"the warning about {signal.host} is {signal.state}")
    if signal.state == "taken":
        _end_block(tx, signal, now)
        return _move(tx, signal.id, "open", "", now)
    same = sa.and_(block_signals.c.host == signal.host, block_signals.c.state == "vetoed")
    ids = list(tx.execute(sa.select(block_signals.c.id).where(same)).scalars())
    return next(moved for each in ids if (moved := _move(tx, each, "open", "", now)).id == signal.id)


def _end_block(tx: sa.Connection, signal: Signal, now: Millis) -> None:
    """Unless somebody has decided otherwise about that server since."""
    rule = server_rule(tx, signal.host, "block", now)
    if rule is not None and (rule.host, rule.until) == (signal.host, signal.expires_at):
        unblock_server(tx, signal.host)


def send(tx: sa.Connection, area: AreaRecord, host: str, reason: str, until: Millis, now: Millis) -> Signal:
    """Warn the areas of other servers with which one of ours has agreed. Raises `Refused`."""
    name, words = read_host(host), plain_name(reason, REASON_LENGTH)
    if not words:
        raise Refused("a warning says why")
    if not now < until <= now + LONGEST:
        raise Refused("a warning ends, within a year")
    target = Iri(f"https://{name}/")
    if is_served(tx, target):
        raise Refused(f"{name} is a name of this node")
    iri = Iri(f"{area.iri}/activities/signal-{mint_id(now)}")
    sent = _save(tx, area.actor_id, name, _describe_sent(iri, words, until), now)
    _tell(tx, area, sent, _block(area, sent, _list_peers(tx, area, now)), now)
    return sent


def list_warners(tx: sa.Connection, now: Millis) -> list[AreaRecord]:
    """The areas of this node whose warnings somebody elsewhere would hear."""
    return [each for each in registry.list_areas(tx) if _list_peers(tx, each, now)]


def list_sent(tx: sa.Connection, now: Millis) -> list[tuple[Signal, str]]:
    """Warnings of ours that hold, each with the handle of the area that warns; the latest first."""
    found = list_signals(tx, now, everything=True)
    return [
        (each, handle)
        for each, handle in found
        if each.state == "sent" and each.withdrawn_at is None and each.expires_at > now
    ]


def find_warner(tx: sa.Connection, signal: Signal) -> AreaRecord | None:
    """The area of ours that warns; None = it is a warning of others."""
    return registry.find_area(tx, signal.peer_id) if signal.state == "sent" else None


def _describe_sent(iri: Iri, reason: str, until: Millis) -> dict[str, Any]:
    return {"iri": iri, "reason": reason, "expires_at": until, "state": "sent"}


def withdraw(tx: sa.Connection, area: AreaRecord, host: str, now: Millis) -> Signal:
    """Take a warning of ours back. Raises `NotFound`, `Refused`."""
    name = read_host(host)
    sent = _find(tx, area.actor_id, name)
    if sent is None or sent.withdrawn_at is not None:
        raise NotFound(f"{area.handle} does not warn of {name}")
    peers = _list_peers(tx, area, now)
    iri = Iri(f"{sent.iri}/undo")
    undo = rendering.undo(
        iri, _block(area, sent, peers), actor=area.iri, to=tuple(peer.iri for peer in peers)
    )
    _tell(tx, area, sent, undo, now)
    hear_end(tx, area.actor_id, sent.iri, now)
    return find(tx, sent.id)


def _list_peers(tx: sa.Connection, area: AreaRecord, now: Millis) -> list[ActorRecord]:
    """Those of other servers, whichever way posts go."""
    standing = {each.peer_id for each in agreements.list_all(tx, area.actor_id) if each.stands(now)}
    found = (find_actor_by_id(tx, peer_id) for peer_id in sorted(standing))
    return [peer for peer in found if peer is not None and not peer.local]


def _block(area: AreaRecord, signal: Signal, peers: list[ActorRecord]) -> Document:
    return rendering.block(
        signal.iri,
        actor=area.iri,
        object_iri=Iri(f"https://{signal.host}/"),
        to=tuple(peer.iri for peer in peers),
        summary=signal.reason,
        until=signal.expires_at,
    )


def _tell(tx: sa.Connection, area: AreaRecord, signal: Signal, document: Document, now: Millis) -> None:
    entry = Entry(
        iri=Iri(str(document["id"])),
        actor_id=area.actor_id,
        type=str(document["type"]),
        body=document,
        thread=f"signal:{signal.host}",
        recipients=tuple(peer.id for peer in _list_peers(tx, area, now)),
        public=False,
    )
    append(tx, entry, now)


def find(tx: sa.Connection, signal_id: int) -> Signal:
    """Raises `NotFound`."""
    row = tx.execute(sa.select(*_COLUMNS).where(block_signals.c.id == signal_id)).first()
    if row is None:
        raise NotFound(f"there is no warning {signal_id}")
    return Signal(*row)


def list_signals(tx: sa.Connection, now: Millis, *, everything: bool = False) -> list[tuple[Signal, str]]:
    """What waits for the operator, each with the handle of who warns; or everything, the latest first."""
    query = sa.select(*_COLUMNS, actors.c.username, actors.c.host.label("home"))
    query = query.join(actors, actors.c.id == block_signals.c.peer_id)
    if not everything:
        query = query.where(
            block_signals.c.state == "open",
            block_signals.c.withdrawn_at.is_(None),
            block_signals.c.expires_at > now,
        )
    rows = tx.execute(query.order_by(block_signals.c.id.desc()).limit(MOST_OF_ONE))
    return [(Signal(*values), f"@{name}@{home}") for *values, name, home in rows]


def _find(tx: sa.Connection, peer_id: int, host: str) -> Signal | None:
    query = sa.select(*_COLUMNS).where(block_signals.c.peer_id == peer_id, block_signals.c.host == host)
    row = tx.execute(query.with_for_update()).first()
    return None if row is None else Signal(*row)


def _count(tx: sa.Connection, peer_id: int) -> int:
    query = sa.select(sa.func.count()).where(block_signals.c.peer_id == peer_id)
    return int(tx.execute(query).scalar_one())


def _is_vetoed(tx: sa.Connection, host: str) -> bool:
    query = sa.select(block_signals.c.id).where(
        block_signals.c.host == host, block_signals.c.state == "vetoed"
    )
    return tx.execute(query.limit(1)).first() is not None


def _save(tx: sa.Connection, peer_id: int, host: str, said: Mapping[str, Any], now: Millis) -> Signal:
    values = {**said, "note": "", "received_at": now, "withdrawn_at": None}
    statement = insert_into(tx, block_signals).values(id=mint_id(now), peer_id=peer_id, host=host, **values)
    statement = statement.on_conflict_do_update(index_elements=["peer_id", "host"], set_=values)
    return Signal(*tx.execute(statement.returning(*_COLUMNS)).one())


def _move(tx: sa.Connection, signal_id: int, state: State, note: str, now: Millis) -> Signal:
    statement = sa.update(block_signals).where(block_signals.c.id == signal_id)
    statement = statement.values(state=state, note=note, decided_at=now)
    return Signal(*tx.execute(statement.returning(*_COLUMNS)).one())
