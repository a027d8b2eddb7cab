"""Pages as somebody signed in sees them: her timeline, her buttons, and what they take back."""

import re

import pytest

from areas.reading import statuses
from areas.reading.visibility import Reader
from tests.testrig.world import Town, World
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


async def mine(home: Home, post_id: int) -> statuses.Mine:
    reader = Reader.of(home.hanako, home.town.clock())
    found: dict[int, statuses.Mine] = await home.town.read(statuses.find_mine, reader, [post_id])
    return found.get(post_id, statuses.Mine())


async def test_buttons_of_a_post_do_and_undo(home: Home) -> None:
    post, _ = await home.town.post(await home.town.person("taro"), "花が咲きました", home.area)
    for act, undo, name in (
        ("like", "unlike", "favourited"),
        ("boost", "unboost", "shared"),
        ("bookmark", "unbookmark", "bookmarked"),
        ("quiet", "unquiet", "muted"),
    ):
        location = await home.press(f"/posts/{post.id}/acts/{act}", next="/areas/megumino?show=pictures")
        assert location.startswith("/areas/megumino?show=pictures")
        assert location.endswith(f"#p{post.id}")
        assert getattr(await mine(home, post.id), name), act
        await home.press(f"/posts/{post.id}/acts/{undo}", next="/areas/megumino")
        assert not getattr(await mine(home, post.id), name), undo
    assert (await home.browser.post(f"/posts/{post.id}/acts/eat")).status_code == 404


async def test_what_was_done_is_said_with_a_button_that_takes_it_back(home: Home) -> None:
    taro = await home.town.person("taro")
    location = await home.press(f"/accounts/{taro.id}/acts/mute", next="/people/taro")
    page = await home.read(location)
    assert "見えなくしました" in page
    assert f'action="/accounts/{taro.id}/acts/unmute"' in page
    assert "done=mute" not in re.findall(r'name="next" value="([^"]*)"', page)[0]
    assert "ミュートをやめる" in page
    assert "<script>" not in await home.read("/people/taro?done=%3Cscript%3E&about=1")


async def test_a_notice_leads_nowhere_else(home: Home) -> None:
    taro = await home.town.person("taro")
    location = await home.press(f"/accounts/{taro.id}/acts/follow", next="https://evil.example/")
    assert location.startswith("/home")
    page = await home.read("/home?done=mute&about=../../evil")
    assert "見えなくしました" in page
    assert not re.findall(r'(?:action|value)="[^"]*evil', page)


async def test_who_is_muted_and_blocked_is_not_seen(home: Home) -> None:
    taro = await home.town.person("taro")
    await home.town.post(taro, "花が咲きました", home.area)
    assert "花が咲きました" in await home.read("/areas/megumino")
    await home.press(f"/accounts/{taro.id}/acts/mute", next="/")
    for path in ("/areas/megumino", "/", "/home"):
        assert "花が咲きました" not in await home.read(path), path
    home.browser.client.cookies.clear()
    assert "花が咲きました" in (await home.browser.get("/areas/megumino")).text


async def test_belonging_and_leaving(home: Home) -> None:
    other = await home.town.area("asabu")
    assert "このエリアに登録する" in await home.read("/areas/asabu")
    await home.press(f"/memberships/{other.actor_id}/acts/join", next="/areas/asabu")
    page = await home.read("/areas/asabu")
    assert "ここに住んでいます" in page
    await home.press(f"/memberships/{other.actor_id}/acts/home", next="/areas/asabu")
    assert (await home.read("/home")).index("asabuの町") < (await home.read("/home")).index("meguminoの町")
    location = await home.press(f"/memberships/{other.actor_id}/acts/leave", next="/areas/asabu")
    assert f'action="/memberships/{other.actor_id}/acts/join"' in await home.read(location)


async def test_an_area_shows_notices_or_pictures_alone(home: Home) -> None:
    bosai = await home.town.person("eniwa_bosai", "official")
    await home.town.post(bosai, "断水のお知らせ", home.area)
    await home.town.post(home.hanako, "花が咲きました", home.area)
    notices = await home.read("/areas/megumino?show=notices")
    assert ("断水" in notices, "花が咲きました" in notices) == (True, False)
    pictures = await home.read("/areas/megumino?show=pictures")
    assert ("断水" in pictures, "花が咲きました" in pictures) == (False, False)
    assert "断水" in await home.read("/areas/megumino?show=nonsense")


async def test_somebody_of_another_server_is_met_here(world: World, home: Home) -> None:
    peer = world.peer("p.example")
    peer.actor("alice")
    alice = await home.town.node.directory.actor_by_handle("alice", "p.example")
    page = await home.read(f"/accounts/{alice.id}")
    assert "@alice@p.example" in page
    assert "フォローする" in page
    await home.press(f"/accounts/{alice.id}/acts/follow", next=f"/accounts/{alice.id}")
    assert "相手の返事を待っています" in await home.read(f"/accounts/{alice.id}")
    response = await home.browser.get(f"/accounts/{home.hanako.id}")
    assert (response.status_code, response.headers["location"]) == (302, "/people/hanako")
    assert (await home.browser.get("/accounts/1")).status_code == 404
    assert (await home.browser.get("/accounts/99999999999999999999")).status_code == 404


async def test_a_held_post_is_seen_by_its_author_alone(world: World, home: Home, town: Town) -> None:
    await town.area("careful", policy="review")
    area = (
        (await home.read("/write")).split("carefulの町")[0].rpartition('<option value="')[2].partition('"')[0]
    )
    location = await home.press(
        "/write", step="publish", text="見てから載せて", audience="everyone", area=area
    )
    assert "done=held" in location
    page = await home.read(location.partition("#")[0])
    assert "確認中" in page
    assert "係の人が確認してから載せます" in page
    assert "見てから載せて" in await home.read("/people/hanako")
    assert "3日以上" not in page + await home.read("/notifications")
    world.clock.advance(hours=72)
    for where in (location.partition("?")[0], "/notifications"):
        assert "3日以上" in await home.read(where), where
    assert "取り下げる" in await home.read(location.partition("?")[0])
    await sign_up(town, "taro", "taro@mail.example")
    home.browser.client.cookies.clear()
    assert (await home.browser.get(location.partition("?")[0])).status_code == 404
    await home.browser.sign_in("taro@mail.example")
    assert (await home.browser.get(location.partition("?")[0])).status_code == 404
    assert "見てから載せて" not in await home.read("/people/hanako")
