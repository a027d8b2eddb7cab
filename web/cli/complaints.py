"""Commands about reports: reading them, and saying what became of each."""

from datetime import UTC, datetime

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from areas import registry, reports
from areas.reports import ReportRecord
from areas.zones.complaints import list_routes
from web.cli.handles import find_named_area
from web.cli.reports import Report, table
from web.node import Node

TEXT_SHOWN = 60


async def report_list(node: Node, *, area: str | None = None, closed: bool = False) -> Report:
    """Reports that wait for an answer, or closed ones, the latest first."""

    def read(tx: sa.Connection) -> list[dict[str, object]]:
        home = None if area is None else (find_named_area(tx, area).actor_id,)
        return [_describe(tx, each) for each in reports.list_reports(tx, home, closed=closed)]

    data = await node.database.read(read)
    rows = [("id", "area", "from", "state", "text"), *(_row(each) for each in data)]
    return Report(table(rows, "no reports"), data)


def _row(data: dict[str, object]) -> tuple[str, ...]:
    return (*(str(data[name]) for name in ("id", "area", "from", "state")), str(data["text"])[:TEXT_SHOWN])


async def report_show(node: Node, *, report: int) -> Report:
    """One report: what it is about, who was told, and what they answered."""
    return _tell(await node.database.read(lambda tx: _describe(tx, reports.find(tx, report))))


async def report_close(node: Node, *, report: int, outcome: str, reason: str = "") -> Report:
    """Say what became of it; an area of another server that sent it is told."""
    now = node.clock()

    def write(tx: sa.Connection) -> dict[str, object]:
        return _describe(tx, reports.close(tx, report, outcome, reason, now))

    data = await node.database.write(write)
    node.worker.nudge()
    return _tell(data)


def _describe(tx: sa.Connection, report: ReportRecord) -> dict[str, object]:
    area = None if report.area_id is None else registry.find_area(tx, report.area_id)
    sender = None if report.actor_id is None else find_actor_by_id(tx, report.actor_id)
    routes = list_routes(tx, report.id)
    return {
        "id": str(report.id),
        "area": area.handle if area else "the whole server",
        "from": f"@{sender.handle}" if sender else "the form",
        "received": datetime.fromtimestamp(report.received_at / 1000, UTC).isoformat(),
        "state": report.outcome or "open",
        "answer": report.answer or "",
        "objects": list(report.objects),
        "text": report.text,
        "passed_on": [{"to": each.home, "state": each.state, "reason": each.reason} for each in routes],
    }


def _tell(data: dict[str, object]) -> Report:
    lines = [f"{key}: {value}" for key, value in data.items() if key not in {"objects", "passed_on"}]
    lines += [f"about: {each}" for each in data["objects"]]  # type: ignore[attr-defined]
    for each in data["passed_on"]:  # type: ignore[attr-defined]
        lines.append(" · ".join(filter(None, (f"passed on to {each['to']}", each["state"], each["reason"]))))
    return Report(tuple(lines), data)
