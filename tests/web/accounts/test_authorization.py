"""The consent page: who asks for what, as whom, and yes or no; it is never skipped, framed or forged."""

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import sqlalchemy as sa

from actors.accounts import link_actor
from actors.oauth.apps import OUT_OF_BAND
from actors.oauth.messages import Call, Granted
from actors.oauth.server import exchange
from actors.oauth.tokens import find_token
from actors.records import AppRecord, TokenRecord
from actors.standing import set_standing
from actors.tables import accounts, authorization_codes
from tests.testrig.world import Town
from tests.web.accounts.people import (
    CALLBACK,
    PASSWORD,
    Browser,
    authorize_path,
    read_mail,
    register,
    sign_up,
)

pytestmark = pytest.mark.anyio


async def redeem(town: Town, app: AppRecord, secret: str, code: str) -> TokenRecord:
    """What the app does with a code."""
    parameters = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": secret,
        "redirect_uri": app.redirect_uris[0],
        "code": code,
    }
    call = Call({name: [value] for name, value in parameters.items()})
    answer = await town.write(exchange, town.node.vault, call, town.clock())
    assert isinstance(answer, Granted)
    token = await town.read(find_token, town.node.vault, answer.body["access_token"], town.clock())
    assert isinstance(token, TokenRecord)
    return token


async def codes(town: Town) -> int:
    count = sa.select(sa.func.count()).select_from(authorization_codes)
    return int(await town.read(lambda tx: tx.execute(count).scalar_one()))


async def test_she_signs_in_allows_and_the_app_speaks_as_her(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, secret = await register(town)
    path = authorize_path(app)
    page = await browser.get(path)
    assert "アプリ「Phanpy」" in page.text
    action = re.search(r'<form method="post" action="(/sign-in\?[^"]+)"', page.text)
    assert action is not None
    entered = await browser.post(action[1], email="hanako@mail.example", password=PASSWORD, way="password")
    assert (entered.status_code, entered.headers["location"].partition("?")[0]) == (303, "/oauth/authorize")
    consent = await browser.get(entered.headers["location"])
    assert "「Phanpy」にアカウントを使わせますか" in consent.text.replace("<wbr>", "")
    assert "あなたの名前で投稿し" in consent.text
    assert "通知を送る" not in consent.text
    assert "phanpy.example" in consent.text
    assert await codes(town) == 0
    response = await browser.post(entered.headers["location"], decision="allow", speaker=str(hanako.id))
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{CALLBACK}?code=")
    answer = parse_qs(urlsplit(response.headers["location"]).query)
    assert answer["state"] == ["s t&ate"]
    token = await redeem(town, app, secret, answer["code"][0])
    assert token.actor_id == hanako.id
    assert token.scopes == {"read", "write"}


async def test_a_code_by_mail_leads_back_to_the_consent_page(town: Town, browser: Browser) -> None:
    await sign_up(town, password=None)
    app, _ = await register(town)
    path = authorize_path(app)
    action = re.search(r'action="(/sign-in\?[^"]+)"', (await browser.get(path)).text)
    assert action is not None
    asked = await browser.post(action[1], email="hanako@mail.example", way="code")
    code, _ = await read_mail(town)
    entered = await browser.post(asked.headers["location"], code=code)
    assert (entered.status_code, entered.headers["location"].partition("?")[0]) == (303, "/oauth/authorize")
    assert "使わせますか" in (await browser.get(entered.headers["location"])).text


async def test_she_chooses_as_whom(town: Town, browser: Browser) -> None:
    """Herself first; nobody else's actor, none that is suspended, and nothing without a choice."""
    hanako = await sign_up(town)
    desk = await sign_up(town, "eniwa_bosai", kind="official", role="staff")
    other = await sign_up(town, "taro", "taro@mail.example")
    quiet = await sign_up(town, "eniwa_koho", kind="official", role="staff")
    await town.write(lambda tx: set_standing(tx, quiet.id, "suspended", reason="", now=town.clock()))
    app, secret = await register(town)
    await browser.sign_in()
    page = (await browser.get(authorize_path(app))).text
    offered = re.findall(r'name="speaker" value="(\d+)"( checked)?', page)
    assert offered == [(str(hanako.id), " checked"), (str(desk.id), "")]
    for speaker in (str(other.id), str(quiet.id), "", "0", "x"):
        refused = await browser.post(authorize_path(app), decision="allow", speaker=speaker)
        assert refused.status_code == 422
    assert await codes(town) == 0
    response = await browser.post(authorize_path(app), decision="allow", speaker=str(desk.id))
    answer = parse_qs(urlsplit(response.headers["location"]).query)
    assert (await redeem(town, app, secret, answer["code"][0])).actor_id == desk.id


async def test_no_means_no(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, _ = await register(town)
    await browser.sign_in()
    for form in (
        {"decision": "deny"},
        {"decision": "deny", "speaker": str(hanako.id)},
        {},
        {"decision": "yes"},
    ):
        response = await browser.post(authorize_path(app), **form)
        assert response.status_code == 303
        answer = parse_qs(urlsplit(response.headers["location"]).query)
        assert (answer["error"], answer["state"]) == (["access_denied"], ["s t&ate"])
    assert await codes(town) == 0


async def test_it_is_never_skipped(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, _ = await register(town)
    await browser.sign_in()
    for number in range(2):
        page = await browser.get(authorize_path(app))
        assert (page.status_code, "使わせますか" in page.text) == (200, True)
        assert await codes(town) == number
        await browser.post(authorize_path(app), decision="allow", speaker=str(hanako.id))


async def test_nobody_decides_who_is_not_signed_in(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, _ = await register(town)
    response = await browser.post(authorize_path(app), decision="allow", speaker=str(hanako.id))
    assert (response.status_code, response.headers["location"].partition("?")[0]) == (303, "/oauth/authorize")
    assert await codes(town) == 0


async def test_the_page_may_be_opened_in_a_window_but_not_framed(town: Town, browser: Browser) -> None:
    """No Cross-Origin-Opener-Policy on the way: apps wait for the window, and would think it closed."""
    await sign_up(town)
    app, _ = await register(town)
    before = [await browser.get(authorize_path(app)), await browser.get("/sign-in")]
    asked = await browser.post("/sign-in", email="hanako@mail.example", way="code")
    before += [asked, await browser.get(asked.headers["location"])]
    await browser.sign_in()
    consent = await browser.get(authorize_path(app))
    for response in (*before, consent):
        assert "cross-origin-opener-policy" not in response.headers
        assert response.headers["cache-control"] == "no-store"
    for response in (before[0], consent):
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-frame-options"] == "DENY"
    assert (await browser.get("/")).headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("https://phanpy.example/cb?x=1", "https://phanpy.example"),
        ("http://localhost:5314/api/x", "http://localhost:5314"),
        ("http://[::1]:5314/", "http:"),
        ("icecubesapp://", "icecubesapp:"),
        ("com.tapbots.Ivory.10217:/request_token", "com.tapbots.ivory.10217:"),
    ],
)
async def test_the_form_may_lead_to_the_app(town: Town, browser: Browser, uri: str, target: str) -> None:
    """Browsers apply `form-action` to where the answer redirects."""
    hanako = await sign_up(town)
    app, _ = await register(town, uri)
    await browser.sign_in()
    page = await browser.get(authorize_path(app))
    assert f"form-action 'self' {target};" in page.headers["content-security-policy"]
    response = await browser.post(authorize_path(app), decision="allow", speaker=str(hanako.id))
    assert response.headers["location"].startswith(f"{uri}{'&' if '?' in uri else '?'}code=")


async def test_out_of_band_the_code_is_shown(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, secret = await register(town, OUT_OF_BAND)
    await browser.sign_in()
    path = authorize_path(app, state=None).replace("/oauth/authorize?", "/oauth/authorize/?")
    page = await browser.get(path)
    assert "form-action 'self';" in page.headers["content-security-policy"]
    response = await browser.post(path, decision="allow", speaker=str(hanako.id))
    assert (response.status_code, "location" in response.headers) == (200, False)
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    code = re.search(r'id="code">([^<]+)<', response.text)
    assert code is not None
    assert (await redeem(town, app, secret, code[1])).actor_id == hanako.id
    denied = await browser.post(path, decision="deny")
    assert (denied.status_code, "許可しませんでした" in denied.text) == (200, True)


async def test_what_is_wrong_is_said_here(town: Town, browser: Browser) -> None:
    """Never by sending the browser on: whoever registers an app could lead everybody anywhere."""
    await sign_up(town)
    app, _ = await register(town)
    for signed_in in (False, True):
        if signed_in:
            await browser.sign_in()
        for path, text in (
            (authorize_path(app, client_id="unknown"), "登録されていないアプリ"),
            (authorize_path(app, redirect_uri="https://evil.example/"), "登録していない宛先"),
            (authorize_path(app, redirect_uri=f"{CALLBACK}/"), "登録していない宛先"),
            (authorize_path(app, scope="read admin:write"), "登録したとき以上のこと"),
            (authorize_path(app, response_type="token"), "答えられません"),
            (f"{authorize_path(app)}&redirect_uri={quote('https://evil.example/')}", "登録していない宛先"),
            (f"{authorize_path(app)}&scope=write", "足りないところ"),
        ):
            for response in (
                await browser.get(path),
                await browser.post(path, decision="allow", speaker="1"),
            ):
                assert response.status_code in ({400, 422} if signed_in else {400, 303}), path
                if response.status_code == 400:
                    assert text in response.text, path
                    assert '="https://evil' not in response.text
                else:
                    assert "evil.example" not in response.headers.get("location", "").partition("?")[0]
    assert (await browser.get("/oauth/authorize?" + "a=1&" * 60)).status_code == 400
    assert await codes(town) == 0


async def test_the_app_hears_of_its_mistake_when_she_goes_back(town: Town, browser: Browser) -> None:
    app, _ = await register(town)
    page = await browser.get(authorize_path(app, scope="push nothing"))
    assert f'href="{CALLBACK}?error=invalid_scope&amp;' in page.text
    unknown = await browser.get(authorize_path(app, redirect_uri="https://evil.example/"))
    assert "アプリにもどる" not in unknown.text


async def test_what_an_app_calls_itself_is_text(town: Town, browser: Browser) -> None:
    await sign_up(town)
    app, _ = await register(town, name='<img src=x onerror="alert(1)">"\'&')
    before = await browser.get(authorize_path(app))
    await browser.sign_in()
    for page in (before, await browser.get(authorize_path(app))):
        assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;" in page.text.replace("<wbr>", "")
        assert "<img src=x" not in page.text


async def test_asking_again_and_another_language(town: Town, browser: Browser) -> None:
    await sign_up(town)
    app, _ = await register(town)
    await browser.sign_in()
    for force in ("true", "1", "on"):
        page = await browser.get(authorize_path(app, force_login=force))
        assert 'type="password"' in page.text
        assert "force_login" not in page.text.partition("<form")[2].partition(">")[0]
    for force in ("false", "0", ""):
        assert "使わせますか" in (await browser.get(authorize_path(app, force_login=force))).text
    for lang in ("en", "en-US", "en_GB"):
        page = await browser.get(authorize_path(app, lang=lang))
        assert "May “Phanpy” use your account?" in page.text
        assert "It could then" in page.text


async def test_granular_scopes_are_in_words(town: Town, browser: Browser) -> None:
    await sign_up(town)
    app, _ = await register(town)
    await browser.sign_in()
    scope = "profile read:statuses write:media write:conversations push"
    app, _ = await register(town, scopes=scope)
    page = (await browser.get(authorize_path(app, scope=scope))).text
    for text in (
        "名前と画像を見る",
        "読む：投稿",
        "書く・変える：画像やファイル",
        "書く・変える：ダイレクトメッセージ",
    ):
        assert text in page


async def test_an_account_without_a_name_is_told_so(town: Town, browser: Browser) -> None:
    hanako = await sign_up(town)
    app, _ = await register(town)
    await browser.sign_in()

    def unlink(tx: sa.Connection) -> None:
        account = tx.execute(sa.select(accounts.c.id)).scalar_one()
        link_actor(
            tx, account_id=account, actor_id=hanako.id, role="self", now=town.clock(), until=town.clock()
        )

    await town.write(unlink)
    page = await browser.get(authorize_path(app))
    assert "使える名前がまだありません" in page.text
    refused = await browser.post(authorize_path(app), decision="allow", speaker=str(hanako.id))
    assert refused.status_code == 422
