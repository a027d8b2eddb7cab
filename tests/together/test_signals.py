"""Warnings between towns about other servers: with a reason and an end, seen by people, never applied by themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.standing import server_rule
from areas.zones import signals
from federation.errors import NotFound, Refused
from tests.testrig.peers import stamp
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
OURS, THEIRS = "@megumino@eniwa.example", "@chitose@chitose.example"
INBOX = "https://eniwa.example/inbox"
DAY = 24 * 3_600_000


class Scene:
    """恵庭 hears what 千歳 warns of; posts of 千歳 come there by agreement."""

    def __init__(self, world: World, ours: Town, theirs: Town) -> None:
        self.world, self.ours, self.theirs = world, ours, theirs

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.world.settle()
        return report.data

    async def warn(self, host: str = "spam.example", days: int = 30, reason: str = "宣伝ばかり") -> Any:
        until = self.world.clock() + days * DAY
        return await self.do(
            self.theirs, "signal send", area="chitose", host=host, reason=reason, until=until
        )

    async def states(self) -> list[tuple[str, str]]:
        found = await self.do(self.ours, "signal list", everything=True)
        return [(each["host"], each["state"]) for each in found]

    async def only(self) -> int:
        (found,) = await self.do(self.ours, "signal list")
        return int(found["id"])

    async def is_blocked(self, host: str = "spam.example") -> bool:
        return await self.ours.read(server_rule, host, "block", self.world.clock()) is not None


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    ours = await world.town("eniwa.example", new_database())
    theirs = await world.town("chitose.example", new_database())
    await ours.area("megumino")
    await theirs.area("chitose")
    made = Scene(world, ours, theirs)
    await made.do(ours, "peer request", area="megumino", other=THEIRS, accepts="none")
    await made.do(theirs, "peer accept", area="chitose", other=OURS)
    return made


async def test_a_warning_is_seen_and_does_nothing_by_itself(scene: Scene) -> None:
    await scene.warn()
    (found,) = await scene.do(scene.ours, "signal list")
    assert (found["from"], found["host"], found["reason"]) == (THEIRS, "spam.example", "宣伝ばかり")
    assert not await scene.is_blocked()


async def test_what_is_taken_over_ends_when_the_warning_does(scene: Scene) -> None:
    await scene.warn()
    await scene.do(scene.ours, "signal take", signal=await scene.only())
    assert await scene.is_blocked()
    assert await scene.do(scene.ours, "signal list") == []
    await scene.do(scene.theirs, "signal withdraw", area="chitose", host="spam.example")
    assert await scene.states() == [("spam.example", "taken, withdrawn")]
    assert await scene.is_blocked(), "that was our own decision"
    scene.world.clock.advance(days=30)
    assert not await scene.is_blocked()


async def test_what_is_vetoed_is_not_asked_about_again(scene: Scene) -> None:
    await scene.warn()
    signal = await scene.only()
    await scene.do(scene.ours, "signal veto", signal=signal, reason="隣町のサーバー")
    await scene.warn(days=60, reason="まだ宣伝")
    assert await scene.do(scene.ours, "signal list") == []
    assert await scene.states() == [("spam.example", "vetoed")]
    with pytest.raises(Refused):
        await scene.do(scene.ours, "signal veto", signal=signal)
    assert not await scene.is_blocked()


async def test_what_is_withdrawn_or_over_cannot_be_taken_over(scene: Scene) -> None:
    await scene.warn()
    signal = await scene.only()
    await scene.do(scene.theirs, "signal withdraw", area="chitose", host="spam.example")
    assert await scene.do(scene.ours, "signal list") == []
    with pytest.raises(Refused, match="over"):
        await scene.do(scene.ours, "signal take", signal=signal)
    with pytest.raises(NotFound):
        await scene.do(scene.theirs, "signal withdraw", area="chitose", host="spam.example")
    await scene.warn(days=1)
    signal = await scene.only()
    scene.world.clock.advance(days=1)
    with pytest.raises(Refused, match="over"):
        await scene.do(scene.ours, "signal take", signal=signal)


async def test_an_operators_own_rule_goes_first(scene: Scene) -> None:
    await scene.do(scene.ours, "server block", host="spam.example")
    await scene.warn()
    with pytest.raises(Refused, match="blocked for longer"):
        await scene.do(scene.ours, "signal take", signal=await scene.only())
    told = await scene.do(scene.ours, "server allow", host="spam.example")
    assert told["blocked"], "the other list is as it was"
    await scene.do(scene.ours, "server unblock", host="spam.example")
    with pytest.raises(Refused, match="allowed by name"):
        await scene.do(scene.ours, "signal take", signal=await scene.only())
    await scene.do(scene.ours, "server disallow", host="spam.example")
    await scene.do(scene.ours, "signal take", signal=await scene.only())
    assert await scene.is_blocked()


async def test_what_is_no_warning_is_refused_where_it_is_said(scene: Scene) -> None:
    for words in ({"reason": " "}, {"days": 0}, {"days": 400}, {"host": "chitose.example"}, {"host": "a b"}):
        with pytest.raises(Refused):
            await scene.warn(**words)
    assert await scene.states() == []


async def test_only_a_peers_warning_with_a_reason_and_an_end_is_kept(scene: Scene) -> None:
    stranger = scene.world.peer("k.example", software="kairanban")
    group = stranger.actor("g", "Group")
    end = stamp(scene.world.clock() + DAY)
    warning = {"summary": "宣伝", "endTime": end}
    block = stranger.activity("Block", group, "1", "https://spam.example/", **warning)
    assert (await stranger.send(block, INBOX)).status_code == 202
    assert await scene.states() == [], "nobody has agreed with it"
    follow = {"zone": group, "accepts": ["alert"]}
    area = "https://eniwa.example/areas/megumino"
    await stranger.send(stranger.activity("Follow", group, "2", area, peering=follow), INBOX)
    await scene.do(scene.ours, "peer accept", area="megumino", other="@g@k.example")
    for number, (thing, more) in enumerate(
        (
            ("https://spam.example/", {"endTime": end}),
            ("https://spam.example/", {"summary": "宣伝"}),
            ("https://spam.example/", {"summary": "宣伝", "endTime": stamp(scene.world.clock())}),
            ("https://spam.example/", {"summary": "宣伝", "endTime": stamp(scene.world.clock() + 400 * DAY)}),
            ("https://eniwa.example/", warning),
            ("https://spam.example/users/a", warning),
        )
    ):
        block = stranger.activity("Block", group, f"bad-{number}", thing, **more)
        assert (await stranger.send(block, INBOX)).status_code == 202
    assert await scene.states() == []
    person = stranger.actor("p")
    block = stranger.activity("Block", person, "3", "https://spam.example/", **warning)
    await stranger.send(block, INBOX)
    assert await scene.states() == [], "people do not warn"
    block = stranger.activity("Block", group, "4", "https://spam.example/", **warning)
    await stranger.send(block, INBOX)
    assert await scene.states() == [("spam.example", "open")]
    other = stranger.actor("h", "Group")
    await stranger.send(stranger.activity("Undo", other, "5", block["id"]), INBOX)
    assert await scene.states() == [("spam.example", "open")], "only who has warned takes it back"


async def test_one_peer_warns_of_so_many_and_no_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "MOST_OF_ONE", 1)
    await scene.warn("a.example")
    await scene.warn("b.example")
    await scene.warn("a.example", reason="まだ宣伝")
    monkeypatch.undo()  # as many are listed as are kept
    assert await scene.states() == [("a.example", "open")]
    (found,) = await scene.do(scene.ours, "signal list")
    assert found["reason"] == "まだ宣伝", "what is known is heard all the same"
