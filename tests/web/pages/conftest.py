"""A resident who is signed in, and her browser."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions
from areas.records import AreaRecord
from tests.testrig.world import Town, World
from tests.web.accounts.people import OURS, Browser, sign_up
from tests.web.conftest import HOST, ORIGIN


@dataclass
class Home:
    """A town with an area, and a member of it at her browser."""

    town: Town
    area: AreaRecord
    hanako: ActorRecord
    browser: Browser

    async def read(self, path: str) -> str:
        """Open a page, and expect it to be there, kept by nothing; without the places where a line may be broken."""
        response = await self.browser.get(path)
        if path.partition("?")[0] == "/write" and response.status_code == 303:  # a sheet gets its key
            response = await self.browser.get(response.headers["location"])
        assert response.status_code == 200, (path, response.status_code, response.text)
        assert response.headers["cache-control"] == "no-store", path
        return response.text.replace("<wbr>", "")

    async def press(self, path: str, **form: str) -> str:
        """Press a button; where it leads."""
        response = await self.browser.post(path, **form)
        assert response.status_code == 303, (path, response.status_code, response.text)
        return response.headers["location"]

    async def write(self, **form: str) -> str:
        """Send a sheet that is not published yet; the page that it leads to."""
        return await self.follow(await self.browser.post("/write", **form))

    async def follow(self, response: httpx.Response) -> str:
        """Open the page to which a sheet that was sent leads: one that can be opened again."""
        assert response.status_code == 303, response.text
        assert response.headers["location"].startswith("/write?"), response.headers["location"]
        return await self.read(response.headers["location"])

    async def send(self, path: str, files: dict[str, bytes], **form: str) -> httpx.Response:
        """Send a form with pictures."""
        parts = [("pictures", (name, content, "image/jpeg")) for name, content in files.items()]
        return await self.browser.client.post(path, data=form, files=parts, headers=OURS)


@pytest.fixture
async def home(world: World, town: Town) -> AsyncIterator[Home]:
    area = await town.area("megumino")
    hanako = await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    transport = httpx.ASGITransport(app=world.network.hosts[HOST], client=("203.0.113.7", 50_000))
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, headers={"accept-language": "ja"}
    ) as client:
        browser = Browser(client)
        await browser.sign_in()
        yield Home(town, area, hanako, browser)
