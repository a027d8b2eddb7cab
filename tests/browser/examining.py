"""What every page is asked in a real browser: that axe-core finds nothing, that it fits; a picture of it is kept."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.testrig import npm

FOLDER = Path(__file__).parent
PICTURES = FOLDER.parents[1] / "var" / "screenshots"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations
    .map(each => ({id: each.id, nodes: each.nodes.map(node => node.html + ' ' + node.failureSummary)}))"""


@cache
def axe() -> str:
    """The program, installed once."""
    npm.install(FOLDER)
    return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def examine(page: Page, name: str, *, has_scripts: bool) -> None:
    """Keep a picture of the page; then judge it. axe-core is a script, and needs a page that runs them."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert int(overflow) <= 0, f"{name} is wider than {width} pixels"
    if not has_scripts:
        return
    await page.evaluate(axe())  # past the page's own policy, which lets nothing in
    found: list[dict[str, Any]] = await page.evaluate(_RUN, STANDARDS)
    assert found == [], f"{name} at {width}"
