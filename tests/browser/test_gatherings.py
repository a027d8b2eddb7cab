"""An event and a notice of the town in a real browser, on a phone and at a desk without JavaScript."""

import pytest
from playwright.async_api import Page, expect

from actors.accounts import find_account, link_actor
from areas import interactions
from tests.browser.test_residents import examine, page, sign_in  # noqa: F401 - a fixture
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_an_event_and_a_notice(town: Town, page: Page) -> None:  # noqa: F811
    """Written, joined, full, left, cancelled; made known above everything else, and withdrawn."""
    area = await town.area("megumino")
    hanako = await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    taro = await sign_up(town, "taro", "taro@mail.example")
    desk = await town.person("eniwa_koho", "official")
    account = await town.read(find_account, town.node.vault, ADDRESS)
    await town.write(
        lambda tx: link_actor(tx, account_id=account.id, actor_id=desk.id, role="staff", now=town.clock())
    )
    await sign_in(page)
    await page.goto("/areas/megumino?show=event")
    await page.get_by_role("link", name="最初の一つを書く").click()
    await page.get_by_role("textbox", name="本文").fill("長靴で来てください。")
    await page.get_by_label("イベントの名前").fill("花の散歩")
    await page.get_by_label("始まる日時").fill("2026-12-05T10:00")
    await page.get_by_label("お店・場所の名前").fill("恵み野駅前")
    await page.get_by_label("定員").fill("0")
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("alert")).to_contain_text("定員は")
    await examine(page, "write-event-wrong")
    await page.get_by_label("定員").fill("1")
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("status")).to_contain_text("投稿しました")
    event = page.url.partition("?")[0]
    about = int(event.rsplit("/", 1)[1])
    await town.write(interactions.respond, taro, about, "参加します。", "k", town.clock())
    await page.goto(event)
    await expect(page.get_by_text("1人が参加")).to_be_visible()
    await examine(page, "event-full")
    await page.get_by_role("button", name="参加から外す").click()
    await page.get_by_role("button", name="イベントを中止する").click()
    await expect(page.get_by_role("status")).to_contain_text("中止にしました")
    await page.get_by_role("status").get_by_role("button", name="取り消す").click()
    await expect(page.get_by_role("article").first).to_contain_text("【イベント】花の散歩")
    await page.goto("/write")
    await page.get_by_role("button", name="お知らせ", exact=True).click()
    await page.get_by_role("combobox", name="だれとして書くか").select_option(str(desk.id))
    await page.get_by_role("textbox", name="本文").fill("あすの朝、断水します。")
    await page.get_by_label("いつまで有効か").fill("2026-12-31")
    await examine(page, "write-notice")
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("status")).to_contain_text("投稿しました")
    await examine(page, "notice")
    notice = page.url.partition("?")[0]
    await page.goto("/areas/megumino")
    await page.get_by_role("link", name="【お知らせ】あすの朝、断水します。").wait_for()
    await examine(page, "notice-in-force")
    await page.goto(notice)
    await page.get_by_role("button", name="お知らせを取り下げる").click()
    await expect(page.get_by_role("article").first).to_contain_text("【取り下げ】")
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("link", name="【お知らせ】あすの朝、断水します。")).to_have_count(0)
