"""Reports about a peer's post: told to its home area, which answers what it made of them.

A `Flag` in the name of our area (who reported is not told), answered by `Accept` (something was done) or `Reject`
(nothing was), each with the `Flag`'s id as its object. What comes from other servers is told to nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from actors.tables import actors
from areas import registry
from areas.records import AreaRecord
from areas.statements import insert_once
from areas.tables import reports
from areas.zones.tables import posts, report_routes, zone_posts
from federation import rendering
from federation.rendering import Document
from federation.vocabulary import Iri, Millis
from outbox.publish import append
from outbox.records import Entry

Outcome = Literal["resolved", "refused"]
"""`resolved`: something was done about it. `refused`: nothing had to be."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("resolved", "refused")
ANSWERS: Final[dict[Outcome, str]] = {"resolved": "Accept", "refused": "Reject"}


@dataclass(frozen=True, slots=True)
class Route:
    """To whom a report was passed on, and what came of it; `sent` = no answer yet."""

    home: str
    state: Literal["sent", "resolved", "refused"]
    reason: str
    changed_at: Millis


def find_areas_of(tx: sa.Connection, post_ids: Sequence[int]) -> list[int]:
    """Areas of ours that show one of these posts, or the thread that it answers, as a peer's."""
    if not post_ids:
        return []
    query = sa.select(zone_posts.c.area_id).join(posts, _is_in_thread()).where(posts.c.id.in_(post_ids))
    return list(tx.execute(query.distinct().order_by(zone_posts.c.area_id)).scalars())


def _is_in_thread() -> "sa.ColumnElement[bool]":
    return zone_posts.c.post_id == sa.func.coalesce(posts.c.thread_id, posts.c.id)


def route(tx: sa.Connection, report_id: int, post_ids: Sequence[int], text: str, now: Millis) -> int:
    """Tell the homes of peers' posts of a report that was made here; returns how many were told."""
    homes: dict[tuple[int, int], list[Iri]] = {}
    for home_id, area_id, iri in _list_homes(tx, post_ids):
        spoken = next((known for known in homes if known[0] == home_id), (home_id, area_id))
        homes.setdefault(spoken, []).append(iri)
    for (home_id, area_id), iris in homes.items():
        _tell(tx, report_id, (home_id, area_id), tuple(dict.fromkeys(iris)), text, now)
    return len(homes)


def _list_homes(tx: sa.Connection, post_ids: Sequence[int]) -> list[tuple[int, int, Iri]]:
    """The home on another server, the area of ours that speaks to it, and the post, for each."""
    if not post_ids:
        return []
    query = (
        sa.select(zone_posts.c.home_id, zone_posts.c.area_id, posts.c.iri)
        .join(posts, _is_in_thread())
        .join(actors, actors.c.id == zone_posts.c.home_id)
        .where(posts.c.id.in_(post_ids), actors.c.origin_id.is_(None), actors.c.gone_at.is_(None))
        .order_by(zone_posts.c.home_id, zone_posts.c.area_id, posts.c.id)
    )
    return [(row.home_id, row.area_id, row.iri) for row in tx.execute(query)]


def _tell(
    tx: sa.Connection,
    report_id: int,
    between: tuple[int, int],
    things: tuple[Iri, ...],
    text: str,
    now: Millis,
) -> None:
    home, area = find_actor_by_id(tx, between[0]), registry.find_area(tx, between[1])
    assert home is not None  # foreign keys hold both
    assert area is not None
    iri = Iri(f"{area.iri}/activities/flag-{report_id}")
    row = {"report_id": report_id, "home_id": home.id, "iri": iri, "state": "sent", "changed_at": now}
    if insert_once(tx, report_routes, {**row, "reason": ""}):
        flag = rendering.flag(
            iri, actor=area.iri, objects=things, text=text, to=(home.iri,), audience=home.iri
        )
        append(tx, _write(area, home, report_id, flag), now)


def _write(area: AreaRecord, to: ActorRecord, report_id: int, document: Document) -> Entry:
    return Entry(
        iri=Iri(str(document["id"])),
        actor_id=area.actor_id,
        type=str(document["type"]),
        body=document,
        thread=f"report:{report_id}",
        recipients=(to.id,),
        object_iri=to.iri,
        public=False,
    )


def answer(tx: sa.Connection, report_id: int, flag: Iri, outcome: Outcome, reason: str, now: Millis) -> bool:
    """Tell a peer what became of its report. False = it came from nobody who waits for that."""
    sender, area = find_reporter(tx, report_id), _find_area_of(tx, report_id)
    if sender is None or area is None:
        return False
    iri = Iri(f"{area.iri}/activities/answer-{report_id}")
    said = rendering.answer_flag(
        iri, kind=ANSWERS[outcome], actor=area.iri, flag=flag, reporter=sender.iri, summary=reason or None
    )
    append(tx, _write(area, sender, report_id, said), now)
    return True


def find_reporter(tx: sa.Connection, report_id: int) -> ActorRecord | None:
    """The area elsewhere that has sent a report, and is told what becomes of it; None = nobody is."""
    sender_id = tx.execute(sa.select(reports.c.actor_id).where(reports.c.id == report_id)).scalar_one()
    sender = None if sender_id is None else find_actor_by_id(tx, sender_id)
    is_told = sender is not None and not sender.local and sender.type == "Group"
    return sender if is_told and _find_area_of(tx, report_id) is not None else None


def _find_area_of(tx: sa.Connection, report_id: int) -> AreaRecord | None:
    area_id = tx.execute(sa.select(reports.c.area_id).where(reports.c.id == report_id)).scalar_one()
    return None if area_id is None else registry.find_area(tx, area_id)


def hear_answer(
    tx: sa.Connection, home: ActorRecord, flag: Iri, outcome: Outcome, reason: str, now: Millis
) -> bool:
    """Keep what the home area says about our report. False = it was not asked, or has answered before.

    What was resolved there is closed here; a refusal leaves it to our own people, who may hide the post.
    """
    moved = (
        sa.update(report_routes)
        .where(
            report_routes.c.iri == flag,
            report_routes.c.home_id == home.id,
            report_routes.c.state == "sent",
        )
        .values(state=outcome, reason=reason, changed_at=now)
        .returning(report_routes.c.report_id)
    )
    report_id = tx.execute(moved).scalar()
    if report_id is None:
        return False
    if outcome == "resolved" and all(each.state == "resolved" for each in list_routes(tx, report_id)):
        closing = sa.update(reports).where(reports.c.id == report_id, reports.c.closed_at.is_(None))
        tx.execute(closing.values(closed_at=now, outcome=outcome, answer=reason))
    return True


def list_routes(tx: sa.Connection, report_id: int) -> list[Route]:
    """To whom a report was passed on."""
    query = (
        sa.select(report_routes, actors.c.username, actors.c.host)
        .join(actors, actors.c.id == report_routes.c.home_id)
        .where(report_routes.c.report_id == report_id)
        .order_by(report_routes.c.home_id)
    )
    return [
        Route(f"@{row.username}@{row.host}", row.state, row.reason, row.changed_at)
        for row in tx.execute(query)
    ]
