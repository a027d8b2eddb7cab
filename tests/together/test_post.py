"""The whole way of a post: follow, post, boost, reply, edit, delete, withdraw, hold, approve."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from actors.servers import find_server
from areas import compose, decisions, interactions, placements, timelines
from areas.records import AreaRecord, Revision
from inbox.jobs.due import run_due
from tests.testrig.peers import PUBLIC, Peer, stamp
from tests.testrig.world import Town, World

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]


async def follow(world: World, peer: Peer, actor: str, area: str) -> None:
    answer = await peer.send(peer.activity("Follow", actor, f"follow-{actor[-4:]}", area), f"{area}/inbox")
    assert answer.status_code == 202, answer.text
    await world.settle()


class Scene:
    """A town with an area; Hana writes from one server, Gina follows from another, Lena from a Lemmy."""

    def __init__(self, world: World, town: Town, area: AreaRecord) -> None:
        self.world, self.town, self.area = world, town, area
        self.here, self.there = world.peer("here.example"), world.peer("there.example")
        self.lemmy = world.peer("lemmy.example", software="lemmy")
        self.hana, self.gina = self.here.actor("hana"), self.there.actor("gina")
        self.lena = self.lemmy.actor("lena")
        self.inbox = f"{area.iri}/inbox"

    async def say(self, activity: dict[str, object]) -> None:
        answer = await self.here.send(activity, self.inbox)
        assert answer.status_code == 202, answer.text
        await self.world.settle()

    async def post(self, name: str, **more: object) -> dict[str, object]:
        note = self.here.note(self.hana, name, to=PUBLIC, cc=[self.area.iri], **more)
        await self.say(self.here.create(note))
        return note

    async def shown(self) -> list[str]:
        found: list[timelines.ShownPost] = await self.town.read(timelines.area_timeline, self.area.actor_id)
        return [each.post.iri for each in found]


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    town = await world.town("chitose.example", new_database())
    scene = Scene(world, town, await town.area("chitose"))
    await follow(world, scene.there, scene.gina, scene.area.iri)
    await follow(world, scene.lemmy, scene.lena, scene.area.iri)
    for peer in (scene.there, scene.lemmy):
        assert peer.kinds() == ["Accept"]
        peer.received.clear()
    return scene


async def test_a_post_is_boosted_to_every_follower_once_in_its_dialect(scene: Scene) -> None:
    note = await scene.post("snow")
    assert len(scene.there.boosts(str(note["id"]))) == 1
    assert len(scene.here.boosts(str(note["id"]))) == 1, "the author's server learns of it"
    assert [each["object"]["type"] for each in scene.lemmy.received] == ["Create"]
    assert scene.lemmy.received[0]["object"]["object"]["id"] == note["id"]
    assert await scene.shown() == [note["id"]]


async def test_who_turns_out_to_speak_another_dialect_meanwhile_is_told(
    world: World, new_database: NewDatabase
) -> None:
    """A Lemmy follows, a post is boosted before anybody asks what it is, and delivered afterwards."""
    town = await world.town("chitose.example", new_database())
    scene = Scene(world, town, await town.area("chitose"))
    asked = scene.lemmy.activity("Follow", scene.lena, "follow-lena", scene.area.iri)
    assert (await scene.lemmy.send(asked, scene.inbox)).status_code == 202
    note = scene.here.note(scene.hana, "snow", to=PUBLIC, cc=[scene.area.iri])
    assert (await scene.here.send(scene.here.create(note), scene.inbox)).status_code == 202
    await run_due(town.node.services, town.clock())
    assert await _dialect(town, "lemmy.example") == "activity"
    await world.settle()
    assert len(scene.lemmy.boosts(str(note["id"]))) == 1
    await scene.say(scene.here.activity("Delete", scene.hana, "d1", {"type": "Tombstone", "id": note["id"]}))
    assert scene.lemmy.kinds() == ["Accept", "Announce", "Undo"]


async def _dialect(town: Town, host: str) -> str | None:
    server = await town.read(find_server, host)
    return None if server is None else server.dialect


async def test_a_deletion_takes_the_boost_back_everywhere(scene: Scene) -> None:
    note = await scene.post("snow")
    await scene.say(scene.here.activity("Delete", scene.hana, "d1", {"type": "Tombstone", "id": note["id"]}))
    assert scene.there.kinds() == ["Announce", "Undo"]
    announce, undo = scene.there.received
    assert {key: undo["object"][key] for key in ("id", "type", "actor", "object")} == {
        key: announce[key] for key in ("id", "type", "actor", "object")
    }
    assert [each["object"]["type"] for each in scene.lemmy.received] == ["Create", "Delete"]
    assert await scene.shown() == []


async def test_what_left_still_hears_the_end(scene: Scene) -> None:
    note = await scene.post("snow")
    undo = scene.there.activity(
        "Undo", scene.gina, "u1", scene.there.activity("Follow", scene.gina, "follow-gina", scene.area.iri)
    )
    await scene.there.send(undo, scene.inbox)
    await scene.world.settle()
    await scene.post("after")
    await scene.say(scene.here.activity("Delete", scene.hana, "d1", note["id"]))
    assert scene.there.kinds() == ["Announce", "Undo"], "the second post is not for those who left"


async def test_a_reply_reaches_whole_threads_and_is_never_boosted(scene: Scene) -> None:
    note = await scene.post("snow")
    await scene.post("answer", inReplyTo=note["id"])
    assert scene.there.kinds() == ["Announce"]
    assert [each["object"]["object"]["id"].rpartition("/")[2] for each in scene.lemmy.received] == [
        "snow",
        "answer",
    ]
    assert await scene.shown() == [note["id"]]


async def test_an_edit_without_the_mention_withdraws_and_one_with_it_boosts_anew(scene: Scene) -> None:
    note = await scene.post("snow")
    clock = scene.world.clock
    for cc, name in (([], "e1"), ([scene.area.iri], "e2")):
        clock.advance(minutes=1)
        from_now = {**note, "cc": cc, "updated": stamp_of(scene)}
        await scene.say(scene.here.activity("Update", scene.hana, name, from_now))
    assert scene.there.kinds() == ["Announce", "Undo", "Announce"]
    assert scene.there.received[0]["id"] != scene.there.received[2]["id"]


def stamp_of(scene: Scene) -> str:
    return stamp(scene.world.clock())


async def test_a_held_post_is_boosted_when_it_is_approved(world: World, new_database: NewDatabase) -> None:
    town = await world.town("chitose.example", new_database())
    scene = Scene(world, town, await town.area("chitose", policy="review"))
    await follow(world, scene.there, scene.gina, scene.area.iri)
    note = await scene.post("snow")
    assert scene.there.kinds() == ["Accept"]
    assert scene.here.kinds() == ["Create"], "one message from the desk"
    held = await town.read(placements.held)

    def approve(tx: sa.Connection) -> None:
        decisions.approve(tx, held[0].id, by=None, now=world.clock())

    await town.write(approve)
    await world.settle()
    assert len(scene.there.boosts(str(note["id"]))) == 1


async def test_a_local_post_reaches_a_peer_town_and_its_deletion_follows(
    world: World, new_database: NewDatabase
) -> None:
    chitose = await world.town("chitose.example", new_database())
    eniwa = await world.town("eniwa.example", new_database())
    there = world.peer("there.example")
    area = await chitose.area("chitose")
    await follow(world, there, there.actor("gina"), area.iri)
    hana = await eniwa.person("hana")
    target = await eniwa.node.directory.actor_by_handle("chitose", "chitose.example")
    await eniwa.write(interactions.follow, hana, target, world.clock())
    post, _ = await eniwa.post(hana, "雪が降りました @chitose@chitose.example")
    await world.settle()
    shown = await chitose.read(timelines.area_timeline, area.actor_id)
    assert [each.post.iri for each in shown] == [post.iri]
    assert len(there.boosts(post.iri)) == 1

    await eniwa.write(compose.delete, post.id, world.clock())
    await world.settle()
    assert await chitose.read(timelines.area_timeline, area.actor_id) == []
    assert there.kinds()[:2] == ["Accept", "Announce"]
    assert sorted(there.kinds()[2:]) == ["Delete", "Undo"], "it carries a proof, so it is passed on"


async def test_a_local_authors_edit_and_deletion_reach_those_who_got_the_boost(scene: Scene) -> None:
    taro = await scene.town.person("taro")
    post, _ = await scene.town.post(taro, "回覧板です", scene.area)
    await scene.world.settle()
    scene.world.clock.advance(minutes=1)
    await scene.town.write(compose.edit, post.id, Revision("回覧板です（訂正）"), scene.world.clock())
    await scene.world.settle()
    await scene.town.write(compose.delete, post.id, scene.world.clock())
    await scene.world.settle()
    assert scene.there.kinds()[:2] == ["Announce", "Update"]
    assert sorted(scene.there.kinds()[2:]) == ["Delete", "Undo"]
    assert scene.there.received[1]["object"]["content"] == "<p>回覧板です（訂正）</p>"
