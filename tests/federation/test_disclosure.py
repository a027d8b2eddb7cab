"""Links that read like one address and lead to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.html import MAX_LENGTH, sanitise

TRUE = [
    ("https://good.example/x", "https://good.example/x"),
    ("good.example/x", "https://www.good.example/x"),
    ("GOOD.example", "https://good.example/"),
    (
        '<span class="invisible">https://www.</span><span class="ellipsis">good.example/aa</span>',
        "https://www.good.example/aab",
    ),
    ("https://例え.example/", "https://例え.example/"),
    ("ばーなな.example", "https://ばーなな.example/"),
    ("市役所のお知らせ", "https://good.example/"),
    ("広報.pdf", "https://good.example/広報.pdf"),
    ("3.5 km", "https://good.example/"),
    ("v1.2.3", "https://good.example/"),
    ("@hanako@good.example", "https://social.example/@hanako"),
    ("です。ます", "https://good.example/です。ます"),
    ("good.example:8443", "https://good.example:8443/"),
]
FALSE = [
    ("https://good.example/login", "https://evil.example/", "evil.example"),
    ("good.example", "https://evil.example/", "evil.example"),
    ("good.example", "https://good.example.evil.example/", "good.example.evil.example"),
    ("good.example", "https://notgood.example/", "notgood.example"),
    ("www.good.example", "https://good.example/", "good.example"),
    ("ｇｏｏｄ．example", "https://evil.example/", "evil.example"),
    ("good。example", "https://evil.example/", "evil.example"),
    ("go\u200bod.example", "https://evil.example/", "evil.example"),
    ("good<b>.example</b>/x", "https://evil.example/", "evil.example"),
    ("公式 https://good.example/ です", "https://evil.example/", "evil.example"),
    ("https:\\\\good.example", "https://evil.example/", "evil.example"),
    ("https://good.example/evil.example", "https://evil.example/", "evil.example"),
    ("https://аpple.example", "https://аpple.example/", "xn--pple-43d.example"),
    ("https://evil.example/ https://good.example/", "https://evil.example/", "evil.example"),
    ("good_.example", "https://evil.example/", "evil.example"),
    ("https://a@good.example/", "https://evil.example/", "evil.example"),
    ("good&#46;example", "https://evil.example/", "evil.example"),
]


@pytest.mark.parametrize(("text", "href"), TRUE)
def test_what_leads_where_it_says_stays(text: str, href: str) -> None:
    assert "[" not in sanitise(f'<a href="{href}">{text}</a>')


@pytest.mark.parametrize(("text", "href", "host"), FALSE)
def test_what_leads_elsewhere_says_where(text: str, href: str, host: str) -> None:
    clean = sanitise(f'<p><a href="{href}">{text}</a> x</p>')
    assert clean.endswith(f" [{host}]</a> x</p>")
    assert sanitise(clean) == clean


@given(
    st.lists(
        st.sampled_from(
            [*(each[0] for each in FALSE), "<a href='https://evil.example/'>", "</a>", "[", "<p>"]
        )
    )
)
def test_once_is_enough(parts: list[str]) -> None:
    clean = sanitise("".join(parts))
    assert sanitise(clean) == clean


def test_naming_hosts_stays_within_the_limit() -> None:
    host = "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + ".example"
    clean = sanitise(f'<a href="https://{host}/">g.example</a>' * 120)
    assert len(clean) <= MAX_LENGTH
    assert clean.count(f"[{host}]") > 20
    assert sanitise(clean) == clean
