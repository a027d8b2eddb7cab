"""What is announced, on pages: for whoever comes by, while it is in force, until a reader has put it away."""

import re
from typing import Any

import pytest

from tests.testrig.world import Town, World
from tests.web.pages.conftest import Home
from web.cli import run_command

pytestmark = pytest.mark.anyio
HOUR = 3_600_000


async def announce(town: Town, text: str, **more: Any) -> int:
    report = await run_command(town.node, "announcement create", {"text": text, **more})
    return int(report.data["id"])


async def test_whoever_comes_by_reads_what_is_in_force(home: Home, world: World) -> None:
    await home.town.area("asabu")
    ends = home.town.clock() + HOUR
    await announce(home.town, "大雨警報が出ています", english="Heavy rain", area="megumino", ends=ends)
    await announce(home.town, "明日から", starts=home.town.clock() + 2 * HOUR)
    ours, other = "/areas/megumino", "/areas/asabu"
    home.browser.client.cookies.clear()
    for path in ("/", ours):
        page = (await home.browser.get(path)).text
        assert "大雨警報が出ています" in page
        assert "22:00まで" in page
        assert "明日から" not in page, "it has not begun"
        assert "/acts/dismiss" not in page
    assert "大雨警報" not in (await home.browser.get(other)).text, "of another area"
    assert "Heavy rain" in (await home.browser.get("/?lang=en")).text
    world.clock.advance(hours=2)
    assert "大雨警報" not in (await home.browser.get("/")).text
    for path in ("/", ours, other):
        assert "明日から" in (await home.browser.get(path)).text


async def test_what_is_read_is_put_away_for_her_alone(home: Home) -> None:
    desk = await home.town.person("eniwa_bosai", "official")
    post, _ = await home.town.post(desk, "くわしいこと", home.area)
    number = await announce(home.town, "断水します <b>", area="megumino", by="eniwa_bosai", post=post.iri)
    page = await home.read("/home")
    assert "断水します &lt;b&gt;" in page
    assert f'href="/posts/{post.id}">くわしく読む' in page
    assert re.search(rf'action="/announcements/{number}/acts/dismiss"', page)
    await home.press(f"/announcements/{number}/acts/dismiss", next="/home")
    for path in ("/home", "/", "/areas/megumino"):
        assert "断水します" not in await home.read(path)
    assert (await home.browser.post("/announcements/1/acts/dismiss")).status_code == 404
    assert (await home.browser.post(f"/announcements/{number}/acts/eat")).status_code == 404
    home.browser.client.cookies.clear()
    assert "断水します" in (await home.browser.get("/areas/megumino")).text


async def test_at_home_stands_what_concerns_her(home: Home, world: World) -> None:
    await home.town.area("asabu")
    await announce(home.town, "麻生だけ", area="asabu")
    world.clock.advance(seconds=1)
    await announce(home.town, "みんなに")
    page = await home.read("/home")
    assert ("みんなに" in page, "麻生だけ" in page) == (True, False)
    page = await home.read("/")
    assert page.index("みんなに") < page.index("麻生だけ"), "the newest first"
    assert page.count("/acts/dismiss") == 1, "what is not hers she cannot put away"
