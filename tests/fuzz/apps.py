"""What apps and browsers send to sign in, to register, to ask for things and for pictures."""

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from actors.oauth.apps import MAX_URI, Registration, check_registration
from actors.oauth.scopes import covers, parse_scopes, write_scopes
from federation.errors import NotFound, Refused
from tests.fuzz.mutations import VALUES, spoiled_bytes, spoiled_texts, write_json
from tests.fuzz.targets import Target
from tests.fuzz.words import STRANGE_TEXTS
from tests.testrig.people import VAULT
from web.accounts.onward import read_onward
from web.mastodon.parameters import MAX_ID, Parameters, read_json, read_pairs
from web.media.formats import HEAD_BYTES, find_format, is_sound_or_film
from web.media.proxy import Addresses
from web.media.serving import read_range

ORIGIN = "https://machi.test"
REDIRECTS = (
    "https://phanpy.example/cb",
    "urn:ietf:wg:oauth:2.0:oob",
    "app.ivory://oauth?x=1",
    "http://127.0.0.1:8080/",
)
MARKS = (
    *(
        "/",
        "//",
        "\\",
        "#",
        "?",
        "@",
        ":",
        "%",
        "javascript:",
        "data:",
        "http:",
        "https:",
        "\t",
        "\n",
        " ",
        "..",
        "&",
    ),
    *(
        "[::1]",
        "127.0.0.1",
        "localhost",
        "e.test",
        "é",
        "\0",
        "x" * 2000,
        "Https:",
        "vbscript:",
        "view-source:",
    ),
)
BAD_SCHEMES = {"javascript", "data", "vbscript", "file", "blob", "about"}
NAMES = (
    "id[]",
    "poll[options][]",
    "a[0][b]",
    "a[][b]",
    "a[b]",
    "status",
    "limit",
    "a[b][c][d][e][f][g]",
    "[",
    "a]",
)


def check_app(given: tuple[str, list[str], str]) -> None:
    """What is registered has addresses that a code may be sent to."""
    name, uris, scopes = given
    try:
        check_registration(Registration(name, tuple(uris), scopes))
    except Refused:
        return
    for uri in uris:
        scheme = uri.partition(":")[0].lower()
        assert scheme not in BAD_SCHEMES
        assert len(uri) <= MAX_URI
        assert uri.isascii()
        assert uri.isprintable()
        assert "#" not in uri
        if scheme in {"http", "https"}:
            assert re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", urlsplit(uri).netloc)
            assert (
                scheme == "https"
                or urlsplit(uri).hostname in {"127.0.0.1", "localhost", "::1"}
                or "localhost" in uri
            )


def check_scopes(text: str) -> None:
    """Scopes that exist are written and read as they are, and cover themselves."""
    found = parse_scopes(text)
    if found is not None:
        assert parse_scopes(write_scopes(found)) == found
        assert covers(found, found)
        assert not any(scope.startswith("admin") for scope in found)


def check_onward(text: str) -> None:
    """Wherever signing in leads, it is on this node, for a browser too: it drops tabs, and turns backslashes."""
    found = read_onward(text)
    for seen in (found, found.replace("\t", "").replace("\n", "").replace("\\", "/")):
        assert urlsplit(urljoin(f"{ORIGIN}/sign-in", seen))[:2] == ("https", "machi.test")


def check_pairs(pairs: list[tuple[str, str]]) -> None:
    """Parameters are a tree of bounded depth, whatever is asked of it."""
    with suppress(HTTPException):
        _ask(Parameters(read_pairs(pairs)))


def check_body(body: bytes) -> None:
    """A JSON body is one too."""
    with suppress(HTTPException):
        _ask(Parameters(read_json(body)))


def _ask(found: Parameters) -> None:
    for name in [*found, "id", "status"]:
        for ask in (found.text, found.texts, found.flag, found.word, found.upload):
            with suppress(HTTPException):
                _check(ask(name))
        with suppress(HTTPException):
            number = found.id(name)
            assert number is None or 0 <= number <= MAX_ID
        with suppress(HTTPException):
            assert all(0 <= each <= MAX_ID for each in found.ids(name))
        with suppress(HTTPException):
            assert abs(found.number(name) or 0) <= 1 << 53
        for group in (found.group(name), *found.groups(name)) if name in found else ():
            _ask(group)


def _check(value: Any) -> None:
    for text in value if isinstance(value, tuple) else (value,):
        assert not isinstance(text, str) or "\0" not in text


def check_proxy_path(given: tuple[str, str, str]) -> None:
    """A picture is fetched only from an address that we have signed."""
    signature, size, encoded = given
    addresses = Addresses(VAULT)
    with suppress(NotFound):
        url = addresses.read(signature, size, encoded)
        assert addresses.path(url, size) == f"/media/proxy/{signature}/{size}/{encoded}"  # type: ignore[arg-type]


def check_range(text: str) -> None:
    """A part of a file is within it."""
    for size in (0, 1, 1000):
        part = read_range(text, size)
        assert part is None or 0 <= part[0] < part[1] <= size


def check_head(data: bytes) -> None:
    """The first bytes of a file are a picture's or not."""
    head = data[:HEAD_BYTES]
    assert find_format(head) in {None, "JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"}
    assert is_sound_or_film(head) in {True, False}


SIGNED = (Addresses(VAULT).path("https://p.test/a.png", "small") or "").split("/")[3:]
HEADS = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"GIF89a\x01\0\x01\0",
)

_uris = st.lists(spoiled_texts(REDIRECTS, MARKS, most=3), max_size=3)
_signed = st.tuples(
    spoiled_texts([SIGNED[0]], ["A", "é", "=", "\0"], most=1),
    st.sampled_from(["small", "full", "x", ""]),
    spoiled_texts([SIGNED[2]], ["A", "é", "=", "-", "\0"], most=1),
)
_words = spoiled_texts(
    ["read write:statuses push", "follow", "profile"], [" ", "\t", "admin", "admin:read", "write", ":", "é"]
)
_onward = spoiled_texts(["/account?x=1", "/oauth/authorize?client_id=a&redirect_uri=b"], MARKS)
_pairs = st.lists(
    st.tuples(spoiled_texts(NAMES, ["[", "]", "[]", "[0]", "\0"]), st.sampled_from(STRANGE_TEXTS)), max_size=8
)
_bodies = st.builds(write_json, st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), st.booleans())
_heads = spoiled_bytes(
    HEADS, [b"ftyp", b"\0\0\0\0", b"\xff\xff\xff\xff", b"heic", b"RIFF", b"OggS", b"\xff\xd8\xff"]
)

TARGETS = (
    Target("apps", st.tuples(st.sampled_from(["app", "", "x" * 200]), _uris, _words), check_app),
    Target("scopes", _words, check_scopes),
    Target("onward", _onward, check_onward),
    Target("parameters", _pairs, check_pairs),
    Target("parameters-json", _bodies | st.binary(max_size=40), check_body),
    Target("picture-addresses", _signed, check_proxy_path, 100),
    Target(
        "ranges",
        spoiled_texts(["bytes=0-99", "bytes=-5", "bytes=5-"], ["9" * 20, "-", ",", "=", " "]),
        check_range,
        100,
    ),
    Target("picture-heads", _heads, check_head, 100),
)
