"""What every page is asked in a real browser: that axe-core finds nothing, that it fits; pictures of it are kept.

Where scripts run, each page is asked twice: as it is, and on a wide screen in the dark.
"""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.testrig import npm

FOLDER = Path(__file__).parent
PICTURES = FOLDER.parents[1] / "var" / "screenshots"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = 1280
RUN = """async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations'],
        rules: {'target-size': {enabled: true}}})).violations
    .map(each => ({id: each.id, nodes: each.nodes.map(node => node.html + ' ' + node.failureSummary)}))"""


@cache
def axe() -> str:
    """The program, installed once."""
    npm.install(FOLDER)
    return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def examine(page: Page, name: str, *, has_scripts: bool) -> None:
    """Keep pictures of the page; then judge it. axe-core is a script, and needs a page that runs them."""
    size = page.viewport_size
    assert size is not None
    await _look(page, f"{name}-{size['width']}")
    if not has_scripts:
        return
    await page.evaluate(axe())  # past the page's own policy, which lets nothing in
    await _judge(page, f"{name} at {size['width']}")
    await page.set_viewport_size({"width": DESK, "height": size["height"]})
    await page.emulate_media(color_scheme="dark")
    await _look(page, f"{name}-dark-{DESK}")
    await _judge(page, f"{name} at {DESK}, dark")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size(size)


async def _look(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert int(overflow) <= 0, f"{name} is wider than the screen"


async def _judge(page: Page, name: str) -> None:
    found: list[dict[str, Any]] = await page.evaluate(RUN, STANDARDS)
    assert found == [], name
