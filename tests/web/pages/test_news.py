"""What somebody is told on her page, and what waits for those who decide."""

import re

import pytest

from areas import interactions, placements, registry
from areas.records import AreaRecord
from federation.vocabulary import Millis
from tests.testrig.world import Town, World
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


async def test_news_are_counted_until_they_are_read(home: Home) -> None:
    post, _ = await home.town.post(home.hanako, "花が咲きました", home.area)
    names = ("taro", "jiro", "saburo", "shiro")
    people = [await home.town.person(name) for name in names]
    for each in people:
        await home.town.write(interactions.favourite, each, post.id, home.town.clock())
    await home.town.post(people[0], "きれいですね @hanako", reply_to=post.iri)
    await home.town.write(interactions.follow, people[1], home.hanako, home.town.clock())
    page = await home.read("/notifications")
    assert page.count("いいね」をしました") == 1, "the same about the same post is one line"
    assert "ほか1人" in page
    assert "返信したか" in page
    assert "フォローされました" in page
    assert "meguminoの町</b></a>に載りました" in page
    assert re.search(r'href="/notifications"[^>]*>通知 <span class="count">\d', page)
    assert "新着" in await home.read("/notifications"), "opening it reads nothing"
    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest is not None
    await home.press("/notifications/read", newest=newest[1])
    page = await home.read("/notifications")
    assert "新着" not in page
    assert "すべて読みました" not in page
    assert '<span class="count">' not in page
    await home.press("/notifications/read", newest="1")
    assert "新着" not in await home.read("/notifications"), "what was read stays read"


async def test_nobody_sees_the_news_of_others(home: Home, town: Town) -> None:
    await town.post(home.hanako, "花", home.area)
    await sign_up(town, "taro", "taro@mail.example")
    home.browser.client.cookies.clear()
    assert (await home.browser.get("/notifications")).status_code == 303
    await home.browser.sign_in("taro@mail.example")
    assert "通知はありません" in await home.read("/notifications")


async def hold(home: Home, text: str = "見てから載せて") -> tuple[AreaRecord, int]:
    """A post that waits; returns the area and the id of its submission."""
    careful = await home.town.area("careful", policy="review")
    await home.town.post(home.hanako, text, careful)
    [held] = await home.town.read(placements.held, careful.actor_id)
    return careful, held.id


async def moderate(home: Home, area: AreaRecord | None, until: Millis | None = None) -> None:
    """Sign in as somebody who looks after an area (None = after all)."""
    midori = await sign_up(home.town, "midori", "midori@mail.example")
    now = home.town.clock()
    await home.town.write(
        lambda tx: registry.grant_role(
            tx, midori.id, "designer", area_id=area.actor_id if area else None, until=until, now=now
        )
    )
    home.browser.client.cookies.clear()
    await home.browser.sign_in("midori@mail.example")


@pytest.mark.parametrize("is_everywhere", [True, False])
async def test_what_waits_is_let_in(home: Home, *, is_everywhere: bool) -> None:
    careful, held = await hold(home)
    await moderate(home, None if is_everywhere else careful)
    page = await home.read("/desk/held")
    assert "見てから載せて" in page
    assert "このエリアでは投稿を確認してから載せます" in page
    assert '確認待ち <span class="count">1' in page
    location = await home.press(f"/desk/held/{held}", decision="approve")
    assert "エリアに載せました" in await home.read(location)
    assert "見てから載せて" in await home.read("/areas/careful")
    assert "確認を待っている投稿はありません" in await home.read("/desk/held")
    again = await home.browser.post(f"/desk/held/{held}", decision="approve")
    assert again.status_code == 422, "it was decided"


async def test_what_is_kept_out_needs_a_reason_which_its_author_reads(home: Home) -> None:
    careful, held = await hold(home)
    await moderate(home, careful)
    refused = await home.browser.post(f"/desk/held/{held}", decision="refuse", reason=" ")
    assert (refused.status_code, "理由を書いてください" in refused.text) == (422, True)
    await home.press(f"/desk/held/{held}", decision="refuse", reason="宣伝のため")
    assert "見てから載せて" not in await home.read("/areas/careful")
    home.browser.client.cookies.clear()
    await home.browser.sign_in()
    post_id = (await home.town.read(placements.find_by_id, held)).post_id
    page = await home.read(f"/posts/{post_id}")
    assert "宣伝のため" in page
    assert "載せられませんでした" in page


async def test_nobody_else_decides(home: Home) -> None:
    _, held = await hold(home)
    assert (await home.browser.get("/desk/held")).status_code == 404
    assert (await home.browser.post(f"/desk/held/{held}", decision="approve")).status_code == 404
    await moderate(home, await home.town.area("other"))
    assert "見てから載せて" not in await home.read("/desk/held")
    assert (await home.browser.post(f"/desk/held/{held}", decision="approve")).status_code == 404
    assert (await home.town.read(placements.find_by_id, held)).state == "held"


async def test_a_role_that_is_over_decides_nothing(home: Home, world: World) -> None:
    careful, held = await hold(home)
    await moderate(home, careful, until=Millis(home.town.clock() + 1000))
    world.clock.advance(seconds=2)
    assert (await home.browser.get("/desk/held")).status_code == 404
    assert (await home.browser.post(f"/desk/held/{held}", decision="approve")).status_code == 404
