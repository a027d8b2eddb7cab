"""What is counted while a region plays: every request as it goes over the network, and what must never be there."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.testrig.network import Carried

ACCEPTED: Final = 202
SECRET: Final = "himitsu"
"""In the text of what is for its author's followers, or for nobody but who is named."""
HOUR: Final = 3_600_000


@dataclass
class Tally:
    """Counts by kind of request, and by hour of the simulated clock."""

    nodes: Collection[str]
    requests: Counter[str] = field(default_factory=Counter)
    hourly: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    brought: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By area and post: how often each server took its boost; 1 is right."""
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By area and post: how often its boost was sent."""
    wrong: list[str] = field(default_factory=list)
    _taken: set[tuple[str, str, str]] = field(default_factory=set)

    def begin(self) -> None:
        """Forget what was counted: it only made the region."""
        self.requests.clear()
        self.hourly.clear()
        self.brought.clear()
        self.tried.clear()

    def take(self, carried: Iterable[Carried], now: int) -> set[str]:
        """Count what was carried; return the nodes that heard something."""
        heard = set()
        for each in carried:
            kind = self._take_post(each) if each.method == "POST" else name_question(each.url)
            self.requests[kind if each.status is not None else f"{kind}, lost"] += 1
            self.hourly[now // HOUR]["asked" if each.method == "GET" else _name_fate(each)] += 1
            host = host_of(each.url)
            if each.method == "POST" and host in self.nodes:
                heard.add(host)
        return heard

    def _take_post(self, carried: Carried) -> str:
        activity = json.loads(carried.body)
        if carried.status == ACCEPTED:
            self._check(carried, activity)
        key = find_boost(activity)
        if key is None:
            return str(activity["type"])
        self.tried[key] += 1
        if carried.status == ACCEPTED:
            self.brought[key][host_of(carried.url)] += 1
        return "boost"

    def _check(self, carried: Carried, activity: dict[str, Any]) -> None:
        key = (carried.source, carried.url, activity["id"])
        if key in self._taken:
            self.wrong.append(f"duplicate: {carried.source} said {activity['id']} again to {carried.url}")
        self._taken.add(key)
        if SECRET.encode() in carried.body:
            self.wrong.append(f"leak: {carried.source} told {carried.url} what is not public")


def find_boost(activity: dict[str, Any]) -> tuple[str, str] | None:
    """The area and the post of a boost in either dialect; None = it is something else."""
    thing = activity.get("object")
    if activity["type"] != "Announce":
        return None
    if isinstance(thing, dict):
        thing = thing["object"]["id"] if thing.get("type") == "Create" else None
    return (activity["actor"], thing) if isinstance(thing, str) else None


def name_question(url: str) -> str:
    """What a GET is for."""
    query = httpx.URL(url).params
    if "since" in query:
        return "what was missed"
    return "comparison" if "digest" in query else "reading"


def host_of(url: str) -> str:
    """Where a request goes."""
    return httpx.URL(url).netloc.decode()


def _name_fate(carried: Carried) -> str:
    return "sent" if carried.status == ACCEPTED else "failed"
