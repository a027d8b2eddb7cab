"""A town on a loopback socket, and a real Chromium that notes everything it asks for and complains of."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.testrig.databases import SqliteTemplates
from tests.testrig.sockets import serve_town
from tests.testrig.world import Town

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that asks for nothing but the page, also where there is no sandbox to be had."""


@dataclass
class Visitor:
    """A page, with what it asked for and what its console said."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Open a path of the town, and expect it to be there."""
        response = await self.page.goto(self.base + path)
        assert response is not None
        assert response.ok, path

    @property
    def strangers(self) -> list[str]:
        """Requests to anybody else."""
        return [url for url in self.requests if not url.startswith(self.base)]


@pytest.fixture
async def town(tmp_path: Path, sqlite_templates: SqliteTemplates) -> AsyncIterator[Town]:
    """Served at `http://chitose.localhost:{port}`."""
    async with serve_town("chitose.localhost", tmp_path, sqlite_templates.new(tmp_path)) as served:
        yield served


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop of a file's tests is that of its browser."""
    return "asyncio"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium where there is one, else Playwright's own. Each test has a context of its own in it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_FLAGS)
        )
        yield chromium
        await chromium.close()


@pytest.fixture(params=[390, 1280])
async def visitor(request: pytest.FixtureRequest, browser: Browser, town: Town) -> AsyncIterator[Visitor]:
    """A reader from Japan on a phone, and one at a desk."""
    context = await browser.new_context(
        viewport={"width": request.param, "height": 844}, locale="ja-JP", java_script_enabled=True
    )
    page = await context.new_page()
    found = Visitor(page, town.node.settings.base_url)
    page.on("request", lambda asked: found.requests.append(asked.url))
    page.on("console", lambda line: found.complaints.append(line.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    yield found
    await context.close()
