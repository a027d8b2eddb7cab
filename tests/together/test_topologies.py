"""Towns that agree with each other in whatever shape, people who do whatever, a network that loses, repeats and
reorders: no loop, no duplicate in any area, nothing that is not public and nothing that nobody agreed on.

After each step every node is looked at; in the end, when all can be reached again, all have what they agreed on.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from actors.records import ActorRecord
from areas import compose
from areas.records import Draft, Revision, Visibility
from areas.zones.records import CATEGORIES
from federation.errors import Fault
from federation.vocabulary import PUBLIC, Iri
from tests.testrig.databases import SqliteTemplates
from tests.testrig.loops import Unhurried
from tests.testrig.peers import stamp
from tests.testrig.region import Place, ask, follow
from tests.testrig.world import QUIET, World
from tests.together.watch import OPEN, Said, Watch, host_of

NAMES = ("aoba", "hikari", "kobato", "midori", "sakura", "yayoi")
HALF_DAYS = 5
"""Until whoever was away is probed again, and whatever waits has had its turn."""
LAST = -1
"""The number of the newest post."""
Event = tuple[Any, ...]

PICK = st.integers(0, 50)
SOME = st.lists(PICK, max_size=2)
SEEN = st.sampled_from(("public", "public", "public", "unlisted", "private", "direct"))
ACCEPTS = st.sampled_from(((), ("alert",), ("post",), CATEGORIES))
ANSWER = st.sampled_from(("accept", "accept", "accept", "reject", "wait"))
FATE = st.sampled_from((None, "drop", "lose-answer", "repeat", 429, 503))
WAYS: st.SearchStrategy[list[Any]] = st.one_of(
    st.just([]), st.just([]), st.lists(FATE, min_size=1, max_size=8)
)
"""What happens to requests one after the other; all after that are carried."""


def act(name: str, *words: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.tuples(st.just(name), WAYS, *words)


WRITE = act("write", PICK, SOME, SEEN, st.booleans())
DECISION = st.sampled_from(
    ("area remove", "area restore", "zone boost", "zone boost", "zone hide", "zone show")
)
THEN = st.sampled_from(("delete", "area remove", "narrow", "name", "name", "zone hide"))
STORY = act("tell", PICK, st.booleans(), THEN)
EVENTS = st.one_of(
    STORY,
    STORY,
    WRITE,
    act("write_elsewhere", SOME, SEEN),
    act("reply", PICK, SOME, SEEN, PICK),
    act("edit", PICK, SOME, SEEN),
    act("delete", PICK),
    act("decide", DECISION, PICK, PICK),
    act("decide", DECISION, PICK, PICK),
    act("shut_out", st.sampled_from(("area ban", "area unban")), PICK, PICK),
    act("ask", PICK, PICK, ACCEPTS),
    act("answer", PICK, PICK, st.sampled_from(("accept", "accept", "reject", "end"))),
    act("leave", PICK),
    act("restart", PICK),
    act("wait", st.sampled_from((1, 10, 61, 600))),
    act("carry_late", st.lists(st.integers(0, 500), min_size=1, max_size=4)),
)


GIVEN: list[tuple[int, int, tuple[str, ...], str]] = [(0, 0, ("post",), "accept")]
"""Posts of the first area come to the second, which boosts them unasked."""
UNLISTED: list[Event] = [
    ("write", [], 0, [], "unlisted", False),
    ("write_elsewhere", [], [0], "unlisted"),
    ("edit", [], LAST, [0], "public"),
]
"""What its area takes, and its peer must not: by somebody here and by somebody elsewhere, public in the end."""
NAMED_LATER: list[Event] = [("tell", [], 0, is_local, "name") for is_local in (True, False)]
"""A peer's post that an area boosts, and is then asked to boost itself."""


class Towns:
    """Nodes with one or two areas each; residents, alert desks, and an author elsewhere."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.places: list[Place] = []
        self.people: list[tuple[ActorRecord, ActorRecord]] = []
        self.reader, self.elsewhere = world.peer("reader.example"), world.peer("author.example")
        self.writer = self.elsewhere.actor("gina")
        self.watch = Watch(world, self.places, self.reader)
        self.graph: list[tuple[int, int, tuple[str, ...], str]] = []
        self.count = 0

    async def settle_down(self, host: str, url: str, areas: int) -> None:
        town = await self.world.town(host, url)
        people = await town.person("hana"), await town.person("bosai", "alert")
        for _ in range(areas):
            self.places.append(Place(town, await town.area(NAMES[len(self.places)])))
            self.people.append(people)

    async def agree(self, graph: list[tuple[int, int, tuple[str, ...], str]]) -> None:
        """Areas ask each other, and get this answer, or none."""
        self.graph = graph
        await follow(self.reader, "rita", self.places)
        for one, two, accepts, _ in graph:
            with suppress(Fault):
                await self.ask(one, two, accepts)
        await self.come_to_rest([])
        for one, two, _, answer in graph:
            with suppress(Fault):
                await self.answer(one, two, answer)
        await self.come_to_rest([])

    async def happen(self, event: Event) -> None:
        """One thing, or a few that belong together; at rest after each."""
        kind, ways, *words = event
        if kind == "tell":
            for each in self.tell(*words):
                await self.happen((each[0], ways, *each[1:]))
            return
        with suppress(Fault):  # not possible just then: what holds must hold all the same
            await getattr(self, kind)(*words)
        await self.come_to_rest(ways)

    async def come_to_rest(self, ways: list[Any]) -> None:
        fates: Iterator[Any] = iter(ways)
        self.world.network.fault = lambda _request: next(fates, None)
        await self.world.settle()  # which also says that nothing goes round in circles
        self.world.network.fault = None
        await self.watch.look()

    async def judge(self) -> None:
        self.world.network.away.clear()
        for _ in range(HALF_DAYS):
            self.world.clock.advance(hours=12)
            await self.come_to_rest([])
        await self.watch.judge()

    # What people do

    def tell(self, edge: int, is_local: bool, then: str) -> Iterator[Event]:
        """A post is written, an area that has asked for it boosts it, and then it is over, or for others."""
        giver, other, *_ = self.graph[edge % len(self.graph)]
        there = self.number_of(giver, other)
        yield ("write", giver, [], "public", False) if is_local else ("write_elsewhere", [giver], "public")
        yield "decide", "zone boost", there, LAST
        match then:
            case "delete":
                yield "delete", LAST
            case "narrow":
                yield "edit", LAST, [giver], "unlisted"
            case "name":
                yield "edit", LAST, [giver, there], "public"
            case _:
                yield "decide", then, there if then.startswith("zone") else giver, LAST

    async def write(
        self, at: int, names: list[int], visibility: Visibility, is_alert: bool, parent: Iri | None = None
    ) -> None:
        """To an area of the author's own node, and to others by their handles."""
        at %= len(self.places)
        place, author = self.places[at], self.people[at][is_alert]
        own = () if parent else (place.area.actor_id,)
        text = self.text(names, visibility)
        draft = Draft(author.id, text, own, visibility=visibility, in_reply_to=parent)
        post, _ = await place.town.write(compose.publish, draft, self.world.clock())
        named = frozenset(self.named(names) | ({place.area.iri} if own else set()))
        self.watch.said.append(Said(post.iri, visibility, named, parent, at, post.id))

    async def reply(self, at: int, names: list[int], visibility: Visibility, pick: int) -> None:
        await self.write(at, names, visibility, False, self.pick(pick).iri)  # noqa: FBT003 - no alert

    async def write_elsewhere(self, names: list[int], visibility: str) -> None:
        note = self.elsewhere.note(self.writer, f"n{self.count}", **self.describe(names, visibility))
        said = Said(note["id"], visibility, frozenset(self.named(names)), None, note=note)
        self.watch.said.append(said)
        await self.send(self.elsewhere.create(note), set(map(host_of, said.named)))

    def describe(self, names: list[int], visibility: str) -> dict[str, Any]:
        areas: list[str] = sorted(self.named(names))
        followers = f"{self.writer}/followers"
        to, cc = {
            "public": ([PUBLIC], [followers, *areas]),
            "unlisted": ([], [PUBLIC, followers, *areas]),
            "private": ([followers], areas),
            "direct": (areas, []),
        }[visibility]
        return {"to": to, "cc": cc, "content": f"<p>{self.text([], visibility)}</p>"}

    async def send(self, activity: dict[str, Any], hosts: set[str]) -> None:
        """To each node that it concerns, once."""
        for host in sorted(hosts):
            with suppress(httpx.TransportError):
                await self.elsewhere.send(activity, f"https://{host}/inbox")

    async def edit(self, pick: int, names: list[int], visibility: str) -> None:
        said = self.pick(pick)
        self.world.clock.advance(seconds=1)
        if said.place is None:
            await self.edit_elsewhere(said, names, visibility)
            return
        place = self.places[said.place]
        revision = Revision(text=self.text(names, said.visibility))
        await place.town.write(compose.edit, said.number, revision, self.world.clock())
        own = set() if said.parent else {place.area.iri}
        said.become(said.visibility, frozenset(self.named(names) | own))

    async def edit_elsewhere(self, said: Said, names: list[int], visibility: str) -> None:
        if said.is_over:
            return
        told = set(map(host_of, said.named | self.named(names)))
        said.become(visibility, frozenset(self.named(names)))
        said.note = {
            **said.note,
            **self.describe(names, visibility),
            "updated": stamp(self.world.clock()),
        }
        self.elsewhere.documents[said.iri] = said.note
        await self.send(self.elsewhere.activity("Update", self.writer, f"e{self.count}", said.note), told)

    async def delete(self, pick: int) -> None:
        said = self.pick(pick)
        said.is_over = True
        if said.place is not None:
            await self.places[said.place].do("post-delete", post_id=said.number)
            return
        self.elsewhere.statuses[said.iri] = 410
        tombstone = {"type": "Tombstone", "id": said.iri}
        delete = self.elsewhere.activity("Delete", self.writer, f"d-{said.iri[-6:]}", tombstone)
        await self.send(delete, set(self.world.towns))

    async def decide(self, command: str, at: int, pick: int) -> None:
        place, post = self.at(at), self.pick(pick).iri
        if command == "zone boost":
            self.watch.decided.add((place.area.iri, post))
        key = "name" if command.startswith("area") else "area"
        await place.do(command, **{key: place.area.username, "post": post})

    async def shut_out(self, command: str, at: int, who: int) -> None:
        people = [*(f"@hana@{host}" for host in self.world.towns), f"@gina@{self.elsewhere.host}"]
        more = {"remove_posts": True} if command == "area ban" else {}
        await self.at(at).do(command, name=self.at(at).area.username, who=people[who % len(people)], **more)

    # What towns agree on

    async def ask(self, giver: int, other: int, accepts: tuple[str, ...]) -> None:
        await ask(self.another(giver, other), self.at(giver), accepts)

    async def answer(self, giver: int, other: int, act: str) -> None:
        """By the area of which another has asked something."""
        if act != "wait":
            await self.at(giver).peer(act, self.another(giver, other))

    # What the network does

    async def leave(self, town: int) -> None:
        """A node is cut off, and goes on by itself; or it is there again."""
        self.world.network.away ^= {self.host(town)}

    async def restart(self, town: int) -> None:
        await self.world.restart(self.host(town))

    async def wait(self, minutes: int) -> None:
        self.world.clock.advance(minutes=minutes)

    async def carry_late(self, picks: list[int]) -> None:
        """What was sent before, lost or not, arrives once more, in another order, as it was."""
        towns = set(self.world.towns)
        posts = [each for each in self.world.network.carried if each.method == "POST"]
        carried = [each for each in posts if host_of(each.url) in towns]
        async with httpx.AsyncClient(transport=self.world.network.transport("late.example")) as client:
            for pick in picks if carried else ():
                each = carried[pick % len(carried)]
                with suppress(httpx.TransportError):
                    await client.post(each.url, content=each.body, headers=each.headers)

    # Words

    def host(self, number: int) -> str:
        hosts = sorted(self.world.towns)
        return hosts[number % len(hosts)]

    def at(self, number: int) -> Place:
        return self.places[number % len(self.places)]

    def number_of(self, number: int, offset: int) -> int:
        """Of another area than that one."""
        return number % len(self.places) + 1 + offset % (len(self.places) - 1)

    def another(self, number: int, offset: int) -> Place:
        return self.at(self.number_of(number, offset))

    def pick(self, number: int) -> Said:
        said = self.watch.said
        if not said:
            raise Fault("nothing was said yet")
        return said[number % len(said)]

    def named(self, names: list[int]) -> set[Iri]:
        return {self.at(number).area.iri for number in names}

    def text(self, names: list[int], visibility: str) -> str:
        self.count += 1
        kind = "open" if visibility in OPEN else "secret"
        handles = "".join(f" {self.at(number).area.handle}" for number in names)
        return f"{kind}-{self.count}-回覧板のお知らせです{handles}"


async def _play(
    templates: SqliteTemplates,
    shape: list[int],
    graph: list[tuple[int, int, tuple[str, ...], str]],
    events: list[Event],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        world = World(Path(name), stack=AsyncExitStack(), log=QUIET)
        async with world.stack:
            towns = Towns(world)
            for number, areas in enumerate(shape):
                await towns.settle_down(f"t{number}.example", templates.new(Path(name)), areas)
            await towns.agree(graph)
            for event in events:
                await towns.happen(event)
            await towns.judge()


@pytest.mark.timeout(600)
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making a failure small takes minutes
)
@example(shape=[1, 1], graph=GIVEN, events=UNLISTED)
@example(shape=[1, 1], graph=GIVEN, events=NAMED_LATER)
@given(
    shape=st.lists(st.integers(1, 2), min_size=2, max_size=3),
    graph=st.lists(st.tuples(PICK, PICK, ACCEPTS, ANSWER), min_size=3, max_size=8),
    events=st.lists(EVENTS, min_size=4, max_size=10),
)
def test_no_loop_no_duplicate_no_leak(
    sqlite_templates: SqliteTemplates,
    shape: list[int],
    graph: list[tuple[int, int, tuple[str, ...], str]],
    events: list[Event],
) -> None:
    with asyncio.Runner(loop_factory=Unhurried) as runner:
        runner.run(_play(sqlite_templates, shape, graph, events))
