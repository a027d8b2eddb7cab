"""A form that is sent after the session has ended: what was written comes back after signing in, and is sent once."""

import html
import json
import re

import pytest

from actors.accounts import find_account
from actors.signin.sessions import end_sessions
from tests.testrig import pictures
from tests.web.accounts.people import ADDRESS, OURS, PASSWORD, mails
from tests.web.pages.conftest import Home
from web.accounts import interrupted
from web.background import run_due

pytestmark = pytest.mark.anyio
WORDS = "きのうの夜から水が出ません。\n1丁目と2丁目です。"
FORMS = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
FIELDS = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def forms_of(page: str) -> dict[str, dict[str, str]]:
    """The hidden fields of each form that has some, by where it goes."""
    found = {}
    for action, content in FORMS.findall(page):
        fields = {name: html.unescape(value) for name, value in FIELDS.findall(content)}
        if fields:
            found[html.unescape(action)] = fields
    return found


async def lose_session(home: Home) -> None:
    """As by another browser: the cookie stays where it is."""
    account = await home.town.read(find_account, home.town.node.vault, ADDRESS)
    await home.town.write(end_sessions, account.id)


async def read_codes(home: Home) -> set[str]:
    """The digits of every mail so far."""
    await run_due(home.town.node)
    texts = [str(each.get_content()) for each in mails(home.town)]
    return {code for text in texts for code in re.findall(r"^ {4}(\d{6})\r?$", text, re.MULTILINE)}


def post_of(home: Home) -> dict[str, str]:
    return {
        "text": WORDS,
        "audience": "everyone",
        "area": str(home.area.actor_id),
        "key": "k",
        "step": "publish",
    }


async def test_a_post_comes_back_after_a_password_and_is_published_once(home: Home) -> None:
    await lose_session(home)
    asked = await home.browser.post("/write?lang=ja", **post_of(home))
    assert (asked.status_code, "書いたものは、なくなっていません" in asked.text.replace("<wbr>", "")) == (
        403,
        True,
    )
    (action, kept), *_ = [(path, each) for path, each in forms_of(asked.text).items() if "/sign-in" in path]
    wrong = await home.browser.post(action, email=ADDRESS, password="wrong one", way="password", **kept)
    assert (wrong.status_code, forms_of(wrong.text)[action]) == (422, kept)
    entered = await home.browser.post(action, email=ADDRESS, password=PASSWORD, way="password", **kept)
    assert (entered.status_code, "set-cookie" in entered.headers) == (200, True)
    assert "1丁目と2丁目です。" in entered.text
    assert "サインアウト" not in entered.text
    assert 'href="/notifications' in entered.text, "the menu knows her already"
    assert forms_of(entered.text)["/write?lang=ja"] == post_of(home)
    assert "水が出ません" not in await home.read("/areas/megumino")
    for _ in range(2):
        assert "done=posted" in await home.press("/write?lang=ja", **post_of(home))
    assert (await home.read("/areas/megumino")).count("きのうの夜から水が出ません") == 1


async def test_it_goes_along_through_a_wrong_code_another_code_and_another_address(home: Home) -> None:
    await lose_session(home)
    asked = await home.browser.post("/write", **post_of(home))
    kept = forms_of(asked.text)["/sign-in?next=%2Fhome"]
    code_page = await home.browser.post(
        "/sign-in?next=/home", email="hanako2@mail.example", way="code", **kept
    )
    other = await home.browser.post(
        "/sign-in?next=%2Fhome", **forms_of(code_page.text)["/sign-in?next=%2Fhome"]
    )
    assert 'name="email"' in other.text
    assert forms_of(other.text)["/sign-in?next=%2Fhome"] == kept
    code_page = await home.browser.post("/sign-in?next=/home", email=ADDRESS, way="code", **kept)
    assert code_page.status_code == 200
    (path,) = [each for each in forms_of(code_page.text) if "/code/" in each]
    first = await read_codes(home)
    again = await home.browser.post(path, way="again", **kept)
    (path,) = [each for each in forms_of(again.text) if "/code/" in each]
    wrong = await home.browser.post(path, code="abc", **kept)
    assert (wrong.status_code, forms_of(wrong.text)[path]) == (422, kept)
    (code,) = await read_codes(home) - first
    entered = await home.browser.post(path, code=code, **kept)
    assert forms_of(entered.text)["/write"] == post_of(home)


async def test_pictures_are_chosen_again_before_anything_is_published(home: Home) -> None:
    await lose_session(home)
    before = set(home.town.node.settings.data_dir.rglob("*"))
    asked = await home.send("/write", {"hana.jpg": pictures.jpeg(640, 480)}, **post_of(home))
    assert "写真は、あとで選び直してください" in asked.text
    assert set(home.town.node.settings.data_dir.rglob("*")) == before
    kept = forms_of(asked.text)["/sign-in?next=%2Fhome"]
    entered = await home.browser.post("/sign-in", email=ADDRESS, password=PASSWORD, way="password", **kept)
    fields = forms_of(entered.text)["/write"]
    assert WORDS in await home.write(**fields)
    assert "水が出ません" not in await home.read("/areas/megumino")


async def test_a_form_without_pictures_that_could_have_had_some_is_sent_as_it_was(home: Home) -> None:
    await lose_session(home)
    part = '--x\r\ncontent-disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    body = "".join(part.format(name, "", text) for name, text in post_of(home).items())
    body += part.format("pictures", '; filename=""', "") + "--x--\r\n"
    headers = {**OURS, "content-type": "multipart/form-data; boundary=x"}
    asked = await home.browser.client.post("/write", content=body.encode(), headers=headers)
    assert "選び直し" not in asked.text
    assert json.loads(forms_of(asked.text)["/sign-in?next=%2Fhome"]["interrupted"])[1:] == [
        post_of(home),
        False,
    ]


async def test_a_button_leads_back_to_where_it_stood(home: Home) -> None:
    post, _ = await home.town.post(home.hanako, "x", home.area)
    await lose_session(home)
    pressed = await home.browser.post(f"/posts/{post.id}/acts/like", next="/areas/megumino")
    assert pressed.headers["location"] == "/sign-in?next=%2Fareas%2Fmegumino"


async def test_a_password_is_never_in_a_page(home: Home) -> None:
    await lose_session(home)
    changed = await home.browser.post("/account/password", password="a new secret", end="1")
    assert (changed.status_code, "secret" in changed.text) == (303, False)


async def test_nobody_elses_words_go_along(home: Home) -> None:
    await lose_session(home)
    headers = {**OURS, "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    sent = await home.browser.client.post("/write", data={"text": "悪い" * 20}, headers=headers)
    assert (sent.status_code, "悪い" in sent.text) == (303, False)
    files = [("pictures", ("a.jpg", b"x", "image/jpeg"))]
    sent = await home.browser.client.post("/write", data={"text": "悪い" * 20}, files=files, headers=headers)
    assert (sent.status_code, "悪い" in sent.text) == (303, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[1]",
        "3",
        '["https://evil.example/", {"text": "x"}, false]',
        '["//evil.example/", {"text": "x"}, false]',
        '["/write", {"text": 1}, false]',
        '["/write", "text", false]',
        json.dumps(["/write", {str(number): "x" for number in range(51)}, False]),
    ],
)
def test_what_no_page_of_ours_has_written_is_nothing(text: str) -> None:
    assert interrupted.read({interrupted.FIELD: text}) is None


async def test_a_form_that_cannot_be_read_leads_to_signing_in(home: Home) -> None:
    await lose_session(home)
    headers = {**OURS, "content-type": "multipart/form-data; boundary=x"}
    for body in (b"--x\r\nnonsense", b"--x\r\ncontent-disposition: form-data\r\n\r\nx\r\n--x--\r\n"):
        sent = await home.browser.client.post("/write", content=body, headers=headers)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fhome")
