"""Signing in and consent in a real browser: in a small window that an app opens, and on the account's own page."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from actors.oauth.apps import OUT_OF_BAND
from tests.browser.apps import open_app
from tests.browser.conftest import Visitor
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, PASSWORD, authorize_path, read_mail, register, sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
SMALL = 400


@pytest.fixture
async def app_page(browser: Browser, town: Town) -> AsyncIterator[Page]:
    """The app, as its user has it open, with a language that is hers."""
    async with open_app() as origin:
        context = await browser.new_context(locale="ja-JP", viewport={"width": SMALL, "height": 640})
        page = await context.new_page()
        await page.goto(f"{origin}/?server={town.node.settings.base_url}")
        yield page
        await context.close()


async def open_window(page: Page) -> tuple[Page, list[str]]:
    """The window that the app opens, 400 pixels wide, and what its console says."""
    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="sign in").click()
    window = await opened.value
    complaints: list[str] = []
    window.on("console", lambda line: complaints.append(line.text))
    await window.set_viewport_size({"width": SMALL, "height": 640})
    await window.wait_for_url("**/oauth/authorize?*")
    return window, complaints


async def fits(page: Page) -> bool:
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return int(width) <= 0


async def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for it, to be judged by eye."""
    folder = os.environ.get("KEEP_PICTURES")
    if folder is not None:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_an_app_signs_her_in_through_a_small_window(town: Town, app_page: Page) -> None:
    """Registration and tokens by CORS, PKCE, a code by mail, her choice; and the app still knows its window."""
    await sign_up(town, password=None)
    await sign_up(town, "eniwa_bosai", kind="official", role="staff", password=None)
    window, complaints = await open_window(app_page)
    assert await fits(window)
    await keep(window, "sign-in")
    await window.get_by_label("メールアドレス").fill(ADDRESS)
    await window.get_by_role("button", name="メールで番号を受け取る").click()
    await window.wait_for_url("**/sign-in/code/*")
    code, _ = await read_mail(town)
    assert await fits(window)
    await keep(window, "code")
    await window.get_by_label("6けたの番号").fill(code)
    await window.keyboard.press("Enter")
    await window.wait_for_url("**/oauth/authorize?*")
    await expect(
        window.get_by_role("heading", name="「町のアプリ」にアカウントを使わせますか")
    ).to_be_visible()
    await expect(window.get_by_role("radio")).to_have_count(2)
    await expect(window.get_by_role("radio").first).to_be_checked()
    assert await fits(window)
    await keep(window, "consent")
    async with window.expect_event("close"):
        await window.get_by_role("button", name="許可する").click()
    await app_page.wait_for_function("document.title !== 'waiting'")
    assert await app_page.title() == "signed in as hanako"
    assert complaints == []


async def test_no_reaches_the_app_and_a_closed_window_is_seen(town: Town, app_page: Page) -> None:
    await sign_up(town)
    window, _ = await open_window(app_page)
    await window.get_by_label("メールアドレス").fill(ADDRESS)
    await window.get_by_text("パスワードを決めてある方").click()
    await window.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await window.keyboard.press("Enter")
    await window.wait_for_url("**/oauth/authorize?*")
    await window.get_by_role("button", name="許可しない").click()
    await app_page.wait_for_function("document.title === 'access_denied'")
    await app_page.reload()
    window, _ = await open_window(app_page)
    await window.close()
    await app_page.wait_for_function("document.title === 'closed'")


async def test_the_account_page_shows_and_ends_what_is_let_in(town: Town, visitor: Visitor) -> None:
    await sign_up(town)
    app, _ = await register(town, OUT_OF_BAND, name="とても長い名前のアプリ" * 6)
    page = visitor.page
    await visitor.go(authorize_path(app))
    await page.get_by_label("メールアドレス").fill(ADDRESS)
    await page.get_by_text("パスワードを決めてある方").click()
    await page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="パスワードでサインイン").click()
    await page.wait_for_url("**/oauth/authorize?*")
    assert await fits(page)
    await page.get_by_role("button", name="許可する").click()
    await expect(page.get_by_role("heading", name="アプリに入れるコード")).to_be_visible()
    assert await fits(page)
    await page.get_by_role("link", name="あなたのアカウント").click()
    await page.wait_for_url("**/account")
    await expect(page.get_by_text("いま使用中")).to_be_visible()
    assert await fits(page)
    await keep(page, f"account-{page.viewport_size['width'] if page.viewport_size else 0}")
    await page.get_by_role("link", name="変える").click()
    await page.get_by_label("新しいパスワード").fill("kujira taiko 77")
    await expect(page.get_by_role("checkbox")).to_be_checked()
    await keep(page, "password")
    await page.get_by_role("button", name="このパスワードにする").click()
    await expect(page.get_by_text("新しいパスワードに変わりました")).to_be_visible()
    await page.get_by_role("button", name="サインアウト").first.click()
    await visitor.go("/account")
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    assert visitor.complaints == []
    assert visitor.strangers == []


async def test_an_app_of_a_scheme_of_its_own_is_reached(town: Town, visitor: Visitor) -> None:
    """`form-action` lets the answer lead there: the browser asks for it, and says nothing of a policy."""
    await sign_up(town)
    app, _ = await register(town, "icecubesapp://")
    await visitor.go("/sign-in")
    await visitor.page.get_by_label("メールアドレス").fill(ADDRESS)
    await visitor.page.get_by_text("パスワードを決めてある方").click()
    await visitor.page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url("**/home")
    await visitor.go(authorize_path(app))
    async with visitor.page.expect_event("requestfailed", lambda asked: asked.url.startswith("icecubesapp:")):
        await visitor.page.get_by_role("button", name="許可する").click()
    assert not [line for line in visitor.complaints if "form-action" in line]
