"""A resident without a mouse: her whole life here with Tab, Enter and Space; it can always be seen where she is."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from areas import interactions
from tests.browser.conftest import Visitor
from tests.browser.settled import TARO, open_session
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, read_mail, sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
FAR = 120
"""Presses of Tab after which nobody goes on."""
LOOKS = 200
"""A page is scrolled a moment after the focus has moved."""
IS_SEEN = """each => {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && box.bottom > 0 && box.top < innerHeight && box.width > 0;
}"""


async def reach(page: Page, target: Locator) -> None:
    """Press Tab until the focus is there, and see it."""
    await expect(target).to_be_attached()
    for _ in range(FAR):
        await page.keyboard.press("Tab")
        if await target.evaluate("each => each === document.activeElement"):
            break
    await expect(target).to_be_focused()
    for _ in range(LOOKS):
        if await target.evaluate(IS_SEEN):
            return
    raise AssertionError(f"not seen: {await target.evaluate('each => each.outerHTML')}")


async def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    """Go to a button, link or the like, and press it."""
    await reach(page, page.get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]
    await page.keyboard.press(key)


async def enter(town: Town, page: Page) -> None:
    """Sign in by a code."""
    await reach(page, page.get_by_label("メールアドレス"))
    await page.keyboard.type(ADDRESS)
    await press(page, "button", "メールで番号を受け取る", "Space")
    await page.wait_for_url("**/sign-in/code/*")
    code, _ = await read_mail(town)
    digits = page.get_by_label("6けたの番号")
    if not await digits.evaluate("each => each === document.activeElement"):
        await reach(page, digits)
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home")


async def test_the_content_is_one_press_away(town: Town, visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="本文へ")
    await expect(skip).to_be_focused()
    assert await skip.evaluate(IS_SEEN)
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.querySelector('main').contains(document.activeElement)")


async def test_a_life_without_a_mouse(town: Town, visitor: Visitor) -> None:
    area, hanako = await town.area("megumino"), await sign_up(town, password=None)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    page = visitor.page
    await visitor.go("/")
    await press(page, "link", "サインイン")
    await enter(town, page)
    await press(page, "link", "書く")
    text = page.get_by_role("textbox", name="本文")
    await expect(text).to_be_focused()
    await page.keyboard.type("花が咲きました。")
    await press(page, "button", "確かめる", "Space")
    await expect(page.get_by_role("heading", name="ほかの人には、こう見えます")).to_be_visible()
    await press(page, "button", "投稿する")
    await page.wait_for_url(re.compile(r"/posts/\d+\?done=posted"))
    await reach(page, page.get_by_label("返信を書く"))
    await page.keyboard.type("あしたも行きます。")
    await press(page, "button", "返信", "Space")
    await expect(page.get_by_role("article").filter(has_text="あしたも行きます。")).to_be_visible()
    await press(page, "link", "ホーム")
    await page.wait_for_url("**/home")
    await open_menu(page)
    await press(page, "link", "書きかえる")
    await expect(text).to_be_focused()
    await page.keyboard.type("赤い")
    await press(page, "button", "この内容に書きかえる")
    await expect(page.get_by_role("article").filter(has_text="赤い")).to_be_visible()
    await press(page, "link", "ホーム")
    await page.wait_for_url("**/home")
    await open_menu(page)
    await press(page, "link", "消す")
    await press(page, "button", "消す（取り消せません）")
    await page.wait_for_url("**/home?done=deleted")
    await expect(page.get_by_text("花が咲きました")).to_have_count(0)
    await press(page, "link", "アカウント")
    await press(page, "link", "プロフィール")
    ask = page.get_by_role("checkbox", name="フォローされる前に、わたしが承認する")
    await reach(page, ask)
    await page.keyboard.press("Space")
    await press(page, "button", "保存する")
    await expect(page.get_by_role("status").get_by_text("保存しました")).to_be_visible()
    await expect(ask).to_be_checked()
    assert visitor.complaints == []


async def open_menu(page: Page) -> None:
    """What else can be done about her post."""
    await reach(page, page.get_by_role("article").filter(has_text="花が咲きました").locator("summary"))
    await page.keyboard.press("Enter")


async def be(town: Town, page: Page, address: str) -> None:
    cookie = await open_session(town, address)
    await page.context.add_cookies([{"name": "session", "value": cookie, "url": town.node.settings.base_url}])


async def test_an_event_without_a_mouse(town: Town, visitor: Visitor) -> None:
    """Written, joined and left by another, called off, taken back: two people at one keyboard."""
    area, hanako = await town.area("megumino"), await sign_up(town)
    await sign_up(town, "taro", TARO)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    page = visitor.page
    await be(town, page, ADDRESS)
    await visitor.go("/write")
    await press(page, "button", "イベント")
    await reach(page, page.get_by_label("イベントの名前"))
    await page.keyboard.type("花の散歩")
    await reach(page, page.get_by_label("始まる日時"))
    await page.keyboard.type("12052026")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.type("1000AM")
    await reach(page, page.get_by_label("お店・場所の名前"))
    await page.keyboard.type("恵み野駅前")
    await reach(page, page.get_by_role("textbox", name="本文"))
    await page.keyboard.type("長ぐつで来てください。")
    await press(page, "button", "投稿する")
    await page.wait_for_url(re.compile(r"/posts/\d+\?done=posted"))
    await expect(page.get_by_role("article")).to_contain_text("12月5日（土）10:00")
    event = page.url.partition("?")[0].removeprefix(visitor.base)
    await be(town, page, TARO)
    await visitor.go(event)
    await press(page, "button", "参加する")
    await expect(page.get_by_text("1人が参加")).to_be_visible()
    await press(page, "button", "参加を取りやめる (taro)")
    await expect(page.get_by_text("0人が参加")).to_be_visible()
    await be(town, page, ADDRESS)
    await visitor.go(event)
    await press(page, "button", "イベントを中止する", "Space")
    await expect(page.get_by_role("article").first).to_contain_text("中止")
    await press(page, "button", "取り消す")
    await expect(page.get_by_role("button", name="イベントを中止する")).to_be_visible()
    assert visitor.complaints == []
