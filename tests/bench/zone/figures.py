"""What a region came to: every figure of the report, from what its nodes have stored and its network has carried."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas.tables import boosts, posts
from areas.zones.records import STANDING
from areas.zones.tables import zone_posts
from tests.bench.results import Result
from tests.bench.zone.play import Play
from tests.bench.zone.region import LEAST, Link
from tests.testrig.region import standing


@dataclass(frozen=True, slots=True)
class Late:
    """Milliseconds of the simulated clock until a post, or its end, came to another node, and why not at once."""

    delay: int
    cause: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a whole run."""

    boosts: Counter[int]
    """How many posts were boosted by so many areas."""
    followers: float
    """Servers that follow the area of a post, on average."""
    requests: float
    """Requests that brought its boost to them."""
    tried: float
    """Requests with it, lost ones too."""
    arrivals: list[Late]
    retractions: list[Late]
    missing: int
    """Retractions that did not come to whoever has the post."""


async def measure(play: Play) -> Figures:
    """Look at everything once more; nodes that are gone for good count for nothing."""
    arrivals, retractions, missing = await _list_times(play)
    stands = Counter(post for _, post in standing(play.region.readers[0]))
    counted = [
        (len(audience), len(play.region.tally.brought[key]), play.region.tally.tried[key])
        for key, audience in _list_audiences(play)
    ]
    total = len(counted) or 1
    followers, requests, tried = (sum(each[number] for each in counted) / total for number in range(3))
    boosted = Counter(stands.values())
    return Figures(boosted, followers, requests, tried, arrivals, retractions, missing)


def _list_audiences(play: Play) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """For each area and public post of its own that stands: the servers that follow, and can be reached."""
    region = play.region
    servers: dict[str, set[str]] = defaultdict(set)
    for host, areas in region.audience.items():
        for area in areas:
            servers[area].add(host)
    pairs = [(link.taker, link.giver) for link in region.links] + region.followed
    for taker, giver in pairs:
        if taker.site.host != giver.site.host and not region.weather.is_gone(taker.site.host):
            servers[giver.place.area.iri].add(taker.site.host)
    stands = standing(region.readers[0])
    for iri, said in play.people.said.items():
        area = said.home.place.area.iri
        is_there = not region.weather.is_gone(said.home.site.host)
        if is_there and said.visibility == "public" and (area, iri) in stands:
            yield (area, iri), servers[area]


async def _list_times(play: Play) -> tuple[list[Late], list[Late], int]:
    missing = 0
    arrivals, retractions = list[Late](), list[Late]()
    towns = {
        host: town for host, town in play.region.world.towns.items() if not play.region.weather.is_gone(host)
    }
    said = {host: dict(await town.read(_list_boosts)) for host, town in towns.items()}
    for link in play.region.links:
        taker, giver = link.taker.site.host, link.giver.site.host
        if taker == giver or not {taker, giver} <= towns.keys():
            continue
        for row in await towns[taker].read(_list_brought, link):
            if row.iri not in said[giver]:
                continue  # it is not the giver's, which is said elsewhere
            began, ended = said[giver][row.iri]
            arrivals.append(_judge(play, link, began, row.received_at))
            if ended is not None and row.state == "gone":
                retractions.append(_judge(play, link, ended, row.changed_at))
            missing += ended is not None and row.state in STANDING
    return arrivals, retractions, missing


def _judge(play: Play, link: Link, since: int, until: int) -> Late:
    if until - since <= LEAST:
        return Late(0, "at once")
    hosts = frozenset({link.taker.site.host, link.giver.site.host})
    return Late(until - since, play.region.weather.find_cause(hosts, since, until))


def _list_boosts(tx: sa.Connection) -> list[tuple[str, tuple[int, int | None]]]:
    """When each post was boosted here, and when that ended."""
    query = sa.select(posts.c.iri, boosts.c.created_at, boosts.c.undone_at).join(
        posts, posts.c.id == boosts.c.post_id
    )
    return [(iri, (began, ended)) for iri, began, ended in tx.execute(query)]


def _list_brought(tx: sa.Connection, link: Link) -> list[Any]:
    home = sa.select(actors.c.id).where(actors.c.iri == link.giver.place.area.iri).scalar_subquery()
    query = (
        sa.select(posts.c.iri, posts.c.received_at, zone_posts.c.state, zone_posts.c.changed_at)
        .join(zone_posts, zone_posts.c.post_id == posts.c.id)
        .where(zone_posts.c.area_id == link.taker.place.area.actor_id, zone_posts.c.home_id == home)
    )
    return list(tx.execute(query))


def pick(times: Sequence[Late], share: float) -> int:
    """The delay that so many have not exceeded; 0 where there are none."""
    sorted_times = sorted(each.delay for each in times)
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))] if sorted_times else 0


def conclude(play: Play, figures: Figures) -> list[Result]:
    """For the table. What must not be there at all fails the command."""
    asked = sum(count for kind, count in play.region.tally.requests.items() if not kind.endswith("lost"))
    mean = sum(areas * count for areas, count in figures.boosts.items()) / (figures.boosts.total() or 1)
    ended = len(figures.retractions) + figures.missing
    reached = len(figures.retractions) / ended if ended else 1
    results = [
        Result("zone.posts", len(play.people.said), "posts"),
        Result("zone.boosts", mean, "a post"),
        Result(
            "zone.requests",
            figures.requests,
            "a boost",
            figures.followers,
            figures.requests / (figures.followers or 1),
            "one a server",
        ),
        Result("zone.requests_in_all", asked / (len(play.people.said) or 1), "a post"),
        Result("zone.retractions", 100 * reached, "% reached", target="100", holds=not figures.missing),
        Result("zone.whole_after", play.healed or -1, "hours", target="≤ 48", holds=play.healed is not None),
    ]
    for name, share in (("median", 0.5), ("p95", 0.95), ("worst", 1)):
        results.append(Result(f"zone.delay_{name}", pick(figures.arrivals, share) / 1000, "s"))
    for kind, found in play.wrong.items():
        results.append(Result(f"zone.{kind}", len(found), "found", target="0", holds=not found))
    return results
