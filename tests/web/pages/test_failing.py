"""What goes wrong on our side: no room, no mail. Each is said in words, and nothing that somebody wrote is lost."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request

from tests.web.accounts.people import ADDRESS, OURS, Browser, mails
from tests.web.pages.conftest import Home
from tests.web.test_mail import open_office
from web.background import run_due
from web.forms import Sent
from web.mail import open_mailer
from web.pages.failures import describe_again

pytestmark = pytest.mark.anyio


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """The form that is sent again."""
    found = re.search(r'<h2 id="again">.*?<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert found is not None, page
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[2])
    return html.unescape(found[1]), {name: html.unescape(value) for name, value in fields}


async def test_a_full_disk_puts_a_report_off_and_keeps_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"uri": "https://chitose.example/posts/1", "text": "宣伝です。\n困ります。"}
    monkeypatch.setattr(type(home.town.node.disks), "full", True)
    put_off = await home.browser.post("/report", **form)
    assert (put_off.status_code, form_of(put_off.text)) == (503, ("/report", form))


async def test_what_another_site_sends_is_not_offered_to_be_sent_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text is none of ours, and no press of our button shall send it."""
    monkeypatch.setattr(type(home.town.node.disks), "full", True)
    headers = {**OURS, "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    refused = await home.browser.client.post("/report", data={"text": "悪い" * 20}, headers=headers)
    assert (refused.status_code, "悪い" in refused.text) == (403, False)


def test_no_page_has_a_password() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/x",
        "query_string": b"lang=ja",
        "headers": [],
        "server": ("a", 1),
    }
    assert describe_again(Request(scope), Sent({"email": ADDRESS, "password": "a secret"})) is None
    again = describe_again(Request(scope), Sent({"name": "花子"}))
    assert again is not None
    assert (again.action, again.fields) == ("/x?lang=ja", {"name": "花子"})


async def ask(browser: Browser) -> str:
    response = await browser.post("/sign-up", email="new@mail.example")
    assert response.status_code == 303, response.text
    place: str = response.headers["location"]
    return place


async def test_who_signs_up_is_told_that_the_mail_cannot_be_sent_and_then_that_it_was(home: Home) -> None:
    home.browser.client.cookies.clear()
    folder = Path(home.town.node.settings.mail_url.removeprefix("file:"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    place = await ask(home.browser)
    waiting = (await home.browser.get(place)).text
    assert ("メールを送れたかどうか、見る" in waiting, "いまはメールを送れませんでした" in waiting) == (
        True,
        False,
    )
    await run_due(home.town.node)
    assert "いまはメールを送れませんでした" in (await home.browser.get(place)).text
    folder.unlink()
    again = await home.browser.post(place, way="again")
    await run_due(home.town.node)
    assert "メールを送りました" in (await home.browser.get(again.headers["location"])).text
    assert len(mails(home.town)) == 1


async def test_who_mistypes_her_address_is_told_that_it_takes_no_mail(home: Home) -> None:
    home.browser.client.cookies.clear()
    async with open_office() as office:
        office.refusal["rcpt"] = "550 no such mailbox"
        settings = replace(home.town.node.settings, mail_url=f"smtp://127.0.0.1:{office.port}")
        place = await ask(home.browser)
        await run_due(replace(home.town.node, mailer=open_mailer(settings)))
    assert "アドレスが正しいか、確かめてください" in (await home.browser.get(place)).text


async def test_signing_in_does_not_tell_who_has_an_account_by_mails_that_fail(home: Home) -> None:
    home.browser.client.cookies.clear()
    folder = Path(home.town.node.settings.mail_url.removeprefix("file:"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    pages = []
    for address in (ADDRESS, "nobody@mail.example"):
        asked = await home.browser.post("/sign-in?next=/home", email=address, way="code")
        await run_due(home.town.node)
        place = asked.headers["location"]
        pages.append((await home.browser.get(place)).text.replace(place.partition("?")[0], ""))
    handle = re.compile(r"/sign-in/code/[\w-]+")
    assert handle.sub("", pages[0]) == handle.sub("", pages[1])
