"""Browsers of one town."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.testrig.world import Town, World
from tests.web.accounts.people import Browser
from tests.web.conftest import HOST, ORIGIN

OpenBrowser = Callable[..., Browser]


@pytest.fixture
async def open_browser(world: World, town: Town) -> AsyncIterator[OpenBrowser]:
    """Opens a browser with no cookies, in the network of an address."""
    async with AsyncExitStack() as stack:
        opened: list[httpx.AsyncClient] = []

        def make(address: str = "203.0.113.7") -> Browser:
            transport = httpx.ASGITransport(app=world.network.hosts[HOST], client=(address, 50_000))
            client = httpx.AsyncClient(
                transport=transport, base_url=ORIGIN, headers={"accept-language": "ja"}
            )
            opened.append(client)
            stack.push_async_callback(client.aclose)
            return Browser(client)

        yield make


@pytest.fixture
def browser(open_browser: OpenBrowser) -> Browser:
    return open_browser()
