"""Which URLs may be asked for, and that what is signed is what leaves."""

from collections.abc import Callable
from contextlib import suppress

import pytest
import yarl
from hypothesis import given
from hypothesis import strategies as st

from federation.client import ClientOptions
from federation.client.targets import Targets, is_same_document, spell
from federation.errors import MalformedDocument, RemoteFault, Unreachable


def targets(**changes: object) -> Targets:
    return Targets(ClientOptions(contact="https://kairanban.test", **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "leaves"),
    [
        ("https://peer.test", "https://peer.test/"),
        ("https://PEER.test:443/a", "https://peer.test/a"),
        ("https://peer.test./a", "https://peer.test/a"),
        ("https://peer.test/a#main-key", "https://peer.test/a"),
        ("https://peer.test/a%7Eb", "https://peer.test/a~b"),
        ("https://peer.test/a%2Fb?c=d%26e", "https://peer.test/a%2Fb?c=d%26e"),
        ("https://peer.test/@あ?い=う", "https://peer.test/@%E3%81%82?%E3%81%84=%E3%81%86"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("http://town.localhost:8001/a", "http://town.localhost:8001/a"),
    ],
)
def test_spelling(written: str, leaves: str) -> None:
    assert spell(written).url == leaves
    assert spell(leaves).url == leaves


@pytest.mark.parametrize(
    "written",
    [
        "ftp://peer.test/a",
        "file:///etc/passwd",
        "gopher://peer.test/",
        "data:text/plain,a",
        "//peer.test/a",
        "/a",
        "acct:alice@peer.test",
        "http://peer.test/a",
        "http://localhost.evil.test/a",
        "http://127.0.0.1/a",
        "https://user@peer.test/a",
        "https://user:secret@peer.test/a",
        "https://peer.test:0/a",
        "https://peer.test:99999/a",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://peer.test/a/../b",
        "https://peer.test/a/%2e%2E/b",
        "https://peer.test/a/%2e/b",
        "https://peer.test/..",
        "https://peer.test/a b",
        "https://peer.test/a\nb",
        "https://pe\u00ader.test/",
        "https://peer.test/" + "a" * 2048,
    ],
)
def test_what_is_no_address_of_a_document(written: str) -> None:
    with pytest.raises(MalformedDocument):
        spell(written)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_the_spelling_is_settled(rest: str) -> None:
    try:
        target = spell("https://peer.test/" + rest)
    except MalformedDocument:
        return
    assert spell(target.url) == target
    assert str(target.wire) == target.url
    assert target.wire.raw_path.decode() == yarl.URL(target.url).raw_path_qs


@pytest.mark.parametrize(
    "written",
    [
        "https://peer.test:8443/a",
        "https://peer.test:22/a",
        "https://127.0.0.1/a",
        "https://8.8.8.8/a",
        "https://[::1]/a",
        "https://[2606:4700::1111]/a",
        "https://①②⑦.0.0.1/",
        "https://127。0。0。1/",
    ],
)
def test_ports_and_literals_only_where_a_test_allows_them(written: str) -> None:
    with pytest.raises(Unreachable) as caught:
        targets().admit(written)
    assert caught.value.permanent
    targets(allow_any_port=True).admit(written)


@pytest.mark.parametrize(
    "written", ["https://localhost:8001/a", "http://town.localhost:8001/", "http://localhost/"]
)
def test_loopback_names_may_have_any_port(written: str) -> None:
    targets().admit(written)


@pytest.mark.parametrize("own", [{"https://kairanban.test"}, lambda: {"https://kairanban.test"}])
def test_our_own_origins_are_never_fetched(own: set[str] | Callable[[], set[str]]) -> None:
    for written in ("https://kairanban.test/a", "https://KAIRANBAN.test:443/a", "https://kairanban.test./a"):
        with pytest.raises(Unreachable, match="our own origin") as caught:
            targets(own_origins=own).admit(written)
        assert caught.value.permanent
    targets(own_origins=own).admit("https://www.kairanban.test/a")


def test_own_origins_that_change_are_asked_each_time() -> None:
    own: set[str] = set()
    rules = targets(own_origins=own)
    rules.admit("https://area.test/a")
    own.add("https://area.test")
    with pytest.raises(Unreachable):
        rules.admit("https://area.test/a")


def test_blocked_servers_are_not_asked() -> None:
    rules = targets(is_blocked=lambda host: host == "bad.test")
    with pytest.raises(Unreachable, match="blocked"):
        rules.admit("https://BAD.test./a")
    with pytest.raises(Unreachable, match="blocked"):
        rules.follow(spell("https://peer.test/a"), "https://bad.test/b")


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/b?c", "https://peer.test/b?c"),
        ("b", "https://peer.test/x/b"),
        ("https://other.test/b#c", "https://other.test/b"),
        ("//other.test/b", "https://other.test/b"),
    ],
)
def test_where_a_redirect_leads(location: str, leads: str) -> None:
    assert targets().follow(spell("https://peer.test/x/a"), location).url == leads


@pytest.mark.parametrize(
    "location",
    [
        "http://peer.test/b",
        "http://localhost/b",
        "http://town.localhost:8001/b",
        "file:///etc/passwd",
        "gopher://peer.test/",
        "ftp://peer.test/",
        "data:text/plain,a",
        "https://user@peer.test/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://peer.test:6379/",
        "https://kairanban.test/actor",
        "https://[",
    ],
)
def test_where_no_redirect_may_lead(location: str) -> None:
    rules = targets(own_origins={"https://kairanban.test"})
    with pytest.raises(Unreachable):
        rules.follow(spell("https://peer.test/a"), location)


def test_plain_http_on_loopback_may_redirect_to_itself() -> None:
    assert targets().follow(spell("http://localhost:8001/a"), "/b").url == "http://localhost:8001/b"


@pytest.mark.parametrize(
    ("claimed", "final", "same"),
    [
        ("https://peer.test/a", "https://peer.test/a", True),
        ("https://PEER.test/a", "https://peer.test/a", True),
        ("https://peer.test:443/a", "https://peer.test/a", True),
        ("https://peer.test/a%7Eb", "https://peer.test/a~b", True),
        ("http://localhost:80/a", "http://localhost/a", True),
        ("http://localhost:8001/a", "http://localhost:8001/a", True),
        ("https://peer.test", "https://peer.test/", True),
        ("https://peer.test/a/", "https://peer.test/a", False),
        ("https://peer.test/a#b", "https://peer.test/a", False),
        ("https://peer.test/a?b", "https://peer.test/a", False),
        ("https://peer.test/a?", "https://peer.test/a", False),
        ("https://peer.test./a", "https://peer.test/a", True),
        ("https://user@peer.test/a", "https://peer.test/a", False),
        ("https://peer.test:8443/a", "https://peer.test/a", False),
        ("https://peer.test/b/%2e%2e/a", "https://peer.test/a", False),
        ("https://例え.jp/a", "https://xn--r8jz45g.jp/a", True),
        ("https://other.test/a", "https://peer.test/a", False),
        ("http://peer.test/a", "https://peer.test/a", False),
        ("a", "https://peer.test/a", False),
    ],
)
def test_when_an_id_is_its_url(claimed: str, final: str, *, same: bool) -> None:
    assert is_same_document(claimed, final) is same


@given(st.text(max_size=60))
def test_any_text_is_admitted_or_refused(text: str) -> None:
    with suppress(RemoteFault):
        targets().admit(text)
