"""What must hold of a region, looked at from outside: every node's database, and what readers elsewhere show."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import sqlalchemy as sa

from areas.tables import posts
from federation.vocabulary import Iri
from tests.bench.zone.people import People
from tests.bench.zone.region import Link, Region
from tests.bench.zone.tally import SECRET
from tests.testrig.region import Pair, Sight, look, standing

PAGES = ("", "?show=zone", "/outbox")


@dataclass(frozen=True, slots=True)
class View:
    """All that is stored, by host."""

    sights: dict[str, Sight]
    texts: dict[str, dict[str, str]]
    """Of posts that are there, by their ids."""


async def see(region: Region) -> View:
    """Look at every node that is not gone for good."""
    sights, texts = {}, {}
    for host, town in region.world.towns.items():
        if not region.weather.is_gone(host):
            sights[host] = await town.read(partial(look, now=region.world.clock()))
            texts[host] = await town.read(_list_texts)
    return View(sights, texts)


def _list_texts(tx: sa.Connection) -> dict[str, str]:
    query = sa.select(posts.c.iri, posts.c.content).where(posts.c.deleted_at.is_(None))
    return {row.iri: row.content for row in tx.execute(query)}


def find_differences(region: Region, people: People, view: View) -> Iterator[str]:
    """Whatever a taker shows otherwise than its giver means it, one by one."""
    own: dict[str, set[Iri]] = defaultdict(set)
    for sight in view.sights.values():
        for area, post in sight.own:
            if people.said[post].visibility == "public":
                own[area].add(post)
    for link in region.links:
        if {link.taker.site.host, link.giver.site.host} <= view.sights.keys():
            yield from _compare(link, own[link.giver.place.area.iri], view)


def _compare(link: Link, meant: set[Iri], view: View) -> Iterator[str]:
    taker, giver = link.taker.place.area, link.giver.place.area
    sight, texts = view.sights[link.taker.site.host], view.texts[link.taker.site.host]
    brought = {
        post: each
        for (area, post), each in sight.brought.items()
        if area == taker.iri and each.home == giver.iri and each.stands
    }
    for post in sorted(meant ^ brought.keys()):
        yield f"{taker.handle} {'shows' if post in brought else 'lacks'} {post} of {giver.handle}"
    for post in sorted(meant & brought.keys()):
        if texts.get(post) != view.texts[link.giver.site.host][post]:
            yield f"{taker.handle} has another text of {post}"
        wanted = brought[post].category in link.accepts
        if wanted != (brought[post].state == "boosted"):
            yield f"{taker.handle} {'does not boost' if wanted else 'boosts'} {post} of {giver.handle}"


def find_other_readings(region: Region, view: View) -> Iterator[str]:
    """Where a server of other software shows other boosts than the areas that it follows stand for."""
    boosted: set[Pair] = set()
    for sight in view.sights.values():
        boosted |= sight.own
        boosted |= {key for key, each in sight.brought.items() if each.state == "boosted"}
    for reader in region.readers:
        followed = region.audience[reader.host]
        shown = {key for key in standing(reader) if key[0] in followed}
        meant = {key for key in boosted if key[0] in followed}
        alive = {key for key in shown if httpx.URL(key[0]).host in view.sights}
        for area, post in sorted(alive ^ meant):
            yield f"{reader.host} {'shows' if (area, post) in shown else 'lacks'} the boost of {post} by {area}"


def find_duplicates(region: Region) -> Iterator[str]:
    """A post that an area has boosted more than once."""
    for reader in region.readers:
        ids: dict[Pair, set[str]] = defaultdict(set)
        for each in reader.received:
            if each["type"] == "Announce":
                ids[(each["actor"], each["object"])].add(each["id"])
        for (area, post), found in ids.items():
            if len(found) > 1:
                yield f"{area} boosted {post} {len(found)} times"


def find_loops(region: Region, people: People, view: View) -> Iterator[str]:
    """What came to an area from another than the one that it was written to, or without an agreement."""
    agreed = {(link.taker.place.area.iri, link.giver.place.area.iri) for link in region.links}
    for sight in view.sights.values():
        for (area, post), each in sight.brought.items():
            if each.home != people.said[post].home.place.area.iri:
                yield f"{post} came to {area} from {each.home}"
            if (area, each.home) not in agreed:
                yield f"{area} has {post} of {each.home} without an agreement"
            if each.state == "boosted" and (area, post) in sight.own:
                yield f"{area} boosts its own {post} as its peer's"


async def find_leaks(region: Region, people: People, view: View) -> list[str]:
    """What is not for everyone, at another node than its author's, among what peers bring, or on a page."""
    found = []
    for host, sight in view.sights.items():
        hidden = {iri for iri, said in people.said.items() if said.visibility in {"private", "direct"}}
        abroad = {iri for iri in hidden & view.texts[host].keys() if httpx.URL(iri).host != host}
        found += [f"{host} has {iri}" for iri in sorted(abroad)]
        brought = {post for _, post in sight.brought if people.said[post].visibility != "public"}
        found += [f"peers brought {iri} to {host}" for iri in sorted(brought)]
    async with httpx.AsyncClient(transport=region.world.network.transport("stranger.example")) as client:
        for home in region.homes:
            for path in PAGES if home.site.host in view.sights else ():
                accept = "application/activity+json" if path == "/outbox" else "text/html"
                page = await client.get(f"{home.place.area.iri}{path}", headers={"accept": accept})
                if page.status_code != 200 or SECRET in page.text:
                    found.append(f"{page.url}: {page.status_code}, {SECRET in page.text}")
    region.world.network.carried.clear()
    return found


async def judge(region: Region, people: People) -> dict[str, list[str]]:
    """Everything that is wrong, by its kind."""
    view = await see(region)
    return {
        "divergence": [*find_differences(region, people, view), *find_other_readings(region, view)],
        "duplicate": [each for each in region.tally.wrong if each.startswith("duplicate")]
        + list(find_duplicates(region)),
        "loop": [each for each in region.tally.wrong if each.startswith("loop")]
        + list(find_loops(region, people, view)),
        "leak": [each for each in region.tally.wrong if each.startswith("leak")]
        + await find_leaks(region, people, view),
    }
