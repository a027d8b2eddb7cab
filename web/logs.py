"""The log: one line per event on standard error, for people or as JSON. No globals: every node has its own.

Never bodies, tokens, keys or private text.
"""

import sys
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger

from web.settings import LogFormat

Log = FilteringBoundLogger


def open_log(form: LogFormat, stream: TextIO | None = None) -> Log:
    """Return a logger that writes lines to `stream` (standard error)."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    processors = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        renderer,
    ]
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return log
