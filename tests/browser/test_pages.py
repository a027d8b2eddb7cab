"""The pages as a resident meets them: readable, quiet, hers in two languages, and usable without a mouse."""

import pytest
from playwright.async_api import expect

from areas import compose
from areas.media.records import Details
from areas.records import Draft
from tests.browser.conftest import Visitor
from tests.testrig import pictures
from tests.testrig.world import Town

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
SEEN = """[...document.images].filter(each => each.checkVisibility())
    .every(each => each.complete && each.naturalWidth > 0)"""
"""What is folded (the QR code) is loaded when it is opened."""
FIELDS = "a[href], button, input, textarea, [tabindex='0']"


async def seed(town: Town) -> int:
    """An area with a post and a reply; returns the post's id."""
    area, author = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(author, "花の庭が見ごろです。駅から歩いて5分です。", area)
    await town.post(author, "日曜の朝がおすすめです。", reply_to=post.iri)
    return post.id


async def test_an_area_shows_its_post_and_asks_nobody_else(town: Town, visitor: Visitor) -> None:
    post_id = await seed(town)
    for path in ("/areas/megumino", "/", f"/posts/{post_id}"):
        await visitor.go(path)
        await expect(visitor.page.get_by_text("花の庭が見ごろです")).to_be_visible()
    for path in ("/people/hanako", "/report", "/areas/megumino/follow"):
        await visitor.go(path)
    assert visitor.complaints == []
    assert visitor.strangers == []


async def test_nothing_is_wider_than_the_screen(town: Town, visitor: Visitor) -> None:
    post_id = await seed(town)
    for path in ("/", "/areas/megumino", f"/posts/{post_id}", "/people/hanako", "/report"):
        await visitor.go(path)
        width = await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, path


async def test_the_other_language_is_one_link_away(town: Town, visitor: Visitor) -> None:
    await seed(town)
    await visitor.go("/areas/megumino")
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "ja")
    await visitor.page.get_by_role("link", name="English").click()
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    await expect(visitor.page.get_by_role("heading", name="How to follow")).to_be_visible()
    await expect(visitor.page.get_by_text("花の庭が見ごろです")).to_be_visible()
    await visitor.page.get_by_role("link", name="日本語", exact=True).click()
    await expect(visitor.page.get_by_role("heading", name="フォローのしかた")).to_be_visible()


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(town: Town, visitor: Visitor) -> None:
    await seed(town)
    await visitor.go("/areas/megumino")
    page = visitor.page
    seen = set()
    reachable = await page.locator(FIELDS).evaluate_all(
        "all => all.filter(one => one.checkVisibility()).length"
    )
    for _ in range(reachable + 5):
        await page.keyboard.press("Tab")
        found = await page.evaluate(
            """() => {
                const one = document.activeElement;
                if (one === document.body) return null;
                const style = getComputedStyle(one);
                const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                return [one.outerHTML, outline];
            }"""
        )
        if found is not None:
            seen.add(found[0])
            assert found[1], found[0]
    assert len(seen) >= reachable


async def test_what_is_pressed_is_large_enough(town: Town, visitor: Visitor) -> None:
    """24 px (WCAG 2.2, 2.5.8), except for links inside a sentence."""
    await seed(town)
    await visitor.go("/areas/megumino")
    small = await visitor.page.locator("a, button, input").evaluate_all(
        """all => all
            .filter(one => one.checkVisibility() && !one.closest('.content, p:not(.when, .author, .actions)'))
            .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
            .filter(([text, box]) => box.height < 24 && box.bottom > 0)
            .map(([text, box]) => `${text}: ${box.height}`)"""
    )
    assert small == []


async def test_a_report_is_sent_without_scripts(town: Town, visitor: Visitor) -> None:
    post_id = await seed(town)
    await visitor.go(f"/posts/{post_id}")
    await visitor.page.get_by_role("link", name="通報").first.click()
    await expect(visitor.page.locator("#uri")).to_have_value(f"{visitor.base}/posts/{post_id}")
    await visitor.page.locator("#text").fill("宣伝です。")
    await visitor.page.get_by_role("button", name="送る").click()
    await expect(visitor.page.get_by_text("お知らせを受け取りました")).to_be_visible()
    assert visitor.complaints == []
    assert visitor.strangers == []


async def test_pictures_are_seen_and_come_from_here(town: Town, visitor: Visitor) -> None:
    """Decoded by a real browser under our own policy; described for who does not see them."""
    area, author = await town.area("megumino"), await town.person("hanako")
    taken = []
    for alt in ("桜の木", None, "夜の桜"):
        with town.node.library.sandbox.open_file() as file:
            file.write(pictures.jpeg(800, 600))
            taken.append(await town.node.library.take(file, author.id, details=Details(alt)))
    draft = Draft(author.id, "咲きました。", (area.actor_id,), media_ids=tuple(each.id for each in taken))
    await town.write(compose.publish, draft, town.clock())
    await visitor.go("/areas/megumino")
    page = visitor.page
    shown = page.locator(".pictures img")
    await shown.last.scroll_into_view_if_needed()
    await page.wait_for_function(SEEN)
    assert await shown.evaluate_all("all => all.map(each => each.naturalWidth)") == [640, 640, 640]
    assert await shown.evaluate_all("all => all.map(each => each.alt)") == [
        "桜の木",
        "説明のない画像",
        "夜の桜",
    ]
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await shown.first.click()
    await page.wait_for_url("**/media/*.jpg")
    assert visitor.complaints == []
    assert visitor.strangers == []
