"""Commands about delivery: what is owed to whom and why, and sending it again."""

from dataclasses import asdict

from outbox.oversight import DestinationStatus, Failure, find_failures, find_status, flush, retry
from web.cli.reports import Report, table
from web.node import Node


async def delivery_status(node: Node) -> Report:
    """How delivery stands at every destination, and what was given up."""
    destinations = await node.database.read(find_status)
    failures = await node.database.read(find_failures)
    rows: list[tuple[str, ...]] = [("server", "state", "retrying", "given up", "last error")]
    rows += [_row(each) for each in destinations]
    lines = table(rows, "nothing was ever sent to another server")
    if failures:
        lines += ("", "given up (kairanban delivery retry HOST sends them again):", *map(_line, failures))
    data = {
        "destinations": [asdict(each) for each in destinations],
        "given_up": [asdict(each) for each in failures],
    }
    return Report(lines, data)


def _row(status: DestinationStatus) -> tuple[str, ...]:
    return (status.host, _state(status), str(status.retrying), str(status.failed), status.last_error or "")


def _state(status: DestinationStatus) -> str:
    if status.dropped_at is not None:
        return "dropped"
    if status.failures:
        return f"failing ({status.failures} in a row)"
    return "behind" if status.oldest_owed_at is not None else "up to date"


def _line(failure: Failure) -> str:
    return f"  {failure.host}: {failure.iri}: {failure.reason}"


async def delivery_retry(node: Node, *, host: str) -> Report:
    """Send again what was given up at a server, and try it now whatever its circuit breaker says."""
    now = node.clock()
    again = await node.database.write(lambda tx: retry(tx, now, host=host))
    await node.database.write(lambda tx: flush(tx, now, host=host))
    node.worker.nudge()
    return Report((f"{host}: {again} entries are sent again",), {"host": host, "again": again})


async def delivery_flush(node: Node) -> Report:
    """Try everything that waits now."""
    now = node.clock()
    count = await node.database.write(lambda tx: flush(tx, now))
    node.worker.nudge()
    return Report((f"{count} destinations are tried now",), {"destinations": count})
