"""H26 to H28, H31: what every answer says about itself, and what no answer says, whatever is asked."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.apps import Resident, resident
from tests.attacks.rig.browsers import signed_in
from tests.attacks.rig.markup import SCRIPTS
from tests.attacks.rig.ours import article, own, page
from tests.attacks.rig.peers import unique
from tests.attacks.rig.routes import fill, list_routes
from tests.attacks.rig.server import AREA, AUTHOR
from tests.attacks.rig.wire import ACTIVITY_JSON, Answer, Request

HTML = "text/html"
FORGED = "evil.test"
FORGERIES = [
    ("X-Forwarded-Host", FORGED),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Server", FORGED),
    ("X-Host", FORGED),
    ("X-Original-URL", "/admin"),
    ("X-Rewrite-URL", f"https://{FORGED}/"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Forwarded", f"host={FORGED};proto=http"),
    ("Origin", f"https://{FORGED}"),
]


def varies(answer: Answer) -> set[str]:
    return {each.strip().lower() for each in answer.header("vary").split(",")}


def is_kept(answer: Answer) -> bool:
    """Whether a shared cache may keep it (RFC 9111 §3)."""
    control = answer.header("cache-control")
    return not ("no-store" in control or "private" in control)


def get(rig: Rig, target: str, accept: str, *more: tuple[str, str]) -> Request:
    return Request("GET", target, [("Host", rig.origin.removeprefix("https://")), ("Accept", accept), *more])


@pytest.mark.both_fronts
async def test_H26_caches(rig: Rig) -> None:
    """Pages and JSON of one address are told apart, nobody's own things are kept, and no header changes either."""
    own(rig)
    post = (await rig.local_post(f"{unique('森')}で鹿を見ました。"))["id"].removeprefix(rig.origin)
    alice = rig.p.actor()
    for target in (f"/areas/{AREA}", f"/people/{AUTHOR}", post, "/actor", f"/areas/{AREA}/outbox"):
        answers = {
            accept: await rig.send(get(rig, target, accept)) for accept in (HTML, ACTIVITY_JSON, "*/*")
        }
        for accept, answer in answers.items():
            assert answer.status == 200 or target == "/actor", (target, accept)
            assert is_kept(answer), target
            assert "accept" in varies(answer), (target, accept)
            if answer.header("content-type").startswith(HTML):
                assert "accept-language" in varies(answer)
        unsigned = answers[ACTIVITY_JSON]
        request = get(rig, target, ACTIVITY_JSON)
        request.add("Date", alice.unsigned(b"{}").header("date"))
        signed = await rig.send(alice.sign(request, names=("(request-target)", "host", "date")))
        assert signed.body == unsigned.body or "signature" in varies(unsigned), target
        for header in FORGERIES:
            for accept in (HTML, ACTIVITY_JSON):
                forged = await rig.send(get(rig, target, accept, header))
                assert FORGED.encode() not in forged.body, (target, header)
                assert (forged.status, forged.header("location")) == (
                    answers[accept].status,
                    answers[accept].header("location"),
                )
    for missing in ("/posts/1", "/people/nobody_1"):
        assert not is_kept(await rig.send(get(rig, missing, HTML))) or "accept" in varies(
            await rig.send(get(rig, missing, HTML))
        )
    _, browser = await signed_in(rig)
    app = await resident(rig)
    for answer in (
        await browser.get("/account"),
        await browser.get("/sign-in"),
        await app.get("/api/v1/timelines/home"),
        await app.get("/api/v1/accounts/verify_credentials"),
        await app.get("/api/v1/timelines/public"),
    ):
        assert not is_kept(answer), answer.headers


TOOLS = [
    *(
        "docs",
        "redoc",
        "openapi.json",
        "swagger.json",
        "graphql",
        "metrics",
        "debug",
        "debug/pprof/",
        "console",
    ),
    *(".env", ".git/config", ".git/HEAD", ".htpasswd", ".DS_Store", "kairanban.toml", "var/secret.key"),
    *(
        "var/kairanban.db",
        "kairanban.db",
        "backup.tar",
        "backup.zip",
        "dump.sql",
        "server-status",
        "actuator/env",
    ),
    *("admin", "administrator", "phpinfo.php", "wp-login.php", "cgi-bin/test", "config.json", "package.json"),
    *("static/..%2f..%2fkairanban.toml", "media/..%2fsecret.key", "static/%2e%2e/%2e%2e/kairanban.toml"),
    *(
        "static/x/..%5c..%5ckairanban.toml",
        "media/%2e%2e%2fkairanban.db",
        "..%2fvar%2fsecret.key",
        "%00",
        "a%0d%0ab",
    ),
    *("posts/%F0%28%8C%28", "people/" + "x" * 5000, "?" + "a=b&" * 2000, "areas/machi?before=%00"),
]
TRACES = [
    "Traceback",
    "site-packages",
    "sqlalchemy",
    "sqlite",
    "asyncpg",
    ".py",
    "uvicorn",
    "starlette",
    "SELECT ",
]


def trials() -> Iterator[Request]:
    """Requests that no program of good will sends."""
    for tool in TOOLS:
        yield Request("GET", f"/{tool}")
    for method in ("TRACE", "TRACK", "PROPFIND", "DEBUG", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT"):
        yield Request(method, f"/areas/{AREA}")
    for path in (
        "/api/v1/statuses/x",
        "/api/v1/accounts/lookup",
        "/api/v1/x",
        "/oauth/token",
        "/oauth/authorize?x",
    ):
        for method in ("GET", "POST"):
            yield Request(method, path, [("Content-Type", "application/json")], b'{"a": "\xff"')
    for body in (b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"type":' * 2_000):
        yield Request("POST", "/inbox", [("Content-Type", ACTIVITY_JSON)], body)
    yield Request("GET", "/", [("Accept-Language", "x" * 8_000)])
    yield Request("GET", "/", [("Cookie", "__Host-session=" + "%00" * 500)])
    yield Request("GET", "/", [("Accept", ";;;q=,q=nan,*/*;q=1e999")])
    yield Request("GET", "/", [("Range", "bytes=0-0," * 500)])
    yield Request("GET", "/", [("If-Modified-Since", "yesterday"), ("If-None-Match", '"' * 2_000)])


@pytest.mark.both_fronts
async def test_H27_errors_and_tools(rig: Rig) -> None:
    """No trace, no path, no secret, no version; what is not there is not there."""
    server = own(rig)
    secret = (server.folder / "secret.key").read_bytes()
    inside = [str(server.folder), *TRACES]
    for request in trials():
        for accept in (HTML, "application/json"):
            asked = request.copy().add("Host", rig.origin.removeprefix("https://"))
            if not asked.header("accept"):
                asked.add("Accept", accept)
            answer = await rig.send(asked)
            is_open = request.target.startswith(("/?", "/areas/")) or request.target == "/"
            assert answer.status // 100 == 4 or (is_open and answer.status in {200, 204}), (
                request.target,
                answer,
            )
            text = answer.body.decode(errors="replace")
            assert not [each for each in inside if each in text], (request.target, text[:500])
            assert secret not in answer.body
            assert "python" not in answer.header("server").lower()
            assert answer.header("x-powered-by") == ""


STRICT = ("default-src 'none'", "base-uri 'none'", "form-action", "frame-ancestors 'none'")


def check_headers(target: str, answer: Answer) -> None:
    assert answer.header("x-content-type-options") == "nosniff", target
    assert (
        int(answer.header("strict-transport-security").partition("max-age=")[2].partition(";")[0])
        >= 15_768_000
    )
    if answer.header("content-type").startswith(HTML):
        policy = answer.header("content-security-policy")
        assert all(each in policy for each in STRICT), (target, policy)
        assert not [each for each in ("unsafe-", "*", "data:", "blob:", "http:") if each in policy], target
        assert SCRIPTS.findall(policy) in ([], ["script-src 'self'"]), target
        assert answer.header("referrer-policy") in {
            "no-referrer",
            "same-origin",
            "strict-origin-when-cross-origin",
        }
        assert answer.header("x-frame-options") == "DENY", target


@pytest.mark.both_fronts
async def test_H28_headers_of_pages(rig: Rig) -> None:
    """On every address that can be opened, found or not, signed in or not."""
    own(rig)
    alice = rig.p.actor()
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    shown = (await article(rig, note)).path
    values = {"username": [AREA, AUTHOR, "nobody_1"], "post_id": [shown.rpartition("/")[2], "1"]}
    targets = [
        target
        for method, path in list_routes()
        if method == "GET" and not path.startswith("/api/")
        for target in fill(path, values)
    ]
    assert len(targets) > 60
    _, browser = await signed_in(rig)
    pages = 0
    odd = ["/%00"] if rig.front.name == "direct" else []  # nginx answers that itself
    for target in (*targets, "/nowhere", "/areas/%E3%81%82", *odd):
        answer = await rig.send(get(rig, target, HTML))
        check_headers(target, answer)
        pages += answer.header("content-type").startswith(HTML)
    for target in ("/account", "/account/password", "/sign-in", "/oauth/authorize"):
        answer = await browser.get(target)
        check_headers(target, answer)
        pages += answer.header("content-type").startswith(HTML)
    assert pages > 20
    assert (await page(rig, "/")).header("content-security-policy")


NO_NUMBERS = ["abc", "-1", "9" * 40, "1e9", "0x10", "%00", "١٢", "1;DROP TABLE posts", "", "null", "[]"]
LARGEST = 100
"""Things in one answer: Mastodon's lists of accounts have 80."""
PER_APP = 200


async def test_H31_limits_and_cursors(rig: Rig) -> None:
    """On every list: clamped, or refused; never everything, never an error of the server."""
    own(rig)
    values = {"username": [AREA], "hashtag": ["x"], "id": ["1"]}
    app: Resident | None = None
    asked = 0
    lists = sorted({path for method, path in list_routes() if method == "GET" and path.startswith("/api/")})
    assert len(lists) > 80
    for path in lists:
        for query in (
            "limit=1000000000",
            "limit=-5&max_id=-1",
            *(
                f"{name}={NO_NUMBERS[(asked + place) % len(NO_NUMBERS)]}"
                for place, name in enumerate(CURSORS)
            ),
        ):
            if app is None or asked % PER_APP == 0:
                app = await resident(rig)
            asked += 1
            target = f"{fill(path, values)[0]}?{query if '%' in query else quote(query, safe='=&')}"
            answer = await app.ask("GET", target)
            assert answer.status in {200, 202, 206, 302, 400, 401, 403, 404, 410, 422}, (target, answer)
            if answer.status == 200 and answer.body[:1] == b"[":
                assert len(answer.json()) <= LARGEST, target
    for number in NO_NUMBERS:
        for name in ("max_id", "since_id", "min_id", "limit"):
            target = f"/api/v1/timelines/public?{name}={number if '%' in number else quote(number)}"
            answer = await rig.send(get(rig, target, "application/json"), via=rig.stranger())
            is_clamped = not number or (name, number) == ("limit", "-1")
            assert answer.status in ({200} if is_clamped else {400, 422}), target
    for target in (
        f"/areas/{AREA}?before=",
        "/?before=",
        f"/areas/{AREA}/outbox?before=",
        f"/areas/{AREA}/outbox?after=",
    ):
        for number in NO_NUMBERS:
            cursor = number if "%" in number else quote(number)
            for accept in (HTML, ACTIVITY_JSON):
                answer = await rig.send(get(rig, target + cursor, accept))
                assert answer.status in {200, 400, 404, 422}, (target, number)


CURSORS = ("limit", "max_id", "since_id", "min_id", "offset")
