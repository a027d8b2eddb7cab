"""Whom we do not listen to: rules for servers, the standing of actors, blocks between actors.

Blocked and allowed servers are two lists; what stands on both is blocked. A rule for a host holds for everything
below it and for every port.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from actors.changes import Change, note
from actors.origins import find_origins
from actors.prepared import Prepared
from actors.records import (
    ActorRecord,
    BlockRecord,
    FederationMode,
    RuleKind,
    ServerRule,
    Standing,
    to_actor,
)
from actors.signin.access import end_actor
from actors.statements import insert_into
from actors.tables import actors, blocks, server_rules
from federation import iris
from federation.errors import MalformedDocument, NotFound, Refused
from federation.vocabulary import Iri, Millis

MOST_LABELS: Final = 5
"""Of a host name whose rules are looked up by a prepared statement; longer ones are rare."""

FEDERATION_OFF: Final = "federation is off"
SERVER_BLOCKED: Final = "the server is blocked"
SERVER_NOT_ALLOWED: Final = "the server is not on the allow list"
SUSPENDED: Final = "the actor is suspended"
GONE: Final = "the actor is gone"
"""Reasons of `is_refused`."""

_LISTED: Final[dict[RuleKind, str]] = {"block": "blocked", "allow": "allowed"}


def is_refused(
    tx: sa.Connection, actor: ActorRecord, now: Millis, federation_mode: FederationMode
) -> str | None:
    """Return why nothing that `actor` says is heard now, or None.

    The database decides, not the record, which may come from a cache. `limited` is no reason here: that is
    for the policy of an area. A gone actor's own `Delete` may still arrive: that is for the inbox.
    """
    rows = _find_standing(tx, actor, now)
    if not rows:
        return GONE
    is_local, its_standing, gone_at, _rule = rows[0]
    if is_local:
        return _refuse_actor(its_standing, gone_at)
    if federation_mode == "off":
        return FEDERATION_OFF
    rules = {rule for *_, rule in rows}
    if "block" in rules:
        return SERVER_BLOCKED
    if federation_mode == "allowlist" and "allow" not in rules:
        return SERVER_NOT_ALLOWED
    return _refuse_actor(its_standing, gone_at)


def is_host_refused(
    tx: sa.Connection, host: str, now: Millis, federation_mode: FederationMode = "open"
) -> str | None:
    """Return why nothing is fetched from or sent to `host[:port]` now, or None."""
    if federation_mode == "off":
        return FEDERATION_OFF
    if server_rule(tx, host, "block", now) is not None:
        return SERVER_BLOCKED
    is_closed = federation_mode == "allowlist"
    return SERVER_NOT_ALLOWED if is_closed and server_rule(tx, host, "allow", now) is None else None


def server_rule(tx: sa.Connection, host: str, kind: RuleKind, now: Millis) -> ServerRule | None:
    """Return what stands on one of the two lists for `host[:port]`: the nearest name, itself or above it."""
    query = sa.select(server_rules).where(
        server_rules.c.host.in_(_chain(host)), server_rules.c.rule == kind, _is_live(now)
    )
    return max((_to_rule(row) for row in tx.execute(query)), key=lambda rule: len(rule.host), default=None)


def block_server(
    tx: sa.Connection, host: str, *, reason: str, until: Millis | None, now: Millis
) -> ServerRule:
    """Stop hearing and telling `host` and all below it, for good or until a time.

    Raises `Refused` when it is no host name, or one of our own lies on it or below it.
    """
    name = read_host(host)
    for origin in find_origins(tx):
        if name in _chain(origin.host):
            raise Refused(f"{name} is a name of this node: {origin.host}")
    return _save_rule(tx, ServerRule(host=name, rule="block", reason=reason, until=until, created_at=now))


def allow_server(
    tx: sa.Connection, host: str, *, reason: str, until: Millis | None, now: Millis
) -> ServerRule:
    """Put `host` and all below it on the list that counts in closed mode; what is blocked stays so."""
    name = read_host(host)
    return _save_rule(tx, ServerRule(host=name, rule="allow", reason=reason, until=until, created_at=now))


def unblock_server(tx: sa.Connection, host: str) -> ServerRule:
    """End the block of exactly that name; raises `NotFound` when there is none."""
    return _end_rule(tx, host, "block")


def disallow_server(tx: sa.Connection, host: str) -> ServerRule:
    """Take exactly that name from the list that counts in closed mode; raises `NotFound` when it is not there."""
    return _end_rule(tx, host, "allow")


def list_rules(tx: sa.Connection) -> tuple[ServerRule, ...]:
    """Return both lists by host, also what has ended on them."""
    query = sa.select(server_rules).order_by(server_rules.c.host, server_rules.c.rule)
    return tuple(_to_rule(row) for row in tx.execute(query))


def read_host(text: str) -> str:
    """Return the host name that an operator means: any case, Unicode, a port, a trailing dot, a whole URL."""
    try:
        host = iris.host(text) if "://" in text else text.strip()
        return iris.canonical_host(_without_port(host))
    except MalformedDocument as error:
        raise Refused(f"{text[:100]!r} is not a host name") from error


class RuleBook:
    """The blocked hosts in memory, for those who cannot ask the database: the client, at every hop."""

    def __init__(self, clock: Callable[[], Millis]) -> None:
        self._clock = clock
        self._blocks: dict[str, Millis | None] = {}

    def load(self, rules: Iterable[ServerRule]) -> None:
        """Replace what is remembered with what `list_rules` returned."""
        self._blocks = {rule.host: rule.until for rule in rules if rule.rule == "block"}

    def is_blocked(self, host: str) -> bool:
        """Whether `host[:port]`, in canonical form, or anything above it is blocked now."""
        now = self._clock()
        return any(
            name in self._blocks and ((until := self._blocks[name]) is None or until > now)
            for name in _chain(host)
        )


def set_standing(
    tx: sa.Connection, actor_id: int, standing: Standing, *, reason: str, now: Millis
) -> ActorRecord:
    """Open, limit or suspend an actor; raises `NotFound`. Caches must be told: `Directory.forget`.

    Suspending one of ours ends its sessions and tokens; opening it again does not bring them back.
    """
    statement = (
        sa.update(actors)
        .where(actors.c.id == actor_id)
        .values(standing=standing, standing_reason=reason, updated_at=now)
        .returning(*actors.c)
    )
    row = tx.execute(statement).one_or_none()
    if row is None:
        raise NotFound(f"there is no actor {actor_id}")
    if standing == "suspended":
        end_actor(tx, actor_id, now)
    note(tx, Change("access"))
    return to_actor(row)


def block_actor(tx: sa.Connection, *, iri: Iri, actor_id: int, target_id: int, now: Millis) -> BlockRecord:
    """Record that an actor blocks another; again = the same block, under the id heard last."""
    values = {"actor_id": actor_id, "target_id": target_id, "iri": iri, "created_at": now}
    statement = insert_into(tx, blocks).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["actor_id", "target_id"], set_={"iri": statement.excluded.iri}
    )
    return BlockRecord(**tx.execute(statement.returning(*blocks.c)).one()._mapping)  # noqa: SLF001


def unblock_actor(tx: sa.Connection, *, actor_id: int, target_id: int) -> BlockRecord | None:
    """End a block and return it, if there was one."""
    statement = sa.delete(blocks).where(blocks.c.actor_id == actor_id, blocks.c.target_id == target_id)
    row = tx.execute(statement.returning(*blocks.c)).one_or_none()
    return None if row is None else BlockRecord(**row._mapping)  # noqa: SLF001


def unblock_by_iri(tx: sa.Connection, *, actor_id: int, iri: Iri) -> bool:
    """End the block that `actor_id` announced under this id; whether there was one."""
    statement = sa.delete(blocks).where(blocks.c.actor_id == actor_id, blocks.c.iri == iri)
    return bool(tx.execute(statement.returning(blocks.c.target_id)).all())


def find_block(tx: sa.Connection, *, actor_id: int, target_id: int) -> BlockRecord | None:
    """Return the block of `target_id` by `actor_id`, in this direction."""
    query = sa.select(blocks).where(blocks.c.actor_id == actor_id, blocks.c.target_id == target_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else BlockRecord(**row._mapping)  # noqa: SLF001


def _chain(host: str) -> list[str]:
    """Return the names whose rules hold for `host[:port]`: itself without port, and what stands above it."""
    labels = _without_port(host).split(".")  # of an IP address too: no rule can name a part of one
    return [".".join(labels[place:]) for place in range(len(labels))]


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() and not host.endswith("]") else host


def _refuse_actor(standing: Standing, gone_at: Millis | None) -> str | None:
    if standing == "suspended":
        return SUSPENDED
    return None if gone_at is None else GONE


def _find_standing(tx: sa.Connection, actor: ActorRecord, now: Millis) -> Sequence[Any]:
    """Return (local, standing, gone_at, rule) for each rule on the actor's server, or once without one."""
    hosts = _chain(actor.host)
    if len(hosts) > MOST_LABELS:
        return tx.execute(_STANDING, {"actor": actor.id, "hosts": hosts, "now": now}).all()
    names = hosts + hosts[:1] * (MOST_LABELS - len(hosts))
    given = {f"host_{place}": name for place, name in enumerate(names)}
    return _USUAL_STANDING.all(tx, actor=actor.id, now=now, **given)


def _is_live(now: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    return sa.or_(server_rules.c.until.is_(None), server_rules.c.until > now)


def _save_rule(tx: sa.Connection, rule: ServerRule) -> ServerRule:
    values = {column.name: getattr(rule, column.name) for column in server_rules.c}
    statement = insert_into(tx, server_rules).values(values)
    statement = statement.on_conflict_do_update(index_elements=["host", "rule"], set_=values)
    return _to_rule(tx.execute(statement.returning(*server_rules.c)).one())


def _end_rule(tx: sa.Connection, host: str, kind: RuleKind) -> ServerRule:
    name = read_host(host)
    mine = sa.and_(server_rules.c.host == name, server_rules.c.rule == kind)
    row = tx.execute(sa.delete(server_rules).where(mine).returning(server_rules)).one_or_none()
    if row is None:
        raise NotFound(f"{name} is not {_LISTED[kind]} by name")
    return _to_rule(row)


def _to_rule(row: sa.Row[tuple[object, ...]]) -> ServerRule:
    return ServerRule(**row._mapping)  # noqa: SLF001


def _build_standing(of_host: sa.ColumnElement[bool]) -> sa.Select[Any]:
    live = _is_live(sa.bindparam("now", type_=sa.BigInteger()))
    return (
        sa.select(actors.c.origin_id.is_not(None), actors.c.standing, actors.c.gone_at, server_rules.c.rule)
        .select_from(actors.outerjoin(server_rules, sa.and_(of_host, live)))
        .where(actors.c.id == sa.bindparam("actor"))
    )


_STANDING = _build_standing(server_rules.c.host.in_(sa.bindparam("hosts", expanding=True)))
_USUAL_STANDING = Prepared(
    _build_standing(server_rules.c.host.in_([sa.bindparam(f"host_{place}") for place in range(MOST_LABELS)]))
)
