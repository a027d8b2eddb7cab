"""What the words of every command come to: they are run where the node is, and the answer is printed."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from web.cli.commands import run_somewhere
from web.progress import Terminal
from web.settings import load_settings

Json = Annotated[bool, Parameter(name="--json", negative="")]


def run(command: str, as_json: Json, /, **arguments: Any) -> None:
    """Run a command of `web.cli.commands` with these words, and print what it answers."""
    terminal = Terminal(sys.stderr)
    try:
        report = asyncio.run(run_somewhere(load_settings(), command, arguments, terminal))
    finally:
        terminal.end()
    print(report.print(as_json=as_json))


def to_millis(moment: datetime | None) -> int | None:
    """A time as typed, in UTC where it does not say."""
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
