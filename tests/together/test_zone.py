"""A post of one town in another: brought by agreement, boosted once, and gone when its own area takes it back."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from areas.records import PostRecord
from areas.registry import find_area_by_name
from tests.testrig.world import Town, World
from web.cli import run_command

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[], str]
OURS, THEIRS, THIRD = "@megumino@eniwa.example", "@chitose@chitose.example", "@kita@kita.example"


class Scene:
    """Posts of 千歳 come to 恵庭, where somebody on Mastodon reads; a third town has agreed with 恵庭."""

    def __init__(self, world: World, ours: Town, theirs: Town, third: Town) -> None:
        self.world, self.ours, self.theirs, self.third = world, ours, theirs, third
        self.there = world.peer("m.example")
        self.gina = self.there.actor("gina")

    async def do(self, town: Town, command: str, **words: Any) -> Any:
        report = await run_command(town.node, command, words)
        await self.settle()
        return report.data

    async def settle(self) -> None:
        for _ in range(2):
            await self.world.settle()

    async def open(self, accepts: str) -> "Scene":
        await self.do(self.ours, "peer request", area="megumino", other=THEIRS, accepts=accepts)
        await self.do(self.theirs, "peer accept", area="chitose", other=OURS)
        await self.do(self.third, "peer request", area="kita", other=OURS, accepts="alert,notice,post")
        await self.do(self.ours, "peer accept", area="megumino", other=THIRD)
        follow = self.there.activity("Follow", self.gina, "f1", "https://eniwa.example/areas/megumino")
        await self.there.send(follow, "https://eniwa.example/areas/megumino/inbox")
        await self.settle()
        self.there.received.clear()
        return self

    async def post(self, kind: str = "resident") -> PostRecord:
        author = await self.theirs.person("bosai" if kind == "alert" else "hanako", kind)  # type: ignore[arg-type]
        area = await self.theirs.read(find_area_by_name, "chitose")
        post, _ = await self.theirs.post(author, "大雨に注意してください。", area)
        await self.settle()
        return post

    async def brought(self, town: Town, area: str) -> list[tuple[str, str, str]]:
        found = await self.do(town, "zone list", area=area)
        return [(each["from"], each["category"], each["state"]) for each in found]


@pytest.fixture
async def scene(world: World, new_database: NewDatabase) -> Scene:
    towns = []
    for host, name in (("eniwa", "megumino"), ("chitose", "chitose"), ("kita", "kita")):
        towns.append(await world.town(f"{host}.example", new_database()))
        await towns[-1].area(name)
    return Scene(world, *towns)


async def test_an_alert_is_boosted_once_and_goes_one_step_far(scene: Scene) -> None:
    await scene.open("alert")
    post = await scene.post("alert")
    assert await scene.brought(scene.ours, "megumino") == [(THEIRS, "alert", "boosted")]
    (announce,) = scene.there.boosts(post.iri)
    assert announce["homeGroup"] == "https://chitose.example/areas/chitose"
    assert announce["actor"] == "https://eniwa.example/areas/megumino"
    assert await scene.brought(scene.third, "kita") == [], "no further, whatever was agreed on"
    await scene.do(scene.theirs, "area remove", name="chitose", post=post.iri, reason="誤報")
    assert await scene.brought(scene.ours, "megumino") == [(THEIRS, "alert", "gone")]
    assert scene.there.kinds() == ["Announce", "Undo"]


async def test_what_was_not_agreed_on_waits_for_a_decision(scene: Scene) -> None:
    await scene.open("alert")
    post = await scene.post()
    assert await scene.brought(scene.ours, "megumino") == [(THEIRS, "post", "shown")]
    assert scene.there.received == []
    await scene.do(scene.ours, "zone boost", area="megumino", post=post.iri)
    assert len(scene.there.boosts(post.iri)) == 1
    await scene.do(scene.ours, "zone hide", area="megumino", post=post.iri, reason="関係がない")
    await scene.do(scene.ours, "zone show", area="megumino", post=post.iri)
    assert scene.there.kinds() == ["Announce", "Undo"]
    await scene.do(scene.theirs, "post-delete", post_id=post.id)
    assert await scene.brought(scene.ours, "megumino") == [(THEIRS, "post", "gone")]


async def test_a_peer_that_was_down_hears_of_the_end_later(scene: Scene) -> None:
    await scene.open("post")
    post = await scene.post()
    eniwa = scene.world.network.hosts.pop("eniwa.example")
    await scene.do(scene.theirs, "area remove", name="chitose", post=post.iri)
    assert scene.there.kinds() == ["Announce"]
    scene.world.network.hosts["eniwa.example"] = eniwa
    scene.world.clock.advance(hours=1)
    await scene.settle()
    assert scene.there.kinds() == ["Announce", "Undo"]


async def test_the_area_page_shows_whose_it_is(scene: Scene) -> None:
    await scene.open("none")
    headers = {"accept": "text/html"}
    transport = httpx.ASGITransport(scene.world.network.hosts["eniwa.example"])
    async with httpx.AsyncClient(transport=transport, base_url="https://eniwa.example") as client:
        before = (await client.get("/areas/megumino?lang=ja", headers=headers)).text
        assert "周りのエリアから" not in before
        await scene.post()
        assert "周りのエリアから" in (await client.get("/areas/megumino?lang=ja", headers=headers)).text
        zone = (await client.get("/areas/megumino?lang=ja&show=zone", headers=headers)).text
        assert "大雨に注意" in zone
        assert "chitoseの町から" in zone
        assert (
            "from chitoseの町"
            in (await client.get("/areas/megumino?lang=en&show=zone", headers=headers)).text
        )
        (found,) = await scene.do(scene.ours, "zone list", area="megumino")
        assert (await client.get(f"/posts/{found['id']}", headers=headers)).status_code == 200
