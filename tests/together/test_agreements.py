"""Two towns agree, and stop agreeing: over the wire, by commands, and each direction by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from actors import follows
from areas.registry import find_area_by_name
from federation.errors import NotFound, Refused
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
HOUR = 3_600_000
OURS, THEIRS = "@megumino@eniwa.example", "@chitose@chitose.example"


class Scene:
    """`asker` asks that posts of `giver` come to it."""

    def __init__(self, world: World, asker: Town, giver: Town) -> None:
        self.world, self.asker, self.giver = world, asker, giver

    async def ask(self, **words: Any) -> Any:
        return await self.do(self.asker, "peer request", area="megumino", other=THEIRS, **words)

    async def answer(self, act: str) -> Any:
        return await self.do(self.giver, f"peer {act}", area="chitose", other=OURS)

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.world.settle()
        return report.data

    async def states(self) -> tuple[list[str], list[str]]:
        """What each side has written down."""
        found = [await self.do(town, "peer list") for town in (self.asker, self.giver)]
        first, second = ([f"{each['direction']} {each['state']}" for each in side] for side in found)
        return first, second

    async def count_followers(self) -> int:
        area = await self.do(self.giver, "area show", name="chitose")
        return int(area["followers"])

    async def pass_time(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)
        await self.world.settle()
        await self.world.settle()


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    asker = await world.town("eniwa.example", new_database())
    giver = await world.town("chitose.example", new_database())
    await asker.area("megumino")
    await giver.area("chitose")
    return Scene(world, asker, giver)


async def test_nothing_is_agreed_on_before_people_say_so(scene: Scene) -> None:
    await scene.ask(accepts="alert,notice", max_per_hour=3)
    assert await scene.states() == (["in requested"], ["out requested"])
    assert await scene.count_followers() == 0, "not even followed"
    (asked,) = await scene.do(scene.giver, "peer list", area="chitose")
    assert (asked["peer"], asked["accepts"], asked["max_per_hour"]) == (OURS, ["alert", "notice"], 3)
    await scene.answer("accept")
    assert await scene.states() == (["in accepted"], ["out accepted"])
    assert await scene.count_followers() == 1
    with pytest.raises(Refused, match="accepted"):
        await scene.answer("accept")


async def test_each_direction_is_agreed_on_by_itself(scene: Scene) -> None:
    await scene.ask()
    await scene.answer("accept")
    await scene.do(scene.giver, "peer request", area="chitose", other=OURS, accepts="none")
    assert await scene.states() == (
        ["in accepted", "out requested"],
        ["in requested", "out accepted"],
    )
    await scene.do(scene.asker, "peer reject", area="megumino", other=THEIRS)
    assert await scene.states() == (["in accepted", "out rejected"], ["in rejected", "out accepted"])


async def test_a_request_is_turned_down_and_may_be_made_again(scene: Scene) -> None:
    await scene.ask()
    await scene.answer("reject")
    assert await scene.states() == (["in rejected"], ["out rejected"])
    with pytest.raises(Refused):
        await scene.answer("accept")
    await scene.ask(accepts="post")
    await scene.answer("accept")
    assert await scene.states() == (["in accepted"], ["out accepted"])


@pytest.mark.parametrize("ender", ["asker", "giver"])
async def test_either_side_ends_it(scene: Scene, ender: str) -> None:
    await scene.ask()
    await scene.answer("accept")
    if ender == "asker":
        await scene.do(scene.asker, "peer end", area="megumino", other=THEIRS)
    else:
        await scene.do(scene.giver, "peer end", area="chitose", other=OURS, direction="out")
    assert await scene.states() == (["in ended"], ["out ended"])
    assert await scene.count_followers() == 0
    with pytest.raises(NotFound):
        await scene.do(scene.asker, "peer end", area="megumino", other=THEIRS)


async def test_it_ends_in_time_on_both_sides(scene: Scene) -> None:
    await scene.ask(until=scene.world.clock() + HOUR)
    await scene.answer("accept")
    await scene.pass_time(1)
    assert await scene.states() == (["in expired"], ["out expired"])
    assert await scene.count_followers() == 0


async def test_what_is_agreed_on_for_longer_goes_on(scene: Scene) -> None:
    for hours in (1, 3):
        await scene.ask(until=scene.world.clock() + hours * HOUR)
        await scene.answer("accept")
    await scene.pass_time(1)
    assert await scene.states() == (["in accepted"], ["out accepted"])
    await scene.pass_time(2)
    assert await scene.states() == (["in expired"], ["out expired"])


async def test_a_request_that_nobody_answers_ends_in_time_too(scene: Scene) -> None:
    await scene.ask(until=scene.world.clock() + HOUR)
    await scene.pass_time(1)
    assert await scene.states() == (["in expired"], ["out expired"])
    with pytest.raises(Refused):
        await scene.answer("accept")


async def test_other_terms_need_another_consent_and_the_same_do_not(scene: Scene) -> None:
    await scene.ask(accepts="alert")
    await scene.answer("accept")
    await scene.ask(accepts="alert")
    assert await scene.states() == (["in accepted"], ["out accepted"])
    await scene.ask(accepts="alert,post")
    assert await scene.states() == (["in requested"], ["out requested"])
    assert await scene.count_followers() == 1, "posts go on coming as to any follower"


async def test_what_is_no_request_is_refused(scene: Scene) -> None:
    hanako = await scene.giver.person("hanako")
    for words in (
        {"accepts": "spam"},
        {"max_per_hour": -1},
        {"until": scene.world.clock()},
        {"other": f"@{hanako.handle}"},
        {"other": OURS},
    ):
        with pytest.raises(Refused):
            await scene.do(scene.asker, "peer request", **{"area": "megumino", "other": THEIRS, **words})
    lemmy = scene.world.peer("lemmy.example", software="lemmy")
    lemmy.actor("c", "Group")
    with pytest.raises(Refused, match="lemmy"):
        await scene.do(scene.asker, "peer request", area="megumino", other="@c@lemmy.example")
    with pytest.raises(NotFound):
        await scene.answer("accept")
    assert await scene.states() == ([], [])


async def test_a_group_without_an_agreement_is_just_a_follower(scene: Scene) -> None:
    await scene.do(scene.asker, "follow", name="megumino", target=THEIRS)
    assert await scene.count_followers() == 1
    assert await scene.states() == ([], [])


async def test_what_a_blocked_server_says_changes_nothing(scene: Scene) -> None:
    await scene.ask()
    await scene.answer("accept")
    await scene.do(scene.giver, "server block", host="eniwa.example")
    await scene.do(scene.asker, "peer end", area="megumino", other=THEIRS)
    assert (await scene.states())[1] == ["out accepted"], "nothing is heard of a blocked server"


async def test_two_areas_of_one_node_agree_without_a_letter(scene: Scene) -> None:
    town = scene.giver
    await town.area("shimamatsu")
    before = len(scene.world.network.carried)
    other = "@shimamatsu@chitose.example"
    await scene.do(town, "peer request", area="chitose", other=other)
    states = {(each["area"], each["direction"]): each["state"] for each in await scene.do(town, "peer list")}
    assert states == {(THEIRS, "in"): "requested", (other, "out"): "requested"}
    await scene.do(town, "peer accept", area="shimamatsu", other=THEIRS)
    assert {each["state"] for each in await scene.do(town, "peer list")} == {"accepted"}
    pair = [(await town.read(find_area_by_name, name)).actor_id for name in ("chitose", "shimamatsu")]
    follow = await town.read(follows.find_follow, tuple(pair))
    assert follow.state == "accepted"
    await scene.do(town, "peer end", area="shimamatsu", other=THEIRS)
    assert {each["state"] for each in await scene.do(town, "peer list")} == {"ended"}
    assert len(scene.world.network.carried) == before
