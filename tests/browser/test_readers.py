"""Pages for those who read with difficulty: simple Japanese with readings of kanji, and letters in three sizes."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.examining import examine
from tests.browser.test_pages import seed
from tests.testrig.world import Town

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
PATHS = {"front": "/", "area": "/areas/megumino", "sign-up": "/sign-up", "towns": "/towns?prefecture=1"}


async def test_simple_japanese_and_the_largest_letters(town: Town, browser: Browser) -> None:
    """By two presses on a small phone; kept from page to page without a cookie."""
    await seed(town)
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", base_url=town.node.settings.base_url
    )
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("link", name="やさしい日本語").click()
    await expect(page.locator("html")).to_have_attribute("lang", "ja-simple")
    menu = page.get_by_role("navigation", name="メニュー")
    await expect(menu.get_by_role("link", name=re.compile("^町 ?のページ$"))).to_be_visible()
    await expect(menu.locator("ruby rt").first).to_have_text("まち")
    ordinary = await page.locator("h1").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    for name, path in PATHS.items():
        await page.goto(f"{path}{'&' if '?' in path else '?'}lang=ja-simple")
        await examine(page, f"simple-{name}", has_scripts=True)
    await page.get_by_role("link", name=re.compile("^とても")).click()
    largest = await page.locator("h1").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert largest == pytest.approx(ordinary * 1.5)
    for name, path in PATHS.items():
        await page.goto(f"{path}{'&' if '?' in path else '?'}lang=ja-simple&size=largest")
        await examine(page, f"largest-{name}", has_scripts=True)
    await page.goto("/?lang=ja-simple&size=largest")
    await page.get_by_role("link", name="meguminoの町").first.click()
    await expect(page.locator("html.largest")).to_have_attribute("lang", "ja-simple")
    assert await context.cookies() == []
    await context.close()
