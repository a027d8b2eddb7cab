"""What somebody decides for herself: her profile, her language, what she does not want to see."""

import re

import pytest

from actors.accounts import Wishes, find_account, find_wishes
from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas.preferences import find as find_preferences
from tests.testrig import pictures
from tests.web.accounts.people import ADDRESS, OURS, sign_up
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


async def hanako_now(home: Home) -> ActorRecord:
    found: ActorRecord | None = await home.town.read(find_actor_by_id, home.hanako.id)
    assert found is not None
    return found


async def test_a_profile_is_kept_and_shown_as_typed(home: Home) -> None:
    form = {
        "name": "はなこ",
        "note": "花が好きです",
        "name_1": "好きな花",
        "value_1": "すずらん",
        "locked": "1",
        "indexable": "1",
        "to_home_area": "1",
    }
    files = [("avatar", ("a.jpg", pictures.jpeg(), "image/jpeg"))]
    answer = await home.browser.client.post("/settings/profile", data=form, files=files, headers=OURS)
    assert answer.status_code == 303, answer.text
    page = await home.read(answer.headers["location"])
    assert "保存しました" in page
    for text in ("はなこ", "花が好きです", "好きな花", "すずらん"):
        assert text in page
        assert text in await home.read("/people/hanako")
    actor = await hanako_now(home)
    assert (actor.locked, actor.indexable, actor.icon is not None) == (True, True, True)
    assert (await home.town.read(find_preferences, actor.id)).to_home_area
    await home.press("/settings/profile", name="はなこ", drop_avatar="1")
    actor = await hanako_now(home)
    assert (actor.locked, actor.indexable, actor.icon) == (False, False, None)


async def test_a_name_of_the_town_is_not_to_be_had(home: Home) -> None:
    refused = await home.browser.post("/settings/profile", name="千歳市役所", note="x")
    assert (refused.status_code, "町の名前" in refused.text or "役所の名前のように" in refused.text) == (
        422,
        True,
    )
    assert (await hanako_now(home)).name == "hanako"


async def test_nobody_changes_the_profile_of_another(home: Home) -> None:
    taro = await home.town.person("taro")
    assert (await home.browser.get(f"/settings/profile?as={taro.id}")).status_code == 404
    changed = await home.browser.post("/settings/profile", name="x", **{"as": str(taro.id)})
    assert changed.status_code == 404


async def test_the_language_of_pages_is_hers_wherever_she_signs_in(home: Home) -> None:
    await home.press("/settings/mail", language="en", pace="now")
    assert 'lang="en"' in await home.read("/home")
    assert '<html lang="ja">' in await home.read("/home?lang=ja")
    account = await home.town.read(find_account, home.town.node.vault, ADDRESS)
    wishes = await home.town.read(find_wishes, account.id)
    assert (wishes.language, wishes.pace) == ("en", "now")
    await home.press("/settings/mail", language="xx", pace="hourly")
    wishes = await home.town.read(find_wishes, account.id)
    assert (wishes.language, wishes.pace) == (None, "off")


async def test_the_size_of_letters_is_hers_and_may_be_had_without_an_account(home: Home) -> None:
    """Before signing in it stands in the address, since there is no cookie, and every link keeps it."""
    assert '<html lang="ja">' in await home.read("/home")
    await home.press("/settings/mail", pace="off", size="largest")
    assert '<html lang="ja" class="largest">' in await home.read("/home")
    assert '<html lang="ja" class="large">' in await home.read("/home?size=large")
    await home.press("/settings/mail", pace="daily", size="largest", language="ja")
    flowers = await home.read("/tags/花?size=large&done=saved")
    assert 'aria-pressed="true"><span aria-hidden="true">あ</span><span class="unseen">大きい文字' in flowers
    form = r'action="/settings/size[^>]*><input type="hidden" name="next" value="([^"]*)"'
    [next_page] = re.findall(form, flowers)
    assert await home.press("/settings/size", size="normal", next=next_page) == "/tags/%E8%8A%B1"
    account = await home.town.read(find_account, home.town.node.vault, ADDRESS)
    assert await home.town.read(find_wishes, account.id) == Wishes("ja", "daily", "normal"), "all else stays"
    assert await home.press("/settings/size", size="gigantic", next="https://evil.example/") == "/home"
    await home.press("/settings/mail", pace="off", size="gigantic")
    assert '<html lang="ja">' in await home.read("/home?size=gigantic")
    home.browser.client.cookies.clear()
    page = await home.browser.get("/?size=large&lang=en")
    assert '<html lang="en" class="large">' in page.text
    assert 'href="/towns?lang=en&amp;size=large"' in page.text
    assert 'href="/?lang=en&amp;size=largest"' in page.text
    assert "set-cookie" not in page.headers
    asked = (await home.browser.get("/search?size=large")).text
    assert '<input type="hidden" name="size" value="large">' in asked


async def test_who_usually_reads_her_posts_is_hers_to_say(home: Home) -> None:
    assert 'value="everyone" checked' in await home.read("/write")
    await home.press("/settings/profile", name="はなこ", visibility="private")
    assert 'name="visibility" value="private" checked' in await home.read("/settings/profile")
    assert 'value="followers" checked' in await home.read("/write")
    await home.press("/settings/profile", name="はなこ", visibility="nonsense")
    assert (await home.town.read(find_preferences, home.hanako.id)).visibility == "private"
    post, _ = await home.town.post(await home.town.person("taro"), "花", home.area)
    assert 'value="everyone" checked' in await home.read(f"/write?reply={post.id}"), "an answer goes as far"


async def test_posts_with_a_word_are_folded_for_her_alone(home: Home) -> None:
    taro = await home.town.person("taro")
    await home.town.post(taro, "ペンギンを見ました", home.area)
    await home.press("/settings/words", word="ペンギン")
    page = await home.read("/areas/megumino")
    assert "「ペンギン」をふくむ投稿" in page
    settings = await home.read("/settings/shutting")
    found = re.search(r"/settings/words/(\d+)/drop", settings)
    assert found is not None
    for word in ("", "花" * 201):
        assert (await home.browser.post("/settings/words", word=word)).status_code == 422
    await sign_up(home.town, "jiro", "jiro@mail.example")
    cookies = dict(home.browser.client.cookies)
    home.browser.client.cookies.clear()
    await home.browser.sign_in("jiro@mail.example")
    assert "をふくむ投稿" not in await home.read("/areas/megumino")
    assert (await home.browser.post(f"/settings/words/{found[1]}/drop")).status_code == 404
    home.browser.client.cookies.clear()
    home.browser.client.cookies.update(cookies)
    await home.press(f"/settings/words/{found[1]}/drop")
    assert "をふくむ投稿" not in await home.read("/areas/megumino")


async def test_people_and_servers_are_shut_out_and_let_in_again(home: Home) -> None:
    taro, jiro = await home.town.person("taro"), await home.town.person("jiro")
    await home.press(f"/accounts/{taro.id}/acts/mute", next="/")
    await home.press(f"/accounts/{jiro.id}/acts/block", next="/")
    await home.press("/settings/hosts/block", host="Spam.Example")
    page = await home.read("/settings/shutting")
    assert f"/accounts/{taro.id}/acts/unmute" in page
    assert f"/accounts/{jiro.id}/acts/unblock" in page
    assert "<b>spam.example</b>" in page
    await home.press("/settings/hosts/unblock", host="spam.example")
    assert "spam.example</b>" not in await home.read("/settings/shutting")
    for host in ("", "chitose.example", "no host"):
        assert (await home.browser.post("/settings/hosts/block", host=host)).status_code == 422, host
    assert (await home.browser.post("/settings/hosts/eat", host="x.example")).status_code == 404
