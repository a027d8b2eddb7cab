"""The time as the server under test has it: a row may move it on (`Rig.later`), never back."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate


@dataclass
class Clock:
    """Seconds by which the server's clock is ahead of this machine's."""

    ahead: float = 0.0

    def now(self) -> float:
        """Seconds UTC."""
        return time.time() + self.ahead


CLOCK = Clock()
"""One for all: there is one server at a time, and each begins at this machine's time (`open_stage_and_rig`)."""


def http_date(seconds: float = 0) -> str:
    """The time in so many seconds, as `Date` has it."""
    return formatdate(CLOCK.now() + seconds, usegmt=True)


def timestamp(seconds: float = 0) -> str:
    """The same as ActivityStreams has it (RFC 3339)."""
    moment = datetime.fromtimestamp(CLOCK.now() + seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
