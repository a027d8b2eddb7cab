"""Whatever people do and whatever the network does to it: each public submission is boosted once, and what is not
public is never boosted, stored publicly, served or sent.

A reference model says what should stand in the end; random sequences of creations, edits, deletions, replays, lost
and repeated requests say what happens.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from areas import timelines
from areas.records import AreaRecord
from outbox.tables import destinations
from tests.testrig.databases import SqliteTemplates
from tests.testrig.loops import Unhurried
from tests.testrig.peers import PUBLIC, Peer, stamp
from tests.testrig.world import Town, World

HOST = "chitose.example"
VISIBILITIES = ("public", "unlisted", "private", "direct")
WAY = st.sampled_from((None, None, "drop", "lose-answer", "repeat", 503, 429))
SEEN = st.sampled_from(VISIBILITIES)
PICK = st.integers(0, 50)


@dataclass
class Said:
    """One note as its author last wrote it."""

    note: dict[str, Any]
    names_area: bool
    is_reply: bool
    kept: str | None = None
    is_deleted: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)

    def write(self, visibility: str, names_area: bool) -> None:
        """A version: kept once one names the area, and from then on the narrowest that was heard."""
        self.names_area = names_area
        if self.kept is not None:
            self.kept = max(self.kept, visibility, key=VISIBILITIES.index)
        elif names_area:
            self.kept = visibility

    @property
    def stands(self) -> bool:
        """Whether the area should boost it."""
        is_open = self.kept in ("public", "unlisted")
        return is_open and self.names_area and not self.is_reply and not self.is_deleted


class Neighbourhood(RuleBasedStateMachine):
    """Two authors, a follower in each dialect, one area."""

    templates: SqliteTemplates
    loop: type[Unhurried] = Unhurried

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=self.loop)
        self.folder = tempfile.TemporaryDirectory()
        self.said: list[Said] = []
        self.count = 0
        self.runner.run(self._open())

    async def _open(self) -> None:
        folder = Path(self.folder.name)
        self.world = World(folder, stack=AsyncExitStack())
        self.town: Town = await self.world.town(HOST, self.templates.new(folder))
        self.area: AreaRecord = await self.town.area("chitose")
        self.here = self.world.peer("here.example")
        self.gts = self.world.peer("gts.example", software="gotosocial", shared_inbox=False)
        self.there = self.world.peer("there.example")
        self.lemmy = self.world.peer("lemmy.example", software="lemmy")
        self.authors = [(self.here, self.here.actor("hana")), (self.gts, self.gts.actor("goto"))]
        for peer, name in ((self.there, "gina"), (self.lemmy, "lena")):
            actor = peer.actor(name)
            await peer.send(
                peer.activity("Follow", actor, f"follow-{name}", self.area.iri), f"{self.area.iri}/inbox"
            )
        await self.world.settle()

    @rule(
        who=st.integers(0, 1),
        visibility=SEEN,
        names=st.booleans(),
        way=WAY,
    )
    def write(self, who: int, visibility: str, names: bool, way: Any) -> None:
        self._write(who, visibility, names, None, way)

    @precondition(lambda self: self.said)
    @rule(
        who=st.integers(0, 1),
        visibility=SEEN,
        pick=PICK,
        names=st.booleans(),
    )
    def reply(self, who: int, visibility: str, pick: int, names: bool) -> None:
        self._write(who, visibility, names, self.said[pick % len(self.said)].note["id"], None)

    def _write(self, who: int, visibility: str, names: bool, parent: str | None, way: Any) -> None:
        peer, author = self.authors[who]
        self.count += 1
        to, cc = self._address(author, visibility, names)
        note = peer.note(
            author, f"n{self.count}", to=to, cc=cc, content=self._text(visibility), inReplyTo=parent
        )
        said = Said(note, names, is_reply=parent is not None)
        said.write(visibility, names)
        self.said.append(said)
        self._say(peer, said, peer.create(note), way)

    def _address(self, author: str, visibility: str, names: bool) -> tuple[list[str], list[str]]:
        area: list[str] = [self.area.iri] if names else []
        followers = f"{author}/followers"
        shapes: dict[str, tuple[list[str], list[str]]] = {
            "public": ([PUBLIC], [followers, *area]),
            "unlisted": ([], [PUBLIC, followers, *area]),
            "private": ([followers], area),
            "direct": (area, []),
        }
        return shapes[visibility]

    def _text(self, visibility: str) -> str:
        kind = "open" if visibility in ("public", "unlisted") else "secret"
        return f"<p>{kind}-{self.count}-回覧板のお知らせです</p>"

    @precondition(lambda self: self.said)
    @rule(
        pick=PICK,
        visibility=SEEN,
        names=st.booleans(),
        way=WAY,
    )
    def edit(self, pick: int, visibility: str, names: bool, way: Any) -> None:
        said = self.said[pick % len(self.said)]
        if said.is_deleted:
            return
        peer, author = self._author(said)
        self.count += 1
        self.world.clock.advance(seconds=1)
        to, cc = self._address(author, visibility, names)
        note = {
            **said.note,
            "to": to,
            "cc": cc,
            "content": self._text(visibility),
            "updated": stamp(self.world.clock()),
        }
        peer.documents[note["id"]] = note
        said.note = note
        said.write(visibility, names)
        self._say(peer, said, peer.activity("Update", author, f"e{self.count}", note), way)

    @precondition(lambda self: self.said)
    @rule(pick=PICK, way=WAY)
    def delete(self, pick: int, way: Any) -> None:
        said = self.said[pick % len(self.said)]
        peer, author = self._author(said)
        said.is_deleted = True
        peer.statuses[said.note["id"]] = 410
        tombstone = {"type": "Tombstone", "id": said.note["id"]}
        self._say(peer, said, peer.activity("Delete", author, f"d-{said.note['id'][-6:]}", tombstone), way)

    @precondition(lambda self: any(said.sent for said in self.said))
    @rule(pick=PICK, which=st.integers(0, 10))
    def replay(self, pick: int, which: int) -> None:
        """An old activity comes again, signed anew."""
        sent = [(said, activity) for said in self.said for activity in said.sent]
        said, activity = sent[(pick * 11 + which) % len(sent)]
        peer, _ = self._author(said)
        self.runner.run(peer.send(activity, f"https://{HOST}/inbox"))

    @rule(way=WAY, host=st.sampled_from(["there.example", "lemmy.example", "here.example"]))
    def deliver(self, way: Any, host: str) -> None:
        """The node delivers, and one server's connection is bad this time."""
        self.world.network.fault = lambda request: (
            way if request.url.host == host and request.method == "POST" else None
        )
        self.runner.run(self.world.settle())
        self.world.network.fault = None

    @rule(minutes=st.sampled_from([1, 5, 61]))
    def wait(self, minutes: int) -> None:
        self.world.clock.advance(minutes=minutes)

    def _author(self, said: Said) -> tuple[Peer, str]:
        author = said.note["attributedTo"]
        return next((peer, actor) for peer, actor in self.authors if actor == author)

    def _say(self, peer: Peer, said: Said, activity: dict[str, Any], way: Any) -> None:
        """Send until it is answered 202; `way` is what happens to the first try."""
        said.sent.append(activity)
        ways = iter([way])
        self.world.network.fault = lambda request: next(ways, None) if request.url.host == HOST else None
        for _ in range(3):
            try:
                response = self.runner.run(peer.send(activity, f"https://{HOST}/inbox"))
            except httpx.TransportError:
                continue
            if response.status_code == 202:
                break
            assert response.status_code in (429, 503), response.text
        self.world.network.fault = None

    def teardown(self) -> None:
        try:
            self.runner.run(self._judge())
        finally:
            self.runner.run(self.world.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    async def _judge(self) -> None:
        for _ in range(4):
            await self.world.settle()
            self.world.clock.advance(hours=7)
        await self.world.settle()
        shown = await self.town.read(partial(timelines.area_timeline, area_id=self.area.actor_id, limit=1000))
        wanted = {said.note["id"] for said in self.said if said.stands}
        assert {each.post.iri for each in shown} == wanted
        for said in self.said:
            self._judge_boosts(said)
        await self._judge_secrets()

    def _judge_boosts(self, said: Said) -> None:
        undone = {each["object"]["id"] for each in self.there.received if each["type"] == "Undo"}
        made = {each["id"] for each in self.there.boosts(said.note["id"])}
        assert len(made - undone) == (1 if said.stands else 0), said

    async def _judge_secrets(self) -> None:
        """Nothing that is not public left the node, or can be read there."""
        for carried in self.world.network.carried:
            if carried.source == HOST:
                assert b"secret-" not in carried.body
        async with httpx.AsyncClient(transport=self.world.network.transport("reader.example")) as client:
            for path in ("", "/outbox"):
                for accept in ("text/html", "application/activity+json"):
                    response = await client.get(f"{self.area.iri}{path}", headers={"accept": accept})
                    assert "secret-" not in response.text


def test_each_public_submission_is_boosted_once_and_nothing_else(sqlite_templates: SqliteTemplates) -> None:
    Neighbourhood.templates = sqlite_templates
    machine = Neighbourhood.TestCase
    machine.settings = settings(
        max_examples=12,
        stateful_step_count=18,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(
            Phase.explicit,
            Phase.reuse,
            Phase.generate,
        ),  # a failure is told; making it small takes minutes
    )
    machine("runTest").runTest()


class Starved(Unhurried):
    """Each time that somebody looks at the clock, the machine has done something else for a quarter of a minute."""

    seconds = 0.0

    def machine_time(self) -> float:
        Starved.seconds += 15.0
        return Starved.seconds


class Hurried(Starved):
    slowness = 1.0


def deliver_one(templates: SqliteTemplates, loop: type[Unhurried]) -> int:
    """A post that an area boosts to two servers at once; returns how many POSTs reached a server that follows."""
    Neighbourhood.templates = templates
    town = type("Town", (Neighbourhood,), {"loop": loop})()
    try:
        town._write(0, "public", names=True, parent=None, way=None)
        town.deliver(None, "there.example")
        return len(town.there.boosts(town.said[0].note["id"])) if _is_undoubted(town) else 0
    finally:
        town.runner.run(town.world.stack.aclose())
        town.runner.close()
        town.folder.cleanup()


def _is_undoubted(town: Neighbourhood) -> bool:
    """Whether nothing was written down as a failure."""
    query = sa.select(sa.func.count()).where(destinations.c.last_error.is_not(None))
    failed: int = town.runner.run(town.town.read(lambda tx: tx.execute(query).scalar_one()))
    return failed == 0


def test_a_machine_full_of_other_work_is_no_fault_of_a_server(sqlite_templates: SqliteTemplates) -> None:
    """Found under load: deadlines ran out, deliveries were held for failed, and the machine sought for a cause."""
    assert deliver_one(sqlite_templates, Starved) == 1
    assert deliver_one(sqlite_templates, Hurried) == 0
