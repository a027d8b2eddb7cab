"""What real servers were seen to do, rebuilt as small peers: no post, edit or deletion is lost between them and us."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from areas import timelines
from areas.records import AreaRecord
from areas.tables import posts, reports
from tests.testrig.databases import SqliteTemplates
from tests.testrig.peers import PUBLIC, Peer, stamp
from tests.testrig.world import Town, World

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]


class Scene:
    """A town with one area, a peer of some software with an author, and a follower elsewhere."""

    def __init__(self, world: World, town: Town, area: AreaRecord, peer: Peer) -> None:
        self.world, self.town, self.area, self.peer = world, town, area, peer
        self.author = peer.actor("author")
        self.there = world.peer("there.example")
        self.gina = self.there.actor("gina")

    async def open(self) -> "Scene":
        follow = self.there.activity("Follow", self.gina, "f1", self.area.iri)
        await self.there.send(follow, f"{self.area.iri}/inbox")
        await self.world.settle()
        self.there.received.clear()
        return self

    async def say(self, activity: dict[str, Any], status: int = 202) -> None:
        response = await self.peer.send(activity, f"{self.area.iri}/inbox")
        assert response.status_code == status, response.text
        await self.world.settle()

    async def post(self, name: str = "snow", **more: Any) -> dict[str, Any]:
        note = self.peer.note(self.author, name, to=PUBLIC, cc=[self.area.iri], **more)
        await self.say(self.peer.create(note))
        return note

    async def shown(self) -> list[timelines.ShownPost]:
        found: list[timelines.ShownPost] = await self.town.read(timelines.area_timeline, self.area.actor_id)
        return found

    async def texts(self) -> list[str]:
        return [each.post.content for each in await self.shown()]


async def scene_with(world: World, new_database: NewDatabase, **peer: Any) -> Scene:
    town = await world.town("chitose.example", new_database())
    area = await town.area("chitose")
    return await Scene(world, town, area, world.peer("peer.example", **peer)).open()


async def test_one_that_drops_on_401_loses_nothing_while_its_key_cannot_be_had(
    world: World, new_database: NewDatabase
) -> None:
    """GoToSocial and PieFed never repeat what was answered 400 or 401."""
    scene = await scene_with(world, new_database, software="gotosocial", shared_inbox=False)
    document = f"{scene.peer.origin}/users/author"
    scene.peer.statuses[document] = 503
    await scene.post()
    assert await scene.shown() == [], "no effect until it is verified"
    del scene.peer.statuses[document]
    world.clock.advance(hours=1)
    await world.settle()
    assert len(await scene.shown()) == 1
    assert scene.there.kinds() == ["Announce"]


async def test_one_that_takes_5xx_for_delivered_is_never_answered_so(
    world: World, sqlite_templates: SqliteTemplates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Takahē counts 5xx and 404 as delivered: a database that is locked is 429 with Retry-After."""
    monkeypatch.setattr("web.database.BUSY_MILLISECONDS", 50)
    url = sqlite_templates.new(tmp_path)
    scene = await scene_with(world, lambda: url)
    await scene.post("first")
    other = sqlite3.connect(url.partition("///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    note = scene.peer.note(scene.author, "second", to=PUBLIC, cc=[scene.area.iri])
    response = await scene.peer.send(scene.peer.create(note), f"{scene.area.iri}/inbox")
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    other.execute("ROLLBACK")
    other.close()
    await scene.say(scene.peer.create(note))
    assert len(await scene.shown()) == 2


async def test_one_that_uses_one_id_for_all_edits(world: World, new_database: NewDatabase) -> None:
    """GoToSocial and Takahē: a second Update under the first one's id is another edit."""
    scene = await scene_with(world, new_database, software="gotosocial", shared_inbox=False)
    note = await scene.post()
    for text in ("one", "two"):
        world.clock.advance(minutes=1)
        edited = {**note, "content": f"<p>{text}</p>", "updated": stamp(world.clock())}
        await scene.say(scene.peer.activity("Update", scene.author, "always-the-same", edited))
    assert await scene.texts() == ["<p>two</p>"]


async def test_one_that_gives_activity_and_object_one_id(world: World, new_database: NewDatabase) -> None:
    """Takahē."""
    scene = await scene_with(world, new_database, software="takahe")
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say({**scene.peer.create(note), "id": note["id"]})
    assert len(scene.there.boosts(note["id"])) == 1


async def test_one_whose_unlisted_post_has_an_empty_to(world: World, new_database: NewDatabase) -> None:
    """Takahē."""
    scene = await scene_with(world, new_database, software="takahe")
    note = scene.peer.note(scene.author, "quiet", to=[], cc=["as:Public", scene.area.iri])
    await scene.say(scene.peer.create(note))
    assert [each.post.visibility for each in await scene.shown()] == ["unlisted"]


async def test_one_that_sends_pages_without_tags(world: World, new_database: NewDatabase) -> None:
    """PieFed names the community in `to` and `audience` only."""
    scene = await scene_with(world, new_database, software="piefed")
    await scene.say(scene.peer.activity("Follow", scene.author, "f2", scene.area.iri))
    scene.peer.received.clear()
    page = scene.peer.note(scene.author, "page", to=[scene.area.iri, PUBLIC])
    page.update(type="Page", name="除雪のお知らせ", audience=scene.area.iri)
    await scene.say({**scene.peer.create(page), "audience": scene.area.iri})
    assert [each.post.title for each in await scene.shown()] == ["除雪のお知らせ"]
    assert [each["object"]["type"] for each in scene.peer.received] == ["Create"], "told in its own dialect"


async def test_one_without_a_shared_inbox_gets_one_request_for_all_its_followers(
    world: World, new_database: NewDatabase
) -> None:
    """GoToSocial: one public activity to one inbox serves everybody there."""
    town = await world.town("chitose.example", new_database())
    area = await town.area("chitose")
    gts = world.peer("gts.example", software="gotosocial", shared_inbox=False)
    for name in ("ann", "bob", "eve"):
        await gts.send(gts.activity("Follow", gts.actor(name), f"f-{name}", area.iri), f"{area.iri}/inbox")
        await world.settle()
    assert gts.kinds() == ["Accept"] * 3
    taro = await town.person("taro")
    await town.post(taro, "回覧板です", area)
    await world.settle()
    assert gts.kinds()[3:] == ["Announce"]


async def test_one_whose_delete_arrives_first(world: World, new_database: NewDatabase) -> None:
    scene = await scene_with(world, new_database)
    note = scene.peer.note(scene.author, "snow", to=PUBLIC, cc=[scene.area.iri])
    await scene.say(scene.peer.activity("Delete", scene.author, "d1", note["id"]))
    await scene.say(scene.peer.create(note))
    edited = {**note, "updated": stamp(world.clock() + 60_000)}
    await scene.say(scene.peer.activity("Update", scene.author, "u1", edited))
    assert await scene.shown() == []
    assert scene.there.received == []


async def test_one_that_edits_in_silence_is_read_again(world: World, new_database: NewDatabase) -> None:
    """GoToSocial tells only those who are mentioned now."""
    scene = await scene_with(world, new_database, software="gotosocial", shared_inbox=False)
    note = await scene.post()
    world.clock.advance(minutes=5)
    without = {**note, "cc": [], "updated": stamp(world.clock())}
    scene.peer.documents[note["id"]] = without
    world.clock.advance(minutes=6)
    await world.settle()
    assert await scene.shown() == []
    assert scene.there.kinds() == ["Announce", "Undo"]


@pytest.mark.parametrize(("status", "hours"), [(410, 1), (404, 3)])
async def test_one_that_deletes_in_silence_is_read_again(
    world: World, new_database: NewDatabase, status: int, hours: int
) -> None:
    """410 at once; 404 only when it is 404 an hour later again."""
    scene = await scene_with(world, new_database, software="gotosocial", shared_inbox=False)
    note = await scene.post()
    scene.peer.statuses[note["id"]] = status
    world.clock.advance(minutes=11)
    await world.settle()
    assert (await scene.shown() == []) is (status == 410)
    for _ in range(hours):
        world.clock.advance(hours=1, minutes=5)
        await world.settle()
    assert await scene.shown() == []


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_an_answer_that_proves_nothing_changes_nothing(
    world: World, new_database: NewDatabase, status: int
) -> None:
    scene = await scene_with(world, new_database)
    note = await scene.post()
    scene.peer.statuses[note["id"]] = status
    for _ in range(4):
        world.clock.advance(hours=2)
        await world.settle()
    assert len(await scene.shown()) == 1


async def test_one_that_ignores_the_boosts_of_whom_it_refuses(
    world: World, new_database: NewDatabase
) -> None:
    """GoToSocial's interaction policy: who may not boost does not, and the author is told."""
    scene = await scene_with(world, new_database, software="gotosocial", shared_inbox=False)
    only_me = {"canAnnounce": {"automaticApproval": [scene.author], "manualApproval": []}}
    await scene.post(interactionPolicy=only_me)
    assert scene.there.received == []
    assert scene.peer.kinds() == ["Create"]
    assert scene.peer.received[0]["object"]["to"] == [scene.author]


@pytest.mark.parametrize(
    "shape",
    [
        {"object": "https://peer.example/notes/snow", "content": "気になります"},
        {
            "object": ["https://peer.example/users/author", "https://peer.example/notes/snow"],
            "content": "気になります",
        },
        {"object": "https://peer.example/notes/snow", "summary": "気になります", "audience": "x"},
    ],
)
async def test_reports_of_every_shape_are_kept(
    world: World, new_database: NewDatabase, shape: dict[str, Any]
) -> None:
    """GoToSocial: one string or a list, text in `content`; PieFed: text in `summary`."""
    scene = await scene_with(world, new_database)
    await scene.post()
    flag = {**scene.peer.activity("Flag", scene.author, "flag1", None), **shape}
    await scene.say(flag)
    row = await scene.town.read(lambda tx: tx.execute(sa.select(reports.c.text, reports.c.area_id)).one())
    assert tuple(row) == ("気になります", scene.area.actor_id)


async def test_a_poll_vote_is_not_a_post(world: World, new_database: NewDatabase) -> None:
    scene = await scene_with(world, new_database)
    vote = scene.peer.note(scene.author, "vote", to=[scene.area.iri], inReplyTo=f"{scene.area.iri}/q")
    vote = {**vote, "content": None, "name": "はい"}
    await scene.say(scene.peer.create(vote))
    count = sa.select(sa.func.count()).select_from(posts)
    assert await scene.town.read(lambda tx: tx.execute(count).scalar_one()) == 0


async def test_a_server_that_was_down_for_days_gets_everything_in_order(
    world: World, new_database: NewDatabase
) -> None:
    scene = await scene_with(world, new_database)
    scene.there.answer = 503
    names = [f"n{number}" for number in range(6)]
    for name in names:
        await scene.post(name)
        world.clock.advance(hours=12)
    assert scene.there.received == []
    scene.there.answer = 202
    for _ in range(6):
        world.clock.advance(hours=13)
        await world.settle()
    assert [each["object"].rpartition("/")[2] for each in scene.there.received] == names


async def test_unsigned_readers_are_served(world: World, new_database: NewDatabase) -> None:
    """PieFed signs no GET."""
    scene = await scene_with(world, new_database)
    await scene.post()
    accept = {"accept": "application/activity+json"}
    async with httpx.AsyncClient(transport=world.network.transport("piefed.example")) as client:
        for path in ("", "/outbox", "/followers", "/moderators"):
            response = await client.get(f"{scene.area.iri}{path}", headers=accept)
            assert response.status_code == 200, path
            assert response.headers["content-type"] == "application/activity+json; charset=utf-8"
        assert (await client.get(f"{scene.area.iri}/outbox", headers=accept)).json()["orderedItems"]
