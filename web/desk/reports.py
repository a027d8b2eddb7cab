"""Reports, for whoever decides in the area that they are about: what was said, to whom it went on, what came of it."""

from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor, find_actor_by_id
from actors.records import ActorRecord
from areas import posts, registry, reports
from areas.records import AreaRecord
from areas.reports import TEXT_LENGTH, ReportRecord
from areas.zones import complaints
from areas.zones.complaints import Route
from federation.errors import NotFound
from federation.html import to_text
from federation.vocabulary import Iri
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.desk.rights import Desk, find_desk, list_tabs
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id
from web.pages.cards import here
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of
from web.visits import origin_of

EXCERPT = 100
"""Characters of a post that is reported, and of what was said."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What a report is about: where it is, and its first words where it is known."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report with what stands around it. `peer`: the area elsewhere that sent it, and is told what becomes of it."""

    report: ReportRecord
    area: AreaRecord | None
    sender: ActorRecord | None
    peer: ActorRecord | None
    things: tuple[Thing, ...]
    routes: tuple[Route, ...]


async def reports_page(request: Request, visitor: Visitor) -> Response:
    """Those that wait for an answer or, with `?show=closed`, those that have one; the latest first."""
    values = await node_of(request).database.read(_list, request, visitor)
    return show(request, "desk_reports.html", values)


def _list(tx: sa.Connection, request: Request, visitor: Visitor) -> dict[str, object]:
    desk = find_desk(tx, request, visitor)
    closed = request.query_params.get("show") == "closed"
    within = None if desk.is_everywhere else tuple(desk.areas)
    found = [_describe(tx, request, each) for each in reports.list_reports(tx, within, closed=closed)]
    return {"reports": found, "closed": closed, "tabs": list_tabs(request, desk), "excerpt": EXCERPT}


async def report_page(request: Request, visitor: Visitor) -> Response:
    """One report, and the sheet that answers it."""
    return await _show(request, visitor)


async def _show(
    request: Request, visitor: Visitor, error: str = "", answer: str = "", status: int = 200
) -> Response:
    def read(tx: sa.Connection) -> dict[str, object]:
        desk = find_desk(tx, request, visitor)
        found = _describe(tx, request, _require(tx, request, desk))
        return {"each": found, "tabs": list_tabs(request, desk)}

    values = await node_of(request).database.read(read)
    more = {"error": error, "answer": answer, "most_text": TEXT_LENGTH}
    return show(request, "desk_report.html", {**values, **more}, status=status)


def _require(tx: sa.Connection, request: Request, desk: Desk) -> ReportRecord:
    report = reports.find(tx, require_id(request, "report_id"))
    if not desk.sees(report.area_id):
        raise NotFound("there is no such report")
    return report


async def close(request: Request, visitor: Visitor) -> Response:
    """Say what became of it; the area elsewhere that has sent it reads why."""
    form = await read_form(request)
    node, answer = node_of(request), form.get("answer", "").strip()

    def write(tx: sa.Connection) -> str | None:
        report = _require(tx, request, find_desk(tx, request, visitor))
        is_told = complaints.find_reporter(tx, report.id) is not None
        if is_told and not answer:
            return None
        reports.close(tx, report.id, form.get("outcome", ""), answer, node.clock())
        return "answered" if is_told else "closed"

    done = await node.database.write(write)
    if done is None:
        error = text_of(request, "Please say what came of it: the town that reported reads it.")
        return await _show(request, visitor, error, answer, 422)
    node.nudge()
    target = with_notice(link(request, "/desk/reports"), done, require_id(request, "report_id"))
    return RedirectResponse(target, 303, headers=PRIVATE)


async def reopen(request: Request, visitor: Visitor) -> Response:
    """Let it wait again, where nobody elsewhere was told."""
    await read_form(request)

    def write(tx: sa.Connection) -> None:
        reports.reopen(tx, _require(tx, request, find_desk(tx, request, visitor)).id)

    await node_of(request).database.write(write)
    return RedirectResponse(with_notice(link(request, "/desk/reports"), "reopened"), 303, headers=PRIVATE)


def _describe(tx: sa.Connection, request: Request, report: ReportRecord) -> Complaint:
    return Complaint(
        report,
        None if report.area_id is None else registry.find_area(tx, report.area_id),
        None if report.actor_id is None else find_actor_by_id(tx, report.actor_id),
        complaints.find_reporter(tx, report.id),
        tuple(_to_thing(tx, request, each) for each in report.objects),
        tuple(complaints.list_routes(tx, report.id)),
    )


def _to_thing(tx: sa.Connection, request: Request, iri: Iri) -> Thing:
    post, actor = posts.find_post(tx, iri), find_actor(tx, iri)
    words = f"{actor.name} @{actor.handle}" if actor is not None else ""
    if post is not None and post.deleted_at is None and post.is_shown:
        words = to_text(post.content)[:EXCERPT]
    return Thing(here(iri, origin_of(request).origin), words or iri)
