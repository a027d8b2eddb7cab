"""Towns as real processes, over TLS, whose areas have agreed with each other in every way that there is.

One direction between two areas is in one of eleven states. Twelve areas make 66 pairs: as many as there are ways to
choose two of eleven states, one or two of a kind. `make test` plays six towns, in which each state is met;
with `TEST_FAULTS=long` in its environment all twelve.
"""

import asyncio
import itertools
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from areas.zones.records import CATEGORIES
from federation.client import read_clock
from tests.bench.serving import serve
from tests.testrig.databases import SqliteTemplates
from tests.testrig.inboxes import Inboxes
from tests.testrig.papers import Papers, issue
from tests.testrig.processes import ServerProcess, Zygote, free_port
from tests.testrig.programs import Terminator
from tests.testrig.served import Loopback
from tests.testrig.world import QUIET, Town, make_settings
from web.node import open_node

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(600)]

NAMES = (
    *("aoba", "hikari", "kobato", "midori", "sakura", "yayoi"),
    *("asahi", "hinode", "izumi", "minami", "nishiki", "wakaba"),
)
TOWNS = 12 if os.environ.get("TEST_FAULTS") == "long" else 6
STATES = (
    *("nothing", "follower", "waiting", "rejected", "withdrawn", "shown"),
    *("alerts", "everything", "no room", "ended", "expired"),
)
ACCEPTS = {"shown": "none", "alerts": "alert"}
SKEW = 2 * 3600.0
"""Seconds by which all clocks go on together: agreements for an hour are over."""
HOUR = 3_600_000
DEADLINE = 240
"""Seconds until what is waited for will not come: some are enough on a quiet machine."""
PLANNED = "SELECT count(*) FROM jobs WHERE kind = 'fetch'"


@dataclass
class SecureTown(ServerProcess):
    """A node behind TLS."""

    public_port: int = 0
    terminator: Terminator = field(default_factory=Terminator)

    @property
    def host(self) -> str:
        return f"{self.name}.localhost:{self.public_port}"

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.host}"

    async def found(self) -> None:
        """Give it an area with its name, a resident and an alert desk, before it runs."""
        self.configure()
        settings = make_settings(self.host, self.data_dir, self.database_url)
        async with open_node(settings, log=QUIET) as node:
            town = Town(node, node.clock)
            await town.area(self.name)
            await town.person("hana")
            await town.person("bosai", "alert")

    async def do(self, command: str, **words: object) -> Any:
        return (await self.command(command, **words)).data

    async def states(self, direction: str) -> dict[str, str]:
        """By the names of other areas."""
        found = await self.do("peer list")
        return {each["peer"].split("@")[1]: each["state"] for each in found if each["direction"] == direction}

    async def owes_nothing(self) -> bool:
        found = await self.do("delivery status")
        waits = [each for each in found["destinations"] if each["oldest_owed_at"] is not None]
        path = self.database_url.partition("///")[2]
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (planned,) = connection.execute(PLANNED).fetchone()
        return not waits and not planned


@dataclass
class Readers(Inboxes):
    """Servers of other software, behind TLS."""

    papers: Papers | None = None
    public_port: int = 0

    def origin(self, name: str) -> str:
        return f"https://{name}.localhost:{self.public_port}"

    async def follow(self, towns: list[SecureTown]) -> None:
        assert self.papers is not None
        async with httpx.AsyncClient(transport=Loopback(verify=self.papers.client_context())) as client:
            for town in towns:
                area = f"{town.origin}/areas/{town.name}"
                document = {
                    "@context": "https://www.w3.org/ns/activitystreams",
                    "id": f"{self.actor('reader')}/follows/{town.name}",
                    "type": "Follow",
                    "actor": self.actor("reader"),
                    "object": area,
                }
                body, headers = self.sign(document, f"{area}/inbox")
                answer = await client.post(f"{area}/inbox", content=body, headers=headers)
                assert answer.status_code == 202

    def standing(self) -> dict[tuple[str, str], set[str]]:
        """By area and post: the ids of the boosts that stand."""
        found: dict[tuple[str, str], set[str]] = {}
        heard = [json.loads(body) for bodies in self.received["reader"].values() for body in bodies]
        undone = {each["object"]["id"] for each in heard if each["type"] == "Undo"}
        for each in heard:
            if each["type"] == "Announce" and each["id"] not in undone:
                found.setdefault((each["actor"], each["object"]), set()).add(each["id"])
        return found


@dataclass
class Scene:
    """Who has agreed with whom: the state of (area, peer) says what of the peer's comes to the area."""

    towns: dict[str, SecureTown]
    readers: Readers
    states: dict[tuple[str, str], str]

    def pairs(self, *states: str) -> list[tuple[SecureTown, SecureTown]]:
        return [
            (self.towns[one], self.towns[two]) for (one, two), state in self.states.items() if state in states
        ]


def choose_states(names: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """For each two areas another two states, as long as there are others."""
    ways = list(itertools.combinations_with_replacement(STATES, 2))
    pairs = list(itertools.combinations(names, 2))
    chosen = [ways[number * len(ways) // len(pairs)] for number in range(len(pairs))]
    found = {}
    for (one, two), (there, back) in zip(pairs, chosen, strict=True):
        found[(one, two)], found[(two, one)] = there, back
    return found


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture(scope="module")
async def scene(
    zygote: Zygote, sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder, names = tmp_path_factory.mktemp("towns"), NAMES[:TOWNS]
    papers = issue(folder, *(f"{name}.localhost" for name in (*names, "reader")))
    async with AsyncExitStack() as stack:
        readers = await stack.enter_async_context(_open_readers(papers))
        towns = {}
        for name in names:
            url = sqlite_templates.new(folder)
            towns[name] = await stack.enter_async_context(_open(zygote, folder / name, url, papers))
        yield Scene(towns, readers, choose_states(names))


@asynccontextmanager
async def _open(zygote: Zygote, folder: Path, url: str, papers: Papers) -> AsyncIterator[SecureTown]:
    port = free_port()
    more = {"KAIRANBAN_EXTRA_CA_FILE": str(papers.authority)}
    town = SecureTown(zygote, folder, folder.name, port, url, settings=more)
    town.terminator.backend = "127.0.0.1", port
    async with town.terminator.listen(papers.server_context()) as town.public_port:
        await town.found()
        await town.start()
        try:
            yield town
        finally:
            await town.end()


@asynccontextmanager
async def _open_readers(papers: Papers) -> AsyncIterator[Readers]:
    terminator, readers = Terminator(), Readers(papers=papers)
    async with serve(readers) as port, terminator.listen(papers.server_context()) as readers.public_port:
        terminator.backend = "127.0.0.1", port
        yield readers


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Ask the servers, which have no event for us, until they say so."""
    async with asyncio.timeout(DEADLINE):
        while not await is_so():
            await asyncio.sleep(0.1)


async def agree(scene: Scene) -> None:
    """Bring every pair into its state, as far as that needs no time to pass."""
    asking = scene.pairs(*STATES[2:])
    await asyncio.gather(*(_ask_all(scene, town) for town in scene.towns.values()))
    await until(lambda: _all_have(asking, "out"))
    for asker, giver in scene.pairs("shown", "alerts", "everything", "no room", "ended", "expired"):
        await giver.do("peer accept", area=giver.name, other=asker.handle)
    for asker, giver in scene.pairs("rejected"):
        await giver.do("peer reject", area=giver.name, other=asker.handle)
    await until(lambda: _none_is(scene, "requested", *STATES[3:]))
    for number, (asker, giver) in enumerate(scene.pairs("withdrawn", "ended")):
        if number % 2 or scene.states[(asker.name, giver.name)] == "withdrawn":
            await asker.do("peer end", area=asker.name, other=giver.handle, direction="in")
        else:
            await giver.do("peer end", area=giver.name, other=asker.handle, direction="out")


async def _ask_all(scene: Scene, asker: SecureTown) -> None:
    for (one, two), state in scene.states.items():
        giver = scene.towns[two]
        if one != asker.name or state == "nothing":
            continue
        if state == "follower":
            await asker.do("follow", name="hana", target=giver.handle)
            continue
        terms = {
            "accepts": ACCEPTS.get(state, ",".join(CATEGORIES)),
            "max_per_hour": 0 if state == "no room" else 100,
            "until": read_clock() + HOUR if state == "expired" else None,
        }
        await asker.do("peer request", area=asker.name, other=giver.handle, **terms)


async def _all_have(pairs: list[tuple[SecureTown, SecureTown]], direction: str) -> bool:
    found = {giver.name: await giver.states(direction) for _, giver in pairs}
    return all(asker.name in found[giver.name] for asker, giver in pairs)


async def _none_is(scene: Scene, unwanted: str, *states: str) -> bool:
    known = {name: await town.states("in") for name, town in scene.towns.items()}
    wanted = [pair for pair in scene.pairs(*states) if scene.states[names_of(pair)] != "withdrawn"]
    return all(known[asker.name].get(giver.name) != unwanted for asker, giver in wanted)


def names_of(pair: tuple[SecureTown, SecureTown]) -> tuple[str, str]:
    return pair[0].name, pair[1].name


WRITTEN = {
    "waiting": "requested",
    "rejected": "rejected",
    "withdrawn": "ended",
    "shown": "accepted",
    "alerts": "accepted",
    "everything": "accepted",
    "no room": "accepted",
    "ended": "ended",
    "expired": "expired",
}


async def is_agreed(scene: Scene) -> bool:
    """Whether both sides of every pair have written down what its state is."""
    known = {
        (name, way): await town.states(way) for name, town in scene.towns.items() for way in ("in", "out")
    }
    for (one, two), state in scene.states.items():
        sides = known[(one, "in")].get(two), known[(two, "out")].get(one)
        if set(sides) != {WRITTEN.get(state)}:
            return False
    return True


async def is_at_rest(scene: Scene) -> bool:
    return all([await town.owes_nothing() for town in scene.towns.values()])


def what_comes(state: str, category: str) -> str | None:
    """What an area does with a peer's post."""
    if state == "everything" or (state, category) == ("alerts", "alert"):
        return "boosted"
    return "shown" if state in {"shown", "alerts", "no room"} else None


async def pass_time(scene: Scene) -> None:
    """All clocks go on together: agreements for an hour are over when the servers are back."""

    async def restart(town: SecureTown) -> None:
        await town.end(signal.SIGTERM)
        town.skew = SKEW
        await town.start()

    await asyncio.gather(*(restart(town) for town in scene.towns.values()))


async def test_each_post_is_shown_as_was_agreed_on_and_boosted_once_by_each_area(scene: Scene) -> None:
    await scene.readers.follow(list(scene.towns.values()))
    await agree(scene)
    await until(lambda: is_at_rest(scene))
    await pass_time(scene)
    await until(lambda: is_agreed(scene))
    posts = [await _write(town, who) for town in scene.towns.values() for who in ("hana", "bosai")]
    wanted = {(post, town.name) for town, _, post in posts}
    shown = set()
    for giver, category, post in posts:
        for asker in scene.towns.values():
            comes = what_comes(scene.states.get(names_of((asker, giver)), "nothing"), category)
            if comes is not None:
                shown.add((asker.name, post, giver.handle, category, comes))
            if comes == "boosted":
                wanted.add((post, asker.name))
    await until(lambda: _have_come(scene, shown))
    await until(lambda: is_at_rest(scene))
    assert await _list_all(scene) == shown
    standing = scene.readers.standing()
    assert {(post, area.rpartition("/")[2]) for area, post in standing} == wanted
    assert all(len(ids) == 1 for ids in standing.values())
    assert all(len(bodies) == 1 for bodies in scene.readers.received["reader"].values()), "each said once"
    await _take_back(scene, posts)


async def _write(town: SecureTown, who: str) -> tuple[SecureTown, str, str]:
    made = await town.do("post", author=who, text=f"{town.name}の{who}からのお知らせです。", area=town.name)
    return town, "alert" if who == "bosai" else "post", made["iri"]


async def _list_all(scene: Scene) -> set[tuple[str, str, str, str, str]]:
    return {
        (town.name, each["iri"], each["from"], each["category"], each["state"])
        for town in scene.towns.values()
        for each in await town.do("zone list", area=town.name)
    }


async def _have_come(scene: Scene, wanted: set[tuple[str, str, str, str, str]]) -> bool:
    return await _list_all(scene) >= wanted


async def _take_back(scene: Scene, posts: list[tuple[SecureTown, str, str]]) -> None:
    """Each area takes its alert back: so does every other, everywhere."""
    alerts = [(town, post) for town, category, post in posts if category == "alert"]
    for town, post in alerts:
        await town.do("area remove", name=town.name, post=post, reason="誤報")
    over = {post for _, post in alerts}

    async def is_over() -> bool:
        states = {state for _, post, _, _, state in await _list_all(scene) if post in over}
        return states <= {"gone"} and not {post for _, post in scene.readers.standing()} & over

    await until(is_over)
    await until(lambda: is_at_rest(scene))
    assert {post for _, post in scene.readers.standing()} == {post for _, _, post in posts} - over
