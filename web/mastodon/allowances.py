"""How many requests a token, or a network without one, may make: windows of some minutes, in memory.

Mastodon's numbers and headers, since apps pace themselves by them.
"""

from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException

from federation.client.recent import Recent
from federation.vocabulary import Millis
from web.mastodon.times import write_time

REMEMBERED: Final = 50_000
"""Windows; each has some 100 bytes."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`most` requests in every `minutes`; what shares a name is counted together."""

    name: str
    most: int
    minutes: int


EVERYTHING: Final = Allowance("all", 300, 5)
UPLOADS: Final = Allowance("media", 30, 30)
DELETIONS: Final = Allowance("delete", 30, 30)
SIGN_UPS: Final = Allowance("sign-up", 5, 30)


@dataclass(slots=True)
class _Window:
    end: Millis
    used: int


class Meter:
    """Counts."""

    def __init__(self) -> None:
        self._windows: Recent[tuple[str, str], _Window] = Recent(REMEMBERED)

    def take(self, who: str, allowances: tuple[Allowance, ...], now: Millis) -> dict[str, str]:
        """Count one request against each, and return the headers of the tightest. Raises 429 with headers."""
        counted = [(*self._count(who, each, now), each) for each in allowances]
        remaining, end, allowance = min(counted, key=lambda found: found[0])
        headers = {
            "x-ratelimit-limit": str(allowance.most),
            "x-ratelimit-remaining": str(max(0, remaining)),
            "x-ratelimit-reset": write_time(end),
        }
        if remaining < 0:
            wait = -(-(end - now) // 1000)
            raise HTTPException(429, headers={**headers, "retry-after": str(wait)})
        return headers

    def _count(self, who: str, allowance: Allowance, now: Millis) -> tuple[int, Millis]:
        """How many are left after this one, and until when. Windows begin at the same instants for everybody."""
        window = self._windows.get((who, allowance.name))
        if window is None or window.end <= now:
            length = allowance.minutes * 60_000
            window = _Window(Millis(now - now % length + length), 0)
        window.used += 1
        self._windows.put((who, allowance.name), window)
        return allowance.most - window.used, window.end
