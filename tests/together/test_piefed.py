"""A PieFed that follows an area shows what the area shows: with all that it drops and ignores, nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from areas import timelines
from areas.records import AreaRecord, PostRecord
from tests.testrig.peers import PUBLIC, Peer, stamp
from tests.testrig.piefed import PieFed
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]


class Scene:
    """A town with an area that somebody on PieFed follows, and a microblog server with an author."""

    def __init__(self, world: World, town: Town, area: AreaRecord) -> None:
        self.world, self.town, self.area = world, town, area
        self.piefed = PieFed(world.peer("piefed.example"))
        self.reader = self.piefed.peer.actor("reader")
        self.peer: Peer = world.peer("m.example")
        self.author = self.peer.actor("author")

    async def open(self) -> "Scene":
        await self.follow(self.area)
        return self

    async def follow(self, area: AreaRecord) -> None:
        follow = self.piefed.peer.activity("Follow", self.reader, f"f-{area.username}", area.iri)
        await self.piefed.peer.send(follow, f"{area.iri}/inbox")
        await self.world.settle()

    async def say(self, activity: dict[str, Any]) -> None:
        response = await self.peer.send(activity, f"{self.area.iri}/inbox")
        assert response.status_code == 202, response.text
        await self.world.settle()

    async def wait(self) -> None:
        """Let pass what PieFed remembers, do what is due then, and send it."""
        self.world.clock.advance(seconds=100)
        await self.world.settle()
        await self.world.settle()

    async def do(self, command: str, **words: Any) -> None:
        await run_command(self.town.node, command, words)
        await self.world.settle()

    async def shown(self) -> dict[str, str]:
        """What the area's own page has, threads and all."""
        found: dict[str, str] = {}
        for root in await self.town.read(timelines.area_timeline, self.area.actor_id):
            for each in await self.town.read(timelines.thread, root.post.id):
                found[each.post.iri] = each.post.content
        return found


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    town = await world.town("chitose.example", new_database())
    return await Scene(world, town, await town.area("chitose")).open()


async def write(scene: Scene, text: str, reply_to: PostRecord | None = None) -> PostRecord:
    hanako = await scene.town.person(f"p{len(text)}")
    area = scene.area if reply_to is None else None
    post, _ = await scene.town.post(hanako, text, area, None if reply_to is None else reply_to.iri)
    await scene.world.settle()
    return post


async def test_threads_edits_and_ends_arrive_whole(scene: Scene) -> None:
    root = await write(scene, "除雪はいつですか")
    first = await write(scene, "明日の朝です", root)
    await write(scene, "ありがとうございます", first)
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say(scene.peer.create(note))
    answer = scene.peer.note(scene.author, "re", to=PUBLIC, cc=[scene.area.iri], inReplyTo=note["id"])
    await scene.say(scene.peer.create(answer))
    await scene.do("post-edit", post_id=root.id, text="除雪は何時ですか")
    assert scene.piefed.shown() == await scene.shown()
    await scene.say(scene.peer.activity("Delete", scene.author, "d1", answer["id"]))
    await scene.do("post-delete", post_id=first.id)
    assert scene.piefed.lost == []
    assert set(scene.piefed.shown()) == {iri for iri, text in (await scene.shown()).items() if text}


async def test_a_post_that_is_removed_and_restored_at_once_is_there_again(scene: Scene) -> None:
    """A second `Create` within 90 seconds, or of what is deleted, does nothing there: the removal is undone."""
    root = await write(scene, "花が咲きました")
    await scene.do("area remove", name="chitose", post=root.iri, reason="広告")
    assert scene.piefed.shown() == {}
    await scene.do("area restore", name="chitose", post=root.iri)
    assert set(scene.piefed.shown()) == {root.iri}
    await write(scene, "きれいですね", root)
    assert scene.piefed.shown() == await scene.shown()


async def test_edits_under_one_id_arrive_though_ids_are_dropped_for_90_seconds(scene: Scene) -> None:
    """GoToSocial and Takahē use one id for all edits of a post."""
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say(scene.peer.create(note))
    for text in ("one", "two", "three"):
        scene.world.clock.advance(seconds=10)
        edited = {**note, "content": f"<p>{text}</p>", "updated": stamp(scene.world.clock())}
        await scene.say(scene.peer.activity("Update", scene.author, "always-the-same", edited))
    assert scene.piefed.shown() == {note["id"]: "<p>one</p>"}
    await scene.wait()
    assert scene.piefed.shown() == {note["id"]: "<p>three</p>"} == await scene.shown()


async def test_an_edit_that_waits_is_dropped_with_its_post(scene: Scene) -> None:
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say(scene.peer.create(note))
    for text in ("one", "two"):
        scene.world.clock.advance(seconds=10)
        edited = {**note, "content": f"<p>{text}</p>", "updated": stamp(scene.world.clock())}
        await scene.say(scene.peer.activity("Update", scene.author, "always-the-same", edited))
    await scene.say(scene.peer.activity("Delete", scene.author, "d1", note["id"]))
    await scene.wait()
    assert scene.piefed.shown() == {}
    assert scene.piefed.lost == []


async def test_locks_pins_and_bans_are_understood(scene: Scene) -> None:
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say(scene.peer.create(note))
    kept = scene.piefed.kept[note["id"]]
    for act, undo, name in (("lock", "unlock", "locked"), ("pin", "unpin", "sticky")):
        await scene.do(f"area {act}", name="chitose", post=note["id"])
        assert getattr(kept, name), act
        await scene.do(f"area {undo}", name="chitose", post=note["id"])
        assert not getattr(kept, name), undo
    await scene.do("area ban", name="chitose", who="author@m.example")
    assert scene.piefed.banned == {scene.author}
    await scene.do("area unban", name="chitose", who="author@m.example")
    assert scene.piefed.banned == set()
    assert scene.piefed.lost == []


async def test_a_post_to_two_areas_is_one_post_there(scene: Scene) -> None:
    other = await scene.town.area("shimamatsu")
    await scene.follow(other)
    note = scene.peer.note(scene.author, "both", to=PUBLIC, cc=[scene.area.iri, other.iri])
    await scene.say(scene.peer.create(note))
    assert [each.community for each in scene.piefed.kept.values()] == [scene.area.iri]
    assert scene.piefed.shown() == await scene.shown()


async def test_the_fake_loses_what_is_sent_as_others_send_it(world: World) -> None:
    """That nothing is lost above is no merit of the fake."""
    fake = PieFed(world.peer("piefed.example"))
    note = {"id": "https://x.test/1", "attributedTo": "https://x.test/u", "content": "a"}

    def announce(number: int, kind: str, thing: Any, inner: str) -> None:
        act = {"id": f"https://x.test/{inner}", "type": kind, "object": thing}
        fake("", {"id": f"https://x.test/a{number}", "type": "Announce", "actor": "g", "object": act})

    announce(1, "Create", {**note, "inReplyTo": "https://x.test/0"}, "c1")
    announce(2, "Create", {**note, "attributedTo": "g"}, "c2")
    fake.types["g"] = "Group"
    announce(3, "Create", {**note, "id": "https://x.test/2", "attributedTo": "g"}, "c3")
    announce(4, "Update", {**note, "content": "b"}, "c2")
    assert len(fake.lost) == 2
    assert fake.shown() == {"https://x.test/1": "a"}, "the id of c2 was seen just now"
