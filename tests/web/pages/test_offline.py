"""The worker keeps one page and its files, all of them there, and nothing of anybody."""

import json
import re

import httpx
import pytest

from tests.testrig.world import Town
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


async def read_kept(client: httpx.AsyncClient) -> list[str]:
    worker = await client.get("/service-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    found = re.search(r"^const KEPT = (\[.*\]);$", worker.text, re.MULTILINE)
    assert found is not None
    kept: list[str] = json.loads(found[1])
    return kept


async def test_what_is_kept_is_there_and_is_all_that_its_page_asks_for(
    town: Town, client: httpx.AsyncClient
) -> None:
    kept = await read_kept(client)
    answers = [await client.get(path) for path in kept]
    assert [answer.status_code for answer in answers] == [200] * len(kept)
    page = answers[0]
    assert set(re.findall(r'(?:<link[^>]*href|src)="([^"]*)"', page.text)) == set(kept[1:])
    for words in ("つながっていません", "もう<ruby>一度", "You are offline"):
        assert words in page.text


async def test_the_page_is_the_same_for_everybody(home: Home) -> None:
    """Whoever reads it where the network is away may be somebody else."""
    hers = await home.browser.get("/offline")
    home.browser.client.cookies.clear()
    assert hers.text == (await home.browser.get("/offline")).text
    assert "hanako" not in hers.text


async def test_signing_out_takes_along_what_pages_keep(home: Home) -> None:
    answer = await home.browser.post("/sign-out")
    assert answer.headers["clear-site-data"] == '"storage"'


async def test_what_strangers_write_is_never_acted_on(home: Home) -> None:
    """Their attributes are gone before; this holds where a sanitiser fails."""
    await home.town.post(await home.town.person("taro"), "花です。", home.area)
    page = await home.read("/areas/megumino")
    assert page.count('<div class="content" hx-ignore') == page.count("<article ") == 1
