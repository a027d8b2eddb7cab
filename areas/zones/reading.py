"""What pages and commands show of what peers have brought."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from actors.records import FederationMode
from actors.standing import is_host_refused
from actors.tables import actors, localities
from areas.reading.visibility import Reader
from areas.records import AreaRecord
from areas.timelines import PAGE, ShownPost, list_at
from areas.zones.records import STANDING
from areas.zones.tables import agreements, posts, zone_posts
from federation.vocabulary import Iri, Millis


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose a post is."""

    iri: Iri
    name: str
    handle: str


_HOMES: Final = (
    sa.select(zone_posts.c.post_id, actors.c.iri, actors.c.name, actors.c.username, actors.c.host)
    .join(actors, actors.c.id == zone_posts.c.home_id)
    .where(
        zone_posts.c.area_id == sa.bindparam("area"),
        zone_posts.c.post_id.in_(sa.bindparam("posts", expanding=True)),
    )
)


def zone_timeline(
    tx: sa.Connection,
    area_id: int,
    *,
    reader: Reader | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[ShownPost]:
    """What peers of an area have brought, newest first."""
    stands = sa.and_(zone_posts.c.area_id == area_id, zone_posts.c.state.in_(STANDING))
    return list_at(tx, zone_posts, stands, reader=reader, before=before, limit=limit)


def homes_of(tx: sa.Connection, area_id: int, post_ids: list[int]) -> dict[int, Origin]:
    """Whose each of these posts is, in an area."""
    rows: Any = tx.execute(_HOMES, {"area": area_id, "posts": post_ids})
    return {row.post_id: Origin(row.iri, row.name, f"@{row.username}@{row.host}") for row in rows}


def list_homes(tx: sa.Connection, area: AreaRecord, now: Millis) -> list[Origin]:
    """The areas whose posts come to an area or zone by agreement, by name."""
    query = (
        sa.select(actors.c.iri, actors.c.name, actors.c.username, actors.c.host)
        .join(agreements, agreements.c.peer_id == actors.c.id)
        .where(
            agreements.c.area_id == area.actor_id,
            agreements.c.direction == "in",
            _is_in_force(now),
        )
        .order_by(actors.c.name, actors.c.id)
    )
    return [Origin(iri, name, f"@{username}@{host}") for iri, name, username, host in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Peer:
    """An area of another town, and where it lies, as far as it says so."""

    id: int
    iri: Iri
    name: str
    handle: str
    host: str
    region: str
    locality: str
    latitude: float | None
    longitude: float | None


def list_peers(tx: sa.Connection, now: Millis, mode: FederationMode = "open") -> list[Peer]:
    """The areas of other nodes with which one of ours has agreed, either way, by name. Regions are none."""
    place = (localities.c[name] for name in ("region", "locality", "latitude", "longitude"))
    is_region = sa.and_(agreements.c.zone.is_not(None), agreements.c.zone == actors.c.iri)
    query = (
        sa.select(actors.c.id, actors.c.iri, actors.c.name, actors.c.username, actors.c.host, *place)
        .join(agreements, agreements.c.peer_id == actors.c.id)
        .outerjoin(localities, localities.c.actor_id == actors.c.id)
        .where(actors.c.origin_id.is_(None), actors.c.gone_at.is_(None), actors.c.moved_to.is_(None))
        .where(actors.c.standing == "open", sa.not_(is_region), _is_in_force(now))
        .distinct()
        .order_by(actors.c.name, actors.c.id)
    )
    return [
        Peer(
            actor_id, iri, name or username, f"@{username}@{host}", host, region or "", locality or "", *point
        )
        for actor_id, iri, name, username, host, region, locality, *point in tx.execute(query)
        if is_host_refused(tx, host, now, mode) is None
    ]


def list_zones(tx: sa.Connection, area: AreaRecord, now: Millis) -> list[Origin]:
    """The zones within which an area has agreed with others, or with them themselves, by name."""
    query = (
        sa.select(actors.c.iri, actors.c.name, actors.c.username, actors.c.host)
        .join(agreements, agreements.c.zone == actors.c.iri)
        .where(agreements.c.area_id == area.actor_id, actors.c.gone_at.is_(None), _is_in_force(now))
        .distinct()
        .order_by(actors.c.name, actors.c.iri)
    )
    return [Origin(iri, name, f"@{username}@{host}") for iri, name, username, host in tx.execute(query)]


def _is_in_force(now: Millis) -> "sa.ColumnElement[bool]":
    is_over = sa.and_(agreements.c.expires_at.is_not(None), agreements.c.expires_at <= now)
    return sa.and_(agreements.c.state == "accepted", sa.not_(is_over))


def is_in_a_zone(tx: sa.Connection, post_id: int) -> bool:
    """Whether any area here shows it as a peer's."""
    query = sa.select(zone_posts.c.area_id).where(
        zone_posts.c.post_id == post_id, zone_posts.c.state.in_(STANDING)
    )
    return tx.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Brought:
    """A peer's post, for who decides about it."""

    post_id: int
    iri: Iri
    home: str
    category: str
    state: str
    reason: str


def list_brought(tx: sa.Connection, area_id: int, limit: int = PAGE) -> list[Brought]:
    """What peers have brought to an area, the newest first, whatever became of it."""
    query = (
        sa.select(zone_posts, posts.c.iri.label("post_iri"), actors.c.username, actors.c.host)
        .join(posts, posts.c.id == zone_posts.c.post_id)
        .join(actors, actors.c.id == zone_posts.c.home_id)
        .where(zone_posts.c.area_id == area_id)
        .order_by(zone_posts.c.position.desc())
        .limit(limit)
    )
    return [
        Brought(row.post_id, row.post_iri, f"@{row.username}@{row.host}", row.category, row.state, row.reason)
        for row in tx.execute(query)
    ]
