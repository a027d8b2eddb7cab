"""Signing in by password and by mail; who guesses is slowed down, and nobody learns who has an account."""

from http.cookies import SimpleCookie

import pytest

from tests.testrig.world import Town, World
from tests.web.accounts.conftest import OpenBrowser
from tests.web.accounts.people import ADDRESS, OURS, PASSWORD, Browser, mails, read_mail, sign_up
from tests.web.conftest import HOST, ORIGIN
from web.accounts.signin import mask

pytestmark = pytest.mark.anyio
NOBODY = "nobody@mail.example"


async def ask(browser: Browser, address: str = ADDRESS, onward: str = "/account") -> str:
    """Ask for a code; returns the page on which to type it."""
    response = await browser.post(f"/sign-in?next={onward}", email=address, way="code")
    assert response.status_code == 303
    return str(response.headers["location"])


async def test_a_password_signs_in(town: Town, browser: Browser) -> None:
    await sign_up(town)
    assert not await browser.is_signed_in()
    await browser.sign_in()
    page = await browser.get("/account")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "@hanako@chitose.example" in page.text
    assert "h…o@mail.example" in page.text
    assert ADDRESS not in page.text


async def test_the_cookie_is_for_us_alone(town: Town, browser: Browser) -> None:
    await sign_up(town)
    response = await browser.post("/sign-in", email=ADDRESS, password=PASSWORD, way="password")
    morsel = SimpleCookie(response.headers["set-cookie"])["__Host-session"]
    assert (morsel["path"], morsel["domain"]) == ("/", "")
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "lax")
    assert len(morsel.value) == 43


async def test_a_new_id_at_sign_in_and_the_old_one_is_dead(town: Town, browser: Browser) -> None:
    """Session fixation: whatever the browser had before is not what it has after."""
    await sign_up(town)
    browser.client.cookies.set("__Host-session", "planted", domain=HOST, path="/")
    await browser.sign_in()
    first = browser.client.cookies["__Host-session"]
    assert first != "planted"
    await browser.sign_in()
    second = browser.client.cookies["__Host-session"]
    assert second != first
    browser.client.cookies.set("__Host-session", first, domain=HOST, path="/")
    assert not await browser.is_signed_in()


async def test_a_code_comes_by_mail(town: Town, browser: Browser) -> None:
    await sign_up(town, password=None)
    path = await ask(browser, onward="/account/password")
    assert "6けたの番号" in (await browser.get(path)).text
    code, _ = await read_mail(town)
    [message] = mails(town)
    assert (message["To"], message["From"]) == (ADDRESS, f"noreply@{HOST}")
    assert code in message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"
    wrong = await browser.post(path, code=f"{(int(code) + 1) % 1_000_000:06}")
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (422, False)
    assert "お送りした番号と違います" in wrong.text
    full_width = code[:3].translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    right = await browser.post(path, code=f" {full_width} {code[3:]} ")
    assert (right.status_code, right.headers["location"]) == (303, "/account/password")
    assert await browser.is_signed_in()
    assert (await browser.post(path, code=code)).status_code == 422


async def test_five_tries_then_the_right_digits_are_wrong_too(town: Town, browser: Browser) -> None:
    await sign_up(town)
    path = await ask(browser)
    code, _ = await read_mail(town)
    for number in range(1, 6):
        response = await browser.post(path, code=f"{(int(code) + number) % 1_000_000:06}")
        assert response.status_code == 422
    last = await browser.post(path, code=code)
    assert (last.status_code, "もう使えません" in last.text) == (422, True)
    assert not await browser.is_signed_in()


async def test_a_code_is_over_after_a_quarter_of_an_hour(world: World, town: Town, browser: Browser) -> None:
    await sign_up(town)
    path = await ask(browser)
    code, link = await read_mail(town)
    world.clock.advance(minutes=15)
    assert (await browser.post(path, code=code)).status_code == 422
    assert "もう使えません" in (await browser.get(path)).text
    assert "もう使えません" in (await browser.get(link)).text
    assert (await browser.post(link)).status_code == 422


async def test_a_code_counts_only_for_the_browser_that_asked(town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    mine, other = open_browser(), open_browser()
    await ask(mine)
    code, _ = await read_mail(town)
    assert (await other.post(await ask(other), code=code)).status_code == 422
    assert (await other.post("/sign-in/code/unknown", code=code)).status_code == 422


async def test_the_link_shows_a_button_and_only_the_button_signs_in(town: Town, browser: Browser) -> None:
    """Mail scanners follow links: opening one changes nothing."""
    await sign_up(town)
    await ask(browser, onward="/account/password")
    _, link = await read_mail(town)
    for _ in range(3):
        page = await browser.get(link)
        assert (page.status_code, "set-cookie" in page.headers) == (200, False)
        assert "h…o@mail.example" in page.text
    assert (await browser.client.post(link, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    response = await browser.post(link)
    assert (response.status_code, response.headers["location"]) == (303, "/account/password")
    assert await browser.is_signed_in()
    assert (await browser.post(link)).status_code == 422


async def test_one_code_used_uses_up_the_others(world: World, town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    mine, other = open_browser(), open_browser()
    theirs = await ask(other)
    stolen, _ = await read_mail(town)
    world.clock.advance(seconds=1)
    path = await ask(mine)
    code, _ = await read_mail(town)
    assert (await mine.post(path, code=code)).status_code == 303
    assert (await other.post(theirs, code=stolen)).status_code == 422


async def test_mail_addresses_come_from_the_settings(town: Town, browser: Browser) -> None:
    await sign_up(town)
    response = await browser.client.post(
        "/sign-in",
        data={"email": ADDRESS, "way": "code"},
        headers={**OURS, "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"},
    )
    assert response.headers["location"].startswith("/sign-in/code/")
    await read_mail(town)
    text = str(mails(town)[0])
    assert "evil.example" not in text
    evil = await browser.client.post(
        "/sign-in", data={"email": ADDRESS, "way": "code"}, headers={**OURS, "host": "evil.example"}
    )
    assert evil.status_code == 421


async def test_known_and_unknown_addresses_answer_alike(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await sign_up(town, "taro", "taro@mail.example", password=None)
    answers = []
    for address in (ADDRESS, NOBODY, "taro@mail.example"):
        response = await browser.post("/sign-in", email=address, password="wrong password", way="password")
        answers.append((response.status_code, response.text.replace(address, "X")))
    assert answers[0] == answers[1] == answers[2]
    pages = []
    for address in (ADDRESS, NOBODY):
        path = await ask(browser, address)
        shown = await browser.get(path)
        tried = await browser.post(path, code="x")
        pages.append([page.text.replace(path.partition("?")[0], "X") for page in (shown, tried)])
        assert (shown.status_code, tried.status_code) == (200, 422)
    assert pages[0] == pages[1]
    await read_mail(town)
    assert [message["To"] for message in mails(town)] == [ADDRESS]


async def test_what_is_no_address_is_said(town: Town, browser: Browser) -> None:
    for address in ("", "hanako", "a@b@c", '"x"@evil.example', "a@mail.example\r\nBcc: b@mail.example"):
        for way in ("code", "password"):
            response = await browser.post("/sign-in", email=address, way=way, password=PASSWORD)
            assert (response.status_code, "メールアドレスの形" in response.text) == (422, True)
    assert mails(town) == []


async def test_guessing_one_password_is_slowed_down(
    world: World, town: Town, open_browser: OpenBrowser
) -> None:
    """Wherever it comes from; the right password does not help then, and helps again an hour later."""
    await sign_up(town)
    statuses = []
    for number in range(14):
        attacker = open_browser(f"198.51.{number}.9")
        response = await attacker.post("/sign-in", email=ADDRESS, password="wrong!", way="password")
        statuses.append(response.status_code)
    assert statuses == [422] * 10 + [429] * 4
    assert int(response.headers["retry-after"]) <= 180
    late = await open_browser().post("/sign-in", email=ADDRESS, password=PASSWORD, way="password")
    assert (late.status_code, "回数が多すぎます" in late.text) == (429, True)
    world.clock.advance(minutes=4)
    await open_browser().sign_in()


async def test_guessing_over_many_accounts_is_slowed_down(town: Town, open_browser: OpenBrowser) -> None:
    """From one /24 or one /64, whatever the last part of the address is."""
    for network in ("198.51.100.{}", "2001:db8:1:2:{}::1"):
        statuses = []
        for number in range(32):
            attacker = open_browser(network.format(number))
            response = await attacker.post(
                "/sign-in", email=f"p{number}@mail.example", password="x" * 10, way="password"
            )
            statuses.append(response.status_code)
        assert statuses == [422] * 30 + [429] * 2
    other = await open_browser("203.0.114.1").post(
        "/sign-in", email=NOBODY, password="x" * 10, way="password"
    )
    assert other.status_code == 422


async def test_guessing_digits_over_many_codes_is_slowed_down(town: Town, open_browser: OpenBrowser) -> None:
    attacker = open_browser("198.51.100.1")
    statuses = [
        (await attacker.post(f"/sign-in/code/{number}", code="123456")).status_code for number in range(32)
    ]
    assert statuses == [422] * 30 + [429] * 2
    assert (await open_browser().post("/sign-in/code/x", code="123456")).status_code == 422


async def test_a_spoofed_address_is_no_other_network(town: Town, browser: Browser) -> None:
    statuses = set()
    for number in range(32):
        response = await browser.client.post(
            "/sign-in",
            data={"email": f"p{number}@mail.example", "password": "x" * 10, "way": "password"},
            headers={**OURS, "x-forwarded-for": f"192.0.2.{number}"},
        )
        statuses.add(response.status_code)
    assert statuses == {422, 429}


async def test_who_succeeds_has_not_been_guessing(town: Town, browser: Browser) -> None:
    await sign_up(town)
    for _ in range(12):
        await browser.sign_in()


async def test_codes_are_asked_for_a_few_times_only(town: Town, open_browser: OpenBrowser) -> None:
    await sign_up(town)
    for number in range(5):
        await ask(open_browser(f"198.51.{number}.9"))
    response = await open_browser("198.51.99.9").post("/sign-in", email=ADDRESS, way="code")
    assert response.status_code == 429
    unknown = open_browser()
    for _ in range(5):
        await ask(unknown, NOBODY)
    response = await unknown.post("/sign-in", email=NOBODY, way="code")
    assert response.status_code == 429


async def test_enter_means_the_password_where_there_is_one(town: Town, browser: Browser) -> None:
    await sign_up(town)
    response = await browser.post("/sign-in", email=ADDRESS, password="")
    assert response.headers["location"].startswith("/sign-in/code/")
    response = await browser.post("/sign-in", email=ADDRESS, password=PASSWORD)
    assert response.headers["location"] == "/home"


async def test_nobody_is_led_elsewhere(town: Town, browser: Browser) -> None:
    await sign_up(town)
    form = {"email": ADDRESS, "password": PASSWORD}
    for target in ("//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example", ""):
        answer = await browser.client.post("/sign-in", params={"next": target}, data=form, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/home"), target
        asked = await browser.client.post(
            "/sign-in", params={"next": target}, data={"email": NOBODY}, headers=OURS
        )
        assert asked.headers["location"].endswith("?next=%2Fhome"), target


FOREIGN: tuple[dict[str, str], ...] = (
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": f"{ORIGIN}.evil.example"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
)


async def test_another_site_sends_no_form(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await browser.sign_in()
    form = {"email": ADDRESS, "password": PASSWORD, "decision": "allow"}
    paths = ("/sign-in", "/sign-in/code/x", "/sign-in/mail/x", "/sign-out", "/account/password")
    actions = ("/account/sessions/end", "/account/sessions/1/end", "/account/apps/1/end", "/oauth/authorize")
    for headers in FOREIGN:
        for path in (*paths, *actions):
            response = await browser.client.post(path, data=form, headers=headers)
            assert response.status_code == 403, (path, headers)
    assert await browser.is_signed_in()


async def test_no_get_changes_anything(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await browser.sign_in()
    for path in ("/sign-out", "/account/sessions/end", "/account/sessions/1/end", "/account/apps/1/end"):
        assert (await browser.get(path)).status_code == 405
        assert (await browser.get(f"{path}?_method=POST")).status_code == 405
    assert await browser.is_signed_in()


async def test_signing_out_ends_the_session(town: Town, browser: Browser) -> None:
    await sign_up(town)
    await browser.sign_in()
    stolen = browser.client.cookies["__Host-session"]
    response = await browser.post("/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert "__Host-session" not in browser.client.cookies
    browser.client.cookies.set("__Host-session", stolen, domain=HOST, path="/")
    assert not await browser.is_signed_in()


async def test_all_this_is_on_the_first_host_name_only(second_origin: str, browser: Browser) -> None:
    for path in ("/sign-in", "/account", "/account/password", "/oauth/authorize", "/sign-in/mail/x"):
        assert (await browser.client.get(path, headers={"host": second_origin})).status_code == 404, path
    own = await browser.client.get("/", headers={"host": second_origin})
    assert f'href="{ORIGIN}/account"' in own.text


def test_an_address_is_masked() -> None:
    assert mask("hanako@mail.example") == "h…o@mail.example"
    assert mask("ab@mail.example") == "a…@mail.example"
    assert mask("a@mail.example") == "a…@mail.example"
