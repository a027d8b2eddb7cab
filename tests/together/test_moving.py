"""Residents and areas move between towns: by commands, over the wire, with those who follow them."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.directory import find_actor, find_actor_by_id
from actors.follows import find_follow
from actors.moves import OWN_PAUSE
from actors.records import ActorRecord
from areas import compose, interactions, placements
from areas.facts import SERVES_ON
from areas.records import AreaRecord, Draft, Revision
from federation.errors import NotFound, Refused, RemoteFault
from federation.vocabulary import Iri
from tests.testrig.peers import Peer
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
OLD, NEW = "@hanako@eniwa.example", "@hanako@chitose.example"
KEN = "https://mas.example/users/ken"


class Scene:
    """Hanako of `old` is going to `new`. Taro lives in `old`, Jiro in `new`, Ken on a server of other software."""

    def __init__(self, world: World, old: Town, new: Town, ken: Peer) -> None:
        self.world, self.old, self.new, self.ken = world, old, new, ken
        self.people: dict[str, ActorRecord] = {}

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.world.settle()
        return report.data

    async def follow(self, who: str, town: Town, whom: str) -> None:
        await self.do(town, "follow", name=who, target=whom)

    async def state(self, town: Town, follower: str, target: str) -> str | None:
        """How `follower` follows `target`, ids both, as `town` knows it."""

        def look(tx: Any) -> str | None:
            pair = [find_actor(tx, Iri(iri)) for iri in (follower, target)]
            found = None if None in pair else find_follow(tx, (pair[0].id, pair[1].id))  # type: ignore[union-attr]
            return None if found is None else found.state

        return await town.read(look)  # type: ignore[no-any-return]

    async def again(self, actor: ActorRecord, town: Town) -> ActorRecord:
        return await town.read(find_actor_by_id, actor.id)  # type: ignore[no-any-return]

    def iri(self, name: str) -> str:
        return self.people[name].iri


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    old = await world.town("eniwa.example", new_database())
    new = await world.town("chitose.example", new_database())
    scene = Scene(world, old, new, world.peer("mas.example"))
    scene.ken.actor("ken")
    scene.people = {
        "was": await old.person("hanako"),
        "taro": await old.person("taro"),
        "is": await new.person("hanako"),
        "jiro": await new.person("jiro"),
    }
    return scene


async def follow_by_ken(scene: Scene, target: str) -> None:
    follow = scene.ken.activity("Follow", KEN, f"f-{len(scene.ken.received)}", target)
    assert (await scene.ken.send(follow, f"{target}/inbox")).status_code == 202
    await scene.world.settle()


async def move(scene: Scene) -> None:
    await scene.do(scene.new, "account alias", name="hanako", add=OLD)
    await scene.do(scene.old, "account move", name="hanako", to=NEW)


async def test_who_follows_goes_along_wherever_she_is(scene: Scene) -> None:
    await scene.follow("taro", scene.old, OLD)
    await scene.follow("jiro", scene.new, OLD)
    await follow_by_ken(scene, scene.iri("was"))
    await move(scene)
    for follower, town in ((scene.iri("taro"), scene.old), (scene.iri("jiro"), scene.new)):
        assert await scene.state(town, follower, scene.iri("is")) == "accepted"
        assert await scene.state(town, follower, scene.iri("was")) is None
    said = [each for each in scene.ken.received if each["actor"] == scene.iri("was")]
    assert [each["type"] for each in said] == ["Accept", "Update", "Move"]
    assert said[1]["object"]["movedTo"] == scene.iri("is")
    assert (said[2]["object"], said[2]["target"]) == (scene.iri("was"), scene.iri("is"))
    known = await scene.new.read(find_actor, Iri(scene.iri("was")))
    assert known.moved_to == scene.iri("is")


async def test_nobody_moves_to_who_does_not_name_her(scene: Scene) -> None:
    with pytest.raises(Refused, match="does not name"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)
    await scene.do(scene.new, "account alias", name="hanako", add="@taro@eniwa.example")
    with pytest.raises(Refused, match="does not name"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)
    assert (await scene.again(scene.people["was"], scene.old)).moved_to is None


async def test_an_alias_that_was_dropped_counts_no_more(scene: Scene) -> None:
    await scene.do(scene.new, "account alias", name="hanako", add=OLD)
    listed = await scene.do(scene.new, "account alias", name="hanako")
    assert listed["also_known_as"] == [scene.iri("was")]
    await scene.do(scene.new, "account alias", name="hanako", remove=OLD)
    with pytest.raises(NotFound):
        await scene.do(scene.new, "account alias", name="hanako", remove=OLD)
    with pytest.raises(Refused, match="does not name"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)


@pytest.mark.parametrize("place", ["hanako", "@nobody@chitose.example", "@hanako@nowhere.example"])
async def test_nobody_moves_to_nowhere(scene: Scene, place: str) -> None:
    with pytest.raises((Refused, RemoteFault)):
        await scene.do(scene.old, "account move", name="hanako", to=place)


async def test_nobody_moves_to_who_is_shut_out_or_has_left(scene: Scene) -> None:
    await scene.do(scene.new, "account alias", name="hanako", add=OLD)
    await scene.follow("taro", scene.old, NEW)
    for standing in ("suspended", "open"):
        await scene.do(scene.old, "actor standing", name=NEW, standing=standing, reason="荒らし")
        if standing == "suspended":
            with pytest.raises(Refused, match="suspended"):
                await scene.do(scene.old, "account move", name="hanako", to=NEW)
    await scene.do(scene.old, "account alias", name="taro", add=NEW)
    await scene.do(scene.new, "account move", name="hanako", to="@taro@eniwa.example")
    with pytest.raises(Refused, match="has itself moved"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)
    assert (await scene.again(scene.people["was"], scene.old)).moved_to is None


async def test_a_second_move_waits_for_thirty_days(scene: Scene) -> None:
    await move(scene)
    with pytest.raises(Refused, match="has moved to"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)
    await scene.do(scene.old, "account return", name="hanako")
    with pytest.raises(Refused, match="in 30 days"):
        await scene.do(scene.old, "account move", name="hanako", to=NEW)
    with pytest.raises(Refused, match="has not moved"):
        await scene.do(scene.old, "account return", name="hanako")
    scene.world.clock.advance(seconds=OWN_PAUSE / 1000)
    await scene.do(scene.old, "account move", name="hanako", to=NEW)
    assert (await scene.again(scene.people["was"], scene.old)).moved_to == scene.iri("is")


async def test_whoever_has_moved_reads_and_deletes_but_says_nothing(scene: Scene) -> None:
    post, _ = await scene.old.post(scene.people["was"], "花が咲きました")
    other, _ = await scene.old.post(scene.people["taro"], "雪です")
    await move(scene)
    hanako, now = await scene.again(scene.people["was"], scene.old), scene.world.clock()
    taro = scene.people["taro"]
    for act, words in (
        (compose.publish, (Draft(hanako.id, "まだここです"), now)),
        (compose.edit, (post.id, Revision("変えます"), now)),
        (interactions.favourite, (hanako, other.id, now)),
        (interactions.boost, (hanako, other.id, now)),
        (interactions.follow, (hanako, taro, now)),
        (interactions.follow, (taro, hanako, now)),
    ):
        with pytest.raises(Refused, match="has moved to"):
            await scene.old.write(act, *words)
    await scene.old.write(compose.delete, post.id, now)
    await scene.do(scene.old, "account return", name="hanako")
    await scene.old.post(hanako, "帰ってきました")


async def test_whoever_has_moved_is_followed_no_more_from_elsewhere(scene: Scene) -> None:
    await move(scene)
    await follow_by_ken(scene, scene.iri("was"))
    assert [each["type"] for each in scene.ken.received] == ["Reject"]
    assert await scene.state(scene.old, KEN, scene.iri("was")) != "accepted"


async def test_a_move_that_was_taken_back_leads_nobody_here_away(scene: Scene) -> None:
    """The job looks again: it may run after the end of what it was asked for."""
    await scene.follow("taro", scene.old, OLD)
    await scene.do(scene.new, "account alias", name="hanako", add=OLD)
    await run_command(scene.old.node, "account move", {"name": "hanako", "to": NEW})
    await scene.do(scene.old, "account return", name="hanako")
    assert await scene.state(scene.old, scene.iri("taro"), scene.iri("was")) == "accepted"


async def test_who_comes_from_elsewhere_brings_her_followers(scene: Scene) -> None:
    """Residents move in by naming what they were; the old server, of whatever software, says the rest."""
    await scene.do(scene.new, "follow", name="jiro", target="@ken@mas.example")
    follow = next(each for each in scene.ken.received if each["type"] == "Follow")
    await scene.ken.send(scene.ken.activity("Accept", KEN, "a", follow), f"{scene.iri('jiro')}/inbox")
    await scene.do(scene.new, "account alias", name="hanako", add="@ken@mas.example")
    scene.ken.documents[KEN]["movedTo"] = scene.iri("is")
    said = scene.ken.activity("Move", KEN, "m", KEN, target=scene.iri("is"))
    assert (await scene.ken.send(said, f"{scene.iri('jiro')}/inbox")).status_code == 202
    await scene.world.settle()
    assert await scene.state(scene.new, scene.iri("jiro"), scene.iri("is")) == "accepted"


# Areas.


@pytest.fixture
async def areas(scene: Scene) -> tuple[AreaRecord, AreaRecord]:
    """An area of a town that goes to a node of its own."""
    return await scene.old.area("megumino"), await scene.new.area("megumino")


async def move_area(scene: Scene) -> None:
    await scene.do(scene.new, "area alias", name="megumino", add="@megumino@eniwa.example")
    await scene.do(scene.old, "area move", name="megumino", to="@megumino@chitose.example")


async def test_an_area_moves_with_followers_of_every_kind(
    scene: Scene, areas: tuple[AreaRecord, AreaRecord]
) -> None:
    was, is_ = areas
    await scene.follow("taro", scene.old, was.handle)
    await scene.follow("jiro", scene.new, was.handle)
    await follow_by_ken(scene, was.iri)
    await move_area(scene)
    for follower, town in ((scene.iri("taro"), scene.old), (scene.iri("jiro"), scene.new)):
        assert await scene.state(town, follower, is_.iri) == "accepted"
        assert await scene.state(town, follower, was.iri) is None
    assert {each["type"] for each in scene.ken.received} >= {"Update", "Move"}


async def test_the_old_area_serves_on_for_a_year_and_then_refuses(
    scene: Scene, areas: tuple[AreaRecord, AreaRecord]
) -> None:
    was, _ = areas
    await follow_by_ken(scene, was.iri)
    await move_area(scene)
    _, placed = await scene.old.post(scene.people["taro"], "雪が降りました", was)
    assert [each.state for each in placed] == ["accepted"]
    await scene.world.settle()
    assert scene.ken.received[-1]["type"] == "Announce"
    scene.world.clock.advance(seconds=SERVES_ON / 1000 + 1)
    _, placed = await scene.old.post(scene.people["taro"], "もう一年です", was)
    assert [(each.state, each.rule) for each in placed] == [("refused", "moved")]


async def test_an_area_moves_only_to_an_area(scene: Scene, areas: tuple[AreaRecord, AreaRecord]) -> None:
    with pytest.raises(Refused, match="is a Person"):
        await scene.do(scene.old, "area move", name="megumino", to=NEW)
    with pytest.raises(Refused, match="is a Group"):
        await scene.do(scene.new, "account alias", name="hanako", add="@megumino@eniwa.example")
    with pytest.raises(Refused, match="is an area"):
        await scene.do(scene.old, "account move", name="megumino", to="@megumino@chitose.example")
    with pytest.raises(Refused, match="stays"):
        await scene.do(scene.old, "account move", name="megumino_desk", to=NEW)


@pytest.fixture
async def gone(scene: Scene, areas: tuple[AreaRecord, AreaRecord]) -> tuple[AreaRecord, AreaRecord]:
    """The area has moved; Ken follows the new one, Jiro nothing."""
    await move_area(scene)
    await follow_by_ken(scene, areas[1].iri)
    return areas


async def boosted(scene: Scene, area: AreaRecord) -> list[str]:
    """What an area has boosted to Ken and not taken back."""
    standing: dict[str, str] = {}
    for each in scene.ken.received:
        if each["actor"] == area.iri and each["type"] == "Announce":
            standing[each["id"]] = each["object"]
        elif each["actor"] == area.iri and each["type"] == "Undo":
            standing.pop(each["object"]["id"], None)
    return list(standing.values())


async def test_what_still_arrives_at_the_old_area_is_the_new_ones_too(
    scene: Scene, gone: tuple[AreaRecord, AreaRecord]
) -> None:
    """By somebody elsewhere and by a resident of the old node: the new area boosts it, once."""
    was, is_ = gone
    note = scene.ken.note(KEN, "snow", cc=was.iri)
    assert (await scene.ken.send(scene.ken.create(note), f"{was.iri}/inbox")).status_code == 202
    post, _ = await scene.old.post(scene.people["taro"], "花が咲きました", was)
    await scene.world.settle()
    assert sorted(await boosted(scene, is_)) == sorted([note["id"], post.iri])
    assert await scene.new.read(lambda tx: posts_in(tx, is_)) == 2


async def test_the_new_area_keeps_what_names_the_old_one_and_lets_go_with_it(
    scene: Scene, gone: tuple[AreaRecord, AreaRecord]
) -> None:
    was, is_ = gone
    post, _ = await scene.old.post(scene.people["taro"], "花が咲きました", was)
    await scene.world.settle()
    scene.world.clock.advance(minutes=15)
    await scene.old.write(compose.edit, post.id, Revision("赤い花が咲きました"), scene.world.clock())
    await scene.world.settle()
    assert await boosted(scene, is_) == [post.iri]
    await scene.old.write(compose.delete, post.id, scene.world.clock())
    await scene.world.settle()
    assert await boosted(scene, is_) == []


async def test_a_group_that_only_says_it_is_an_area_now_brings_nothing(
    scene: Scene, areas: tuple[AreaRecord, AreaRecord]
) -> None:
    """The area names no such alias: neither a move nor a boost of the Group's counts."""
    _, is_ = areas
    group = scene.ken.actor("fake", type="Group", movedTo=is_.iri)
    said = scene.ken.activity("Move", group, "m", group, target=is_.iri)
    assert (await scene.ken.send(said, f"{is_.iri}/inbox")).status_code == 202
    await scene.do(scene.new, "follow", name="jiro", target="@fake@mas.example")
    await scene.world.settle()
    assert await scene.state(scene.new, is_.iri, group) is None
    note = scene.ken.note(KEN, "snow", cc=group)
    boost = scene.ken.activity("Announce", group, "b", note["id"], to="as:Public")
    assert (await scene.ken.send(boost, f"{scene.iri('jiro')}/inbox")).status_code == 202
    await scene.world.settle()
    assert await scene.new.read(lambda tx: posts_in(tx, is_)) == 0


def posts_in(tx: Any, area: AreaRecord) -> int:
    return placements.count(tx, area.actor_id, "accepted")
