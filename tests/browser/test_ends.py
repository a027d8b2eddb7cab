"""What ends, and what goes wrong: mails, the account; a press too many, a step back. Each has an answer."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from actors.accounts import find_account, find_wishes, save_wishes
from actors.signin.sessions import end_sessions
from areas import interactions
from areas.registry import find_area_by_name
from tests.browser.test_residents import examine, page, sign_in  # noqa: F401 - a fixture
from tests.testrig import pictures
from tests.testrig.world import Town
from tests.web.accounts.people import ADDRESS, PASSWORD, read_mail, sign_up
from web.accounts.unsubscribing import make_token
from web.background import run_due

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def settle(town: Town) -> None:
    area, hanako = await town.area("megumino"), await sign_up(town)
    await town.write(lambda tx: interactions.join(tx, hanako, area, town.clock(), home=True))


async def test_taking_the_data_along_and_leaving(town: Town, page: Page) -> None:  # noqa: F811
    await settle(town)
    await sign_in(page)
    await page.goto("/account")
    await page.get_by_role("link", name="データを持ち出す").click()
    await expect(page.get_by_role("heading", name="データを持ち出す")).to_be_visible()
    await examine(page, "export")
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="表にする（CSV）").first.click()
    table = Path(await (await taken.value).path()).read_text(encoding="utf-8-sig")
    assert "," in table.splitlines()[0]
    await page.goto("/account")
    await page.get_by_role("link", name="アカウントを消す").click()
    await expect(page.get_by_role("heading", name="アカウントを消す")).to_be_visible()
    await examine(page, "leave")
    await page.get_by_role("button", name="アカウントを消す（取り消せません）").click()
    await expect(page.get_by_role("alert")).to_contain_text("しるしを付けてください")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="アカウントを消す（取り消せません）").click()
    await expect(page.get_by_role("status")).to_contain_text("アカウントを消しました")
    await examine(page, "left")
    await page.goto("/account")
    await expect(page.get_by_role("heading", name="サインイン")).to_be_visible()


async def test_mails_end_by_one_press_without_signing_in(town: Town, page: Page) -> None:  # noqa: F811
    await settle(town)
    account = await town.read(find_account, town.node.vault, ADDRESS)
    wishes = await town.read(find_wishes, account.id)
    await town.write(save_wishes, account.id, type(wishes)("ja", "daily"))
    await page.goto(f"/mails/end/{make_token(town.node.vault, account.id)}")
    await expect(page.get_by_role("heading", name="メールを止める")).to_be_visible()
    await examine(page, "mails-end")
    await page.get_by_role("button", name="通知のメールを止める").click()
    await expect(page.get_by_role("status")).to_contain_text("通知のメールを止めました")
    await examine(page, "mails-ended")
    assert (await town.read(find_wishes, account.id)).pace == "off"


async def test_a_double_press_makes_one_post_and_a_step_back_loses_nothing(
    town: Town,
    page: Page,  # noqa: F811
) -> None:
    await settle(town)
    await sign_in(page)
    await page.goto("/write")
    await page.get_by_role("textbox", name="本文").fill("一度だけ")
    await page.get_by_role("button", name="投稿する").dblclick()
    await page.wait_for_url(re.compile(r"/posts/\d+\?done=posted"))
    await page.go_back()
    await expect(page.get_by_role("textbox", name="本文")).to_have_value("一度だけ")
    await page.goto("/areas/megumino")
    await expect(page.get_by_role("article").filter(has_text="一度だけ")).to_have_count(1)


async def test_a_preview_is_there_again_after_a_step_back_a_reload_and_in_the_list(
    town: Town,
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    await settle(town)
    await sign_in(page)
    photo = tmp_path / "hana.jpg"
    photo.write_bytes(pictures.jpeg(640, 480))
    await page.goto("/write")
    await page.get_by_role("textbox", name="本文").fill("種をまきました")
    await page.get_by_label("写真を付ける").set_input_files(photo)
    await page.get_by_role("button", name="確かめる", exact=True).click()
    preview = page.get_by_role("heading", name="ほかの人には、こう見えます")
    await expect(preview).to_be_visible()
    await page.reload()
    await expect(preview).to_be_visible()
    await page.goto("/areas/megumino")
    await page.go_back()
    await expect(preview).to_be_visible()
    await expect(page.get_by_role("textbox", name="本文")).to_have_value("種をまきました")
    await examine(page, "preview-kept")
    await page.goto("/drafts")
    await examine(page, "drafts")
    await page.get_by_role("link", name="種をまきました").first.click()
    await expect(page.get_by_label("写真1の説明")).to_be_visible()
    await page.get_by_role("button", name="下書きに入れる").click()
    await expect(page.get_by_role("status")).to_contain_text("下書きに入れました")
    await page.get_by_role("link", name="捨てる").click()
    await examine(page, "draft-drop")
    await page.get_by_role("button", name="捨てる").click()
    await expect(page.get_by_text("下書きはありません")).to_be_visible()
    await examine(page, "drafts-none")


async def test_a_full_disk_and_a_mail_that_fails_are_said_in_words(
    town: Town,
    page: Page,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as full:
        full.setattr(type(town.node.disks), "full", True)
        await page.goto("/report")
        await page.get_by_role("textbox", name="投稿やアカウントのアドレス").fill(
            "https://chitose.example/posts/1"
        )
        await page.get_by_role("textbox", name="どんなことで困っていますか").fill(
            "宣伝ばかりで、子どもに見せたくありません。"
        )
        await page.get_by_role("button", name="送る").click()
        await expect(page.get_by_role("heading", name="書いたものは、なくなっていません")).to_be_visible()
        await page.get_by_text("書いた文を見る").click()
        await examine(page, "failed")
    await page.get_by_role("button", name="もう一度送る").click()
    await expect(page).to_have_url(re.compile("done=1"))
    folder = Path(town.node.settings.mail_url.removeprefix("file:"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    await page.goto("/sign-up")
    await page.get_by_label("メールアドレス").fill("new@mail.example")
    await page.get_by_label("メールアドレス").press("Enter")
    await page.wait_for_url("**/sign-in/code/**")
    await run_due(town.node)
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("いまはメールを送れませんでした")
    await examine(page, "mail-failed")


async def test_what_is_sent_after_the_session_has_ended_comes_back(
    town: Town,
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Text and photo were chosen; both are published after a code, the photo chosen once more."""
    await settle(town)
    await sign_in(page)
    photo = tmp_path / "hana.jpg"
    photo.write_bytes(pictures.jpeg(640, 480))
    await page.goto("/write")
    await page.get_by_role("textbox", name="本文").fill("種をまきました。\n水をやります。")
    await page.get_by_label("写真を付ける").set_input_files(photo)
    account = await town.read(find_account, town.node.vault, ADDRESS)
    await town.write(end_sessions, account.id)
    await page.get_by_role("button", name="投稿する").click()
    await expect(page.get_by_role("heading", name="書いたものは、なくなっていません")).to_be_visible()
    await examine(page, "interrupted-sign-in")
    await page.get_by_label("メールアドレス").fill(ADDRESS)
    await page.get_by_role("button", name="メールで番号を受け取る").click()
    code, _ = await read_mail(town)
    await page.get_by_label("6けたの番号").fill("000000" if code != "000000" else "111111")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await examine(page, "interrupted-code")
    await page.get_by_label("6けたの番号").fill(code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="サインインしました")).to_be_visible()
    await examine(page, "interrupted")
    await page.get_by_role("button", name="続きを書く").click()
    await expect(page.get_by_role("textbox", name="本文")).to_have_value("種をまきました。\n水をやります。")
    await page.get_by_label("写真を付ける").set_input_files(photo)
    await page.get_by_role("button", name="投稿する").click()
    await page.get_by_label("写真1の説明").fill("種")
    await page.get_by_role("button", name="投稿する").click()
    await page.wait_for_url(re.compile("done=posted"))
    await expect(page.get_by_alt_text("種")).to_be_visible()


async def test_a_button_pressed_after_the_session_has_ended_leads_back_to_it(
    town: Town,
    page: Page,  # noqa: F811
) -> None:
    await settle(town)
    taro = await town.person("taro")
    area = await town.read(find_area_by_name, "megumino")
    await town.post(taro, "種をまきました。", area)
    await sign_in(page)
    await page.goto("/areas/megumino")
    account = await town.read(find_account, town.node.vault, ADDRESS)
    await town.write(end_sessions, account.id)
    await page.get_by_role("button", name="いいね").click()
    await page.wait_for_url("**/sign-in?next=**")
    await page.get_by_label("メールアドレス").fill(ADDRESS)
    await page.get_by_text("パスワードを決めてある方").click()
    await page.get_by_label("パスワード", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="パスワードでサインイン").click()
    await page.wait_for_url("**/areas/megumino")
    await expect(page.get_by_role("button", name="いいね")).to_have_attribute("aria-pressed", "false")
