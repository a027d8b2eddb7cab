"""What pages do better where scripts run: buttons in place, words that outlive the network, being offline."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from actors.records import ActorRecord
from areas import compose, interactions
from areas.records import AreaRecord
from tests.browser import examining
from tests.testrig import npm
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, PASSWORD, sign_up
from web.pages.statics import read_static

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
WORDS = "橋が通れません。北側の道を回ってください。"
POSTS = 8
LOST = "サーバーに届きませんでした"
RESTORED = "前にこの端末で書いていた内容です"


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


@pytest.fixture
async def hanako(town: Town, area: AreaRecord) -> ActorRecord:
    hanako = await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    return hanako


@pytest.fixture
async def page(browser: Browser, town: Town, hanako: ActorRecord) -> AsyncIterator[Page]:
    """A phone, signed in."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 844},
        locale="ja-JP",
        base_url=town.node.settings.base_url,
        reduced_motion="reduce",
    )
    opened = await context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    await opened.goto("/sign-in?next=/home")
    await opened.get_by_label("メールアドレス").fill(ADDRESS)
    await opened.get_by_text("パスワードを決めてある方").click()
    await opened.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await opened.get_by_role("button", name="パスワードでサインイン").click()
    await opened.wait_for_url("**/home")
    yield opened
    await context.close()
    assert broken == []


async def test_buttons_answer_where_one_reads(town: Town, page: Page, area: AreaRecord) -> None:
    taro = await town.person("taro")
    for number in range(POSTS):
        await town.post(taro, f"{number + 1}日目の花です。", area)
    await page.goto("/areas/megumino")
    first = page.get_by_role("article").filter(has_text="1日目の花です。").last
    like = first.get_by_role("button", name="いいね")
    await like.scroll_into_view_if_needed()
    place = await page.evaluate("scrollY")
    assert place > 0
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await expect(like).to_be_focused()
    assert await page.evaluate("scrollY") == place
    assert page.url.endswith("/areas/megumino")
    await first.get_by_text("その他").click()
    await first.get_by_role("button", name="フォロワーに紹介する").click()
    told = page.get_by_role("status").filter(has=page.get_by_role("button", name="取り消す"))
    await expect(told).to_be_in_viewport(ratio=1)
    await examining.examine(page, "in-place", has_scripts=True)
    await told.get_by_role("button", name="取り消す").click()
    await expect(first.get_by_role("button", name="フォロワーに紹介する")).to_be_attached()
    await page.reload()
    await expect(like).to_have_attribute("aria-pressed", "true")


async def test_what_is_refused_is_said_and_the_page_stays(town: Town, page: Page, area: AreaRecord) -> None:
    taro = await town.person("taro")
    post, _ = await town.post(taro, "消える花です。", area)
    await page.goto("/areas/megumino")
    await town.write(compose.delete, post.id, town.clock())
    await page.get_by_role("button", name="いいね").click()
    await expect(page.locator("#said").filter(has_text="見つかりません")).to_be_visible()
    await expect(page.get_by_text("消える花です。")).to_be_visible()
    await page.context.clear_cookies()
    await page.get_by_role("button", name="いいね").click()
    await page.wait_for_url(re.compile("/sign-in"))


async def test_a_press_that_does_not_arrive_can_be_pressed_again(
    town: Town, page: Page, area: AreaRecord
) -> None:
    await town.post(await town.person("taro"), "花です。", area)
    await page.goto("/areas/megumino")
    like = page.get_by_role("button", name="いいね")
    await page.context.set_offline(True)
    await like.click()
    await expect(page.get_by_text(LOST)).to_be_in_viewport()
    await page.context.set_offline(False)
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text(LOST)).to_have_count(0)


async def wait_for_worker(page: Page) -> None:
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")


async def test_what_is_written_outlives_the_network(page: Page) -> None:
    await wait_for_worker(page)
    await page.goto("/write")
    text = page.get_by_role("textbox", name="本文")
    await text.fill(WORDS)
    await page.get_by_label("エリアの人だけ").check()
    await page.context.set_offline(True)
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("heading", name="つながっていません").first).to_be_visible()
    await expect(page.get_by_text("書きかけの内容は、この端末に残っています。")).to_be_visible()
    await examining.examine(page, "offline", has_scripts=True)
    await page.context.set_offline(False)
    await page.get_by_role("link", name="書きかけの内容へ").click()
    await expect(text).to_have_value(WORDS)
    await expect(page.get_by_label("エリアの人だけ")).to_be_checked()
    await expect(page.get_by_text(RESTORED)).to_be_visible()
    await page.get_by_role("button", name="投稿する").click()
    await page.wait_for_url(re.compile("done=posted"))
    await page.goto("/write")
    await expect(text).to_have_value("")
    await expect(page.get_by_text(RESTORED)).to_be_hidden()


async def test_what_was_kept_can_be_thrown_away_and_goes_with_who_signs_out(
    town: Town, page: Page, area: AreaRecord
) -> None:
    post, _ = await town.post(await town.person("taro"), "花です。", area)
    await page.goto(f"/posts/{post.id}")
    await page.get_by_label("返信を書く").fill(WORDS)
    await page.reload()
    await expect(page.get_by_label("返信を書く")).to_have_value(WORDS)
    await page.get_by_role("button", name="捨てる").click()
    await expect(page.get_by_text(RESTORED)).to_be_hidden()
    await expect(page.get_by_label("返信を書く")).to_have_value("")
    await page.get_by_label("返信を書く").fill(WORDS)
    assert await page.evaluate("localStorage.length") == 1
    await page.goto("/account")
    await page.get_by_role("button", name="サインアウト", exact=True).click()
    await page.wait_for_url(re.compile(r"/$"))
    assert await page.evaluate("localStorage.length") == 0


def test_the_library_is_as_its_makers_gave_it_out() -> None:
    npm.install(examining.FOLDER)
    given = examining.FOLDER / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
    assert read_static("htmx.min.js") == given.read_bytes()
