"""What befalls the network and its nodes, by the simulated clock: all of it is decided beforehand, by a seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import httpx

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
LOST: Final = 0.01
"""Of all requests, as many never arrive; of as many the answer is lost, and as many arrive twice."""
SLOW: Final = 0.4
"""Of what is sent to a slow node, as much is answered later than anybody waits."""
FOREVER: Final = 1 << 62

Cause = Literal["down", "down for long", "gone for good", "cut off", "restarted", "slow", "lost on the way"]
CAUSES: Final[tuple[Cause, ...]] = (
    "down for long",
    "cut off",
    "down",
    "restarted",
    "slow",
    "lost on the way",
)
"""Why something came late: the first of these that was so meanwhile."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Of some hosts for a time: they are down, or nothing goes between them and the others (`cut off`)."""

    kind: Cause
    hosts: frozenset[str]
    begin: int
    end: int

    def holds(self, since: int, until: int) -> bool:
        """Whether any of that time is within it."""
        return self.begin <= until and since < self.end


@dataclass(slots=True)
class Weather:
    """What happens to a request now. Each way between two hosts has its own chance, whatever others do meanwhile."""

    seed: int
    troubles: list[Trouble] = field(default_factory=list)
    slow: frozenset[str] = frozenset()
    calm_from: int = FOREVER
    now: int = 0
    _ways: dict[tuple[str, str], random.Random] = field(default_factory=dict)

    def is_away(self, host: str) -> bool:
        """Whether a node is down."""
        return any(host in each.hosts and each.kind != "cut off" for each in self._troubles_now())

    def is_gone(self, host: str) -> bool:
        """Whether it never comes back."""
        return any(host in each.hosts and each.end == FOREVER for each in self.troubles)

    def judge(self, request: httpx.Request) -> str | None:
        """The fate of a request, for `tests.testrig.network`."""
        source, target = request.extensions["source"], request.url.netloc.decode()
        if self.is_away(source) or self.is_away(target) or self._is_apart(source, target):
            return "drop"
        if self.now >= self.calm_from:
            return None
        way = self._ways.setdefault((source, target), random.Random(f"{self.seed} {source} {target}"))
        if target in self.slow and way.random() < SLOW:
            return "lose-answer"
        dice = int(way.random() / LOST)
        return {0: "drop", 1: "lose-answer", 2: "repeat"}.get(dice)

    def find_cause(self, hosts: frozenset[str], since: int, until: int) -> Cause:
        """Why what was said between two hosts came late."""
        kinds = {each.kind for each in self.troubles if each.hosts & hosts and each.holds(since, until)}
        if hosts & self.slow:
            kinds.add("slow")
        return next((cause for cause in CAUSES if cause in kinds), "lost on the way")

    def _troubles_now(self) -> list[Trouble]:
        return [each for each in self.troubles if each.begin <= self.now < each.end]

    def _is_apart(self, source: str, target: str) -> bool:
        return any(
            each.kind == "cut off" and (source in each.hosts) != (target in each.hosts)
            for each in self._troubles_now()
        )


def forecast(regions: Mapping[str, str], begin: int, days: int, seed: int) -> Weather:
    """Of hosts and their regions. A tenth is down for an hour; three for half or three quarters of the time; one for
    good; half of two regions is cut off for hours; a twentieth is slow; a seventh starts anew. After it all is calm.
    """
    chance, hosts = random.Random(f"weather {seed}"), sorted(regions)
    length = days * 24 * HOUR
    some = iter(chance.sample(hosts, len(hosts)))

    def take(share: float) -> frozenset[str]:
        return frozenset(next(some) for _ in range(max(1, int(len(hosts) * share))))

    def trouble(kind: Cause, which: frozenset[str], at: float, hours: float) -> Trouble:
        start = begin + int(length * at)
        return Trouble(kind, which, start, FOREVER if kind == "gone for good" else start + int(hours * HOUR))

    troubles = [
        trouble("down", take(0.1), 0.3, 1),
        trouble("down for long", take(0), 0.1, 12 * days),
        trouble("gone for good", take(0), 0.4, 0),
    ]
    if len(hosts) > len(troubles) * 4:
        troubles += [trouble("down for long", take(0), 0.2, 12 * days)]
        troubles += [trouble("down for long", take(0), 0.15, 18 * days)]
    slow = take(0.05)
    for region, at, hours in zip(_pick_regions(regions), (0.45, 0.6), (4, 6), strict=False):
        inside = sorted(host for host in hosts if regions[host] == region)
        troubles.append(trouble("cut off", frozenset(inside[: len(inside) // 2]), at, hours))
    for host in chance.sample(hosts, max(1, len(hosts) // 7)):
        troubles.append(trouble("restarted", frozenset({host}), chance.uniform(0.1, 0.9), 1 / 60))
    return Weather(seed, troubles, slow, begin + length)


def _pick_regions(regions: Mapping[str, str]) -> Sequence[str]:
    """The first and the last."""
    names = list(dict.fromkeys(regions.values()))
    return list(dict.fromkeys([names[0], names[-1]]))
