"""One canonical form for every IRI: what is folded, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import iris
from federation.errors import MalformedDocument


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://Example.COM/Path?Q#F", "https://example.com/Path?Q#F"),
        ("HTTPS://example.com", "https://example.com"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com:0443/a", "https://example.com/a"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://例え.jp/日本語", "https://xn--r8jz45g.jp/日本語"),
        ("https://例え。ｊｐ/", "https://xn--r8jz45g.jp/"),
        ("https://ＥＸＡＭＰＬＥ.com/", "https://example.com/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://XN--R8JZ45G.jp/", "https://xn--r8jz45g.jp/"),
        ("https://r3---sn-abc.example/", "https://r3---sn-abc.example/"),
        ("https://127.0.0.1:8000/", "https://127.0.0.1:8000/"),
        ("https://[0:0:0:0:0:0:0:1]:8000/", "https://[::1]:8000/"),
        ("https://example.com?x", "https://example.com?x"),
    ],
)
def test_canonical(written: str, expected: str) -> None:
    assert iris.canonical(written) == expected
    assert iris.canonical(expected) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "/relative",
        "//example.com/a",
        "example.com",
        "ftp://example.com/",
        "did:key:z6Mk",
        "acct:a@example.com",
        "https://",
        "https:///path",
        "https:example.com",
        "https://user@example.com/",
        "https://user:pw@example.com/",
        "https://good.example\\@evil.example/",
        "https://good.example\\.evil.example/",
        "https://ex\u00adample.com/",
        "https://ex\u200bample.com/",
        "https://exam\u2060ple.com/",
        "https://example.com/\u202egpj.exe",
        "https://example.com/a b",
        "https://example.com/a\tb",
        "https://example.com/a\n",
        "\nhttps://example.com/a",
        "https://example.com/\x00",
        "https://example.com/<script>",
        'https://example.com/"onclick',
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com:/",
        "https://example.com:8x/",
        "https://example.com:\u0661/",
        "https://exa..mple.com/",
        "https://.example.com/",
        "https://example.com../",
        "https://-example.com/",
        "https://a_b.example/",
        "https://%65xample.com/",
        "https://example.com%2f.evil.example/",
        "https://xn--a/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1]x/",
        "https://℀.example/",
    ],
)
def test_refused(written: str) -> None:
    for judge in (iris.canonical, iris.origin, iris.host, iris.identify):
        with pytest.raises(MalformedDocument):
            judge(written)
    assert not iris.same_origin(written, written)


@pytest.mark.parametrize(
    "written", ["https://u@a.example/", "https://u:p@a.example/", "https://a.example@b.example:8/"]
)
def test_user_information_is_named_as_the_reason(written: str) -> None:
    with pytest.raises(MalformedDocument, match="user information"):
        iris.canonical(written)


def test_length_is_limited() -> None:
    longest = "https://example.com/".ljust(iris.MAX_IRI_LENGTH, "a")
    assert iris.canonical(longest) == longest
    with pytest.raises(MalformedDocument):
        iris.canonical(longest + "a")


def test_length_is_counted_in_bytes() -> None:
    """PostgreSQL refuses an index row of 2,704 bytes: 2,000 kanji in a path were an error there."""
    with pytest.raises(MalformedDocument):
        iris.canonical("https://example.com/" + "町" * 1000)


@pytest.mark.parametrize(
    ("iri", "allowed"),
    [
        ("https://example.com/a", True),
        ("http://localhost/a", True),
        ("http://localhost:8000/a", True),
        ("http://town.localhost:8000/a", True),
        ("http://example.com/a", False),
        ("http://localhost.example.com/a", False),
        ("http://evillocalhost/a", False),
    ],
)
def test_plain_http_only_on_loopback_names(iri: str, allowed: bool) -> None:
    assert iris.is_allowed_scheme(iri) is allowed
    if allowed:
        assert iris.identify(iri) == iri
    else:
        with pytest.raises(MalformedDocument):
            iris.identify(iri)


def test_origin_and_host() -> None:
    assert iris.origin("https://Example.com:443/u/a?b#c") == "https://example.com"
    assert iris.origin("https://example.com:8443/u") == "https://example.com:8443"
    assert iris.host("https://例え.jp:8443/u") == "xn--r8jz45g.jp:8443"
    assert iris.host("http://town.localhost:8000/u") == "town.localhost:8000"


def test_same_origin_compares_scheme_host_and_port() -> None:
    assert iris.same_origin("https://a.example/1", "https://A.example:443/2")
    assert not iris.same_origin("https://a.example/1", "https://b.example/1")
    assert not iris.same_origin("https://a.example/1", "https://a.example:8443/1")
    assert not iris.same_origin("https://a.localhost/1", "http://a.localhost/1")
    assert not iris.same_origin("https://a.example/1", "https://a.example.evil.example/1")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Example.COM.", "example.com"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("[::1]", "[::1]"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_canonical_host(written: str, expected: str) -> None:
    assert iris.canonical_host(written) == expected


@pytest.mark.parametrize(
    "written", ["", ".", "a b", "a/b", "a:1", "a@b", "ex\u00adample.com", "tо\u200byama.jp"]
)
def test_canonical_host_refuses(written: str) -> None:
    with pytest.raises(MalformedDocument):
        iris.canonical_host(written)


def test_a_mixed_script_host_shows_as_a_label() -> None:
    assert iris.canonical_host("tоyama.jp") == "xn--tyama-jye.jp"


def test_without_fragment() -> None:
    assert iris.without_fragment("https://a.example/u#main-key") == "https://a.example/u"
    assert iris.without_fragment("https://a.example/u") == "https://a.example/u"


def test_minted_ids_are_positive_and_sort_by_time() -> None:
    first, later = iris.mint_id(1_700_000_000_000), iris.mint_id(1_700_000_000_001)
    assert 0 < first < later < 2**63
    assert first >> 15 == 1_700_000_000_000
    assert iris.mint_id(5, chance=7) == iris.mint_id(5, chance=7) == (5 << 15 | 7)
    assert len({iris.mint_id(1_700_000_000_000) for _ in range(50)}) > 40


@given(st.text())
def test_any_text_is_canonical_or_malformed(text: str) -> None:
    for written in (text, f"https://{text}", f"https://{text}/", f"https://example.com/{text}"):
        try:
            found = iris.canonical(written)
        except MalformedDocument:
            continue
        assert iris.canonical(found) == found
        assert iris.origin(found) == iris.origin(written)
        assert iris.host(found).isascii()
