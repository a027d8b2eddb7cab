"""What was sent and not published: kept, shown again by an address, listed, thrown away; there is one post of it."""

import re

import pytest

from tests.testrig import pictures
from tests.web.accounts.people import sign_up
from tests.web.pages.conftest import Home
from tests.web.pages.test_writing import key_of, post_at
from web.pages.writing.sheets import Attachment, Sheet, read_sheet, write_fields

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "sheet",
    [
        Sheet(key="k"),
        Sheet(
            "花\n鳥",
            "members",
            5,
            "注意",
            "ja",
            "7",
            8,
            9,
            (Attachment(3, "赤い花"), Attachment(4, "")),
            key="k",
        ),
        Sheet(
            "花",
            "named",
            kind="give",
            details={"item": "机", "until": ""},
            is_sure=True,
            to_zone=True,
            key="k",
        ),
    ],
)
def test_the_fields_of_a_sheet_make_it_again(sheet: Sheet) -> None:
    assert read_sheet(write_fields(sheet)) == sheet


async def test_a_preview_has_an_address_and_can_be_opened_again(home: Home) -> None:
    form = {"text": "花が咲きました", "audience": "followers", "key": "k"}
    location = (await home.browser.post("/write", step="preview", **form)).headers["location"]
    assert location == "/write?key=k&look=1"
    seen = await home.read(location)
    assert ("ほかの人には、こう見えます" in seen, "下書きに入れてあります" in seen) == (True, True)
    assert await home.read(location) == seen, "a reload"
    sheet = await home.read("/write?key=k")
    assert ("花が咲きました</textarea>" in sheet, 'value="followers" checked' in sheet) == (True, True)
    assert "ほかの人には、こう見えます" not in sheet


async def test_what_is_published_is_no_draft_any_more_and_stays_one_post(home: Home) -> None:
    form = {"text": "花が咲きました", "audience": "everyone", "area": str(home.area.actor_id), "key": "k"}
    await home.write(step="preview", **form)
    location = await home.press("/write", step="publish", is_sure="1", **form)
    assert "下書きはありません" in await home.read("/drafts")
    back = await home.read("/write?key=k&look=1")
    assert "もう投稿してあります" in back
    assert await home.press("/write", step="publish", is_sure="1", **form) == location
    assert (await home.read("/areas/megumino")).count("花が咲きました") == 1


async def test_pictures_of_a_draft_are_there_again(home: Home) -> None:
    sent = await home.send(
        "/write", {"a.jpg": pictures.jpeg()}, text="花", audience="followers", step="keep", key="k"
    )
    assert sent.headers["location"] == "/drafts?done=kept"
    listed = await home.read("/drafts")
    assert ("写真1枚" in listed, 'href="/write?key=k"' in listed) == (True, True)
    assert re.search(r'name="picture_1" value="\d+"', await home.read("/write?key=k"))


async def test_drafts_are_listed_and_thrown_away_after_one_question(home: Home) -> None:
    await home.press("/write", step="keep", text="種をまきます", key="k")
    assert "下書き（1件）" in await home.read("/write"), "she is told when she writes again"
    assert "種をまきます" in await home.read("/drafts")
    assert "種をまきます" in await home.read("/drafts/drop?key=k")
    assert await home.press("/drafts/drop", key="k") == "/drafts?done=dropped"
    assert "種をまきます" not in await home.read("/drafts")
    assert (await home.browser.get("/drafts/drop?key=k")).status_code == 404


async def test_a_draft_is_nobody_elses(home: Home) -> None:
    await home.press("/write", step="keep", text="種をまきます", key="k")
    await sign_up(home.town, "taro", "taro@mail.example")
    home.browser.client.cookies.clear()
    await home.browser.sign_in("taro@mail.example")
    for path in ("/drafts", "/write?key=k"):
        assert "種をまきます" not in await home.read(path)
    await home.press("/drafts/drop", key="k")
    home.browser.client.cookies.clear()
    await home.browser.sign_in()
    assert "種をまきます" in await home.read("/drafts")
    home.browser.client.cookies.clear()
    assert (await home.browser.get("/drafts")).headers["location"].startswith("/sign-in")


async def test_a_change_that_is_not_saved_is_there_when_the_post_is_changed_again(home: Home) -> None:
    post = await post_at(
        home, await home.press("/write", step="publish", text="花が先", audience="followers")
    )
    page = await home.read(f"/posts/{post.id}/edit")
    form = {"edit": str(post.id), "key": key_of(page), "text": "花が咲いた"}
    assert "ほかの人には、こう見えます" in await home.write(step="preview", **form)
    assert "花が咲いた</textarea>" in await home.read(f"/posts/{post.id}/edit")
    await home.press("/write", step="publish", **form)
    assert "下書きはありません" in await home.read("/drafts")


async def test_words_outlive_what_they_answer(home: Home) -> None:
    post = await post_at(home, await home.press("/write", step="publish", text="花", audience="followers"))
    await home.write(step="preview", text="きれい", reply=str(post.id), key="k")
    await home.press(f"/posts/{post.id}/delete")
    late = await home.write(step="publish", text="とてもきれい", reply=str(post.id), key="k")
    assert ("返信先の投稿" in late, "とてもきれい</textarea>" in late) == (True, True)
    assert 'value="followers" checked' in late, "it is no answer any more, and not for everybody by mistake"


async def test_without_room_for_drafts_the_sheet_is_shown_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(home.town.node.disks), "full", True)
    seen = await home.browser.post("/write", step="preview", text="花が咲きました", key="k")
    assert (seen.status_code, "ほかの人には、こう見えます" in seen.text.replace("<wbr>", "")) == (200, True)
    flawed = await home.browser.post("/write", step="publish", text=" ", audience="everyone", summary="x")
    assert (flawed.status_code, "何か書くか" in flawed.text) == (422, True)
    later = await home.browser.post("/write", step="keep", text="花が咲きました", key="k")
    assert (later.status_code, "花が咲きました</textarea>" in later.text) == (422, True)
    assert "下書きはありません" in await home.read("/drafts")


async def test_a_kind_chosen_on_an_empty_sheet_is_no_draft(home: Home) -> None:
    turned = await home.browser.post("/write", turn="give", text="", audience="members", key="k")
    page = await home.read(turned.headers["location"])
    assert ('name="kind" value="give"' in page, 'value="members" checked' in page) == (True, True)
    assert "下書きはありません" in await home.read("/drafts")
