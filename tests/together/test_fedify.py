"""A server that nobody here wrote follows an area, posts to it, edits and deletes: Fedify, over TLS, as programs.

Each test has posts of its own, so that none depends on another.
"""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.testrig import fedify
from tests.testrig.papers import issue
from tests.testrig.programs import Event, Program
from tests.testrig.served import Served, serve

pytestmark = [pytest.mark.anyio, pytest.mark.fedify]

AREA = "chitose"
"""The name of the area, and of the host below localhost where it lives."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A Fedify program and its one actor."""

    program: Program
    actor: str
    host: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def do(self, command: str, **values: object) -> Event:
        """Let it do something, and return what it made."""
        number = next(self.numbers)
        await self.program.tell(number=number, command=command, **values)
        answer = await self.program.expect(number=number)
        assert answer["event"] == "done", answer["reason"]
        return answer

    async def receive(self, kind: str, activity: str) -> Event:
        """Wait until Fedify's inbox has taken an activity and handed it on; return how it was received."""
        heard = await self.program.expect(event="heard", type=kind, id=activity)
        received = await self.program.expect(event="received", activity=activity)
        assert received["status"] == 202
        return {**received, **heard}


@dataclass(frozen=True, slots=True)
class Scene:
    """A town's node with an area, which two actors on two Fedify servers follow."""

    town: Served
    area: str
    ume: Peer
    sakura: Peer

    @property
    def handle(self) -> str:
        return f"@{AREA}@{self.town.host}"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def packages() -> None:
    fedify.install()


@pytest.fixture(scope="module")
async def scene(packages: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    papers = issue(
        tmp_path_factory.mktemp("papers"), *(f"{name}.localhost" for name in (AREA, "ume", "sakura"))
    )
    async with (
        fedify.start_peer("ume", "rfc9421", papers) as ume,
        fedify.start_peer("sakura", "cavage", papers) as sakura,
        serve(AREA, tmp_path_factory.mktemp("town"), papers) as town,
    ):
        area = await town.command("area create", name=AREA, title="千歳", code="012246")
        scene = Scene(town, area["iri"], await meet(ume), await meet(sakura))
        await follow(scene, scene.ume, scene.handle)
        await follow(scene, scene.sakura, scene.handle)
        yield scene
        check_peace(scene)


def check_peace(scene: Scene) -> None:
    """Nobody has complained all the while: neither Fedify nor our node."""
    for program in (scene.ume.program, scene.sakura.program, scene.town.program):
        assert not program.lines
        assert not program.find(event="failed")
    louder = [each for each in scene.town.program.events if each["level"] != "info"]
    assert len(louder) == 1
    assert "ALLOWED_PRIVATE_NETWORKS" in louder[0]["event"]


async def meet(program: Program) -> Peer:
    ready = await program.expect(event="ready")
    return Peer(program, ready["actor"], ready["origin"].removeprefix("https://"))


async def follow(scene: Scene, peer: Peer, handle: str) -> Event:
    """Let a peer follow a local actor, and wait until the node knows what the peer runs; return the Accept."""
    followed = await peer.do("follow", target=handle)
    accepted = await peer.program.expect(event="heard", type="Accept", object=followed["follow"])
    await scene.town.program.expect(event="job", kind="classify", key=peer.host, outcome="object")
    received = await peer.receive("Accept", accepted["id"])
    check_signed(received, followed["id"])
    return {**followed, "accept": received}


def check_signed(received: Event, signer: str) -> None:
    """What Fedify itself makes of both signatures; that a proof verifies says little if any other did, too."""
    assert received["signer"] == signer, "the HTTP signature"
    assert received["actor"] == signer
    assert received["proved"], "the proof (FEP-8b32)"
    assert not received["proves_a_forgery"]


async def receive_boost(peer: Peer, area: str, note: str) -> Event:
    boost = await peer.program.expect(event="heard", type="Announce", object=note)
    received = await peer.receive("Announce", boost["id"])
    check_signed(received, area)
    return received


async def test_both_schemes_are_taken_at_the_first_knock(scene: Scene) -> None:
    for peer, scheme in ((scene.ume, "rfc9421"), (scene.sakura, "cavage")):
        asked = [each for each in peer.program.find(event="asked") if scene.town.host in each["url"]]
        assert {each["status"] for each in asked} <= {200, 202}
        assert {each["scheme"] for each in asked if each["method"] == "POST"} == {scheme}
        assert {each["scheme"] for each in asked if each["method"] == "GET"} == {scheme, None}


async def test_a_server_that_takes_one_scheme_alone_is_knocked_at_twice_once(scene: Scene) -> None:
    assert [each["scheme"] for each in scene.ume.program.find(event="refused")] == ["cavage"]
    assert not scene.sakura.program.find(event="refused")
    for peer, scheme in ((scene.ume, "rfc9421"), (scene.sakura, "cavage")):
        assert {each["scheme"] for each in peer.program.find(event="received")} == {scheme}


async def test_a_follow_ends_and_begins_again(scene: Scene) -> None:
    ume = scene.ume
    again = await follow(scene, ume, scene.handle)
    assert again["type"] == "Group"
    await ume.do("unfollow", target=scene.handle, follow=again["follow"])
    await scene.town.program.expect(event="activity", type="Undo", actor=ume.actor, outcome="done")
    assert (await scene.town.command("area show", name=AREA))["followers"] == 1
    await follow(scene, ume, scene.handle)
    assert (await scene.town.command("area show", name=AREA))["followers"] == 2


async def test_a_post_is_boosted_changed_and_taken_back(scene: Scene) -> None:
    ume, sakura = scene.ume, scene.sakura
    note = await ume.do("post", area=scene.handle, id="snow", text="雪が降りました")
    boosts = [await receive_boost(peer, scene.area, note["id"]) for peer in (ume, sakura)]
    assert boosts[0]["id"] == boosts[1]["id"]
    assert all("雪が降りました" in each["content"] for each in boosts), (
        "Fedify reads the post at its author's"
    )

    edit = await ume.do("edit", area=scene.handle, id="snow", text="雪がやみました")
    update = await sakura.receive("Update", edit["activity"])
    assert update["signer"] == scene.area, "the area delivers it"
    assert update["actor"] == ume.actor
    assert update["proved"], "and the author's own proof makes it believed"
    assert "雪がやみました" in update["document"]["object"]["content"]

    deletion = await ume.do("delete", area=scene.handle, id="snow")
    for peer in (ume, sakura):
        undo = await peer.program.expect(event="heard", type="Undo", object=boosts[0]["id"])
        undone = await peer.receive("Undo", undo["id"])
        check_signed(undone, scene.area)
        assert undone["document"]["object"]["type"] == "Announce", "embedded, not named"
    delete = await sakura.receive("Delete", deletion["activity"])
    assert (delete["signer"], delete["actor"], delete["proved"]) == (scene.area, ume.actor, True)
    about = {boosts[0]["id"], undo["id"], edit["activity"], deletion["activity"]}
    heard = [each["type"] for each in sakura.program.find(event="heard") if each["id"] in about]
    assert heard[:2] == ["Announce", "Update"]
    assert sorted(heard[2:]) == ["Delete", "Undo"]


async def test_what_residents_say_is_believed_by_its_proof(scene: Scene) -> None:
    ume, sakura = scene.ume, scene.sakura
    hana = await scene.town.command("actor create", name="hana", kind="resident", title="花")
    await follow(scene, sakura, f"@hana@{scene.town.host}")

    post = await scene.town.command("post", author="hana", text="花が咲きました", area=AREA)
    for peer in (ume, sakura):
        assert "花が咲きました" in (await receive_boost(peer, scene.area, post["iri"]))["content"]
    create = await sakura.program.expect(event="heard", type="Create", actor=hana["iri"])
    assert create["object"] == post["iri"]
    check_signed(await sakura.receive("Create", create["id"]), hana["iri"])

    await scene.town.command("post-edit", post_id=int(post["id"]), text="花が散りました")
    for peer in (ume, sakura):
        update = await peer.program.expect(event="heard", type="Update", actor=hana["iri"])
        received = await peer.receive("Update", update["id"])
        check_signed(received, hana["iri"])
        assert "花が散りました" in received["document"]["object"]["content"]

    await scene.town.command("post-delete", post_id=int(post["id"]))
    for peer in (ume, sakura):
        delete = await peer.program.expect(event="heard", type="Delete", actor=hana["iri"])
        check_signed(await peer.receive("Delete", delete["id"]), hana["iri"])
        boost = peer.program.find(event="heard", type="Announce", object=post["iri"])
        assert len(boost) == 1
        await peer.program.expect(event="heard", type="Undo", object=boost[0]["id"])
