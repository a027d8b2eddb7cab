"""Words of commands about what others warn of: reports, and servers that they think bad."""

from datetime import datetime

import cyclopts

from web.cli.running import Json, run, to_millis


def report_list(area: str | None = None, *, closed: bool = False, json: Json = False) -> None:
    """List the reports that wait for an answer, of AREA or of all; --closed lists those that have one."""
    run("report list", json, area=area, closed=closed)


def report_show(report: int, *, json: Json = False) -> None:
    """Show one report, and what the home area of a peer's post has answered."""
    run("report show", json, report=report)


def report_close(report: int, outcome: str, *, reason: str = "", json: Json = False) -> None:
    """Close a report. OUTCOME: resolved (something was done) or refused; an area that sent it is told, with REASON."""
    run("report close", json, report=report, outcome=outcome, reason=reason)


def signal_list(*, everything: bool = False, json: Json = False) -> None:
    """List the warnings of peers about other servers that wait for a decision; --everything lists all, ours too."""
    run("signal list", json, everything=everything)


def signal_take(signal: int, *, json: Json = False) -> None:
    """Block the server that SIGNAL is about, for its reason and until its end."""
    run("signal take", json, signal=signal)


def signal_veto(signal: int, *, reason: str = "", json: Json = False) -> None:
    """Do not block that server, and be asked about it no more, whoever warns."""
    run("signal veto", json, signal=signal, reason=reason)


def signal_send(area: str, host: str, *, reason: str, until: datetime, json: Json = False) -> None:
    """Warn the areas with which AREA has agreed of HOST, with a REASON, until a day within a year."""
    run("signal send", json, area=area, host=host, reason=reason, until=to_millis(until))


def signal_withdraw(area: str, host: str, *, json: Json = False) -> None:
    """Take AREA's warning about HOST back."""
    run("signal withdraw", json, area=area, host=host)


_SIGNAL = (signal_list, signal_take, signal_veto, signal_send, signal_withdraw)
_REPORT = (report_list, report_show, report_close)


def add_commands(app: cyclopts.App) -> None:
    """Let them be typed."""
    report = cyclopts.App(name="report", help="What people and other servers have reported.")
    app.command(report)
    for ours in _REPORT:
        report.command(ours, name=ours.__name__.removeprefix("report_"))
    signal = cyclopts.App(name="signal", help="Warnings of peers about other servers.")
    app.command(signal)
    for said in _SIGNAL:
        signal.command(said, name=said.__name__.removeprefix("signal_"))
