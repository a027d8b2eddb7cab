"""An area of one town that residents of two towns follow and write to: what their apps show of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from areas.records import AreaRecord
from tests.testrig.apps import App, settle, sign_in
from tests.testrig.world import World

pytestmark = pytest.mark.anyio


@dataclass
class Scene:
    """megumino is an area of Chitose, where hanako lives; sora lives in Eniwa. Both follow it."""

    world: World
    area: AreaRecord
    hanako: App
    sora: App

    @property
    def handle(self) -> str:
        return "megumino@chitose.example"

    async def say(self, by: App, text: str, **fields: Any) -> str:
        self.world.clock.advance(seconds=1)
        made = await by.say(text, **fields)
        await settle(self.world)
        return str(made["url"])

    async def page(self, app: App) -> list[str]:
        """The area's profile, as an app shows it: who boosts, and what."""
        found = await app.find_account(self.handle)
        statuses = await app.get(f"/api/v1/accounts/{found['id']}/statuses")
        assert {each["account"]["id"] for each in statuses} <= {found["id"]}
        return [each["reblog"]["url"] for each in statuses]


@pytest.fixture
async def scene(world: World, new_database: Callable[[], str]) -> Scene:
    chitose = await world.town("chitose.example", new_database())
    eniwa = await world.town("eniwa.example", new_database())
    area = await chitose.area("megumino")
    hanako = await sign_in(world, chitose, await chitose.person("hanako"))
    sora = await sign_in(world, eniwa, await eniwa.person("sora"))
    scene = Scene(world, area, hanako, sora)
    for app in (hanako, sora):
        found = await app.find_account(scene.handle)
        await app.post(f"/api/v1/accounts/{found['id']}/follow")
    await settle(world)
    return scene


async def test_it_is_a_group_everywhere(scene: Scene) -> None:
    for app in (scene.hanako, scene.sora):
        found = await app.find_account(scene.handle)
        shown = await app.get(f"/api/v1/accounts/{found['id']}")
        assert (shown["group"], shown["bot"], shown["display_name"]) == (True, False, "meguminoの町")
        [relation] = await app.get("/api/v1/accounts/relationships", **{"id[]": found["id"]})
        assert (relation["following"], relation["requested"]) == (True, False)


async def test_posts_of_both_stand_in_it_for_both(scene: Scene) -> None:
    written: list[str] = []
    for app in (scene.hanako, scene.sora):
        written.insert(0, await scene.say(app, f"@{scene.handle} 回覧です"))
    for app in (scene.hanako, scene.sora):
        assert await scene.page(app) == written
        home = await app.get("/api/v1/timelines/home")
        assert [(each["reblog"] or each)["url"] for each in home] == written, "each once"
        for url in written:
            shown = await app.see(url)
            assert (shown["reblogs_count"], shown["reblogged"]) == (0, False)
    local = await scene.hanako.get("/api/v1/timelines/public", local="true")
    assert [each["reblog"]["url"] for each in local] == written


async def test_it_has_a_list_for_who_follows_it(scene: Scene) -> None:
    """Of another town's area there is none of notices: who speaks for that town is said nowhere."""
    url = await scene.say(scene.sora, f"@{scene.handle} 回覧です")
    titles = {each["title"]: each["id"] for each in await scene.hanako.get("/api/v1/lists")}
    assert set(titles) == {"エリア: meguminoの町", "meguminoの町: お知らせ"}
    [other] = await scene.sora.get("/api/v1/lists")
    assert other["title"] == "エリア: meguminoの町"
    for app, list_id in ((scene.hanako, titles["エリア: meguminoの町"]), (scene.sora, other["id"])):
        shown = await app.get(f"/api/v1/timelines/list/{list_id}")
        assert [(each["account"]["acct"].split("@")[0], each["reblog"]["url"]) for each in shown] == [
            ("megumino", url)
        ]
        [member] = await app.get(f"/api/v1/lists/{list_id}/accounts")
        assert member["username"] == "megumino"


async def test_an_area_of_another_town_may_be_kept_out_of_home(scene: Scene) -> None:
    url = await scene.say(scene.hanako, f"@{scene.handle} 回覧です")
    [found] = await scene.sora.get("/api/v1/lists")
    for exclusive, expected in ((True, []), (False, [url])):
        changed = await scene.sora.request(
            "PUT", f"/api/v1/lists/{found['id']}", json={"exclusive": exclusive}
        )
        assert changed.json() == {**found, "exclusive": exclusive}
        home = await scene.sora.get("/api/v1/timelines/home")
        assert [(each["reblog"] or each)["url"] for each in home] == expected
    refused = await scene.sora.request("DELETE", f"/api/v1/lists/{found['id']}")
    assert refused.status_code == 422
    notices = await scene.sora.request("GET", f"/api/v1/lists/{int(found['id']) + 1}")
    assert notices.status_code == 404


async def test_answers_stand_in_the_thread_alone(scene: Scene) -> None:
    root = await scene.say(scene.hanako, f"@{scene.handle} 手伝える人はいますか")
    parent = await scene.sora.see(root)
    answer = await scene.say(scene.sora, "行けます", in_reply_to_id=parent["id"])
    for app in (scene.hanako, scene.sora):
        assert await scene.page(app) == [root]
        here = await app.see(root)
        context = await app.get(f"/api/v1/statuses/{here['id']}/context")
        assert [each["url"] for each in context["descendants"]] == [answer]
        assert here["replies_count"] == 1


async def test_what_is_taken_back_is_gone_from_it(scene: Scene) -> None:
    url = await scene.say(scene.sora, f"@{scene.handle} まちがい")
    assert await scene.page(scene.hanako) == await scene.page(scene.sora) == [url]
    mine = await scene.sora.see(url)
    fields = {"status": "エリアには載せません"}
    answer = await scene.sora.request("PUT", f"/api/v1/statuses/{mine['id']}", json=fields)
    assert answer.status_code == 200
    await settle(scene.world)
    assert await scene.page(scene.hanako) == await scene.page(scene.sora) == []
    assert (await scene.sora.see(url))["content"] == "<p>エリアには載せません</p>"
    deleted = await scene.sora.request("DELETE", f"/api/v1/statuses/{mine['id']}")
    assert deleted.status_code == 200
    await settle(scene.world)
    assert await scene.hanako.find_status(url) is None


async def test_the_area_tells_its_author_once(scene: Scene) -> None:
    await scene.say(scene.sora, f"@{scene.handle} 回覧です")
    await scene.say(scene.hanako, f"@{scene.handle} こちらも")
    assert await scene.hanako.told() == [("reblog", "megumino")]
    assert await scene.sora.told() == [("reblog", scene.handle)]


async def test_who_leaves_hears_no_more(scene: Scene) -> None:
    found = await scene.sora.find_account(scene.handle)
    await scene.sora.post(f"/api/v1/accounts/{found['id']}/unfollow")
    await settle(scene.world)
    assert await scene.sora.get("/api/v1/lists") == []
    await scene.say(scene.hanako, f"@{scene.handle} 回覧です")
    assert await scene.sora.get("/api/v1/timelines/home") == []
    assert [each["title"] for each in await scene.sora.get("/api/v1/lists")] == []
