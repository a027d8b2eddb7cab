"""H1 to H5, H7, H8, H17: signing in and out, and what comes from other sites."""

import math
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import pytest

from federation.errors import Refused
from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, stranger
from tests.attacks.rig.browsers import (
    PASSWORD,
    Browser,
    Person,
    find_code,
    mails_to,
    open_browser,
    sign_up,
    signed_in,
    token_of,
    wait_for_mail,
)
from tests.attacks.rig.ours import ask, own, parse
from tests.attacks.rig.peers import unique
from tests.attacks.rig.routes import fill, list_routes
from tests.attacks.rig.wire import Answer, Headers

FOREIGN: tuple[Headers, ...] = (
    [],
    [("Origin", "null")],
    [("Origin", "https://e.test")],
    [("Origin", "https://sut.test.e.test")],
    [("Origin", "http://sut.test")],
    [("Referer", "https://sut.test/")],
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "none")],
    [("Sec-Fetch-Site", "")],
    [("Sec-Fetch-Site", "same-origin, cross-site")],
    [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://sut.test")],
    [("Sec-Fetch-Site", "cross-site"), ("X-Requested-With", "XMLHttpRequest")],
)
NEW_PASSWORD = "hotondo betsu 77"


def list_form_addresses() -> list[str]:
    """Where pages of ours send forms."""
    ours = [path for method, path in list_routes() if method == "POST" and not path.startswith("/api/")]
    open_to_others = ("/oauth/token", "/oauth/revoke")
    return [path for path in ours if not path.endswith("inbox") and path not in open_to_others]


@pytest.mark.both_fronts
async def test_H01_forms_of_other_sites(rig: Rig) -> None:
    """Refused wherever a form is taken; and nothing is changed by following a link."""
    own(rig)
    person, browser = await signed_in(rig)
    other = open_browser(rig)
    assert (await other.sign_in(person)).status == 303
    page = (await browser.get("/account")).body
    values = {"username": ["machi"], "app_id": ["1"], "actor_id": ["1"], "session_id": ["1"]}
    content = {"email": person.email, "password": NEW_PASSWORD, "everywhere": "1", "decision": "allow"}
    addresses = [path for route in list_form_addresses() for path in fill(route, values)]
    assert {"/sign-out", "/account/password", "/oauth/authorize", "/report"} <= set(addresses)
    for path in addresses:
        for headers in FOREIGN:
            answer = await browser.post(path, content, headers)
            assert answer.status in {403, 404}, f"{path} {headers}: {answer.status}"
        for verb in ("GET", "HEAD"):
            assert (await browser.ask(verb, path)).status < 400 or (await browser.get(path)).status in {
                400,
                404,
                405,
            }
        kinds = ("text/plain", "multipart/form-data; boundary=x", "application/json", "")
        for kind in kinds:
            answer = await browser.ask("POST", path, b"a=b", [("Content-Type", kind)] if kind else [])
            assert answer.status in {403, 404, 415}, f"{path} {kind}"
    assert (await browser.get("/account")).body == page, "something has been changed"
    assert await other.is_signed_in()
    for method, path in (("POST", "/api/v1/statuses"), ("GET", "/api/v1/accounts/verify_credentials")):
        answer = await browser.ask(method, path, headers=[("Sec-Fetch-Site", "same-origin")])
        assert answer.status == 401, "a cookie is no token"


@pytest.mark.both_fronts
async def test_H02_cookies(rig: Rig) -> None:
    person, browser = await signed_in(rig)
    await browser.post("/account/password", {"password": NEW_PASSWORD, "everywhere": "1"})
    await browser.post("/sign-out")
    for path in ("/", "/sign-in", rig.adapter.area.removeprefix(rig.origin), "/account", "/report"):
        await browser.get(path)
    assert len(browser.set) == 3, "signed in, a new password, signed out: nothing else sets one"
    for cookie in browser.set:
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-")
        flags = {each.lower() for each in attributes}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags
        assert not any(each.startswith("domain") for each in flags)
    assert person.password not in str(browser.set)


async def test_H03_fixed_sessions(rig: Rig) -> None:
    """A new one at signing in and at a new password; the one before is worth nothing, whoever made it."""
    person, browser = await signed_in(rig)
    (name,) = browser.cookies
    thief, victim = open_browser(rig), open_browser(rig)
    for planted in ("x", "A" * 43, browser.cookies[name]):
        victim.cookies = {name: planted}
        assert (await victim.sign_in(person)).status == 303
        assert victim.cookies[name] != planted
        thief.cookies = {name: planted}
        assert not await thief.is_signed_in()
    before = dict(victim.cookies)
    changed = await victim.post("/account/password", {"password": NEW_PASSWORD})
    assert changed.status == 303
    assert victim.cookies[name] != before[name]
    assert await victim.is_signed_in()
    thief.cookies = before
    assert not await thief.is_signed_in()
    thief.cookies = {name.removeprefix("__Host-"): victim.cookies[name]}
    assert not await thief.is_signed_in(), "a subdomain can set that name"


async def is_let(app: App) -> bool:
    return (await app.get("/api/v1/accounts/verify_credentials")).status == 200


async def admitted(rig: Rig) -> tuple[Person, list[Browser], App]:
    """Somebody in two browsers, with an app."""
    person, first = await signed_in(rig)
    second = open_browser(rig)
    assert (await second.sign_in(person)).status == 303
    return person, [first, second], await token_of(rig, person)


async def test_H04_ends_of_access(rig: Rig) -> None:
    person, (first, second), app = await admitted(rig)
    kept = dict(first.cookies)
    assert (await first.post("/sign-out")).status == 303
    first.cookies = kept
    assert (await first.is_signed_in(), await second.is_signed_in(), await is_let(app)) == (False, True, True)
    form = {"password": NEW_PASSWORD, "everywhere": "1"}
    _, (third, fourth), mine = await admitted(rig)
    assert (await third.post("/account/password", form)).status == 303
    assert (await third.is_signed_in(), await fourth.is_signed_in(), await is_let(mine)) == (
        True,
        False,
        False,
    )
    for command, more in (
        ("account password", {"password": NEW_PASSWORD}),
        ("account sign-out", {}),
        ("actor standing", {"standing": "suspended", "reason": "迷惑行為"}),
    ):
        person, browsers, app = await admitted(rig)
        await ask(rig, command, name=person.name, **more)
        left = [each for each in browsers if await each.is_signed_in()]
        assert (left, await is_let(app)) == ([], False), command
    assert (await second.post("/account/sessions/end")).status == 303
    assert await second.is_signed_in()


TRIES = {"account": 15, "network": 40, "all": 700}


async def guess(browser: Browser, email: str, password: str = "wrong guess 12") -> Answer:
    return await browser.sign_in(Person("", email, password))


@pytest.mark.namespace
async def test_H05_guessing(rig: Rig) -> None:
    """One account from everywhere; one password for everybody from one network; codes from everywhere."""
    person, free = await sign_up(rig), await sign_up(rig)
    from_everywhere = [(await guess(open_browser(rig), person.email)).status for _ in range(TRIES["account"])]
    assert from_everywhere[0] == 422
    assert from_everywhere[-1] == 429
    thief = open_browser(rig)
    spread = [(await guess(thief, f"{unique('any')}@mail.example")).status for _ in range(TRIES["network"])]
    assert (spread[0], spread[-1]) == (422, 429)
    refused = await guess(thief, free.email, free.password)
    assert refused.status == 429, "even the right one"
    assert int(refused.header("retry-after")) > 0
    for _ in range(TRIES["network"]):
        refused = await thief.post("/sign-in", {"email": f"{unique('any')}@mail.example", "way": "code"})
        if refused.status == 429:
            break
    assert refused.status == 429, "mails"
    assert (await open_browser(rig).sign_in(free)).status == 303, "others sign in"
    await try_codes(rig, free)


async def try_codes(rig: Rig, person: Person) -> None:
    """Five digits too many end a code; all that the world may try together has an end too."""
    owner = open_browser(rig)
    asked = await owner.post("/sign-in", {"email": person.email, "way": "code"})
    path = asked.header("location")
    code = find_code(await wait_for_mail(rig, person.email))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    tries = [(await open_browser(rig).post(path, {"code": wrong})).status for _ in range(6)]
    assert set(tries) == {422}
    assert (await owner.post(path, {"code": code})).status == 422, "used up"
    statuses = []
    for number in range(TRIES["all"]):
        if number % 20 == 0:
            thief = open_browser(rig)
        statuses.append((await thief.post(f"/sign-in/code/{number}", {"code": "123456"})).status)
        if statuses[-1] == 429 and number % 20 == 0:
            break
    assert statuses[-1] == 429
    await rig.later(minutes=20)  # others want to sign in
    assert (await open_browser(rig).sign_in(person)).status == 303


async def test_H07_who_has_an_account(rig: Rig) -> None:
    """The same is said, in the same time, to whoever asks for somebody and for nobody."""
    person, nobody = await sign_up(rig), Person("", f"{unique('nobody')}@mail.example")
    await compare(rig, person, nobody, lambda browser, who: guess(browser, who.email))
    await compare(
        rig,
        person,
        nobody,
        lambda browser, who: browser.post("/sign-in", {"email": who.email, "way": "code"}),
    )

    async def enter(browser: Browser, who: Person) -> Answer:
        asked = await browser.post("/sign-in", {"email": who.email, "way": "code"})
        assert (await browser.get(asked.header("location"))).status == 200
        return await browser.post(asked.header("location"), {"code": "000000"})

    await compare(rig, person, nobody, enter)
    for given in (
        {"username": person.name, "email": person.email},
        {"username": "nobody1", "email": nobody.email},
    ):
        answer = await stranger(rig).post(
            "/api/v1/accounts", {**given, "password": PASSWORD, "agreement": True}
        )
        assert answer.status in {401, 403, 422}
        assert person.name.encode() not in answer.body
    await wait_for_mail(rig, person.email, 2)
    assert not mails_to(rig, nobody.email)
    shortest = await time_in_turn(rig, person.email, nobody.email)
    assert is_same_time(*shortest), shortest


async def compare(
    rig: Rig, person: Person, nobody: Person, play: Callable[[Browser, Person], Awaitable[Answer]]
) -> None:
    said = [describe(await play(open_browser(rig), who), who) for who in (person, nobody)]
    assert said[0] == said[1]


def describe(answer: Answer, who: Person) -> object:
    """What somebody could tell it by: not its time, not a name that is drawn by lot, not what she typed herself."""
    kept = [(name, value) for name, value in answer.headers if name.lower() not in {"date", "content-length"}]
    text = f"{answer.status} {kept} {answer.body.decode()}".replace(who.email, "ADDRESS")
    return re.sub(r"/sign-in/code/[\w-]+", "CODE", text)


async def time_in_turn(rig: Rig, *emails: str) -> list[float]:
    """The shortest of several tries for each: other work only ever makes one longer, and so may need more of them."""
    shortest = [math.inf for _ in emails]
    for number in range(12):
        shortest = [min(each, await time_guess(rig, who)) for each, who in zip(shortest, emails, strict=True)]
        if number > 2 and is_same_time(*shortest):
            break
    return shortest


def is_same_time(one: float, other: float) -> bool:
    return 0.5 < one / other < 2


async def time_guess(rig: Rig, email: str) -> float:
    began = time.monotonic()
    assert (await guess(open_browser(rig), email)).status == 422
    return time.monotonic() - began


ODD = (
    "a@b@c.example",
    '"a b"@mail.example',
    '"a"@mail.example',
    "a(comment)@mail.example",
    "a@[127.0.0.1]",
    "a@localhost:25",
    "@mail.example",
    "a@",
    "a b@mail.example",
    "a@mail.example\nBcc: b@mail.example",
    "a@mail.example,b@mail.example",
    "a..b@mail.example",
    ".a@mail.example",
    "a\x00@mail.example",
    f"{'a' * 65}@mail.example",
    f"a@{'b' * 250}.example",
    "<a@mail.example>",
    "a@mail_example",
)


async def test_H08_mail_addresses(rig: Rig) -> None:
    """Odd ones are refused at every door; case and what follows a + make nobody new."""
    browser = open_browser(rig)
    for address in ODD:
        given = {"name": unique("odd"), "kind": "resident", "title": "x", "email": address}
        with pytest.raises(Refused):
            await ask(rig, "actor create", **given)
        for way in ("password", "code"):
            answer = await browser.post("/sign-in", {"email": address, "password": PASSWORD, "way": way})
            is_cleaned = "\n" in address or "\x00" in address
            assert answer.status == 422 or is_cleaned, address
    name = unique("Mitsu")
    person = await sign_up(rig, f"{name}@Mail.Example")
    for address in (
        f"{name.lower()}@mail.example",
        f"{name.upper()}+x@MAIL.EXAMPLE.",
        f" {name}@mail.example ",
    ):
        assert (await open_browser(rig).sign_in(Person("", address))).status == 303, address
    await wait_for_same_mailbox(rig, person, f"{name.lower()}+other@mail.example")


async def wait_for_same_mailbox(rig: Rig, person: Person, address: str) -> None:
    """A code asked for under another spelling goes where the account's address says, and nowhere else."""
    await open_browser(rig).post("/sign-in", {"email": address, "way": "code"})
    local, _, host = person.email.partition("@")
    await wait_for_mail(rig, f"{local}@{host.lower()}")
    assert not mails_to(rig, address)


ELSEWHERE = (
    "//e.test",
    "///e.test/",
    "/\\e.test",
    "\\\\e.test",
    "https://e.test/",
    "https:e.test",
    "http:/e.test",
    "/%09/e.test",
    "/\t/e.test",
    "/\n/e.test",
    "/\r\nLocation: https://e.test",
    "/\x00/e.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "e.test",
    "@e.test",
    ".e.test",
    "/account@e.test\\",
    "\u2028//e.test",
    "／／e.test",
    "/./\\e.test",
    "",
    "/" * 5000,
)


async def test_H17_redirects(rig: Rig) -> None:
    """After signing in one is on our own site, whatever the address had asked for."""
    person = await sign_up(rig)
    for onward in ELSEWHERE:
        browser = open_browser(rig)
        for name in ("next", "redirect", "return_to", "url") if onward == ELSEWHERE[0] else ("next",):
            path = f"/sign-in?{name}={quote(onward, safe='')}"
            page = await browser.get(path)
            for each in parse(page.body).iter("form"):
                assert_own(each.get("action", ""))
            form = {"email": person.email, "password": person.password, "way": "password"}
            answer = await browser.post(path, form)
            assert answer.status == 303
            assert_own(answer.header("location"))
        assert_own((await browser.post("/sign-out")).header("location"))
        asked = await browser.post(
            f"/sign-in?next={quote(onward, safe='')}", {"email": person.email, "way": "code"}
        )
        assert asked.status in {303, 429}
        if asked.status == 303:
            assert_own(asked.header("location"))
    odd = f"/sign-in?next={quote('/account?a=b', safe='')}"
    form = {"email": person.email, "password": person.password, "way": "password"}
    assert (await open_browser(rig).post(odd, form)).header("location") == "/account?a=b"
    for path in ("//e.test/", "/\\e.test/", "//e.test/%2e%2e", "/account//e.test", "/areas/machi//e.test/"):
        answer = await open_browser(rig).get(path)
        assert not answer.header("location").partition("://")[2].startswith("e.test"), path


def assert_own(location: str) -> None:
    """That a browser stays on the site, however it reads this."""
    assert re.fullmatch(r"/(?![/\\])[!-~]*", location), location
    assert "\\" not in location
