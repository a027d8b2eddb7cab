"""H9 to H16: how apps are let in."""

import asyncio
import base64
import hashlib
from urllib.parse import urlencode

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import App, resident, stranger
from tests.attacks.rig.browsers import FORM, OURS, Browser, signed_in
from tests.attacks.rig.oauth import CALLBACK, Client, approve, get_code, get_token, register
from tests.attacks.rig.ours import own, parse, text_of
from tests.attacks.rig.peers import unique
from tests.attacks.rig.wire import Answer

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
REFUSED = {400, 401, 403, 422}


async def is_good(rig: Rig, token: str) -> bool:
    app = App(rig, token, rig.stranger())
    return (await app.get("/api/v1/accounts/verify_credentials")).status == 200


UNREGISTERED = (
    "https://app.example/callback/",
    "https://app.example/callback/more",
    "https://app.example/callback?a=b",
    "https://app.example/callback#a",
    "https://app.example/call",
    "https://app.example/Callback",
    "https://app.example/%63allback",
    "https://app.example/x/../callback",
    "https://app.example:443/callback",
    "https://app.example./callback",
    "https://APP.example/callback",
    "http://app.example/callback",
    "https://u:p@app.example/callback",
    "https://app.example@e.test/callback",
    "https://app.example.e.test/callback",
    "https://e.test/callback",
    "//app.example/callback",
    "/callback",
    " https://app.example/callback",
    "https://app.example/callback\nX: y",
    "https://app.example/callback\x00",
    "javascript:alert(1)//https://app.example/callback",
    "data:text/html,x",
    OUT_OF_BAND,
    "",
)


async def test_H09_redirects(rig: Rig) -> None:
    """An address that is not word for word the one that was registered is answered here."""
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig)
    paths = [client.authorize_path(redirect_uri=each) for each in UNREGISTERED]
    paths.append(client.authorize_path(redirect_uri=None))
    paths.append(client.authorize_path() + "&" + urlencode({"redirect_uri": "https://e.test/callback"}))
    paths.append(
        client.authorize_path(redirect_uri="https://e.test/c") + "&" + urlencode({"redirect_uri": CALLBACK})
    )
    paths.append(client.authorize_path(client_id="nobody"))
    for path in paths:
        for answer in (
            await browser.get(path),
            await browser.post(path, {"decision": "allow", "speaker": "1"}),
        ):
            assert answer.status in {400, 422}, path
            assert not answer.header("location"), path
            assert b'href="http' not in answer.body.replace(rig.origin.encode(), b""), path
        signed_out = await Browser(rig, rig.stranger()).get(path)
        assert (signed_out.status in {400, 422}, signed_out.header("location")) == (True, ""), path
    for given in (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example/#b",
        "http://a.example/",
        "x",
        "",
    ):
        answer = await stranger(rig).post("/api/v1/apps", {"client_name": "x", "redirect_uris": given})
        assert answer.status == 422, given
    code = await get_code(browser, client)
    assert (await client.exchange(code, redirect_uri="https://e.test/")).status == 400, (
        "at the token endpoint too"
    )


async def test_H10_scopes(rig: Rig) -> None:
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig, scopes="read:statuses")
    for scope in (
        *(
            "read",
            "write",
            "read:accounts",
            "read:statuses write:statuses",
            "admin:read",
            "admin:write:accounts",
        ),
        *("", " ", "nonsense", "read:*", "READ:STATUSES", "read:statuses\nwrite", "read:statuses,write"),
    ):
        path = client.authorize_path(scope=scope)
        for answer in (
            await browser.get(path),
            await browser.post(path, {"decision": "allow", "speaker": "1"}),
        ):
            assert answer.status in REFUSED or "error=invalid_scope" in answer.header("location"), scope
            assert "code=" not in answer.header("location")
    for scope in ("admin:read", "admin:write", "nonsense", "read admin:read:accounts"):
        given = {"client_name": "x", "redirect_uris": CALLBACK, "scopes": scope}
        assert (await stranger(rig).post("/api/v1/apps", given)).status == 422, scope
    grant = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    for scope in ("write", "read", "admin:read"):
        answer = await client.app.ask(
            "POST", "/oauth/token", urlencode({**grant, "scope": scope}).encode(), FORM
        )
        assert answer.status in REFUSED, scope
    widened = await client.exchange(
        await get_code(browser, client, scope="read:statuses"), scope="read write"
    )
    assert widened.status in REFUSED or widened.json()["scope"] == "read:statuses"
    code = await get_code(browser, client, scope="read:statuses")
    granted = (await client.exchange(code)).json()
    assert granted["scope"] == "read:statuses"
    app = App(rig, granted["access_token"], rig.stranger())
    assert (await app.get("/api/v1/timelines/home")).status == 200
    for method, target in (
        ("GET", "/api/v1/notifications"),
        ("POST", "/api/v1/statuses"),
        ("GET", "/api/v1/blocks"),
    ):
        assert (await app.send(method, target)).status == 403, target


async def test_H11_proof_keys(rig: Rig) -> None:
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig)
    proved = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for verifier in (None, "", "w" * 64, CHALLENGE, VERIFIER[:-1], VERIFIER.upper(), "v", VERIFIER + "\x00"):
        code = await get_code(browser, client, **proved)
        assert (await client.exchange(code, code_verifier=verifier)).status in REFUSED, verifier
    for method in ("plain", "", "S512", "s256", None):
        path = client.authorize_path(code_challenge=VERIFIER, code_challenge_method=method)
        answer = await browser.get(path)
        assert answer.status in REFUSED, method
        denied = await browser.post(path, {"decision": "allow", "speaker": "1"})
        assert "code=" not in denied.header("location"), method
    code = await get_code(browser, client)
    assert (await client.exchange(code, code_verifier=VERIFIER)).status in REFUSED, (
        "a proof that was not begun"
    )
    code = await get_code(browser, client, **proved)
    for secret in (None, "", "wrong"):
        answer = await client.exchange(code, client_secret=secret, code_verifier=VERIFIER)
        assert answer.status in REFUSED, "an app that shows nothing"
    code = await get_code(browser, client, **proved)
    assert (await client.exchange(code, code_verifier=VERIFIER)).status == 200


async def test_H12_codes(rig: Rig) -> None:
    """Each is worth one token, for the app that it was given to, for ten minutes."""
    own(rig)
    _, browser = await signed_in(rig)
    client, thief = await register(rig), await register(rig)
    code = await get_code(browser, client)
    stolen = await thief.exchange(code)
    assert stolen.status in REFUSED
    assert (await client.exchange(code + "x")).status in REFUSED
    code = await get_code(browser, client)
    token = (await client.exchange(code)).json()["access_token"]
    assert await is_good(rig, token)
    assert (await client.exchange(code)).status in REFUSED
    assert not await is_good(rig, token), "a second use gives the theft away"
    code = await get_code(browser, client)
    answers = await asyncio.gather(*(client.exchange(code) for _ in range(20)))
    tokens = [each.json()["access_token"] for each in answers if each.status == 200]
    assert len(tokens) <= 1
    code = await get_code(browser, client)
    await rig.later(minutes=11)
    assert (await client.exchange(code)).status in REFUSED
    assert await is_good(rig, await get_token(browser, client))


async def test_H13_tokens(rig: Rig) -> None:
    """They count in one header, while they are good."""
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig)
    token = await get_token(browser, client)
    path, reader = "/api/v1/accounts/verify_credentials", stranger(rig)
    for name in ("access_token", "bearer_token", "token", "authorization"):
        assert (await reader.get(path, **{name: token})).status == 401, name
        given = urlencode({name: token, "status": "x"}).encode()
        assert (await reader.ask("POST", "/api/v1/statuses", given, FORM)).status == 401, name
        cookie = [("Cookie", f"{name}={token}; _session_id={token}; __Host-session={token}")]
        assert (await reader.ask("GET", path, headers=cookie)).status == 401, name
    for value in (f"Basic {token}", token, f"Bearer{token}", f"Token {token}", f"Bearer {token}x", "Bearer "):
        assert (await reader.ask("GET", path, headers=[("Authorization", value)])).status == 401, value
    for header in ("X-Access-Token", "Sec-WebSocket-Protocol", "X-Authorization", "Proxy-Authorization"):
        assert (await reader.ask("GET", path, headers=[(header, f"Bearer {token}")])).status == 401, header
    assert await is_good(rig, token)
    other = await register(rig)
    assert (await other.revoke(token)).status in {200, 403}
    assert await is_good(rig, token), "another app ends nothing"
    assert (await client.revoke(token)).status == 200
    assert not await is_good(rig, token)
    code, token = await get_code(browser, client), await get_token(browser, client)
    page = parse((await browser.get("/account")).body)
    (ending,) = [form for form in page.iter("form") if "/account/apps/" in form.get("action", "")]
    assert (await browser.post(ending.get("action", ""))).status == 303
    assert not await is_good(rig, token)
    assert (await client.exchange(code)).status in REFUSED, "a code that was left over"
    public = await App(rig, token, rig.stranger()).get("/api/v1/timelines/public")
    assert public.status == 401, "not even for what anybody may read"


@pytest.mark.both_fronts
async def test_H14_the_page_of_consent(rig: Rig) -> None:
    """Never framed, never sent by another site, never skipped, for no app however well known."""
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig)
    path = client.authorize_path(state="s")
    await get_token(browser, client)
    for more in ("", "&prompt=none", "&approval_prompt=auto", "&decision=allow&speaker=1", "&trusted=1"):
        page = await browser.get(path + more)
        assert (page.status, page.header("location")) == (200, ""), "she is asked each time"
        check_frames(page)
    form = {"decision": "allow", "speaker": speaker_of(page)}
    for headers in ([("Sec-Fetch-Site", "cross-site")], [("Origin", "https://e.test")], []):
        answer = await browser.post(path, form, headers)
        assert (answer.status, answer.header("location")) == (403, "")
    for wrong in (
        {},
        {"decision": "deny"},
        {"decision": "ALLOW", "speaker": form["speaker"]},
        {"speaker": "1"},
    ):
        assert "code=" not in (await browser.post(path, wrong)).header("location"), wrong
    other = (await resident(rig)).id
    for speaker in (other, "0", "-1", "x", ""):
        answer = await browser.post(path, {"decision": "allow", "speaker": speaker})
        assert (answer.status, answer.header("location")) == (422, ""), "somebody else's name"
    signed_out = await Browser(rig, rig.stranger()).post(path, form)
    assert "code=" not in signed_out.header("location")
    assert "code=" in (await browser.post(path, form)).header("location")


def check_frames(page: Answer) -> None:
    assert "frame-ancestors 'none'" in page.header("content-security-policy")
    assert page.header("x-frame-options") == "DENY"
    assert page.header("cache-control") == "no-store"


def speaker_of(page: Answer) -> str:
    inputs = parse(page.body).iter("input")
    return next(each.get("value", "") for each in inputs if each.get("name") == "speaker")


FLOOD = 200
"""Fewer than one may ask for other things."""
MARKUP = "<script>alert(1)</script><b>銀行</b>"


@pytest.mark.namespace
async def test_H15_registrations(rig: Rig) -> None:
    """So many from one household; names are shown as text, and have an end."""
    own(rig)
    flood = stranger(rig)
    statuses: list[int] = []
    given = {"client_name": "x", "redirect_uris": CALLBACK}
    while len(statuses) < FLOOD and statuses[-1:] != [429]:
        statuses.append((await flood.post("/api/v1/apps", given)).status)
    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == 429, "no end"
    assert (await stranger(rig).post("/api/v1/apps", given)).status == 200, "others register"
    for wrong in (
        {**given, "client_name": "x" * 10_000},
        {**given, "client_name": "\x00"},
        {**given, "client_name": ""},
        {**given, "redirect_uris": " ".join(f"https://a.example/{number}" for number in range(1000))},
        {**given, "redirect_uris": f"https://a.example/{'x' * 10_000}"},
        {**given, "website": "javascript:alert(1)"},
        {**given, "website": "x" * 10_000},
    ):
        assert (await stranger(rig).post("/api/v1/apps", wrong)).status in {400, 422}, str(wrong)[:80]
    _, browser = await signed_in(rig)
    client = await register(rig, name=MARKUP)
    for path in (client.authorize_path(), "/account"):
        page = await browser.get(path)
        assert b"<script>alert" not in page.body
        assert b"<b>\xe9\x8a\x80" not in page.body
        if path != "/account":
            assert MARKUP in text_of(parse(page.body)), "as it was given"
            await approve(browser, path)


@pytest.mark.both_fronts
async def test_H16_codes_that_are_shown(rig: Rig) -> None:
    own(rig)
    _, browser = await signed_in(rig)
    client = await register(rig, OUT_OF_BAND)
    answer = await approve(browser, client.authorize_path())
    assert (answer.status, answer.header("location")) == (200, "")
    check_frames(answer)
    assert answer.header("referrer-policy") in {"no-referrer", "same-origin"}
    (shown,) = [each for each in parse(answer.body).iter() if each.get("id") == "code"]
    code = text_of(shown)
    assert code not in str(answer.headers)
    assert code not in str([each.attrib for each in parse(answer.body).iter()]), "in no link"
    assert (await client.exchange(code)).status == 200
    denied = await browser.post(client.authorize_path(), {"decision": "deny"}, OURS)
    assert (denied.status, denied.header("location")) == (200, "")
    mixed = await register(rig, f"{OUT_OF_BAND} {CALLBACK}", name=unique("App"))
    either = Client(mixed.id, mixed.secret, CALLBACK, mixed.app)
    assert (
        await either.exchange(await get_code(browser, either), redirect_uri=OUT_OF_BAND)
    ).status in REFUSED
