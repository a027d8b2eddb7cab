"""HTML of strangers made safe, plain text made HTML, names made plain."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation import html
from federation.html import find_handles, find_hashtags, from_text, links, plain_name, sanitise, to_text
from federation.vocabulary import Iri

REL = 'rel="nofollow noopener noreferrer ugc"'

ALLOWED = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"),
    *("ul", "ol", "li", "ruby", "rt", "rp"),
}


class Inspector(HTMLParser):
    """What a document really contains."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.depth = self.deepest = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag != "br":
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def check(clean: str) -> None:
    seen = Inspector(clean)
    assert len(clean) <= html.MAX_LENGTH
    assert seen.deepest <= html.MAX_DEPTH
    for tag, attributes in seen.tags:
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "class", "rel", "start", "reversed", "value"}
        for name in (attributes.get("class") or "").split():
            assert re.fullmatch(r"(h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible", name)
        href = attributes.get("href")
        assert href is None or re.match(r"https?://[a-z0-9\[]|mailto:", href)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("", ""),
        ("plain & simple", "plain &amp; simple"),
        ("<p>a<br>b</p><p>c</p>", "<p>a<br>b</p><p>c</p>"),
        ("<p>a<br/>b", "<p>a<br>b</p>"),
        (
            "<ruby>恵庭<rp>(</rp><rt>えにわ</rt><rp>)</rp></ruby>",
            "<ruby>恵庭<rp>(</rp><rt>えにわ</rt><rp>)</rp></ruby>",
        ),
        (
            '<ol start="3" reversed><li value="9">x</li></ol>',
            '<ol start="3" reversed=""><li value="9">x</li></ol>',
        ),
        ('<ol start="x"><li>x</li></ol>', "<ol><li>x</li></ol>"),
        ("<h1>題</h1><p>文</p>", "<p><strong>題</strong></p><p>文</p>"),
        ("<H2 id=x>題</h2>", "<p><strong>題</strong></p>"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style>x", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<svg onload=alert(1)><p>x</p></svg>", "<p>x</p>"),
        ("<iframe srcdoc='<script>alert(1)</script>'>x</iframe>y", "y"),
        ("<object data=x>y</object><embed src=x>z", "yz"),
        ("<base href='https://e.example/'><meta http-equiv=refresh content=0><link rel=x>x", "x"),
        ("<form action=/x><input name=a><button formaction=/y>go</button></form>", "go"),
        ("<plaintext>a", "a"),
        ("<!-- c --><?php x ?>a<![CDATA[b]]>", "a"),
        ('<p style="position:fixed" id=x name=y dir=rtl data-z=1 onclick=a()>x</p>', "<p>x</p>"),
        ("<p title=x lang=ja><span title=x lang=ja>x</span></p>", "<p><span>x</span></p>"),
        (
            '<span class="h-card admin-banner u-url evil mention invisible">x</span>',
            '<span class="h-card u-url mention invisible">x</span>',
        ),
        ('<span class="admin">x</span>', "<span>x</span>"),
        ('<p class="h-card">x</p>', "<p>x</p>"),
        (
            '<a href="https://a.example/" target=_blank rel=me>x</a>',
            f'<a href="https://a.example/" {REL}>x</a>',
        ),
        ('<a href="https://A.example:443/é">x</a>', f'<a href="https://a.example/é" {REL}>x</a>'),
        ('<a href="https://例え.jp/">x</a>', f'<a href="https://xn--r8jz45g.jp/" {REL}>x</a>'),
        ('<a href="mailto:a@b.example">x</a>', f'<a href="mailto:a@b.example" {REL}>x</a>'),
        ("<p>a</p>\n<p>b</p>", "<p>a</p>\n<p>b</p>"),
        ("<pre>\n\nx</pre>", "<pre>x</pre>"),
    ],
)
def test_sanitise(dirty: str, clean: str) -> None:
    assert sanitise(dirty) == clean
    assert sanitise(clean) == clean


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "  javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://a.example/x",
        "file:///etc/passwd",
        "/logout",
        "logout",
        "?logout",
        "#top",
        "//evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "https://good.example@evil.example/",
        "https://user:pw@evil.example/",
        "https://good.example\\@evil.example/",
        "https://e\u00advil.example/",
        "https://evil.example/\u202egpj",
        "mailto:a@b.example?bcc=c@d.example",
        "mailto:a@b.example,c@d.example",
        "mailto:",
        "ftp://a.example/",
        "",
        "https://" + "a" * 3000 + ".example/",
    ],
)
def test_links_that_go(href: str) -> None:
    clean = sanitise(f'<a href="{href}">x</a>')
    assert clean == f"<a {REL}>x</a>"


@pytest.mark.parametrize(
    "payload",
    [
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        '<math><mtext><table><mglyph><svg><mtext><style><path id="</style><img onerror=alert(1) src>">',
        "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
        "<title><p title='</title><img src=x onerror=alert(1)>'>",
        "<textarea><p title='</textarea><img src=x onerror=alert(1)>'>",
        "<select><template><img src=x onerror=alert(1)></template></select>",
        "<template><style></template><img src=x onerror=alert(1)></style>",
        "<a href='https://a.example/\"onmouseover=\"alert(1)'>x</a>",
        "<<script>script>alert(1)<</script>/script>",
        "<scr<script>ipt>alert(1)</script>",
        "<img src=`x`onerror=alert(1)>",
        "<table><td><a href=https://a.example/1><table><td><a href=https://a.example/2>x",
        "<b><p><i><p><b></i>",
        "<h1><script>alert(1)</h1></script>",
        "<p><h1 onclick=alert(1)>x</h1><h1/onclick=alert(1)>",
    ],
)
def test_mutations_stay_clean(payload: str) -> None:
    clean = sanitise(payload)
    check(clean)
    assert "onerror=" not in clean.replace("&lt;", "")
    assert "<img" not in clean
    assert sanitise(clean) == clean
    assert sanitise(sanitise(clean)) == clean


@pytest.mark.parametrize(
    "flood",
    [
        "<ol><li>" * 7500,
        "<blockquote>" * 100_000,
        "<b><i>" * 10_000,
        "".join(f"<b class=u-{number}>" for number in range(2000)) + "<p>" * 2000,
        "<blockquote></i>" * 2000,
        "<i><blockquote></i>" * 2000,
        "<blockquote><!--</blockquote>-->" * 1000,
        '<blockquote x="</blockquote>">' * 1000,
        '<blockquote x></blockquote x="><blockquote></blockquote>' * 1000,
        '<p b"><blockquote></blockquote><blockquote "' * 1000,
        "<textarea></blockquote></textarea><blockquote>" * 700,
        "<table><td>" * 3000,
        "<a href=https://a.example/>" * 3000,
        "".join(f"<p><u class={number}><style></u></style></p>" for number in range(400)) + "<p>x</p>" * 2000,
        "".join(f"<p><u class={number}><select></u></select></p>" for number in range(400))
        + "<p>x</p>" * 2000,
        "".join(f"<p><u class={number}></p>" for number in range(150)) + "<p>x</p>" * 149,
        "<svg><p>" * 4000,
        "<" * 100_000,
        "<a" * 50_000,
        "<a " * 50_000,
        "</" * 50_000,
        "<!--" * 50_000,
        "<!-- " + "-" * 100_000,
        "&" * 100_000,
        "&lt;" * 25_000,
        "x" * 1_000_000,
        "<p>" * 10_000,
        "<li>" * 10_000,
        "<br>" * 10_000,
        "<h1>" * 10_000,
        "<script>" * 10_000,
        "<style" * 10_000,
        "<p>駅前</p>" * 20_000,
        '<a href="https://a.example/' + "x" * 40_000 + '">x</a>',
        "<p " + "a=1 " * 20_000 + ">",
        "<p " + "a" * 40_000 + '="',
        "<pre>\n" * 5000,
        "<p>x " + "<span>" * 40 + "y" + "</span>" * 40,
    ],
)
def test_floods_cost_little(flood: str) -> None:
    started = time.process_time()
    clean = sanitise(flood)
    assert time.process_time() - started < 0.1
    check(clean)
    assert sanitise(clean) == clean
    started = time.process_time()
    to_text(flood[: html.MAX_LENGTH])
    links(flood[: html.MAX_LENGTH])
    assert time.process_time() - started < 0.1


def test_too_deep_keeps_its_text() -> None:
    deep = "<blockquote>" * 40 + "<p>駅前の<b>除雪</b></p>" + "</blockquote>" * 40
    assert sanitise(deep) == "<p>駅前の除雪</p>"
    fine = "<blockquote>" * 15 + "<p>x</p>" + "</blockquote>" * 15
    assert sanitise(fine) == fine


def test_long_and_flat_keeps_its_markup() -> None:
    listing = "<ul>" + "<li><b>除雪</b></li>" * 1000 + "</ul>"
    assert sanitise(listing) == listing


@pytest.mark.parametrize("markup", ["<p>" + "x<br>" * 100 + "</p>", "<p>x" + "<br>x" * 1000 + "</p>"])
def test_line_breaks_are_no_depth(markup: str) -> None:
    assert sanitise(markup) == markup


@pytest.mark.parametrize("href", ["/x", "https://a.example/?y=>2", "javascript:1"])
def test_a_link_that_leads_nowhere_is_settled_too(href: str) -> None:
    clean = sanitise(f'<a href="{href}" class="mention u-url">a</a>')
    assert clean == f'<a class="mention u-url" rel="{html.REL}">a</a>'
    assert sanitise(clean) == clean


def test_half_a_character_is_left_out() -> None:
    """Nothing can encode it: neither the sanitiser nor a database."""
    assert sanitise("<p>a\ud800b</p>") == "<p>ab</p>"
    assert plain_name("花\udc00子", 10) == "花子"


def test_a_long_text_keeps_as_much_as_is_read() -> None:
    assert sanitise("x" * (html.MAX_LENGTH + 5_000)) == "x" * html.MAX_LENGTH


def test_stray_ends_are_no_depth() -> None:
    assert sanitise("</b>" * 100 + "<p>x</p>" * 400) == "<p>x</p>" * 400


def test_what_is_cut_is_cut_between_tags() -> None:
    clean = sanitise("<p>" + "x" * (html.MAX_LENGTH - 10) + '</p><a href="https://a.example/">y</a>')
    assert clean.endswith("x</p>")
    assert sanitise("x" * (html.MAX_LENGTH - 3) + "&amp;&amp;").endswith("x")


pieces = st.sampled_from(
    [
        *(f"<{tag}>" for tag in sorted(ALLOWED)),
        *(f"</{tag}>" for tag in sorted(ALLOWED)),
        *(
            "<table>",
            "<td>",
            "</table>",
            "<div>",
            "</div>",
            "<h1>",
            "</h1>",
            "<svg>",
            "<math>",
            "<style>",
            "<script>",
        ),
        *(
            "<form>",
            "<button>",
            "<select>",
            "<option>",
            "<textarea>",
            "</textarea>",
            "<template>",
            "<plaintext>",
            "<nobr>",
        ),
        *(
            '<a href="https://a.example/">',
            '<a href="//x">',
            '<span class="mention x">',
            '<p title="',
            '">',
            "<!--",
            "-->",
        ),
        *(
            "\n",
            " ",
            "&",
            "&lt;",
            "&amp;lt;",
            "<",
            ">",
            '"',
            "'",
            "x",
            "駅",
            "\u202e",
            "&nbsp;",
            "\xa0",
            "<pre>\n",
        ),
    ]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=60).map("".join))
@example("<a><table><td><a>")
@example("<pre>\n\n")
@example("<p><table><p>")
@example("<b><p></b><i></p></i>")
def test_sanitising_is_safe_and_idempotent(dirty: str) -> None:
    clean = sanitise(dirty)
    check(clean)
    assert sanitise(clean) == clean


@given(st.text(max_size=300))
def test_any_text_survives_as_text(text: str) -> None:
    markup = from_text(text)
    assert sanitise(markup) == sanitise(sanitise(markup))
    visible = re.sub(r"\s+", "", text)
    assert re.sub(r"\s+", "", to_text(markup)) == visible


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("<p>a &lt;b&gt; &amp;amp;</p>", "a <b> &amp;"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
        (
            '<span class="invisible">https://</span><span class="ellipsis">a.example/x</span>',
            "https://a.example/x",
        ),
        ("<script>alert(1)</script>x<style>y</style>", "x"),
        ("a < b", "a < b"),
        ("<p></p><p></p><p>x</p>", "x"),
        ("", ""),
    ],
)
def test_to_text(markup: str, text: str) -> None:
    assert to_text(markup) == text


def test_paragraphs_and_lines() -> None:
    assert (
        from_text('a\nb\n\n c\r\nd \n \n\n<e> & "f"')
        == '<p>a<br>b</p><p>c<br>d</p><p>&lt;e&gt; &amp; "f"</p>'
    )
    assert from_text(" \n\n ") == ""


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("https://a.example/x", "https://a.example/x", ""),
        ("(https://a.example/x).", "https://a.example/x", ")."),
        ("https://a.example/x_(y)", "https://a.example/x_(y)", ""),
        ("https://a.example/x_(y))", "https://a.example/x_(y)", ")"),
        ("https://a.example/x])]", "https://a.example/x", "])]"),
        ("https://a.example/?a=1&b=2#c", "https://a.example/?a=1&amp;b=2#c", ""),
        ("https://a.exampleを見て", "https://a.example", "を見て"),
        ("http://a.example/「x」", "http://a.example/", "「x」"),
    ],
)
def test_addresses_become_links(text: str, address: str, rest: str) -> None:
    before = "(" if text.startswith("(") else ""
    assert from_text(text) == f'<p>{before}<a href="{address}" {REL}>{address}</a>{rest}</p>'


@pytest.mark.parametrize(
    "text", ["https://", "https://user@a.example", "javascript:alert(1)", "https://-a-/"]
)
def test_what_is_no_address_stays_text(text: str) -> None:
    assert 'href="https://user' not in from_text(text)
    assert from_text("javascript:alert(1)") == "<p>javascript:alert(1)</p>"


def test_mentions_and_hashtags() -> None:
    area = Iri("https://town.example/areas/megumino")
    tag = Iri("https://town.example/tags/除雪")
    found = from_text(
        "@megumino@town.example 駅前の#除雪 と #nothing @unknown https://a.example/@megumino@town.example#除雪",
        mentions={"megumino@town.example": (area, "megumino")},
        hashtags={"除雪": tag},
    )
    assert found == (
        f'<p><span class="h-card"><a href="{area}" class="u-url mention">@<span>megumino</span></a></span> 駅前の'
        f'<a href="{tag}" class="mention hashtag" rel="tag">#<span>除雪</span></a> と #nothing @unknown '
        f'<a href="https://a.example/@megumino@town.example#" {REL}>https://a.example/@megumino@town.example#</a>除雪</p>'
    )
    assert links(sanitise(found)) == ["https://a.example/@megumino@town.example#"]
    inside = from_text(
        "https://a.example/-@taro and -#x", mentions={"taro": (area, "taro")}, hashtags={"x": tag}
    )
    assert "h-card" not in inside
    assert inside.count("<a ") == 2
    hostile = from_text("@a", mentions={"a": (Iri('https://a.example/"><script>'), "<b>")})
    assert "<script>" not in hostile
    assert "<b>" not in hostile


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@taro", ("taro",)),
        ("こんにちは@taro@town.exampleさん", ("taro@town.example",)),
        ("@taro@town.example.", ("taro@town.example",)),
        ("@a_b-c.d@town.example:8443!", ("a_b-c.d@town.example:8443",)),
        ("@taro, @jiro, @taro", ("taro", "jiro")),
        ("taro@town.example", ()),
        ("https://a.example/@taro", ()),
        ("a@b @@x @ y", ()),
    ],
)
def test_handles(text: str, handles: tuple[str, ...]) -> None:
    assert find_handles(text) == handles


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#除雪", ("除雪",)),
        ("今日は#除雪、＃恵み野!", ("除雪", "恵み野")),
        ("#a #A #a", ("a", "A")),
        ("#2026年 #2026 #1", ("2026年",)),
        ("C# a#b &#39; https://a.example/#x", ()),
        ("##x", ()),
    ],
)
def test_hashtags(text: str, words: tuple[str, ...]) -> None:
    assert find_hashtags(text) == words


def test_links_are_what_is_advertised() -> None:
    markup = sanitise(
        '<a class="u-url mention" href="https://a.example/@x">@<span>x</span></a>'
        '<a class="mention hashtag" href="https://a.example/tags/x">#<span>x</span></a>'
        '<a class="mention" href="https://shop.example/?a=1&amp;b=2">buy</a>'
        '<a href="https://plain.example/">@plain</a>'
        "<a href='//gone'>x</a>"
    )
    assert links(markup) == ["https://shop.example/?a=1&b=2", "https://plain.example/"]
    assert links("") == []


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("花子", "花子"),
        ("山田　太郎", "山田　太郎"),
        ("a\u202eb\u2066c\u200fd\u061ce", "abcde"),
        ("a\nb\r\n\tc\u2028d", "a b c d"),
        ("a\u200bb\u00adc\ufeff\u2060d", "abcd"),
        ("  a   b  ", "a b"),
        ("👩\u200d👩\u200d👧 family", "👩\u200d👩\u200d👧 family"),
        ("e\u0301", "e\u0301"),
        ("Z" + "\u0301\u0316" * 30 + "x", "Z\u0301\u0316\u0301x"),
        ("が\u3099", "が\u3099"),
        ("ก" + "\u0e47" * 40, "ก" + "\u0e47" * 3),
        ("あ" + "\u3099" * 40 + "い", "あ" + "\u3099" * 3 + "い"),
        ("花\U000e0041\U000e007f子", "花子"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",) * 2,
        ("\U0001f3f4\U000e0068\U000e0069", "\U0001f3f4"),
        ("\x00\x07a\x85b\x9f", "a b"),
        ("\u202e\u200b", ""),
    ],
)
def test_plain_names(name: str, plain: str) -> None:
    assert plain_name(name, 100) == plain


@given(st.text(max_size=60), st.integers(1, 70))
def test_a_plain_name_is_one_tidy_line(text: str, limit: int) -> None:
    name = plain_name(text, limit)
    assert len(name) <= limit
    assert plain_name(name, limit) == name
    assert not re.search(r"[\x00-\x1f\u202a-\u202e\u2066-\u2069\u2028\u2029]", name)
