"""The account's own page: what is signed in, what is connected, and that each can be ended."""

import re

import pytest

from actors.accounts import find_account
from actors.oauth.tokens import find_token, issue_token
from actors.records import AppRecord
from actors.signin.sessions import list_sessions
from actors.standing import set_standing
from areas.registry import grant_role
from federation.vocabulary import Millis
from tests.testrig.world import Town, World
from tests.web.accounts.conftest import OpenBrowser
from tests.web.accounts.people import ADDRESS, PASSWORD, Browser, mails, register, sign_up
from web.background import run_due
from web.cli.handles import find_named_actor

pytestmark = pytest.mark.anyio
NEW = "kujira taiko 77"


async def connect(town: Town, app: AppRecord, username: str = "hanako", address: str = ADDRESS) -> str:
    """Give an app a token of somebody's."""
    actor = await town.read(find_named_actor, username)
    account = await town.read(find_account, town.node.vault, address)
    _, bearer = await town.write(
        lambda tx: issue_token(
            tx,
            town.node.vault,
            app_id=app.id,
            account_id=account.id,
            actor_id=actor.id,
            scopes=frozenset({"read"}),
            now=town.clock(),
        )
    )
    return str(bearer)


async def works(town: Town, bearer: str) -> bool:
    return await town.read(find_token, town.node.vault, bearer, town.clock()) is not None


async def session_ids(town: Town, address: str = ADDRESS) -> list[int]:
    account = await town.read(find_account, town.node.vault, address)
    return [each.id for each in await town.read(list_sessions, account.id, town.clock())]


async def test_the_list_shows_browsers_and_apps(town: Town, browser: Browser) -> None:
    await sign_up(town)
    app, _ = await register(town)
    browser.client.headers["user-agent"] = "Mozilla/5.0 (Android 14; rv:140.0) Gecko/140.0 Firefox/140.0"
    await browser.sign_in()
    assert "連携しているアプリはありません" in (await browser.get("/account")).text
    await connect(town, app)
    await connect(town, app)
    page = (await browser.get("/account")).text
    assert "Firefox · Android" in page
    assert page.count("<b>Phanpy</b>") == 1


async def test_one_browser_is_signed_out(world: World, town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    await sign_up(town, "taro", "taro@mail.example")
    mine, lost, taros = open_browser(), open_browser(), open_browser()
    await lost.sign_in()
    world.clock.advance(seconds=1)
    await mine.sign_in()
    await taros.sign_in("taro@mail.example")
    own, other = await session_ids(town)
    [foreign] = await session_ids(town, "taro@mail.example")
    for number, status in ((other, 303), (other, 404), (foreign, 404), (1 << 63, 404), (10**30, 404)):
        assert (await mine.post(f"/account/sessions/{number}/end")).status_code == status, number
    assert not await lost.is_signed_in()
    assert await taros.is_signed_in()
    response = await mine.post(f"/account/sessions/{own}/end")
    assert (response.headers["location"], await mine.is_signed_in()) == ("/sign-in", False)


async def test_every_other_browser_is_signed_out(town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    mine, lost, other = open_browser(), open_browser(), open_browser()
    for each in (mine, lost, other):
        await each.sign_in()
    await mine.post("/account/sessions/end")
    assert [await each.is_signed_in() for each in (mine, lost, other)] == [True, False, False]


async def test_one_app_is_disconnected(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await sign_up(town, "taro", "taro@mail.example")
    app, _ = await register(town)
    elk, _ = await register(town, name="Elk")
    mine, kept, taros = (
        await connect(town, app),
        await connect(town, elk),
        await connect(town, app, "taro", "taro@mail.example"),
    )
    await browser.sign_in()
    assert (await browser.post(f"/account/apps/{app.id}/end")).status_code == 303
    assert (await browser.post(f"/account/apps/{10**30}/end")).status_code == 404
    assert [await works(town, bearer) for bearer in (mine, kept, taros)] == [False, True, True]


async def change(browser: Browser, **form: str) -> int:
    return (await browser.post("/account/password", **form)).status_code


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_new_password_ends_everything_unless_she_wants_it_otherwise(
    everywhere: bool, town: Town, open_browser: OpenBrowser
) -> None:
    await sign_up(town)
    app, _ = await register(town)
    bearer = await connect(town, app)
    mine, other = open_browser(), open_browser()
    for each in (mine, other):
        await each.sign_in()
    before = mine.client.cookies["__Host-session"]
    page = (await mine.get("/account/password")).text
    assert re.search(r'name="everywhere" value="1" checked', page)
    form = {"password": NEW} | ({"everywhere": "1"} if everywhere else {})
    assert await change(mine, **form) == 303
    assert mine.client.cookies["__Host-session"] != before
    assert await mine.is_signed_in()
    assert await other.is_signed_in() is not everywhere
    assert await works(town, bearer) is not everywhere
    mine.client.cookies.set("__Host-session", before, domain="chitose.example", path="/")
    assert not await mine.is_signed_in()
    fresh = open_browser()
    refused = await fresh.post("/sign-in", email=ADDRESS, password=PASSWORD, way="password")
    assert refused.status_code == 422
    await fresh.sign_in(password=NEW)


async def test_a_password_is_dropped(town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    mine, other = open_browser(), open_browser()
    await mine.sign_in()
    await other.sign_in()
    assert await change(mine, remove="1", password="", everywhere="1") == 303
    assert "パスワードはありません" in (await mine.get("/account")).text
    assert not await other.is_signed_in()
    refused = await other.post("/sign-in", email=ADDRESS, password=PASSWORD, way="password")
    assert refused.status_code == 422


async def test_a_new_password_is_told_to_its_owner(world: World, town: Town, browser: Browser) -> None:
    await sign_up(town)
    await browser.sign_in()
    assert await change(browser, password=NEW) == 303
    await run_due(town.node)
    world.clock.advance(seconds=1)
    assert (await browser.post("/account/password?lang=en", remove="1")).status_code == 303
    await run_due(town.node)
    first, second = mails(town)
    assert (first["To"], first["Subject"]) == (ADDRESS, "パスワードが変わりました（chitose.example）")
    assert "https://chitose.example/account/password?lang=ja" in first.get_content()
    assert second["Subject"] == "Your password at chitose.example is gone"
    assert NEW not in first.get_content()


async def test_a_poor_password_is_not_taken(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await browser.sign_in()
    for password, text in (
        ("", "10文字以上"),
        ("short", "10文字以上"),
        ("x" * 201, "200文字まで"),
        ("1234567890", "まっさきに試され"),
        ("hanako@mail.example", "まっさきに試され"),
    ):
        response = await browser.post("/account/password", password=password, everywhere="1")
        assert (response.status_code, text in response.text) == (422, True), password
    await browser.sign_in()


async def test_a_password_changes_soon_after_signing_in_only(
    world: World, town: Town, browser: Browser
) -> None:
    """Whoever finds the browser open cannot lock its owner out."""
    await sign_up(town)
    await browser.sign_in()
    world.clock.advance(minutes=16)
    for response in (
        await browser.get("/account/password"),
        await browser.post("/account/password", password=NEW),
        await browser.post("/account/password", remove="1"),
    ):
        assert (response.status_code, response.headers["location"]) == (
            303,
            "/sign-in?next=%2Faccount%2Fpassword&again=1",
        )
    assert "もう一度サインイン" in (await browser.get("/sign-in?next=%2Faccount%2Fpassword&again=1")).text
    await browser.sign_in(onward="/account/password")
    assert (await browser.get("/account/password")).status_code == 200


async def test_who_comes_back_within_a_year_stays_signed_in(
    world: World, town: Town, browser: Browser
) -> None:
    await sign_up(town)
    await browser.sign_in()
    for _ in range(3):
        world.clock.advance(days=300)
        response = await browser.get("/account")
        assert response.status_code == 200
        assert "Max-Age=31536000" in response.headers["set-cookie"]
    assert "set-cookie" not in (await browser.get("/account")).headers
    world.clock.advance(days=366)
    assert not await browser.is_signed_in()


@pytest.mark.parametrize("by", ["role", "desk"])
async def test_staff_sign_in_every_working_day(by: str, world: World, town: Town, browser: Browser) -> None:
    """From the moment they are staff; a role that has ended makes nobody staff."""
    hanako = await sign_up(town)
    await browser.sign_in()
    world.clock.advance(hours=13)
    assert await browser.is_signed_in()
    if by == "role":
        until = Millis(town.clock() + 3_600_000 * 20)
        await town.write(
            lambda tx: grant_role(tx, hanako.id, "moderator", area_id=None, until=until, now=town.clock())
        )
    else:
        await sign_up(town, "eniwa_bosai", kind="official", role="staff")
    assert not await browser.is_signed_in()
    await browser.sign_in()
    world.clock.advance(hours=11, minutes=59)
    assert await browser.is_signed_in()
    world.clock.advance(minutes=1)
    assert not await browser.is_signed_in()
    if by == "role":
        world.clock.advance(hours=10)
        assert await browser.is_signed_in()


async def test_a_suspension_signs_out(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, _ = await register(town)
    bearer = await connect(town, app)
    await browser.sign_in()
    await town.write(lambda tx: set_standing(tx, hanako.id, "suspended", reason="spam", now=town.clock()))
    assert not await browser.is_signed_in()
    await town.write(lambda tx: set_standing(tx, hanako.id, "open", reason="", now=town.clock()))
    assert not await browser.is_signed_in()
    assert not await works(town, bearer)


async def test_signed_out_one_is_led_to_sign_in_and_back(town: Town, browser: Browser) -> None:
    for path in ("/account", "/account/password?lang=en"):
        response = await browser.get(path)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/sign-in?next=%2Faccount")
    response = await browser.post("/account/sessions/end", next="/account")
    assert response.headers["location"] == "/sign-in?next=%2Faccount"
