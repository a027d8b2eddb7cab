"""What the edges read of a request before anything else: headers, hosts, forms, preferences, names, addresses."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlencode

from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request

from actors.accounts import parse_email
from actors.names import check_display_name, check_username
from actors.standing import read_host
from federation.addresses import read_networks
from federation.errors import Overloaded, Refused
from federation.vocabulary import Millis
from tests.fuzz.mutations import spoiled_bytes, spoiled_texts
from tests.fuzz.targets import Target
from tests.fuzz.words import STRANGE_TEXTS
from tests.web.test_guard import make_site
from web.forms import clean, read_form
from web.guard import MAX_HEADERS, MAX_HEADERS_BYTES, judge_headers
from web.negotiation import is_activity, wants_json
from web.pages.languages import LANGUAGES, choose_language
from web.rates import Rate, find_household
from web.visits import SCOPE_KEY, Sites, Visit, find_client

R = TypeVar("R")
SITES = Sites([make_site("https://machi.test"), make_site("http://machi.localhost:8461", is_primary=False)])
TRUSTED = read_networks(["10.0.0.0/8", "::1/128"])
REFUSALS = {400, 413, 415, 431}
NAMES = (
    *(b"host", b"content-length", b"content-type", b"transfer-encoding", b"content-encoding", b"cookie"),
    *(b"x-forwarded-for", b"signature", b"\xff", b"", b"x" * 300),
)
VALUES = (
    *(
        b"machi.test",
        b"0",
        b"5",
        b"1048577",
        b"-1",
        b"+5",
        b"5,5",
        b"\xb2",
        b"9" * 5000,
        b"chunked",
        b"identity",
    ),
    *(b"gzip", b"x" * 20_000, b"\0", b"a\r\nb: c", b"\t", b"\xff\xfe", b"10.0.0.1, 1.2.3.4", b""),
)
WORDS = (
    *(
        ",",
        ";",
        "=",
        "q=",
        "q=0",
        "q=1e9",
        "q=nan",
        "q=-inf",
        "q=0x1",
        "q=1_0",
        "*/*",
        '"',
        "\\",
        "/",
        " ",
        "\0",
        "é",
    ),
    *(
        "text/html",
        "application/activity+json",
        "application/ld+json",
        "profile=",
        "ja",
        "en-GB",
        "*",
        "-",
        "駅",
    ),
)
HOSTS = (
    *(
        "machi.test",
        "MACHI.test.",
        "machi.test:443",
        "machi.localhost:8461",
        "[::1]",
        "@",
        "/",
        "\\",
        ":",
        ":0",
    ),
    *("\0", " ", ",", "%", "xn--a", "駅", "e.test", "#", "?"),
)


def run_through(work: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as end:
        found: R = end.value
        return found
    raise AssertionError("it waits for something")


def check_headers(headers: list[tuple[bytes, bytes]]) -> None:
    """Refused in so many words, or there is but one reading."""
    refusal = judge_headers(headers)
    if refusal is not None:
        assert refusal.status in REFUSALS
        return
    names = [name for name, _ in headers]
    assert len(headers) <= MAX_HEADERS
    assert sum(map(len, names)) <= MAX_HEADERS_BYTES
    assert names.count(b"host") <= 1
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert not any(b"\n" in value or b"\r" in value or b"\0" in value for _, value in headers)


def check_host(text: str) -> None:
    """A host is one of ours or nobody's."""
    site = SITES.find(text)
    if site is not None:
        assert text.lower().rstrip(".").startswith(("machi.test", "machi.localhost"))


def check_client(given: tuple[str, list[str]]) -> None:
    """Who asks is the peer, or an address; and has a bucket."""
    peer, forwarded = given
    client = find_client(peer, forwarded, TRUSTED)
    assert client == peer or find_client(client, [], ()) == client
    assert find_household(find_household(client)) == find_household(client)
    rate = Rate(1, 1)
    rate.take(client, Millis(0))
    try:
        rate.take(client, Millis(0))
    except Overloaded:
        return
    raise AssertionError(f"{client!r} has two buckets")


def check_preferences(text: str) -> None:
    """Whatever is asked for, there is an answer, and the same one for the same question."""
    assert wants_json(text) == wants_json(text)
    assert is_activity(text) in {True, False}
    assert choose_language(text, "") in LANGUAGES
    assert choose_language(None, text) in LANGUAGES


def make_form(body: bytes) -> Request:
    """A form as a page of ours sends it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    visit = Visit(SITES.find("machi.test"), "192.0.2.1")
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": _OWN,
        SCOPE_KEY: visit,
    }
    return Request(scope, receive)


_OWN = [(b"content-type", b"application/x-www-form-urlencoded"), (b"sec-fetch-site", b"same-origin")]


def check_form(body: bytes) -> None:
    """A form is refused with a status, or its fields can be stored."""
    try:
        form = run_through(read_form(make_form(body)))
    except HTTPException as refusal:
        assert refusal.status_code in REFUSALS  # noqa: PT017 - one of several, not the one
        return
    for value in form.values():
        assert clean(value) == value
        value.encode()
        assert "\0" not in value


def check_form_comes_back(fields: dict[str, str]) -> None:
    """What a browser sends of an ordinary form is read as it was written."""
    body = urlencode(fields).encode()
    expected = {name: clean(value) for name, value in fields.items()}
    assert run_through(read_form(make_form(body))) == expected


def _refuses(judge: Callable[[str], object]) -> Callable[[str], None]:
    def check(text: str) -> None:
        try:
            judge(text)
        except Refused as refusal:
            assert len(refusal.public) < 400  # noqa: PT017 - one of two outcomes

    return check


_headers = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | st.binary(max_size=8), st.sampled_from(VALUES) | st.binary(max_size=20)
    ),
    max_size=8,
) | st.integers(90, 110).map(lambda number: [(b"a", b"b")] * number)
_clients = st.ip_addresses().map(str) | spoiled_texts(
    ["10.0.0.1", "::1", "::ffff:10.0.0.1"], [",", "%lo", ":", "."]
)
_fields = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=5,
)
_forms = spoiled_bytes(
    [b"uri=https%3A%2F%2Fp.test%2F1&text=%E9%A7%85", b"account=%40a%40p.test"],
    [b"&", b"=", b"%", b"%00", b"%ff", b"%ed%a0%80", b"%0d%0a", b"+", b";", b"\xff", b"&a=b" * 60, b"[]"],
)

TARGETS = (
    Target("headers", _headers, check_headers, 300),
    Target("host-headers", spoiled_texts(["machi.test", "machi.localhost:8461"], HOSTS), check_host, 300),
    Target("clients", st.tuples(_clients, st.lists(_clients, max_size=3)), check_client, 200),
    Target(
        "preferences",
        spoiled_texts(["text/html;q=0.8, application/activity+json", "ja,en;q=0.5"], WORDS),
        check_preferences,
        300,
    ),
    Target("forms", _forms, check_form, 300),
    Target("forms-come-back", _fields, check_form_comes_back, 100),
    Target(
        "mail-addresses",
        spoiled_texts(["hanako+x@machi.test"], ["@", '"', ".", "+", *STRANGE_TEXTS]),
        _refuses(parse_email),
        200,
    ),
    Target("user-names", spoiled_texts(["hanako_1", "bousai"], STRANGE_TEXTS), _refuses(check_username), 200),
    Target(
        "display-names",
        spoiled_texts(["花子", "恵み野"], STRANGE_TEXTS),
        _refuses(lambda text: check_display_name(text, areas=["恵み野"])),
        200,
    ),
    Target(
        "blocked-hosts", spoiled_texts(["e.test", "https://e.test:8080/x"], HOSTS), _refuses(read_host), 200
    ),
)
