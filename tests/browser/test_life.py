"""A life in the town, kind by kind: written with a photo, answered from elsewhere, changed, ended, deleted.

Half of the kinds on a phone, half at a desk without JavaScript: no page has scripts, so that neither knows another way.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from areas import interactions
from tests.browser.settled import DETAILS, NEW, open_session
from tests.testrig import pictures
from tests.testrig.network import Network
from tests.testrig.peers import Peer
from tests.testrig.sockets import serve_town
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, read_mail, sign_up
from web.app import create_app

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
HOST = "chitose.localhost"
LABELS = {
    "item": "品物",
    "place": "お店・場所の名前",
    "address": "どこにあるか",
    "title": "イベントの名前",
    "starts": "始まる日時",
    "capacity": "定員",
}
STEPS = {
    "question": (("この返信で解決した", "解決したことにしました"),),
    "give": (
        ("応募として扱う", "扱います"),
        ("この人にゆずる", "お相手に決めました"),
        ("渡した", "ありがとうございました"),
    ),
    "ask": (
        ("応募として扱う", "扱います"),
        ("この人にゆずってもらう", "お相手に決めました"),
        ("受け取った", "ありがとうございました"),
    ),
    "review": (),
    "event": (("参加として扱う", "扱います"), ("イベントを中止する", "中止にしました")),
    "": (),
}
"""The buttons that bring it to its end, and what is said then."""
SCREENS = [
    pytest.param(390, True, ("question", "give", ""), id="phone"),
    pytest.param(1280, False, ("review", "ask", "event"), id="desk"),
]


@dataclass
class Neighbour:
    """Somebody on a server of other software."""

    town: Town
    peer: Peer

    async def answer(self, post: str, name: str) -> None:
        """Reply in public; it has arrived when this returns."""
        author = next(iter(self.peer.actors))
        base = self.town.node.settings.base_url
        note = self.peer.note(
            author, name, cc=f"{base}/people/hanako", inReplyTo=post, content="<p>遠くから</p>"
        )
        answer = await self.peer.send(self.peer.create(note), f"{base}/inbox")
        assert answer.status_code == 202, answer.text


@pytest.fixture
async def neighbour(tmp_path: Path) -> AsyncIterator[Neighbour]:
    """The town, and a network on which it is reached as on its socket."""
    network, url = Network(), f"sqlite+aiosqlite:///{tmp_path}/town.db"
    async with serve_town(HOST, tmp_path, url, transport=network.transport(HOST)) as town:
        network.hosts[town.node.settings.domain] = create_app(town.node)
        peer = Peer("elsewhere.example", network, town.clock)  # type: ignore[arg-type]
        peer.actor("alice")
        yield Neighbour(town, peer)


async def open_page(browser: Browser, town: Town, width: int, *, has_scripts: bool) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": 844},
        locale="ja-JP",
        java_script_enabled=has_scripts,
        base_url=town.node.settings.base_url,
    )
    return await context.new_page()


@pytest.mark.parametrize(("width", "has_scripts", "kinds"), SCREENS)
async def test_each_kind(
    neighbour: Neighbour,
    browser: Browser,
    tmp_path: Path,
    width: int,
    has_scripts: bool,
    kinds: tuple[str, ...],
) -> None:
    town = neighbour.town
    area, hanako = await town.area("megumino"), await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))
    page = await open_page(browser, town, width, has_scripts=has_scripts)
    cookie = await open_session(town, ADDRESS)
    await page.context.add_cookies([{"name": "session", "value": cookie, "url": town.node.settings.base_url}])
    photo = tmp_path / "hana.jpg"
    photo.write_bytes(pictures.jpeg(640, 480))
    for kind in kinds:
        post = await write(page, kind, photo)
        await neighbour.answer(post, f"reply-{kind}")
        await end(page, post, kind)
        await change(page, post)
        await delete(page, post)
    await page.context.close()


async def write(page: Page, kind: str, photo: Path) -> str:
    """With a photo, which is described on the second page; returns where the post is."""
    await page.goto(f"/write?kind={kind}")
    for name, text in DETAILS.get(kind, {}).items():
        await page.get_by_label(LABELS[name]).first.fill(text)
    await page.get_by_role("textbox", name="本文").fill("花が咲きました。")
    await page.get_by_label("写真を付ける").set_input_files(photo)
    await page.get_by_role("button", name="投稿する").click()
    await page.get_by_label("写真1の説明").fill("赤い花")
    await page.get_by_role("button", name="投稿する").click()
    await page.wait_for_url(re.compile("done=posted"))
    await expect(page.get_by_alt_text("赤い花")).to_be_visible()
    return page.url.partition("?")[0]


async def end(page: Page, post: str, kind: str) -> None:
    """The answer is there, and the post comes to its end."""
    await page.goto(post)
    reply = page.get_by_role("article").filter(has_text="遠くから")
    await expect(reply).to_contain_text("@alice@elsewhere.example")
    for button, said in STEPS[kind]:
        await page.get_by_role("button", name=button).first.click()
        await expect(page.get_by_role("status")).to_contain_text(said)


async def change(page: Page, post: str) -> None:
    await page.goto(f"{post}/edit")
    await page.get_by_role("textbox", name="本文").fill("赤い花が咲きました。")
    await page.get_by_role("button", name="この内容に書きかえる").click()
    mine = page.get_by_role("article").first
    await expect(mine).to_contain_text("赤い花が咲きました。")
    await expect(mine.get_by_role("link", name="編集ずみ")).to_be_visible()
    await expect(mine.get_by_alt_text("赤い花")).to_be_visible()


async def delete(page: Page, post: str) -> None:
    """It is gone, and its address says so."""
    await page.goto(f"{post}/delete")
    await page.get_by_role("button", name="消す（取り消せません）").click()
    await expect(page.get_by_role("status")).to_be_visible()
    await page.goto(post)
    await expect(page.get_by_role("heading", name="削除されました")).to_be_visible()
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("article")).to_have_count(0)


@pytest.mark.parametrize(("width", "has_scripts"), [(390, True), (1280, False)], ids=["phone", "desk"])
async def test_from_the_area_in_and_out_again(
    town: Town, browser: Browser, width: int, has_scripts: bool
) -> None:
    """From its page by a code into the area that was read; a first post; out of the area; away for good."""
    for name in ("asabu", "megumino"):
        await town.area(name)
    page = await open_page(browser, town, width, has_scripts=has_scripts)
    await page.goto("/areas/megumino")
    await page.get_by_role("link", name="このエリアに登録する").click()
    await page.get_by_label("メールアドレス").fill(NEW)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in/code/*")
    code, _ = await read_mail(town)
    await page.get_by_label("6けたの番号").fill(code)
    await page.keyboard.press("Enter")
    await page.get_by_label("ニックネーム").fill("はなこ")
    await expect(page.get_by_label("お住まいのエリア").locator("option:checked")).to_have_text("meguminoの町")
    await page.get_by_role("button", name="これで登録する").click()
    await page.wait_for_url("**/home?done=welcome")
    await page.get_by_role("link", name="書く", exact=True).click()
    await page.get_by_role("textbox", name="本文").fill("はじめまして。")
    await page.get_by_role("button", name="投稿する").click()
    await page.wait_for_url(re.compile("done=posted"))
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("article")).to_contain_text("はじめまして。")
    await page.get_by_role("button", name="登録をやめる").click()
    await expect(page.get_by_role("button", name="登録する").first).to_be_visible()
    await page.goto("/settings/leave")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="アカウントを消す（取り消せません）").click()
    await expect(page.get_by_role("status")).to_contain_text("アカウントを消しました")
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("article")).to_have_count(0)
    assert await page.context.cookies() == []
    await page.context.close()
