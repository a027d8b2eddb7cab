"""Signing up in a browser: a mail address, the code, a nickname and an area; and nobody learns who is here."""

import re
from dataclasses import replace

import pytest

from areas import membership
from areas.preferences import find as find_preferences
from tests.testrig.world import Town, World
from tests.web.accounts.conftest import OpenBrowser
from tests.web.accounts.people import ADDRESS, Browser, mails, read_mail, sign_up
from web.background import run_due
from web.cli import run_command

pytestmark = pytest.mark.anyio


async def ask(browser: Browser, address: str = ADDRESS, **form: str) -> str:
    response = await browser.post("/sign-up", email=address, **form)
    assert response.status_code == 303, response.text
    return response.headers["location"]


async def enter(town: Town, browser: Browser, place: str) -> str:
    code, _ = await read_mail(town)
    response = await browser.post(place, code=f"{code[:3]} {code[3:]}")
    assert response.status_code == 303, response.text
    return response.headers["location"]


async def test_from_an_address_to_a_first_post(town: Town, browser: Browser) -> None:
    area = await town.area("megumino")
    assert "本名、電話番号、番地はたずねません" in (await browser.get("/sign-up")).text
    place = await ask(browser, area=str(area.actor_id))
    assert "6けたの番号をメールで送りました" in (await browser.get(place)).text
    onward = await enter(town, browser, place)
    assert onward == f"/sign-up/profile?area={area.actor_id}"
    page = (await browser.get(onward)).text
    proposed = re.search(r'name="handle"[^>]*value="([^"]+)"', page)
    assert proposed is not None
    assert re.fullmatch(r"megumino_\d{4}", proposed[1])
    assert f'<option value="{area.actor_id}" selected>' in page
    assert "あとから変えられません" in page
    form = {"name": "はなこ", "area": str(area.actor_id), "handle": proposed[1]}
    done = await browser.post("/sign-up/profile", **form)
    assert done.headers["location"] == "/home?done=welcome"
    assert (await browser.post("/sign-up/profile", **form)).headers["location"] == "/home?done=welcome"
    home = (await browser.get("/home?done=welcome")).text
    assert "登録ができました" in home
    assert "meguminoの町" in home
    assert (await browser.get("/sign-up/profile")).headers["location"] == "/home"
    actor = await town.node.directory.actor_by_handle(proposed[1], "chitose.example")
    assert (actor.name, actor.kind, actor.indexable) == ("はなこ", "resident", False)
    found = await town.read(membership.find_home, actor.id)
    assert found.actor_id == area.actor_id
    assert (await town.read(find_preferences, actor.id)).to_home_area
    posted = await browser.post("/write", step="publish", text="はじめまして", area=str(area.actor_id))
    assert "done=posted" in posted.headers["location"]


async def test_the_link_in_the_mail_goes_on_in_another_browser(town: Town, open_browser: OpenBrowser) -> None:
    await ask(open_browser())
    _, link = await read_mail(town)
    other = open_browser("198.51.100.9")
    assert "h…o@mail.example" in (await other.get(link)).text
    assert (await other.post(link)).headers["location"] == "/sign-up/profile"
    assert (await other.get("/home")).headers["location"] == "/sign-up/profile"
    assert (await other.post(link)).status_code == 422


async def test_whoever_has_an_account_gets_the_same_answer_and_is_signed_in(
    town: Town, world: World, browser: Browser, open_browser: OpenBrowser
) -> None:
    await sign_up(town)
    known, unknown = await ask(browser), await ask(open_browser(), "new@mail.example")
    assert re.sub(r"code/[\w-]+", "", known) == re.sub(r"code/[\w-]+", "", unknown)
    await run_due(town.node)
    assert sorted(str(mail["to"]) for mail in mails(town)) == [ADDRESS, "new@mail.example"]
    world.clock.advance(seconds=1)
    place = await ask(browser)
    assert (await enter(town, browser, place)).startswith("/sign-up/profile")
    assert (await browser.get("/sign-up/profile")).headers["location"] == "/home"


async def test_signing_in_writes_to_nobody_who_has_no_account(town: Town, browser: Browser) -> None:
    await browser.post("/sign-in", email="nobody@mail.example", way="code")
    await run_due(town.node)
    assert mails(town) == []


async def test_a_lost_code_is_sent_again(town: Town, world: World, browser: Browser) -> None:
    place = await ask(browser)
    await read_mail(town)
    world.clock.advance(seconds=1)
    again = await browser.post(place, way="again")
    assert again.status_code == 303
    assert again.headers["location"] != place
    onward = await enter(town, browser, again.headers["location"])
    assert onward == "/sign-up/profile"
    assert len(mails(town)) == 2
    gone = await browser.post(place, way="again")
    assert gone.status_code == 422
    assert (await browser.post("/sign-in/code/nonsense", way="again")).status_code == 422


async def test_mails_to_one_address_are_counted(browser: Browser) -> None:
    statuses = [(await browser.post("/sign-up", email=ADDRESS)).status_code for _ in range(6)]
    assert statuses == [303] * 5 + [429]


async def test_what_cannot_be_is_said_beside_the_field(town: Town, browser: Browser) -> None:
    area = await town.area("megumino")
    assert (await browser.post("/sign-up", email="no address")).status_code == 422
    await enter(town, browser, await ask(browser))
    right = {"name": "はなこ", "area": str(area.actor_id), "handle": "hana_1234"}
    for field, value, sentence in (
        ("name", "", "ニックネームを決めて"),
        ("name", "花" * 51, "50字まで"),
        ("name", "恵庭市役所", "役所の名前のように"),
        ("area", "", "エリアを選んで"),
        ("area", "12", "エリアを選んで"),
        ("handle", "megumino", "町のために取ってある"),
        ("handle", "花子", "a-z、0-9"),
        ("handle", "admin", "町のために取ってある"),
    ):
        refused = await browser.post("/sign-up/profile", **{**right, field: value})
        assert (refused.status_code, sentence in refused.text) == (422, True), (field, value)
    assert (await browser.post("/sign-up/profile", **right)).status_code == 303


async def test_closed_means_closed(town: Town, browser: Browser) -> None:
    object.__setattr__(town.node, "settings", replace(town.node.settings, registrations="closed"))
    assert "いまは登録を受け付けていません" in (await browser.get("/sign-up")).text
    assert (await browser.post("/sign-up", email=ADDRESS)).status_code == 403
    await run_due(town.node)
    assert mails(town) == []


async def test_an_invitation_opens_the_door_for_as_many_as_it_says(
    town: Town, world: World, browser: Browser, open_browser: OpenBrowser
) -> None:
    object.__setattr__(town.node, "settings", replace(town.node.settings, registrations="invitation"))
    report = await run_command(town.node, "invitation create", {"note": "転入届の窓口", "uses": 1})
    words = str(report.data["invitation"])
    assert words in (await browser.get(f"/sign-up?invitation={words}")).text
    for wrong in ({}, {"invitation": "abcd-efgh-jkmn"}):
        refused = await browser.post("/sign-up", email=ADDRESS, **wrong)
        assert (refused.status_code, "この招待は使えません" in refused.text) == (422, True)
    other = open_browser()
    first = await ask(browser, invitation=words.upper())
    await run_due(town.node)
    world.clock.advance(seconds=1)
    second = await ask(other, "taro@mail.example", invitation=words)
    assert (await enter(town, other, second)).startswith("/sign-up/profile")
    code = next(str(mail["subject"])[:6] for mail in mails(town) if mail["to"] == ADDRESS)
    late = await browser.post(first, code=code)
    assert late.status_code == 422
    assert not await browser.is_signed_in()
    assert (await browser.post("/sign-up", email=ADDRESS, invitation=words)).status_code == 422
