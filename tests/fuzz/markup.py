"""HTML and text of strangers: safe, settled, short enough, shallow enough, whatever came in."""

import re
from html.parser import HTMLParser

from hypothesis import strategies as st

from federation import html
from federation.vocabulary import Iri
from tests.fuzz.mutations import spoiled_texts
from tests.fuzz.targets import Target
from tests.fuzz.words import STRANGE_TEXTS

ALLOWED = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"),
    *("ul", "ol", "li", "ruby", "rt", "rp"),
}
ATTRIBUTES = {"href", "class", "rel", "start", "reversed", "value"}

TOKENS = (
    *("<", ">", "</", "/>", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?x", "<!doctype html>", "&", "&lt;"),
    *("&#x3c;", "&#0;", "&amp", "&NotEqualTilde;", "\0", "\x0c", "\r", "\n", "\u2028", "\u202e", "\ufeff"),
    *(
        "\ud800",
        '"',
        "'",
        "`",
        "=",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<math>",
    ),
    *("<mtext>", "<mglyph>", "<annotation-xml>", "<foreignObject>", "<table>", "<td>", "<tr>", "<caption>"),
    *(
        "</table>",
        "<select>",
        "<option>",
        "<template>",
        "<form>",
        "<input name=x>",
        "<textarea>",
        "</textarea>",
    ),
    *(
        "<title>",
        "<noscript>",
        "<iframe srcdoc='",
        "<plaintext>",
        "<xmp>",
        "<a href=",
        "<a href='javascript:1'>",
    ),
    *(
        '<a href="//e.test">',
        '<a href="https://p.test/">',
        "</a>",
        "<a>",
        '<p class="mention x">',
        "<p style=x>",
    ),
    *(
        "<p onclick=1>",
        "<p",
        "<p/>",
        "</p>",
        "<P>",
        "<p a=1 a=2>",
        "<h1>",
        "</h1>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
    ),
    *("<ul>", "<li>", "</ul>", "<li value='-1'>", "<ol start=9>", "<blockquote>", "<pre>\n", "<br>", "<br/>"),
    *(
        "</br>",
        "<hr>",
        "<img src=x onerror=1>",
        "<image>",
        "<nobr>",
        "<font>",
        "<frameset>",
        "<body x>",
        "<ruby>",
    ),
    *("<rt>", "<x-y>", "<p:q>", "<a name=x id=y>", "mailto:a@b.test?cc=c", "data:text/html,x"),
    *("https://u@p.test/", "x", "駅"),
)
SEEDS = (
    '<p>駅前の<b>除雪</b>は<a href="https://p.test/a?x=1&amp;y=2" class="mention u-url">@<span>a</span></a><br></p>',
    "<ul><li><p>a</p><ol start=2><li>b</ol></ul><pre><code>x &lt; y</code></pre>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=1&gt;'>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=1 src>'>",
    "<svg></p><style><a title='</style><img src onerror=1>'>",
    "<noscript><p title='</noscript><img src=x onerror=1>'>",
)
TEXTS = (
    "駅前の除雪は済みました。 https://p.test/a?x=1#y @alice@p.test #除雪 (https://p.test/b).",
    "a\r\n\r\nb\n c",
)


class Reader(HTMLParser):
    """An independent reading of what comes out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        assert {name for name, _ in attrs} <= ATTRIBUTES
        for name, value in attrs:
            if name == "href":
                assert re.match(r"https?://[^@/]+(/|\Z|[?#])|mailto:[^?]+\Z", value or "")
            if name == "class":
                assert not {"x", ""} & set((value or "x").split())
        if tag != "br":
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag != "br"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def check_markup(dirty: str) -> None:
    """What is shown is safe, settled, and within its limits."""
    clean = html.sanitise(dirty)
    assert html.sanitise(clean) == clean
    assert len(clean) <= html.MAX_LENGTH
    reader = Reader()
    reader.feed(clean)
    reader.close()
    assert reader.deepest <= html.MAX_DEPTH
    assert reader.depth == 0
    for address in html.links(clean):
        assert re.match(r"https?://|mailto:", address)


def check_text(text: str) -> None:
    """Plain text becomes markup that sanitising leaves as it is, and the text is all there."""
    markup = html.from_text(text, dict.fromkeys(html.find_handles(text), _ALICE), {})
    reader = Reader()
    reader.feed(markup)
    assert html.sanitise(markup).count("<p>") == markup.count("<p>") or len(markup) > html.MAX_LENGTH
    assert html.find_hashtags(text) == html.find_hashtags(text)


def check_name(text: str) -> None:
    """A name is one line, no longer than its limit, and tidy names stay."""
    for limit in (1, 10, 500):
        name = html.plain_name(text, limit)
        assert len(name) <= limit
        assert html.plain_name(name, limit) == name
        assert not re.search(r"[\n\r\u2028\u202a-\u202e\u2066-\u2069]", name)


_ALICE = (Iri("https://p.test/users/alice"), "alice")
TARGETS = (
    Target("markup", spoiled_texts(SEEDS, TOKENS, most=8), check_markup, 300),
    Target(
        "plain-texts", spoiled_texts(TEXTS, [*TOKENS, "@", "#", "＃", "https://", ")", "."]), check_text, 150
    ),
    Target(
        "names", spoiled_texts(["花子 🏯", "a\u0301b"], STRANGE_TEXTS) | st.text(max_size=30), check_name, 150
    ),
)
