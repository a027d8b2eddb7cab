"""Warnings at the desk in a real browser, on a phone and on a wide screen without scripts: sent by keys, taken back."""

import pytest
from playwright.async_api import Page, expect

from areas import registry, reports
from areas.zones import agreements, signals
from areas.zones.records import Terms
from federation.vocabulary import Block, Iri, Millis
from tests.browser.test_keyboard import reach
from tests.browser.test_residents import examine, page, sign_in  # noqa: F401 - a fixture
from tests.testrig.people import meet
from tests.testrig.world import Town
from tests.web.accounts.people import sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
MONTH = 30 * 24 * 3_600_000


async def test_warnings_of_others_and_ours(town: Town, page: Page) -> None:  # noqa: F811
    await settle(town)
    await sign_in(page)
    await page.goto("/desk/warnings")
    await expect(page.get_by_role("article")).to_contain_text("宣伝ばかり")
    await page.get_by_text("このサーバーをブロックする").first.click()
    await examine(page, "desk-warnings")
    await reach(page, page.get_by_text("あるサーバーについて、ほかのまちに警告する"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("radio")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type("no name")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("理由を書いてください")).to_be_visible()
    await examine(page, "desk-warnings-wrong")
    await page.get_by_role("textbox", name="サーバー").fill("spam.example")
    await page.get_by_role("textbox", name="理由").fill("同じ宣伝を百回送ってきました。")
    await page.get_by_label("いつまで").fill("2026-12-31")
    await page.get_by_label("いつまで").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("ほかのまちに警告しました")
    await expect(page.get_by_role("button", name="警告を取り下げる")).to_be_visible()
    await examine(page, "desk-warnings-sent")
    await page.get_by_role("status").get_by_role("button", name="取り消す").press("Enter")
    await expect(page.get_by_text("いま出している警告はありません")).to_be_visible()
    for language in ("en", "ja-simple"):
        await page.goto(f"/desk/warnings?lang={language}")
        await examine(page, f"desk-warnings-{language}")
        await page.goto(f"/desk/reports?lang={language}")
        await examine(page, f"desk-reports-{language}")


async def settle(town: Town) -> None:
    """Somebody who looks after all; another town has agreed, and warns; a report waits."""
    area, hanako, now = await town.area("megumino"), await sign_up(town), town.clock()
    peer = await town.write(lambda tx: meet(tx, "chitose", "c.test", type="Group", name="千歳の町"))
    asked = await town.write(agreements.ask, area, peer, Terms(None), now)
    await town.write(agreements.answered, asked.iri, "accept", now)
    said = Block(
        Iri(f"{peer.iri}/blocks/1"),
        peer.iri,
        object=Iri("https://ads.example/"),
        summary="宣伝ばかり",
        until=Millis(now + MONTH),
    )
    assert await town.write(signals.hear, peer, said, now) is None
    await town.write(
        lambda tx: registry.grant_role(tx, hanako.id, "designer", area_id=None, until=None, now=now)
    )
    await town.write(
        lambda tx: reports.file(tx, actor=None, iri=None, objects=[area.iri], text="宣伝です。", now=now)
    )
