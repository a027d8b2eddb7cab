"""Towns as real processes, over TLS, whose areas have agreed with each other in every way that there is.

One direction between two areas is in one of eleven states. Twelve areas make 66 pairs: as many as there are ways to
choose two of eleven states, one or two of a kind. `make test` plays six towns, in which each state is met;
with `TEST_FAULTS=long` in its environment all twelve.
"""

import asyncio
import itertools
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from areas.zones.records import CATEGORIES
from federation.client import read_clock
from tests.testrig.databases import SqliteTemplates
from tests.testrig.papers import issue
from tests.testrig.processes import Zygote
from tests.testrig.secured import Readers, SecureTown, open_readers, open_town

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(3600)]

NAMES = (
    *("aoba", "hikari", "kobato", "midori", "sakura", "yayoi"),
    *("asahi", "hinode", "izumi", "minami", "nishiki", "wakaba"),
)
TOWNS = 12 if os.environ.get("TEST_FAULTS") == "long" else 6
STATES = (
    *("nothing", "follower", "waiting", "rejected", "withdrawn", "shown"),
    *("alerts", "everything", "no room", "ended", "expired"),
)
PEOPLE = ("hana", "ken", "rei", "bosai")
EDITED = "書きなおしました。"
ACCEPTS = {"shown": "none", "alerts": "alert"}
SKEW = 2 * 3600.0
"""Seconds by which all clocks go on together: agreements for an hour are over."""
HOUR = 3_600_000
ALL = 1_000
"""More posts than there are."""
DEADLINE = 20 * TOWNS**2 // 3
"""Seconds until what is waited for will not come: some are enough on a quiet machine."""
PAUSE = 0.5
"""Seconds between two questions: a dozen servers that are asked all the time have none for each other."""


Shown = tuple[str, str, str, str, str]
"""Area, post, its home, category, state."""


@dataclass
class Scene:
    """Who has agreed with whom: the state of (area, peer) says what of the peer's comes to the area."""

    towns: dict[str, SecureTown]
    readers: Readers
    states: dict[tuple[str, str], str]

    def boosted(self) -> set[tuple[str, str]]:
        """Posts as readers elsewhere have them, each with an area that boosts it."""
        return {(post, area.rpartition("/")[2]) for area, post in self.readers.standing()}

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
        readers = await stack.enter_async_context(open_readers(papers))
        towns = {}
        for name in names:
            url = sqlite_templates.new(folder)
            towns[name] = await stack.enter_async_context(open_town(zygote, folder / name, url, papers))
        yield Scene(towns, readers, choose_states(names))


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Ask the servers, which have no event for us, until they say so."""
    async with asyncio.timeout(DEADLINE):
        while not await is_so():
            await asyncio.sleep(PAUSE)


async def until_none(find: Callable[[], Awaitable[set[Any]]]) -> None:
    """As `until`, of what is missing, or there and should not be; says in the end what that is."""
    missing: set[Any] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE):
            while missing := await find():
                await asyncio.sleep(PAUSE)
    assert not missing, f"{len(missing)} are not as they should be"


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


@dataclass(frozen=True)
class Written:
    """A post by one of a town's people, in the town's own area."""

    town: SecureTown
    who: str
    id: int
    iri: str

    @property
    def category(self) -> str:
        return "alert" if self.who == "bosai" else "post"


async def test_what_is_agreed_on_is_shown_and_boosted_once_and_what_its_home_changes_is_changed(
    scene: Scene,
) -> None:
    await scene.readers.follow(list(scene.towns.values()))
    await agree(scene)
    await until(lambda: is_at_rest(scene))
    await pass_time(scene)
    await until(lambda: is_agreed(scene))
    posts = [await _write(town, who) for town in scene.towns.values() for who in PEOPLE]
    shown = find_shown(scene, posts)
    await until_none(lambda: _find_missing(scene, shown))
    await until(lambda: is_at_rest(scene))
    assert await _list_all(scene) == shown
    own = {(each.iri, each.town.name) for each in posts}
    boosted = {(post, name) for name, post, _, _, state in shown if state == "boosted"}
    assert scene.boosted() == own | boosted
    assert all(len(ids) == 1 for ids in scene.readers.standing().values())
    assert all(len(bodies) == 1 for bodies in scene.readers.received["reader"].values()), "each said once"
    await _change_all(scene, posts, sleeping=_find_busiest(scene, shown))
    await _check_changed(scene, posts, shown)


def find_shown(scene: Scene, posts: list[Written]) -> set[Shown]:
    """What has to come of the posts by what was agreed on."""
    found = set()
    for post, asker in itertools.product(posts, scene.towns.values()):
        state = scene.states.get((asker.name, post.town.name), "nothing")
        comes = what_comes(state, post.category)
        if comes is not None:
            found.add((asker.name, post.iri, post.town.handle, post.category, comes))
    return found


async def _write(town: SecureTown, who: str) -> Written:
    made = await town.do("post", author=who, text=f"{town.name}の{who}からのお知らせです。", area=town.name)
    return Written(town, who, int(made["id"]), made["iri"])


async def _list_all(scene: Scene) -> set[Shown]:
    return {
        (town.name, each["iri"], each["from"], each["category"], each["state"])
        for town in scene.towns.values()
        for each in await town.do("zone list", area=town.name, limit=ALL)
    }


async def _find_missing(scene: Scene, wanted: set[Shown]) -> set[Shown]:
    return wanted - await _list_all(scene)


def _find_busiest(scene: Scene, shown: set[Shown]) -> SecureTown:
    """The town to which most has come."""
    ((name, _),) = Counter(each[0] for each in shown).most_common(1)
    return scene.towns[name]


async def _change_all(scene: Scene, posts: list[Written], *, sleeping: SecureTown) -> None:
    """Every post is changed by its home, while one town is down: it hears of the others' when it is back."""
    await sleeping.end(signal.SIGTERM)
    for post in posts:
        if post.town is not sleeping:
            await CHANGES[post.who](post)
    await sleeping.start()
    for post in posts:
        if post.town is sleeping:
            await CHANGES[post.who](post)
    for town in scene.towns.values():
        await town.do("delivery flush")


async def _edit(post: Written) -> None:
    await post.town.do("post-edit", post_id=post.id, text=EDITED)


async def _delete(post: Written) -> None:
    await post.town.do("post-delete", post_id=post.id)


async def _ban(post: Written) -> None:
    words = {"name": post.town.name, "who": f"{post.who}@{post.town.host}", "reason": "荒らし"}
    await post.town.do("area ban", **words, remove_posts=True)


async def _remove(post: Written) -> None:
    await post.town.do("area remove", name=post.town.name, post=post.iri, reason="誤報")


CHANGES = {"hana": _edit, "ken": _delete, "rei": _ban, "bosai": _remove}


async def _check_changed(scene: Scene, posts: list[Written], shown: set[Shown]) -> None:
    """What was taken back stands nowhere, what was edited is read everywhere, and nobody was told twice."""
    over = {each.iri for each in posts if each.who != "hana"}
    ended = {(*each[:4], "gone" if each[1] in over else each[4]) for each in shown}
    edited = {(name, post) for name, post, *_ in shown if post not in over}

    async def find_unedited() -> set[tuple[str, str]]:
        return edited - {(town.name, iri) for town in scene.towns.values() for iri in town.find_posts(EDITED)}

    await until_none(lambda: _find_missing(scene, ended))
    await until_none(find_unedited)
    assert await _list_all(scene) == ended
    await until(lambda: is_at_rest(scene))
    own = {(each.iri, each.town.name) for each in posts if each.iri not in over}
    assert scene.boosted() == own | {(post, name) for name, post, *_, state in ended if state == "boosted"}
    told = scene.readers.count("Update")
    assert told == dict.fromkeys((each.iri for each in posts if each.iri not in over), 1)
