"""The life of a resident in a real browser, on a phone, and at a desk without JavaScript; each page is examined."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, BrowserContext, Page, expect

from actors.tables import actors
from areas import interactions, registry, reports
from areas.tables import areas
from federation.vocabulary import Iri
from tests.browser import examining
from tests.testrig import pictures
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, PASSWORD, read_mail, sign_up

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
PHONE = 390
SCREENS = [pytest.param((PHONE, True), id="phone"), pytest.param((1280, False), id="desk")]


@pytest.fixture(params=SCREENS)
async def page(request: pytest.FixtureRequest, browser: Browser, town: Town) -> AsyncIterator[Page]:
    width, has_scripts = request.param
    context: BrowserContext = await browser.new_context(
        viewport={"width": width, "height": 844},
        locale="ja-JP",
        java_script_enabled=has_scripts,
        base_url=town.node.settings.base_url,
    )
    opened = await context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda line: complaints.append(line.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda each: asked.append(each.url))
    yield opened
    await context.close()
    assert [
        each for each in complaints if not re.search("status of (403|422|503)|Clear-Site-Data header", each)
    ] == []
    assert [url for url in asked if not url.startswith(town.node.settings.base_url)] == []


async def examine(page: Page, name: str) -> None:
    assert page.viewport_size is not None
    await examining.examine(page, name, has_scripts=page.viewport_size["width"] == PHONE)


async def sign_in(page: Page) -> None:
    await page.goto("/sign-in?next=/home")
    await page.get_by_label("メールアドレス").fill(ADDRESS)
    await page.get_by_text("パスワードを決めてある方").click()
    await page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="パスワードでサインイン").click()
    await page.wait_for_url("**/home")


async def test_reading_writing_changing_deleting(town: Town, page: Page, tmp_path: Path) -> None:
    area = await town.area("megumino")
    hanako = await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    taro = await town.person("taro")
    photo = tmp_path / "hana.jpg"
    photo.write_bytes(pictures.jpeg(640, 480))
    for place in range(3):
        await town.post(taro, f"{place + 1}日目の花です。駅から歩いて5分のところに咲いています。", area)
    await page.goto("/")
    await examine(page, "front")
    await page.goto("/areas/megumino")
    await examine(page, "area")
    await sign_in(page)
    await examine(page, "home")
    await page.get_by_role("link", name="書く", exact=True).click()
    await examine(page, "write")
    await page.get_by_role("textbox", name="本文").fill("花が咲きました。電話は090-1234-5678です。")
    await page.get_by_label("写真を付ける").set_input_files(photo)
    await page.get_by_role("button", name="投稿する").click()
    await page.get_by_role("heading", name="ほかの人には、こう見えます").wait_for()
    await expect(page.get_by_text("電話番号のような数字")).to_be_visible()
    await examine(page, "preview")
    await page.get_by_label("写真1の説明").fill("赤い花")
    await page.get_by_role("textbox", name="本文").fill("花が咲きました。")
    await page.get_by_role("button", name="このまま投稿する").click()
    await page.wait_for_url(re.compile(r"/posts/\d+\?done=posted"))
    await expect(page.get_by_role("status").get_by_text("投稿しました")).to_be_visible()
    await expect(page.get_by_alt_text("赤い花")).to_be_visible()
    await examine(page, "post")
    await page.get_by_role("button", name="いいね").click()
    await expect(page.get_by_role("button", name="いいね")).to_have_attribute("aria-pressed", "true")
    await page.get_by_label("返信を書く").fill("あしたも行きます。")
    await page.get_by_role("button", name="返信", exact=True).click()
    await page.wait_for_url(re.compile("done=posted"))
    await page.goto("/areas/megumino")
    mine = page.get_by_role("article").filter(has_text="花が咲きました")
    await mine.get_by_text("その他").click()
    await examine(page, "area-signed-in")
    await mine.get_by_role("link", name="書きかえる").click()
    await page.get_by_role("textbox", name="本文").fill("赤い花が咲きました。")
    await examine(page, "edit")
    await page.get_by_role("button", name="この内容に書きかえる").click()
    await page.get_by_role("link", name="編集ずみ").first.click()
    await examine(page, "history")
    await page.goto("/people/taro")
    await examine(page, "person")
    await page.get_by_role("button", name="ミュートする").click()
    await expect(page.get_by_role("status").get_by_role("button", name="取り消す")).to_be_visible()
    await examine(page, "undo")
    await page.get_by_role("button", name="取り消す").click()
    await page.get_by_role("button", name="ミュートする").wait_for()
    await page.goto("/areas/megumino")
    await mine.get_by_text("その他").click()
    await mine.get_by_role("link", name="消す").click()
    await examine(page, "delete")
    await page.get_by_role("button", name="消す（取り消せません）").click()
    await page.wait_for_url("**/home?done=deleted")
    await expect(page.get_by_text("赤い花が咲きました")).to_have_count(0)


async def test_signing_up(town: Town, page: Page) -> None:
    """By the code, typed with a space and pasted; and the wrong one first."""
    await town.area("megumino")
    await page.goto("/areas/megumino")
    await page.get_by_role("link", name="登録する", exact=True).click()
    await examine(page, "sign-up")
    await page.get_by_label("メールアドレス").fill("new@mail.example")
    await page.get_by_role("button", name="メールで番号を受け取る").click()
    await page.wait_for_url("**/sign-in/code/*")
    await examine(page, "sign-up-code")
    code, _ = await read_mail(town)
    await page.get_by_label("6けたの番号").fill(f"{(int(code) + 1) % 1_000_000:06}")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    await page.get_by_label("6けたの番号").fill(f"{code[:3]} {code[3:]}")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-up/profile")
    await page.get_by_label("ニックネーム").fill("町役場")
    await page.get_by_label("お住まいのエリア").select_option("meguminoの町")
    await page.get_by_role("button", name="これで登録する").click()
    await expect(page.get_by_text("役所の名前のように見えます")).to_be_visible()
    await examine(page, "sign-up-profile")
    await page.get_by_label("ニックネーム").fill("はなこ")
    await page.get_by_role("button", name="これで登録する").click()
    await page.wait_for_url("**/home?done=welcome")
    await examine(page, "welcome")


async def read_reports(town: Town, page: Page) -> None:
    """One report, closed, opened again by the button of its notice."""
    things = [Iri(f"{town.node.settings.base_url}/areas/megumino")]

    def report(tx: sa.Connection) -> None:
        reports.file(tx, actor=None, iri=None, objects=things, text="宣伝です。", now=town.clock())

    await town.write(report)
    await page.get_by_role("link", name="通報", exact=True).first.click()
    await examine(page, "desk-reports")
    await page.get_by_role("link", name="通報を読む").click()
    await examine(page, "desk-report")
    await page.get_by_role("button", name="対応した").click()
    await page.get_by_role("status").get_by_role("button").click()
    await expect(page.get_by_role("link", name="通報を読む")).to_be_visible()


async def test_what_waits_and_what_is_new(town: Town, page: Page) -> None:
    """Somebody who looks after an area lets one post in and keeps one out; search, a tag, and the news."""
    area = await town.area("megumino", policy="review")
    hanako, taro = await sign_up(town), await town.person("taro")

    def grant(tx: sa.Connection) -> None:
        registry.grant_role(tx, hanako.id, "designer", area_id=area.actor_id, until=None, now=town.clock())

    await town.write(grant)
    await town.post(taro, "#花 が咲きました", area)
    await town.post(taro, "安く売ります https://shop.example/", area)
    open_area = await town.area("asabu")
    mine, _ = await town.post(hanako, "麻生から", open_area)
    await town.post(taro, "いいですね", reply_to=mine.iri)
    await sign_in(page)
    await page.get_by_role("link", name="確認待ち").click()
    await examine(page, "held")
    await page.get_by_role("button", name="載せる (taro)").first.click()
    await expect(page.get_by_role("status").get_by_text("エリアに載せました")).to_be_visible()
    await page.get_by_text("載せない (taro)").click()
    await page.get_by_label("理由（書いた人に伝わります）").fill("宣伝のため")
    await page.get_by_role("button", name="理由を伝えて、載せない").click()
    await expect(page.get_by_text("確認を待っている投稿はありません")).to_be_visible()
    await read_reports(town, page)
    await page.get_by_role("link", name=re.compile("^通知")).click()
    await examine(page, "news")
    await page.get_by_role("button", name="すべて読みました").click()
    await expect(page.get_by_text("新着", exact=True)).to_have_count(0)
    await page.goto("/tags/花")
    await examine(page, "tag")
    await page.get_by_role("link", name="さがす").click()
    await page.get_by_label("ことば、人、エリア").fill("megumino")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="エリアと人").wait_for()
    await examine(page, "search")


async def test_choosing_a_town_and_settings(town: Town, page: Page) -> None:
    """From the front page by a postal code to an area; then profile, words and mail."""
    area = await town.area("megumino")
    hanako = await sign_up(town)

    def settle(tx: sa.Connection) -> None:
        tx.execute(sa.update(areas).where(areas.c.actor_id == area.actor_id).values(code="012319"))
        interactions.join(tx, hanako, area, town.clock(), home=True)

    await town.write(settle)
    await page.goto("/")
    await page.get_by_role("link", name="町をえらぶ").last.click()
    await examine(page, "towns")
    await page.get_by_label("郵便番号か、町の名前").fill("061-1448")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="北海道 恵庭市").wait_for()
    await examine(page, "town")
    await page.get_by_label("都道府県からえらぶ").select_option("北海道")
    await page.get_by_role("button", name="市区町村を見る").click()
    await page.get_by_role("link", name="北広島市").click()
    await page.get_by_text("この町のエリアがまだありません").wait_for()
    await examine(page, "town-without-areas")
    await sign_in(page)
    await page.get_by_role("link", name="アカウント", exact=True).click()
    await examine(page, "account")
    await page.get_by_role("link", name="プロフィール").click()
    await page.get_by_label("自己紹介").fill("花が好きです")
    await page.get_by_role("button", name="保存する").click()
    await expect(page.get_by_role("status").get_by_text("保存しました")).to_be_visible()
    await examine(page, "profile")
    await page.goto("/settings/shutting")
    await page.get_by_label("加えることば").fill("ペンギン")
    await page.keyboard.press("Enter")
    await page.get_by_text("ペンギン", exact=True).wait_for()
    await examine(page, "shutting")
    await page.goto("/settings/mail")
    await examine(page, "wishes")
    await page.get_by_role("link", name="このサーバーの約束").click()
    await examine(page, "promise")


async def test_a_gift_a_question_and_a_review(town: Town, page: Page) -> None:
    """Offered, applied for, chosen, handed over; asked and solved; a place and its page. Two people at one browser."""
    area = await town.area("megumino")
    hanako = await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    taro = await sign_up(town, "taro", "taro@mail.example")
    await sign_in(page)
    await page.get_by_role("link", name="書く", exact=True).click()
    await page.get_by_role("textbox", name="本文").fill("白い木のベッドです。")
    await page.get_by_role("button", name="ゆずる", exact=True).click()
    await expect(page.get_by_role("button", name="ゆずる", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("alert")).to_contain_text("品物の名前")
    await examine(page, "write-give-wrong")
    await page.get_by_label("ゆずる品物").fill("ベビーベッド")
    await page.get_by_role("button", name="確かめる").last.click()
    await expect(page.get_by_text("【ゆずります】ベビーベッド")).to_be_visible()
    await examine(page, "write-give")
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("status")).to_contain_text("投稿しました")
    gift = page.url.partition("?")[0]
    about = int(gift.rsplit("/", 1)[1])
    await town.write(interactions.respond, taro, about, "ほしいです。", "k", town.clock())
    await page.goto(gift)
    await examine(page, "gift")
    await page.get_by_role("button", name="この人にゆずる").click()
    await expect(page.get_by_role("status")).to_contain_text("お相手に決めました")
    await examine(page, "gift-chosen")
    await page.get_by_role("link", name="この人だけにメッセージを書く").click()
    await expect(page.get_by_role("radio", name="相手だけ")).to_be_checked()
    await page.goto(gift)
    await page.get_by_role("button", name="渡した").click()
    await expect(page.get_by_role("status")).to_contain_text("ありがとうございました")
    await page.get_by_role("status").get_by_role("button", name="取り消す").click()
    await expect(page.get_by_role("article").first).to_contain_text("お相手と調整中")
    await page.goto("/areas/megumino?show=question")
    await page.get_by_role("link", name="最初の一つを書く").click()
    await page.get_by_role("textbox", name="本文").fill("もえないごみの日は、いつですか。")
    await examine(page, "write-question")
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("status")).to_contain_text("投稿しました")
    asked = page.url.partition("?")[0]
    await town.post(taro, "第2金曜日です。", reply_to=Iri(asked.partition("#")[0]))
    await page.goto(asked)
    await page.get_by_role("button", name="この返信で解決した").click()
    await expect(page.get_by_role("status")).to_contain_text("解決したことにしました")
    await examine(page, "question-solved")
    await page.goto("/write?kind=review")
    await page.get_by_label("お店・場所の名前").fill("喫茶ひまわり")
    await page.get_by_label("どこにあるか").fill("恵み野西3丁目")
    await page.get_by_role("textbox", name="本文").fill("静かで、ベビーカーでも入れます。")
    await examine(page, "write-review")
    await page.get_by_role("button", name="投稿する").click()
    await page.get_by_role("link", name="この場所のこと").click()
    await expect(page.get_by_role("heading", name="喫茶ひまわり")).to_be_visible()
    await examine(page, "place")
    await page.goto("/areas/megumino?show=offers")
    await expect(page.get_by_role("article")).to_have_count(1)
    await examine(page, "area-offers")
    await page.context.clear_cookies()
    await page.goto("/sign-in?next=/home")
    await page.get_by_label("メールアドレス").fill("taro@mail.example")
    await page.get_by_text("パスワードを決めてある方").click()
    await page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="パスワードでサインイン").click()
    await page.wait_for_url("**/home")
    await page.goto(gift)
    await page.get_by_role("button", name="応募を取り消す").click()
    await expect(page.get_by_role("status")).to_contain_text("申し込みを取り消しました")
    await examine(page, "gift-to-apply")
    await page.get_by_label("書いた人へのひとこと").fill("やっぱり、ほしいです。")
    await page.get_by_role("button", name="ほしい（応募する）").click()
    await expect(page.get_by_role("status")).to_contain_text("届けました")
    await examine(page, "gift-applied")


async def test_moving(town: Town, page: Page) -> None:
    """Before and after; the place itself is on another server, and asked by none of this."""
    hanako, place = await sign_up(town), "https://new.example/users/hanako"
    await town.write(set_columns, hanako.id, {"also_known_as": json.dumps([place])})
    await sign_in(page)
    await page.goto("/settings/move")
    await expect(page.get_by_role("button", name="引っ越す")).to_be_visible()
    await examine(page, "move")
    await page.get_by_label("引っ越し先のアカウント").fill("hanako")
    await page.get_by_label("上の説明を読みました").check()
    await page.get_by_role("button", name="引っ越す").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await examine(page, "move-wrong")
    await town.write(set_columns, hanako.id, {"moved_to": place, "moved_at": town.clock()})
    await page.goto("/settings/move")
    await examine(page, "moved")
    await page.goto("/people/hanako")
    await expect(page.get_by_role("note").get_by_role("link", name=place)).to_be_visible()
    await examine(page, "person-moved")


def set_columns(tx: sa.Connection, actor_id: int, values: dict[str, Any]) -> None:
    tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(**values))
