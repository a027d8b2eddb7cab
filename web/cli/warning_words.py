"""Words of commands about what others warn of: reports."""

import cyclopts

from web.cli.running import Json, run


def report_list(area: str | None = None, *, closed: bool = False, json: Json = False) -> None:
    """List the reports that wait for an answer, of AREA or of all; --closed lists those that have one."""
    run("report list", json, area=area, closed=closed)


def report_show(report: int, *, json: Json = False) -> None:
    """Show one report, and what the home area of a peer's post has answered."""
    run("report show", json, report=report)


def report_close(report: int, outcome: str, *, reason: str = "", json: Json = False) -> None:
    """Close a report. OUTCOME: resolved (something was done) or refused; an area that sent it is told, with REASON."""
    run("report close", json, report=report, outcome=outcome, reason=reason)


_REPORT = (report_list, report_show, report_close)


def add_commands(app: cyclopts.App) -> None:
    """Let them be typed."""
    report = cyclopts.App(name="report", help="What people and other servers have reported.")
    app.command(report)
    for ours in _REPORT:
        report.command(ours, name=ours.__name__.removeprefix("report_"))
