"""Ids, hosts, URLs, redirects: one reading for us, for the libraries that dial, and after every repeat."""

from ipaddress import ip_address

import httpx
import yarl
from hypothesis import strategies as st

from federation import iris
from federation.addresses import AddressPolicy
from federation.client import ClientOptions
from federation.client.content import is_activity as is_activity_answer
from federation.client.content import parse_media_type
from federation.client.targets import Targets, is_same_document, spell
from federation.errors import MalformedDocument, Unreachable
from tests.fuzz.mutations import spoiled_texts
from tests.fuzz.targets import Target

TOKENS = (
    *(
        "/",
        "//",
        "?",
        "#",
        "@",
        ":",
        ":443",
        ":80",
        ":0",
        ":65536",
        ":٣",
        "\\",
        ".",
        "..",
        "%2e%2e",
        "%2F",
        "%00",
    ),
    *("%zz", "%", "%C3%A9", "[", "]", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25lo]", "127.1", "0x7f.1"),
    *("2130706433", "0177.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "localhost", "x.localhost", "evillocalhost"),
    *(
        "p.test",
        "e.test",
        "machi.test",
        "xn--",
        "xn--a",
        "駅",
        "faß",
        "İ",
        "ﬀ",
        "K",
        "ｐ.test",
        "\t",
        "\n",
        " ",
    ),
    *(
        "\u3000",
        "\u00a0",
        "\u200b",
        "\u00ad",
        "\u202e",
        "\x7f",
        "|",
        "^",
        "`",
        "{",
        "}",
        "<",
        ">",
        '"',
        "'",
        "~",
    ),
    *("+", ";", "=", "&", "é", "e\u0301", "https://", "HTTPS://", "http://", "ftp://", "file:///"),
    *("javascript:", "user:pass@", "a" * 64, "a." * 130),
)
URLS = (
    *("https://p.test/users/alice", "https://p.test/users/alice#main-key", "https://p.test/a%7Eb?x=%20&y=1"),
    *("http://localhost:8080/a", "https://駅.test/駅", "https://[2606:4700::1]/", "https://1.1.1.1/"),
    *("https://P.TEST:443", "https://p.test/?q=a+b"),
)
OWN = "https://machi.test"
STRICT = Targets(
    ClientOptions(contact=OWN, own_origins={OWN}, is_blocked=lambda host: host.endswith("blocked.test"))
)


def check_iri(text: str) -> None:
    """The canonical form is one, and every library that will see it finds the same host in it."""
    try:
        found = iris.canonical(text)
    except MalformedDocument:
        return
    assert iris.canonical(found) == found
    assert len(found.encode()) <= len(text.encode()) * 4 + 16
    assert iris.same_origin(found, text)
    origin = iris.origin(found)
    assert iris.origin(origin) == origin
    assert found.startswith(origin)
    assert iris.host(found) == origin.partition("://")[2]
    assert origin.isascii()
    assert origin == origin.lower()


def check_spelling(text: str) -> None:
    """The spelling in which a URL leaves is settled, and is signed, dialled and compared alike."""
    try:
        target = spell(text)
    except MalformedDocument:
        return
    assert spell(target.url) == target
    assert "#" not in target.url
    assert str(target.wire) == target.url
    assert iris.origin(target.url) == target.origin
    for library in (httpx.URL(target.url), yarl.URL(target.url)):
        port = "" if library.port in {443, 80, None} else f":{library.port}"
        host = library.raw_host.decode() if isinstance(library, httpx.URL) else library.raw_host
        shown = f"[{host}]" if ":" in str(host) else host
        assert f"{library.scheme}://{shown}{port}" == target.origin
    assert is_same_document(target.url, target.url) != target.url.endswith("?")


def check_redirect(pair: tuple[str, str]) -> None:
    """Wherever a redirect leads, it is a place where we may go."""
    start, location = pair
    try:
        target = STRICT.follow(STRICT.admit(start), location)
    except (Unreachable, MalformedDocument):
        return
    assert target.url.startswith("https:") or start.startswith("http:")
    assert target.origin != OWN
    assert not target.host.endswith("blocked.test")
    name = target.host.partition(":")[0]
    assert name == target.host or name.endswith("localhost")
    assert not name.replace(".", "").isdigit()


def check_address(text: str) -> None:
    """Any text is an address that may be dialled, or there is a reason why not."""
    reason = AddressPolicy().refusal(text)
    if reason is None:
        address = ip_address(text)
        assert address.is_global
        assert not address.is_multicast


def check_host(text: str) -> None:
    """A host name has one canonical form."""
    try:
        host = iris.canonical_host(text)
    except MalformedDocument:
        return
    assert iris.canonical_host(host) == host
    assert host.isascii()
    assert len(host) <= iris.MAX_HOST_LENGTH


def check_media_type(text: str) -> None:
    """A media type is one or none."""
    found = parse_media_type(text)
    assert found is None or found[0] == found[0].lower()
    assert not is_activity_answer(text) or found is not None


_urls = spoiled_texts(URLS, TOKENS)
_locations = spoiled_texts([*URLS, "/b", "//e.test/x", "?x"], TOKENS)
_addresses = st.ip_addresses().map(str) | spoiled_texts(
    ["127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"], [":", ".", "0", "%lo"]
)
_types = spoiled_texts(
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8',
    ],
    [";", "=", '"', "\\", ",", "/", " ", "q=1", "é", "\0", "profile="],
)

TARGETS = (
    Target("iris", _urls, check_iri, 250),
    Target("hosts", spoiled_texts(["p.test", "駅.test", "127.0.0.1", "[::1]"], TOKENS), check_host, 250),
    Target("spellings", _urls, check_spelling, 250),
    Target("redirects", st.tuples(st.sampled_from(URLS), _locations), check_redirect, 200),
    Target("addresses", _addresses, check_address, 150),
    Target("media-types", _types, check_media_type, 200),
)
