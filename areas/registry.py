"""Areas: making one with its desk, and finding them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.keys import KeyPair, Vault
from actors.records import ActorRecord, OriginRecord
from actors.registration import create_local
from actors.tables import actors
from areas.codes import check_code
from areas.records import AreaPolicy, AreaRecord
from areas.tables import areas, roles
from federation.vocabulary import Iri, Millis

AUTHOR_HOURLY = 10
AUTHOR_DAILY = 40
BOOSTS_HOURLY = 120
"""Starting values; each area has its own."""

ROLES = ("designer", "moderator", "official", "admin", "auditor")
"""What an actor may be, in one area or on the whole node."""

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
).join_from(areas, actors, actors.c.id == areas.c.actor_id)
_NAMED = _AREA.where(actors.c.iri.in_(sa.bindparam("iris", expanding=True)))


@dataclass(frozen=True, slots=True)
class NewArea:
    """What an operator says of an area to be made. `code` is the municipality's, six digits."""

    username: str
    title: str
    code: str
    summary: str = ""
    policy: AreaPolicy = "open"
    latitude: float | None = None
    longitude: float | None = None


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
    check_code(new.code)
    summary = (
        new.summary
        or f"<p>@{new.username}@{origin.host} に公開でメンションすると、{new.title}に投稿できます。</p>"
    )
    group = create_local(
        tx,
        vault,
        kind="area",
        username=new.username,
        origin=origin,
        name=new.title,
        summary=summary,
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
    number = tx.execute(sa.select(sa.func.coalesce(sa.func.max(areas.c.number), 0) + 1)).scalar_one()
    tx.execute(
        sa.insert(areas).values(
            actor_id=group.id,
            number=number,
            code=new.code,
            desk_id=desk.id,
            policy=new.policy,
            latitude=new.latitude,
            longitude=new.longitude,
            created_at=now,
            author_hourly=AUTHOR_HOURLY,
            author_daily=AUTHOR_DAILY,
            boosts_hourly=BOOSTS_HOURLY,
        )
    )
    found = find_area(tx, group.id)
    assert found is not None  # just made
    return found


def find_area(tx: sa.Connection, actor_id: int) -> AreaRecord | None:
    """The area of that Group, if it is one of ours."""
    row = tx.execute(_AREA.where(areas.c.actor_id == actor_id)).first()
    return None if row is None else AreaRecord(*row)


def find_area_by_name(tx: sa.Connection, username: str, host: str | None = None) -> AreaRecord | None:
    """By handle; without `host` on whichever origin has it."""
    query = _AREA.where(actors.c.username == username)
    if host is not None:
        query = query.where(actors.c.host == host)
    row = tx.execute(query.order_by(areas.c.number)).first()
    return None if row is None else AreaRecord(*row)


def find_named(tx: sa.Connection, iris: Iterable[Iri]) -> list[AreaRecord]:
    """Our areas among `iris`, in the order in which they are named."""
    order = {iri: place for place, iri in enumerate(iris)}
    if not order:
        return []
    found = [AreaRecord(*row) for row in tx.execute(_NAMED, {"iris": list(order)})]
    return sorted(found, key=lambda area: order[area.iri])


def list_areas(tx: sa.Connection) -> list[AreaRecord]:
    """All areas of this node by number."""
    return [AreaRecord(*row) for row in tx.execute(_AREA.order_by(areas.c.number))]


def desk_of(tx: sa.Connection, area: AreaRecord) -> ActorRecord:
    """The area's desk."""
    desk = find_actor_by_id(tx, area.desk_id)
    assert desk is not None  # a foreign key holds it
    return desk


def grant_role(
    tx: sa.Connection, actor_id: int, role: str, *, area_id: int | None, until: Millis | None, now: Millis
) -> None:
    """Give an actor a role, in one area or (None) on the whole node."""
    tx.execute(sa.insert(roles).values(actor_id=actor_id, role=role, area_id=area_id, since=now, until=until))


_MODERATES = sa.select(
    sa.exists().where(
        roles.c.actor_id == sa.bindparam("actor"),
        roles.c.role.in_(("designer", "moderator", "admin")),
        sa.or_(roles.c.area_id == sa.bindparam("area"), roles.c.area_id.is_(None)),
        sa.or_(roles.c.until.is_(None), roles.c.until > sa.bindparam("now")),
    )
)


def may_moderate(tx: sa.Connection, actor_id: int, area_id: int, now: Millis) -> bool:
    """Whether the actor decides about posts of the area now."""
    return bool(tx.execute(_MODERATES, {"actor": actor_id, "area": area_id, "now": now}).scalar_one())
