"""Reports (`Flag`, or the form without an account), kept for the people of the area that boosted the thing."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.origins import is_served
from actors.records import ActorRecord
from actors.tables import actors
from areas import registry
from areas.notifications import Event, ring
from areas.reading.slices import Page, Slice, paginate, slice_by
from areas.statements import insert_once
from areas.tables import areas, placements, posts, reports
from areas.zones import complaints
from areas.zones.complaints import Outcome
from federation.errors import NotFound, Overloaded, Refused
from federation.html import plain_name
from federation.iris import mint_id
from federation.vocabulary import Iri, Millis
from outbox.lookups import find_speakers

TEXT_LENGTH = 5000
MOST_OBJECTS = 20
MOST_PER_DAY = 100
"""Reports of one reporter a day; more say nothing new (1,000 Flags are an attack)."""
DAY = 24 * 3_600_000
ID_TRIES = 8
MOST_LISTED = 100

_PAGE = re.compile(r"https?://[^/?#]+/posts/([0-9]{1,19})(?:[/?#].*)?")
"""The page of a post on one of our origins; other servers' posts have one too."""
_BIGGEST_ID = (1 << 63) - 1

_IRIS: "sa.BindParameter[list[str]]" = sa.bindparam("iris", expanding=True)
_OF_SPEAKERS = sa.select(areas.c.actor_id).where(areas.c.actor_id.in_(sa.bindparam("actors", expanding=True)))
_THREADS = sa.select(sa.func.coalesce(posts.c.thread_id, posts.c.id))
_OF_ROOTS = (
    sa.select(placements.c.area_id)
    .where(placements.c.post_id.in_(sa.bindparam("roots", expanding=True)))
    .order_by(placements.c.id)
    .limit(1)
)
_OF_AREA = (
    sa.select(areas.c.actor_id)
    .join(actors, actors.c.id.in_((areas.c.actor_id, areas.c.desk_id)))
    .where(actors.c.iri.in_(_IRIS))
    .order_by(areas.c.number)
    .limit(1)
)
_OF_AUTHOR = (
    sa.select(placements.c.area_id)
    .join(actors, actors.c.id == placements.c.author_id)
    .where(actors.c.iri.in_(_IRIS))
    .order_by(placements.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Details:
    """What only residents' reports say; `rules` are those of the node that were broken."""

    target_id: int | None = None
    category: str = "other"
    rules: tuple[str, ...] = ()
    forwarded: bool = False


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report as it is kept; `objects` are actors and posts."""

    id: int
    actor_id: int | None
    area_id: int | None
    objects: tuple[Iri, ...]
    text: str
    target_id: int | None
    category: str
    rules: tuple[str, ...]
    forwarded: bool
    received_at: Millis
    closed_at: Millis | None
    iri: Iri | None = None
    outcome: Outcome | None = None
    answer: str | None = None


_REPORT = sa.select(*(reports.c[name] for name in ReportRecord.__dataclass_fields__))


def file(
    tx: sa.Connection,
    *,
    actor: ActorRecord | None,
    iri: Iri | None,
    objects: Iterable[Iri],
    text: str,
    now: Millis,
    details: Details = NO_DETAILS,
) -> int | None:
    """Store a report, and tell the moderators. None = it was stored before, or its sender sends too many today."""
    things = list(dict.fromkeys(objects))[:MOST_OBJECTS]
    text = plain_name(text, TEXT_LENGTH)
    if actor is not None and _count_today(tx, actor.id, now) >= MOST_PER_DAY:
        return None
    area_id = find_area_of(tx, things)
    row = {
        "iri": iri,
        "actor_id": None if actor is None else actor.id,
        "area_id": area_id,
        "objects": json.dumps(things, ensure_ascii=False),
        "text": text,
        "target_id": details.target_id,
        "category": details.category,
        "rules": json.dumps(details.rules, ensure_ascii=False),
        "forwarded": details.forwarded,
        "received_at": now,
    }
    for _ in range(ID_TRIES):
        report = mint_id(now)
        if insert_once(tx, reports, {"id": report, **row}):
            if actor is not None:
                _tell_moderators(tx, actor, report, area_id, now)
            if iri is None:
                complaints.route(tx, report, _find_posts(tx, things), text, now)
            return report
        if actor is not None and _is_filed(tx, actor.id, iri):
            return None  # else the id was taken: another one
    raise Overloaded("no free id for a report")


def _tell_moderators(
    tx: sa.Connection, actor: ActorRecord, report_id: int, area_id: int | None, now: Millis
) -> None:
    for moderator_id in registry.list_moderators(tx, area_id, now):
        ring(tx, moderator_id, Event("admin.report", actor, report_id=report_id), now)


def close(tx: sa.Connection, report_id: int, outcome: str, answer: str, now: Millis) -> ReportRecord:
    """Say what became of a report; an area that sent it is told. Raises `NotFound`, `Refused`."""
    known = next((each for each in complaints.OUTCOMES if each == outcome), None)
    if known is None:
        raise Refused(f"outcome {outcome!r} is none of {', '.join(complaints.OUTCOMES)}")
    report, said = find(tx, report_id), plain_name(answer, TEXT_LENGTH)
    closing = sa.update(reports).where(reports.c.id == report_id, reports.c.closed_at.is_(None))
    if not tx.execute(closing.values(closed_at=now, outcome=known, answer=said)).rowcount:
        raise Refused(f"report {report_id} is closed: {report.outcome}")
    if report.iri is not None:
        complaints.answer(tx, report_id, report.iri, known, said, now)
    return find(tx, report_id)


def reopen(tx: sa.Connection, report_id: int) -> None:
    """Let a closed report wait again, unless an area elsewhere was told. Raises `NotFound`, `Refused`."""
    report = find(tx, report_id)
    if report.closed_at is None:
        raise Refused(f"report {report_id} is open")
    if complaints.find_reporter(tx, report_id) is not None:
        raise Refused("the area that reported was told what became of it")
    closed = sa.and_(reports.c.id == report_id, reports.c.closed_at.is_not(None))
    tx.execute(sa.update(reports).where(closed).values(closed_at=None, outcome=None, answer=None))


def list_reports(
    tx: sa.Connection,
    area_ids: Collection[int] | None = None,
    *,
    closed: bool = False,
    limit: int = MOST_LISTED,
) -> list[ReportRecord]:
    """Reports that nobody has answered, or those that are closed; of some areas, or of all. The latest first."""
    query = _REPORT.where(reports.c.closed_at.is_not(None) if closed else reports.c.closed_at.is_(None))
    if area_ids is not None:
        query = query.where(reports.c.area_id.in_(area_ids))
    return [_read(row) for row in tx.execute(query.order_by(reports.c.id.desc()).limit(limit))]


def find(tx: sa.Connection, report_id: int) -> ReportRecord:
    """Raises `NotFound`."""
    row = tx.execute(_REPORT.where(reports.c.id == report_id)).first()
    if row is None:
        raise NotFound(f"there is no report {report_id}")
    return _read(row)


def list_by(tx: sa.Connection, actor_id: int, wanted: Slice) -> Page[ReportRecord]:
    """What an actor reported about somebody, the latest first."""
    mine = sa.and_(reports.c.actor_id == actor_id, reports.c.target_id.is_not(None))
    rows, more = slice_by(tx, _REPORT.where(mine), reports.c.id, wanted)
    return paginate([_read(row) for row in rows], wanted, lambda each: each.id, more=more)


def _read(row: "sa.Row[Any]") -> ReportRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    lists = {name: tuple(json.loads(values[name])) for name in ("objects", "rules")}
    return ReportRecord(**{**values, **lists, "forwarded": bool(values["forwarded"])})


def _count_today(tx: sa.Connection, actor_id: int, now: Millis) -> int:
    recent = sa.select(sa.func.count()).where(
        reports.c.actor_id == actor_id, reports.c.received_at > now - DAY
    )
    return tx.execute(recent).scalar_one()


def _is_filed(tx: sa.Connection, actor_id: int, iri: Iri | None) -> bool:
    query = sa.select(reports.c.id).where(reports.c.actor_id == actor_id, reports.c.iri == iri)
    return tx.execute(query).first() is not None


def find_area_of(tx: sa.Connection, things: Sequence[Iri]) -> int | None:
    """The area whose people should see a report about these, whoever hosts them; None = those of the node.

    What an area boosted, or what answers it; the area itself or its desk; else where an author posted last.
    """
    if not things:
        return None
    named = {"iris": list(things)}
    found = _find_area_that_said(tx, things) or tx.execute(_OF_AREA, named).scalar()
    if found is not None:
        return int(found)
    found = _find_area_of_posts(tx, things)
    return tx.execute(_OF_AUTHOR, named).scalar() if found is None else found


def _find_area_that_said(tx: sa.Connection, things: Sequence[Iri]) -> int | None:
    """Whose boost, or other activity, one of these is."""
    speakers = find_speakers(tx, things)
    return tx.execute(_OF_SPEAKERS.limit(1), {"actors": speakers}).scalar() if speakers else None


def _find_area_of_posts(tx: sa.Connection, things: Sequence[Iri]) -> int | None:
    """Where they, or what they answer, were posted; else where they are shown as a peer's."""
    found = _find_posts(tx, things)
    roots = list(tx.execute(_THREADS.where(posts.c.id.in_(found))).scalars())
    placed = tx.execute(_OF_ROOTS, {"roots": roots}).scalar() if roots else None
    return next(iter(complaints.find_areas_of(tx, found)), None) if placed is None else placed


def _find_posts(tx: sa.Connection, things: Sequence[Iri]) -> list[int]:
    """The numbers of the posts among these, also where their page is named."""
    pages = [int(match[1]) for iri in things if (match := _PAGE.fullmatch(iri)) and is_served(tx, iri)]
    is_named = sa.or_(
        posts.c.iri.in_(things), posts.c.id.in_([page for page in pages if page <= _BIGGEST_ID])
    )
    return list(tx.execute(sa.select(posts.c.id).where(is_named)).scalars())
