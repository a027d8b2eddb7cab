"""Areas: making one with its desk, and finding them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.keys import KeyPair, Vault
from actors.prepared import Prepared
from actors.records import ActorRecord, OriginRecord
from actors.registration import create_local
from actors.tables import actors
from areas.codes import check_code
from areas.records import AreaKind, AreaPolicy, AreaRecord
from areas.statements import insert_once
from areas.tables import areas, roles
from federation.errors import Overloaded, Refused
from federation.vocabulary import Iri, Millis

AUTHOR_HOURLY = 10
AUTHOR_DAILY = 40
BOOSTS_HOURLY = 120
"""Starting values; each area has its own."""

ROLES = ("designer", "moderator", "official", "admin", "auditor")
"""What an actor may be, in one area or on the whole node."""

MODERATING = ("designer", "moderator", "admin")
"""Who decides about posts."""

NUMBER_TRIES = 8
"""Two areas made at the same instant want the same number."""

_AREA: sa.Select[Any] = sa.select(
    areas.c.actor_id,
    actors.c.iri,
    actors.c.username,
    actors.c.host,
    actors.c.name,
    actors.c.followers,
    areas.c.number,
    areas.c.code,
    areas.c.desk_id,
    areas.c.policy,
    areas.c.restricted,
    areas.c.language,
    areas.c.author_hourly,
    areas.c.author_daily,
    areas.c.boosts_hourly,
    actors.c.kind,
    actors.c.moved_to,
    actors.c.moved_at,
).join_from(areas, actors, actors.c.id == areas.c.actor_id)
_HEARING = _AREA.where(actors.c.gone_at.is_(None), actors.c.standing != "suspended")
_NAMED = Prepared(_HEARING.where(actors.c.iri == sa.bindparam("iri")))
_ALL_NAMED = _HEARING.where(actors.c.iri.in_(sa.bindparam("iris", expanding=True)))
_BY_ID = Prepared(_AREA.where(areas.c.actor_id == sa.bindparam("area")))
_COUNT_GROUPS = sa.select(sa.func.count()).where(
    actors.c.iri.in_(sa.bindparam("iris", expanding=True)), actors.c.type == "Group"
)


@dataclass(frozen=True, slots=True)
class NewArea:
    """What an operator says of an area to be made.

    `code` is the municipality's, six digits; of a zone the prefecture's, or that of its central town.
    """

    username: str
    title: str
    code: str
    summary: str = ""
    policy: AreaPolicy = "open"
    latitude: float | None = None
    longitude: float | None = None
    kind: AreaKind = "area"


def create_area(
    tx: sa.Connection,
    vault: Vault,
    new: NewArea,
    *,
    origin: OriginRecord,
    keys: tuple[KeyPair, KeyPair],
    now: Millis,
) -> AreaRecord:
    """Make the Group and its desk on `origin`; `keys` are the Group's and the desk's. Raises `Refused`."""
    _check(new)
    group = create_local(
        tx,
        vault,
        kind=new.kind,
        username=new.username,
        origin=origin,
        name=new.title,
        summary=new.summary or _introduce(new, origin.host),
        keys=keys[0],
        now=now,
    )
    desk = create_local(
        tx,
        vault,
        kind="desk",
        username=f"{new.username}_desk",
        origin=origin,
        name=f"{new.title} 窓口",
        summary=f"<p>{new.title}の窓口です。通報や相談をメッセージでどうぞ。</p>",
        keys=keys[1],
        now=now,
    )
    _insert_area(tx, new, group.id, desk.id, now)
    found = find_area(tx, group.id)
    assert found is not None  # just made
    return found


def _introduce(new: NewArea, host: str) -> str:
    """The first sentence says how to post, or that nobody does."""
    if new.kind == "zone":
        return f"<p>{new.title}のまちが共有したお知らせを届けます。ここに直接投稿することはできません。</p>"
    return f"<p>@{new.username}@{host} に公開でメンションすると、{new.title}に投稿できます。</p>"


def _check(new: NewArea) -> None:
    check_code(new.code)
    if new.kind not in get_args(AreaKind):
        raise Refused(f"kind {new.kind!r} is none of {', '.join(get_args(AreaKind))}")
    if new.policy not in get_args(AreaPolicy):
        raise Refused(f"policy {new.policy!r} is none of {', '.join(get_args(AreaPolicy))}")
    for degrees, bound in ((new.latitude, 90), (new.longitude, 180)):
        if degrees is not None and not -bound <= degrees <= bound:
            raise Refused(f"{degrees} is no place on earth: degrees go from {-bound} to {bound}")


def _insert_area(tx: sa.Connection, new: NewArea, group_id: int, desk_id: int, now: Millis) -> None:
    """Areas are never removed, so that the next number is one that none ever had."""
    row = {
        "actor_id": group_id,
        "code": new.code,
        "desk_id": desk_id,
        "policy": new.policy,
        "latitude": new.latitude,
        "longitude": new.longitude,
        "created_at": now,
        "author_hourly": AUTHOR_HOURLY,
        "author_daily": AUTHOR_DAILY,
        "boosts_hourly": BOOSTS_HOURLY,
    }
    for _ in range(NUMBER_TRIES):
        number = tx.execute(sa.select(sa.func.coalesce(sa.func.max(areas.c.number), 0) + 1)).scalar_one()
        if insert_once(tx, areas, {**row, "number": number}):
            return
    raise Overloaded("no free number for an area")


def find_area(tx: sa.Connection, actor_id: int) -> AreaRecord | None:
    """The area of that Group, if it is one of ours."""
    row = _BY_ID.first(tx, area=actor_id)
    return None if row is None else AreaRecord(*row)


def find_area_by_name(tx: sa.Connection, username: str, host: str | None = None) -> AreaRecord | None:
    """By handle; without `host` on whichever origin has it."""
    query = _AREA.where(actors.c.username == username)
    if host is not None:
        query = query.where(actors.c.host == host)
    row = tx.execute(query.order_by(areas.c.number)).first()
    return None if row is None else AreaRecord(*row)


def find_named(tx: sa.Connection, iris: Iterable[Iri]) -> list[AreaRecord]:
    """Our areas among `iris`, in the order in which they are named; suspended and gone ones hear nothing."""
    order = {iri: place for place, iri in enumerate(dict.fromkeys(iris))}
    if tx.dialect.name == "sqlite":  # a statement costs 3 µs there, and a round trip elsewhere
        rows = [row for iri in order if (row := _NAMED.first(tx, iri=iri)) is not None]
    else:
        rows = list(tx.execute(_ALL_NAMED, {"iris": list(order)})) if order else []
    return sorted((AreaRecord(*row) for row in rows), key=lambda area: order[area.iri])


def count_groups(tx: sa.Connection, iris: Iterable[Iri]) -> int:
    """How many of `iris` are known to be areas or groups, here or elsewhere."""
    return int(tx.execute(_COUNT_GROUPS, {"iris": list(iris)}).scalar_one())


def list_areas(tx: sa.Connection, kind: AreaKind = "area") -> list[AreaRecord]:
    """All areas of this node, or all zones, by number."""
    query = _AREA.where(actors.c.kind == kind)
    return [AreaRecord(*row) for row in tx.execute(query.order_by(areas.c.number))]


def list_located(tx: sa.Connection) -> list[tuple[AreaRecord, float | None, float | None]]:
    """All areas of this node that are heard, by number, each with its latitude and longitude in degrees."""
    query = _HEARING.where(actors.c.kind == "area").add_columns(areas.c.latitude, areas.c.longitude)
    query = query.order_by(areas.c.number)
    return [(AreaRecord(*row[:-2]), row[-2], row[-1]) for row in tx.execute(query)]


def desk_of(tx: sa.Connection, area: AreaRecord) -> ActorRecord:
    """The area's desk."""
    desk = find_actor_by_id(tx, area.desk_id)
    assert desk is not None  # a foreign key holds it
    return desk


def grant_role(
    tx: sa.Connection, actor_id: int, role: str, *, area_id: int | None, until: Millis | None, now: Millis
) -> None:
    """Give an actor a role, in one area or (None) on the whole node. Raises `Refused` for an unknown one."""
    if role not in ROLES:
        raise Refused(f"role {role!r} is none of {', '.join(ROLES)}")
    tx.execute(sa.insert(roles).values(actor_id=actor_id, role=role, area_id=area_id, since=now, until=until))


def holds_role(
    held: Iterable[str], *, actor: sa.BindParameter[int], area: sa.BindParameter[int]
) -> sa.Exists:
    """Whether an actor has one of these roles in an area or on the whole node at `:now`, for a query."""
    return sa.exists().where(
        roles.c.actor_id == actor,
        sa.or_(*(roles.c.role == role for role in held)),
        sa.or_(roles.c.area_id == area, roles.c.area_id.is_(None)),
        roles.c.since <= sa.bindparam("now"),
        sa.or_(roles.c.until.is_(None), roles.c.until > sa.bindparam("now")),
    )


def holds_any_role(tx: sa.Connection, actor_ids: Collection[int], now: Millis) -> bool:
    """Whether one of these actors has a role of any kind now."""
    query = sa.select(roles.c.id).where(
        roles.c.actor_id.in_(actor_ids),
        roles.c.since <= now,
        sa.or_(roles.c.until.is_(None), roles.c.until > now),
    )
    return tx.execute(query.limit(1)).first() is not None


_MODERATES = sa.select(holds_role(MODERATING, actor=sa.bindparam("actor"), area=sa.bindparam("area")))


def may_moderate(tx: sa.Connection, actor_id: int, area_id: int, now: Millis) -> bool:
    """Whether the actor, from whatever server, decides about posts of the area now."""
    return bool(tx.execute(_MODERATES, {"actor": actor_id, "area": area_id, "now": now}).scalar_one())


def list_moderated(tx: sa.Connection, actor_ids: Collection[int], now: Millis) -> list[AreaRecord]:
    """The areas about whose posts one of these actors decides now."""
    holds = sa.exists().where(
        roles.c.actor_id.in_(actor_ids),
        roles.c.role.in_(MODERATING),
        sa.or_(roles.c.area_id == areas.c.actor_id, roles.c.area_id.is_(None)),
        roles.c.since <= now,
        sa.or_(roles.c.until.is_(None), roles.c.until > now),
    )
    return [AreaRecord(*row) for row in tx.execute(_AREA.where(holds).order_by(areas.c.number))]


def list_moderators(tx: sa.Connection, area_id: int | None, now: Millis) -> list[int]:
    """Who decides about posts of an area now, here or elsewhere; None = of the whole node."""
    everywhere = roles.c.area_id.is_(None)
    query = sa.select(roles.c.actor_id).where(
        roles.c.role.in_(MODERATING),
        everywhere if area_id is None else sa.or_(everywhere, roles.c.area_id == area_id),
        roles.c.since <= now,
        sa.or_(roles.c.until.is_(None), roles.c.until > now),
    )
    return list(tx.execute(query.distinct().order_by(roles.c.actor_id)).scalars())


def find_admin(tx: sa.Connection, now: Millis) -> int | None:
    """The actor that has been administrator of the whole node for longest."""
    query = sa.select(roles.c.actor_id).where(
        roles.c.role == "admin",
        roles.c.area_id.is_(None),
        roles.c.since <= now,
        sa.or_(roles.c.until.is_(None), roles.c.until > now),
    )
    return tx.execute(query.order_by(roles.c.id).limit(1)).scalar_one_or_none()


def change_limits(tx: sa.Connection, actor_id: int, limits: Mapping[str, int]) -> AreaRecord:
    """Set any of `author_hourly`, `author_daily`, `boosts_hourly`; 0 = no limit."""
    if limits:
        tx.execute(sa.update(areas).where(areas.c.actor_id == actor_id).values(**limits))
    found = find_area(tx, actor_id)
    assert found is not None  # the caller has found it
    return found
