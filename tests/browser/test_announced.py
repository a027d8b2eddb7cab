"""What is announced, as a resident meets it: above everything else, until she presses that she has read it."""

import pytest
from playwright.async_api import Page, expect

from areas import interactions
from tests.browser.test_residents import examine, page, sign_in  # noqa: F401 - a fixture
from tests.testrig.world import Town
from tests.web.accounts.people import sign_up
from web.cli import run_command

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
HOUR = 3_600_000


async def test_a_warning_stands_first_until_it_is_read(town: Town, page: Page) -> None:  # noqa: F811
    area, hanako = await town.area("megumino"), await sign_up(town)
    group = await town.node.directory.actor(area.iri)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    await town.write(interactions.follow, hanako, group, town.clock())
    desk = await town.person("eniwa_bosai", "official")
    post, _ = await town.post(desk, "避難所は恵み野小学校です。", area)
    said = {
        "text": "大雨警報が出ています。川に近づかないでください。",
        "area": "megumino",
        "by": "eniwa_bosai",
    }
    await run_command(
        town.node, "announcement create", {**said, "post": post.iri, "ends": town.clock() + HOUR}
    )
    await page.goto("/")
    await expect(page.get_by_role("region", name="いまのお知らせ")).to_contain_text("大雨警報")
    await examine(page, "announced-front")
    await page.goto("/areas/megumino")
    await examine(page, "announced-area")
    await sign_in(page)
    await examine(page, "announced-home")
    await page.get_by_role("button", name="読みました").click()
    await expect(page.get_by_role("status")).to_contain_text("片付けました")
    await expect(page.get_by_text("大雨警報")).to_have_count(0)
    await page.goto("/")
    await expect(page.get_by_text("大雨警報")).to_have_count(0)
