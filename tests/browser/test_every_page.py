"""Every page of the route table, in three languages, on two screens, in light and dark: nobody can add one unexamined.

`var/screenshots/pages` has what they look like where KEEP_PICTURES is set.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.async_api import Browser, Error, Page, Response, expect
from starlette.routing import Route

from tests.browser import examining
from tests.browser.settled import NEW, Settled, open_session, settle
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS
from web.accounts.routes import ROUTES as ACCOUNT_ROUTES
from web.app import PAGES

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
ELSEWHERE: Final = {"/media/proxy/{signature}/{size}/{encoded}", "/media/{name}", "/static/{digest}/{name}"}
"""Files, which the pages themselves ask for."""
OF_ALL: Final = "/offline"
"""In each language at once, since browsers keep it for everybody."""
OF_NOBODY: Final = {"/sign-up/profile"}
"""For who has signed in and is nobody yet."""
FOREIGN: Final = re.compile(r"[A-Za-z]{4,} [a-z]{2,} [a-z]{2,}")
"""Three words that no page in Japanese has in a row, unless somebody wrote them."""


PARTS: Final = 5
"""Of the pages, each in a test of its own."""


@dataclass(frozen=True)
class Look:
    """How the pages are shown, and to whom; axe-core has nothing to say of the third time it sees a page."""

    language: str
    width: int
    scheme: str
    is_signed_in: bool = True
    size: str = "normal"
    by_axe: bool = True

    @property
    def name(self) -> str:
        """As its pictures are called."""
        return f"{self.language}-{self.width}-{self.scheme}{'' if self.is_signed_in else '-out'}"


LOOKS: Final = (
    Look("ja", 390, "light"),
    Look("en", 1280, "dark", is_signed_in=False),
    Look("ja-simple", 390, "dark", size="largest", by_axe=False),
)


def routes() -> set[str]:
    """What a browser may open, by path."""
    of_ours = [each for each in (*PAGES, *ACCOUNT_ROUTES) if isinstance(each, Route)]
    return {each.path for each in of_ours if "GET" in (each.methods or ())}


@pytest.fixture
async def settled(town: Town) -> Settled:
    return await settle(town)


@pytest.fixture(params=LOOKS, ids=[each.name for each in LOOKS])
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.param
    return found


@pytest.fixture
async def page(browser: Browser, town: Town, look: Look) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": look.width, "height": 844},
        locale=look.language[:2],
        color_scheme=look.scheme,  # type: ignore[arg-type]
        base_url=town.node.settings.base_url,
    )
    opened = await context.new_page()
    yield opened
    await context.close()


def address(path: str, look: Look) -> str:
    """The path as it is shown in this look."""
    mark = "&" if "?" in path else "?"
    size = "" if look.size == "normal" else f"&size={look.size}"
    return f"{path}{mark}lang={look.language}{size}"


async def be(page: Page, town: Town, cookie: str) -> None:
    """Sign in by a cookie."""
    await page.context.add_cookies([{"name": "session", "value": cookie, "url": town.node.settings.base_url}])


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_page(town: Town, settled: Settled, page: Page, look: Look, part: int) -> None:
    """axe-core finds nothing, nothing is wider than the screen or in another language, nobody else is asked."""
    assert routes() - ELSEWHERE - settled.pages.keys() == set(), "tests.browser.settled has no address for it"
    faults: list[str] = []
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda line: faults.append(f"{page.url} says {line.text}"))
    visits = [(route, number) for route, paths in settled.pages.items() for number in range(len(paths))]
    cookies = {who: await open_session(town, who) for who in (NEW, ADDRESS)}
    for route, number in visits[part::PARTS]:
        if look.is_signed_in:
            await be(page, town, cookies[NEW if route in OF_NOBODY else ADDRESS])
        path, name = settled.pages[route][number], f"{look.name}{name_of(route)}{number or ''}"
        faults += await judge(page, look, address(path, look), name)
    faults += [f"{url} was asked" for url in asked if not url.startswith(town.node.settings.base_url)]
    if not look.is_signed_in:
        assert await page.context.cookies() == []
    assert (
        "\n".join(each for each in faults if not re.search(r"(404 \(Not Found|400 \(Bad Request)\)", each))
        == ""
    )


def name_of(route: str) -> str:
    return re.sub(r"[^a-z]+", "-", re.sub(r"\{.*?\}", "", route)).rstrip("-")


async def judge(page: Page, look: Look, path: str, name: str) -> list[str]:
    """What is wrong with a page."""
    try:
        response = await page.goto(path)
    except Error as error:  # a file to be kept is no page
        return [] if "Download" in str(error) else [f"{path}: {error}"]
    assert response is not None
    if "/sign-in?next=" in response.url:
        return [] if not look.is_signed_in else [f"{path} asks to sign in"]
    if not (await response.all_headers()).get("content-type", "").startswith("text/html"):
        return [] if response.ok else [f"{path}: {response.status}"]
    found = await judge_headers(response)
    if look.by_axe:
        await page.evaluate(examining.axe())
        found += [f"axe: {each}" for each in await page.evaluate(examining.RUN, examining.STANDARDS)]
    if await page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
        found.append("wider than the screen")
    if OF_ALL not in path:
        found += await judge_language(page, look)
    if os.environ.get("KEEP_PICTURES"):
        folder = examining.PICTURES / "pages"
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.png", full_page=True)
    return [f"{path}: {each}" for each in found]


async def judge_language(page: Page, look: Look) -> list[str]:
    """What is said in another language than the page's, and not marked as that."""
    is_other = await page.locator("html").get_attribute("lang") != look.language
    found = ["another language"] if is_other else []
    if look.language != "en":
        return found + FOREIGN.findall(await page.evaluate(VISIBLE))
    return found + [f"not marked as Japanese: {each}" for each in await page.evaluate(UNMARKED)]


VISIBLE: Final = """[...document.querySelectorAll('main, header, footer')].map(each => {
    const copy = each.cloneNode(true);
    copy.querySelectorAll('.content, .handle, textarea, [lang=en]').forEach(one => one.remove());
    return copy.textContent }).join(' ')"""
"""What we say ourselves."""


UNMARKED: Final = """(() => {
    const found = [], walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode.textContent, holder = walk.currentNode.parentElement;
        if (/[\u3041-\u3096]{5}/.test(text) && holder.closest('[lang]').lang === 'en') found.push(text.trim());
    }
    return found })()"""
"""Sentences in Japanese on an English page that would be read out as English (WCAG 3.1.2); names have fewer kana."""


async def judge_headers(response: Response) -> list[str]:
    headers: Mapping[str, str] = await response.all_headers()
    policy = headers.get("content-security-policy", "")
    found = [f"policy: {policy}"] if "default-src 'none'" not in policy or "unsafe" in policy else []
    is_there = response.status < 400 or "/nothing" in response.url or "nobody" in response.url
    return found if is_there else [*found, f"status {response.status}"]


async def test_on_paper_it_is_black_on_white_also_from_a_dark_screen(
    town: Town, settled: Settled, browser: Browser
) -> None:
    """Without menus and buttons, with the QR code; what is urgent is as readable as the rest."""
    context = await browser.new_context(color_scheme="dark", base_url=town.node.settings.base_url)
    page = await context.new_page()
    await page.emulate_media(media="print")
    for path in ("/areas/megumino", f"/posts/{settled.posts['notice'].id}", "/report"):
        await page.goto(path)
        await page.evaluate(examining.axe())
        assert await page.evaluate(examining.RUN, ["wcag2aa"]) == [], path
        assert await page.locator("body").evaluate("each => getComputedStyle(each).color") == "rgb(0, 0, 0)"
        assert await page.get_by_role("navigation").count() == 0, path
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("img", name="QR")).to_be_visible()
    await context.close()
