"""A clock that moves only when a test says so."""

from federation.vocabulary import Millis

NOON = Millis(1_795_521_600_000)
"""2026-11-24T12:00:00Z"""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class ManualClock:
    """Milliseconds UTC; starts at noon."""

    def __init__(self, now: Millis = NOON) -> None:
        self.now = now

    def __call__(self) -> Millis:
        return self.now

    def advance(self, milliseconds: int) -> Millis:
        """Let time pass, and return what it is then."""
        self.now = Millis(self.now + milliseconds)
        return self.now
