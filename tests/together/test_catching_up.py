"""A town that was away is whole again: in order, once each, and without what was taken back meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from actors import follows
from actors.directory import find_actor, find_local
from areas import posts
from areas.records import PostRecord
from areas.registry import find_area_by_name
from areas.tables import boosts, shares
from areas.zones import cursors, digests, progress, serving
from federation.vocabulary import Iri
from inbox.jobs import catching_up, due
from outbox.epochs import begin_anew
from outbox.tables import log
from tests.testrig.peers import Peer, stamp
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
OURS, THEIRS = "@megumino@eniwa.example", "@chitose@chitose.example"
OUTBOX = "https://chitose.example/areas/chitose/outbox"


class Scene:
    """Posts of 千歳 come to 恵庭, where somebody on Mastodon reads."""

    def __init__(self, world: World, ours: Town, theirs: Town) -> None:
        self.world, self.ours, self.theirs = world, ours, theirs
        self.there = world.peer("m.example")
        self.gina = self.there.actor("gina")
        self.app: Any = None

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.settle()
        return report.data

    async def settle(self) -> None:
        for _ in range(2):
            await self.world.settle()

    async def open(self, accepts: str = "post") -> "Scene":
        await self.do(self.ours, "peer request", area="megumino", other=THEIRS, accepts=accepts)
        await self.do(self.theirs, "peer accept", area="chitose", other=OURS)
        follow = self.there.activity("Follow", self.gina, "f1", "https://eniwa.example/areas/megumino")
        await self.there.send(follow, "https://eniwa.example/areas/megumino/inbox")
        await self.settle()
        self.there.received.clear()
        return self

    async def post(self, text: str, author: str = "hanako") -> PostRecord:
        who = await self.theirs.read(find_local, author, "chitose.example")
        area = await self.theirs.read(find_area_by_name, "chitose")
        post, _ = await self.theirs.post(who or await self.theirs.person(author), text, area)
        await self.settle()
        self.world.clock.advance(minutes=1)
        return post

    def leave(self) -> None:
        """Our node is off: it neither hears nor does anything."""
        del self.world.towns["eniwa.example"]
        self.app = self.world.network.hosts.pop("eniwa.example")

    async def come_back(self) -> None:
        """It starts, and has asked its peers before any of them tries again to send something."""
        self.world.towns["eniwa.example"] = self.ours
        self.world.network.hosts["eniwa.example"] = self.app
        await self.ours.write(progress.plan_all, self.world.clock())
        self.world.clock.advance(minutes=1)
        await self.ask()

    async def ask(self) -> None:
        """Our node works until nothing is due."""
        services, clock = self.ours.node.services, self.world.clock
        while await catching_up.run_due(services, clock()) + await due.run_due(services, clock()):
            await self.ours.node.worker.drain()
        await self.ours.node.worker.drain()

    async def pass_time(self, **time: float) -> None:
        self.world.clock.advance(**time)
        await self.settle()

    async def brought(self) -> list[tuple[str, str]]:
        """What came from there, the oldest first."""
        found = await self.do(self.ours, "zone list", area="megumino")
        return [(each["iri"], each["state"]) for each in reversed(found)]

    async def progress(self) -> dict[str, Any]:
        (listed,) = await self.do(self.ours, "peer list", area="megumino")
        found: dict[str, Any] = listed["catch_up"]
        return found

    def asked(self) -> list[str]:
        """The questions that our node has put, without the address."""
        return [
            each.url.partition("?")[2]
            for each in self.world.network.carried
            if each.source == "eniwa.example" and each.url.startswith(f"{OUTBOX}?")
        ]


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    towns = []
    for host, name in (("eniwa", "megumino"), ("chitose", "chitose")):
        towns.append(await world.town(f"{host}.example", new_database()))
        await towns[-1].area(name)
    return Scene(world, *towns)


@pytest.mark.timeout(400)
async def test_a_week_away_and_whole_again(scene: Scene) -> None:
    await scene.open()
    edited, deleted, removed = [await scene.post(f"{name}のお知らせです。") for name in "あいう"]
    banned = await scene.post("ここには書けなくなります。", "taro")
    yuki = await scene.ours.person("yuki")
    await scene.do(scene.ours, "follow", name="yuki", target=THEIRS)
    assert [state for _, state in await scene.brought()] == ["boosted"] * 4
    scene.leave()
    await scene.do(scene.theirs, "post-edit", post_id=edited.id, text="なおしたお知らせです。")
    await scene.do(scene.theirs, "post-delete", post_id=deleted.id)
    await scene.do(scene.theirs, "area remove", name="chitose", post=removed.iri, reason="誤り")
    for who in ("@taro@chitose.example", "@yuki@eniwa.example"):
        await scene.do(scene.theirs, "area ban", name="chitose", who=who, reason="荒らし", remove_posts=True)
    daily = []
    for day in range(6):
        daily.append(await scene.post(f"{day}日めのお知らせです。"))
        gone = await scene.post(f"{day}日めのまちがいです。")
        await scene.do(scene.theirs, "post-delete", post_id=gone.id)
        await scene.pass_time(days=1)
    scene.there.received.clear()
    await scene.come_back()

    before = [(edited.iri, "boosted"), *((each.iri, "gone") for each in (deleted, removed, banned))]
    since = [(each.iri, "shown") for each in daily[:5]] + [(daily[5].iri, "boosted")]
    assert await scene.brought() == before + since, "in order; too old for a boost but for the last"
    found = await scene.ours.read(posts.find_post, edited.iri)
    assert "なおした" in found.content
    heard = [(each["type"], _object(each)) for each in scene.there.received]
    undone = [("Undo", each.iri) for each in (deleted, removed, banned)]
    assert sorted(heard) == sorted([*undone, ("Announce", daily[5].iri)])
    group = await scene.ours.read(find_actor, Iri("https://chitose.example/areas/chitose"))
    follow = await scene.ours.read(follows.find_follow, (yuki.id, group.id))
    assert follow is None or follow.state != "accepted", "she was banned meanwhile"

    for _ in range(8):
        await scene.pass_time(hours=6)  # whatever the other side had still to send
    assert await scene.brought() == before + since
    assert len(scene.there.received) == 4, "nothing twice"


def _object(activity: dict[str, Any]) -> str:
    thing = activity["object"]
    return str(thing if isinstance(thing, str) else thing["object"])


async def test_what_was_said_before_anybody_asked_is_shown_alone(scene: Scene) -> None:
    lemmy = scene.world.peer("lemmy.example", software="lemmy")
    reader = lemmy.actor("rin")
    follow = lemmy.activity("Follow", reader, "f0", "https://chitose.example/areas/chitose")
    await lemmy.send(follow, "https://chitose.example/areas/chitose/inbox")
    await scene.settle()
    earlier = await scene.post("まえからのお知らせです。")
    await scene.open()
    later = await scene.post("それからのお知らせです。")
    assert await scene.brought() == [(earlier.iri, "shown"), (later.iri, "boosted")]


async def test_peers_are_asked_every_quarter_of_an_hour_while_they_agree(scene: Scene) -> None:
    await scene.open()
    began = len(scene.asked())
    for _ in range(8):
        await scene.pass_time(minutes=9)
    assert 3 <= len(scene.asked()) - began <= 4
    assert len(set(scene.asked())) == 2, "once from the beginning, then from where it was"
    await scene.do(scene.ours, "peer end", area="megumino", other=THEIRS)
    asked = len(scene.asked())
    for _ in range(8):
        await scene.pass_time(minutes=9)
    assert len(scene.asked()) == asked


async def test_pages_are_read_to_the_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PAGE", 2)
    monkeypatch.setattr(catching_up, "MOST_PAGES", 2)
    await scene.open()
    scene.leave()
    made = [await scene.post(f"{number}番目のお知らせです。") for number in range(7)]
    await scene.come_back()
    scene.world.clock.advance(minutes=1)
    await scene.ask()
    assert await scene.brought() == [(each.iri, "boosted") for each in made]


async def test_another_epoch_starts_again_and_changes_nothing(scene: Scene) -> None:
    await scene.open()
    first, second = await scene.post("ひとつめのお知らせです。"), await scene.post("ふたつめのお知らせです。")
    await scene.pass_time(minutes=20)
    scene.leave()
    third = await scene.post("みっつめのお知らせです。")
    await scene.theirs.write(begin_anew)
    await scene.come_back()
    assert await scene.brought() == [(each.iri, "boosted") for each in (first, second, third)]
    assert scene.there.kinds() == ["Announce"] * 3
    await scene.pass_time(minutes=20)
    epochs = {each.partition("=")[2].partition("-")[0] for each in scene.asked()}
    assert len(epochs - {""}) == 2


async def lose(scene: Scene, iri: Iri) -> None:
    """Our node forgets that a post was boosted there."""

    def forget(tx: sa.Connection) -> None:
        post = posts.find_post(tx, iri)
        assert post is not None
        tx.execute(sa.delete(shares).where(shares.c.post_id == post.id, ~shares.c.iri.contains("-zone-")))

    await scene.ours.write(forget)


async def take_silently(scene: Scene, post: PostRecord) -> None:
    """Their node is put back to a time before the boost."""

    def undo(tx: sa.Connection) -> None:
        tx.execute(sa.update(boosts).where(boosts.c.post_id == post.id).values(undone_at=1))
        tx.execute(sa.update(log).where(log.c.object_iri == post.iri).values(body=None))

    await scene.theirs.write(undo)


@pytest.mark.parametrize("how", ["missed", "put back"])
async def test_what_differs_is_found_and_heals(scene: Scene, how: str) -> None:
    await scene.open()
    await scene.pass_time(hours=1)
    kept, lost = await scene.post("のこるお知らせです。"), await scene.post("なくなるお知らせです。")
    await scene.pass_time(hours=3)
    assert (await scene.progress())["differs_since"] is None
    if how == "missed":
        await lose(scene, lost.iri)
    else:
        await take_silently(scene, lost)
    await scene.pass_time(hours=3)
    assert (await scene.progress())["differs_since"] is None, "compared once a day"
    await scene.pass_time(days=1)
    found = await scene.progress()
    assert found["differs_since"] is not None
    assert abs(found["theirs"] - found["ours"]) == 1
    table = await run_command(scene.ours.node, "peer list", {})
    assert any(f"no, {found['theirs']} there" in line for line in table.lines)
    await scene.pass_time(minutes=20)
    found = await scene.progress()
    assert (found["differs_since"], found["theirs"], found["ours"]) == (None, *(found["ours"],) * 2)
    states = dict(await scene.brought())
    assert states == {kept.iri: "boosted", lost.iri: "boosted" if how == "missed" else "gone"}
    announced = [each for each in scene.there.kinds() if each == "Announce"]
    assert len(announced) == 2, "no second boost"


async def test_what_cannot_be_healed_is_tried_once_a_day(scene: Scene) -> None:
    await scene.open()
    await scene.pass_time(hours=1)
    post = await scene.post("だれかのお知らせです。")
    await scene.pass_time(hours=3)
    await scene.do(
        scene.ours, "actor standing", name="@hanako@chitose.example", standing="suspended", reason="荒らし"
    )
    await lose(scene, post.iri)
    for _ in range(2):
        await scene.pass_time(days=1)
        for _ in range(12):
            await scene.pass_time(minutes=20)
    assert (await scene.progress())["differs_since"] is not None
    assert scene.asked().count("since=") <= 3


async def test_who_refuses_or_is_down_is_asked_less_and_less(scene: Scene) -> None:
    await scene.open()
    await scene.do(scene.theirs, "server block", host="eniwa.example")
    began = len(scene.asked())
    for _ in range(48):
        await scene.pass_time(minutes=30)
    assert 4 <= len(scene.asked()) - began <= 2 * 8, "in a day, each with a second knock"
    found = await scene.progress()
    assert found["failures"] >= 4
    assert "403" in found["last_error"]
    table = await run_command(scene.ours.node, "peer list", {})
    assert any("403" in line for line in table.lines)
    await scene.do(scene.theirs, "server unblock", host="eniwa.example")
    await scene.pass_time(hours=7)
    found = await scene.progress()
    assert (found["failures"], found["last_error"]) == (0, None)


class Liar:
    """A Group elsewhere, whose outbox says whatever a test wants."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.peer = Peer("kita.example", scene.world.network, scene.world.clock, software="kairanban")
        self.group = self.peer.actor("kita", "Group")

    async def agree(self) -> None:
        await self.scene.do(
            self.scene.ours, "peer request", area="megumino", other="@kita@kita.example", accepts="post"
        )
        follow = next(each for each in self.peer.received if each["type"] == "Follow")
        accept = self.peer.activity("Accept", self.group, "a1", follow["id"])
        await self.peer.send(accept, "https://eniwa.example/inbox")
        await self.scene.settle()

    def say(self, *items: dict[str, Any], **more: Any) -> None:
        page = {"id": f"{self.group}/outbox?since=", "type": "OrderedCollectionPage", "orderedItems": items}
        self.peer.documents[f"{self.group}/outbox"] = {**page, "cursor": "c1", **more}

    def announce(self, actor: str, number: int, note: str) -> dict[str, Any]:
        create = {"id": f"{note}/activity", "type": "Create", "actor": f"{self.group}", "object": note}
        iri = f"{self.peer.origin}/activities/w{number}"
        return {
            "id": iri,
            "type": "Announce",
            "actor": actor,
            "published": stamp(self.scene.world.clock()),
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "object": create,
        }

    def note(self, name: str) -> str:
        author = self.peer.actor("gin")
        return str(self.peer.note(author, name, cc=[self.group], audience=self.group)["id"])


async def test_a_page_is_believed_for_its_own_group_alone(scene: Scene) -> None:
    liar = Liar(scene)
    other = liar.peer.actor("other", "Group")
    mine, foreign = liar.note("mine"), liar.note("foreign")
    liar.say(liar.announce(other, 1, foreign), liar.announce(liar.group, 2, mine))
    await liar.agree()
    assert await scene.brought() == [(mine, "boosted")]


@pytest.mark.parametrize("more", [{"cursor": None}, {"cursor": ""}, {"type": "Note", "attributedTo": "x"}])
async def test_what_is_no_answer_is_not_heard(scene: Scene, more: dict[str, Any]) -> None:
    """So answers a server that knows no such question: with its newest posts, the newest first."""
    liar = Liar(scene)
    liar.say(liar.announce(liar.group, 1, liar.note("mine")), **more)
    await liar.agree()
    assert await scene.brought() == []
    assert (await scene.progress())["failures"] == 1


async def test_a_page_without_end_is_left_for_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "MOST_PAGES", 5)
    liar = Liar(scene)
    liar.say(next=f"{liar.group}/outbox?since=c1")
    await liar.agree()
    asked = [path for method, path in liar.peer.requests if path.endswith("/outbox")]
    assert 1 <= len(asked) <= 2 * 5, "each is asked for once more by the id that it claims"


def test_a_week_is_longer_than_what_is_compared() -> None:
    assert digests.LONGEST < cursors.BACK
