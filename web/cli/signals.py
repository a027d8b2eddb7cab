"""Commands about warnings: what peers say of other servers, and what we say to them."""

from datetime import UTC, datetime

from areas.zones import signals
from areas.zones.signals import Signal
from federation.errors import Refused
from federation.vocabulary import Millis
from web.cli.handles import find_named_area
from web.cli.reports import Report, table
from web.node import Node


async def signal_list(node: Node, *, everything: bool = False) -> Report:
    """Warnings that wait for the operator, or all."""
    now = node.clock()
    found = await node.database.read(lambda tx: signals.list_signals(tx, now, everything=everything))
    data = [{"from": handle, **_describe(signal)} for signal, handle in found]
    columns = ("id", "from", "host", "state", "until", "reason")
    rows = [columns, *(tuple(str(each[name]) for name in columns) for each in data)]
    return Report(table(rows, "no warnings"), data)


def _describe(signal: Signal) -> dict[str, object]:
    is_over = signal.withdrawn_at is not None
    return {
        "id": str(signal.id),
        "host": signal.host,
        "state": f"{signal.state}, withdrawn" if is_over else signal.state,
        "until": datetime.fromtimestamp(signal.expires_at / 1000, UTC).date().isoformat(),
        "reason": signal.reason,
        "note": signal.note,
    }


def _tell(signal: Signal) -> Report:
    data = _describe(signal)
    return Report((f"{data['host']} · {data['state']} until {data['until']} · {data['reason']}",), data)


async def signal_take(node: Node, *, signal: int) -> Report:
    """Block a server as a peer's warning says."""
    now = node.clock()
    taken = await node.database.write(signals.take, signal, now)
    await node.refresh()
    return _tell(taken)


async def signal_veto(node: Node, *, signal: int, reason: str = "") -> Report:
    """Be asked about that server no more."""
    return _tell(await node.database.write(signals.veto, signal, reason, node.clock()))


async def signal_send(
    node: Node, *, area: str, host: str, reason: str = "", until: Millis | None = None
) -> Report:
    """Warn the peers of an area."""
    if until is None:
        raise Refused("say --until: a warning ends, within a year")
    now = node.clock()
    sent = await node.database.write(
        lambda tx: signals.send(tx, find_named_area(tx, area), host, reason, until, now)
    )
    node.worker.nudge()
    return _tell(sent)


async def signal_withdraw(node: Node, *, area: str, host: str) -> Report:
    """Take a warning back."""
    now = node.clock()
    ended = await node.database.write(lambda tx: signals.withdraw(tx, find_named_area(tx, area), host, now))
    node.worker.nudge()
    return _tell(ended)
