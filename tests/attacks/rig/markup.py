"""What a browser makes of what strangers wrote: where it is shown, and what may stand there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from tests.attacks.rig import Rig
from tests.attacks.rig.ours import Article, articles, page, parse
from tests.attacks.rig.peers import Actor, Json
from tests.attacks.rig.wire import Answer

REL = {"nofollow", "noopener", "noreferrer", "ugc"}
FORMATTING = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"),
    *("ul", "ol", "li", "ruby", "rt", "rp"),
}
"""What Mastodon shows of a post's HTML, with ruby for Japanese."""
ATTRIBUTES = {
    "a": {"href", "rel", "class"},
    "span": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
CLASS = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible")
HREF = re.compile(
    r"https?://[a-z0-9.\-]+(?::\d+)?(?:[/?#][^\s\\]*)?|https?://\[[0-9a-f:]+\](?:[/?#]\S*)?|mailto:[^\s?,]+@[^\s?,]+"
)
OWN = re.compile(r"[#?][^\s]*|/(?![/\\])[^\s\\]*")
"""A place on the page, or a path of the site that is read."""
PAGE = {
    *FORMATTING,
    *("html", "head", "title", "meta", "link", "body", "header", "nav", "main", "footer", "section", "aside"),
    *("article", "div", "h1", "h2", "h3", "img", "time", "details", "summary", "form", "label", "input"),
    *("button", "textarea", "select", "option", "fieldset", "legend", "dl", "dt", "dd", "small", "wbr"),
}
"""What our templates are made of."""
CONTROLS = ("form", "input", "button", "textarea", "select", "link", "meta")
POLICY = "default-src 'none'"
SCRIPTS = re.compile("script-src [^;]*")

_SERIALISED = {"quote_attr_values": "always", "omit_optional_tags": False, "alphabetical_attributes": True}


@dataclass(frozen=True)
class Shown:
    """A post of a stranger's in every place where readers meet it."""

    article: Article
    page: Answer
    status: Json
    author: Json
    empty: Answer = field(repr=False)
    """The page of a post in which there is nothing."""

    @property
    def content(self) -> str:
        """The HTML that apps get."""
        return str(self.status["content"])

    def fragments(self) -> Iterator[str]:
        """Everything that apps take for HTML."""
        yield self.content
        for account in (self.status["account"], self.author):
            yield account["note"]
            yield from (each["value"] for each in account["fields"])

    def links(self) -> list[Element]:
        """Every link in that."""
        return [link for each in self.fragments() for link in fragment(each).iter("a")]

    def check(self) -> None:
        """Nothing runs, nothing loads, nothing looks like the site's own."""
        for each in self.fragments():
            check_fragment(each)
        check_page(self.page)
        assert count_controls(self.page) == count_controls(self.empty)


async def show(rig: Rig, author: Actor, **note: Any) -> Shown:
    """Let a stranger's post be taken, and look at it as readers do."""
    plain, marked = author.note(content="<p>ただの文です。</p>"), author.note(**note)
    for each in (plain, marked):  # whose first post has links has to wait for a moderator
        answer = await rig.post(author, author.create(each))
        assert answer.status == 202, answer
        await rig.has_effect(each)
    known = await articles(rig)
    found = known[marked["id"]]
    status = await read_api(rig, found.path.replace("/posts/", "/api/v1/statuses/"))
    whom = f"/api/v1/accounts/{status['account']['id']}"
    empty = await page(rig, known[plain["id"]].path)
    return Shown(found, await page(rig, found.path), status, await read_api(rig, whom), empty)


async def read_api(rig: Rig, path: str) -> Json:
    """What an app is told that is not signed in."""
    found: Json = (await page(rig, path)).json()
    return found


def fragment(html: str) -> Element:
    """Read a piece of HTML as a browser does that puts it into a page."""
    found: Element = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return found


def elements(root: Element) -> Iterator[Element]:
    """All within; a comment is none, and must not be there."""
    for each in root.iter():
        assert isinstance(each.tag, str), "a comment"
        if each is not root:
            yield each


def check_fragment(html: str) -> None:
    """Only known elements with known attributes, and the same when it is read again."""
    root = fragment(html)
    for each in elements(root):
        assert each.tag in FORMATTING, each.tag
        assert set(each.attrib) <= ATTRIBUTES.get(each.tag, set()), (each.tag, each.attrib)
        assert all(CLASS.fullmatch(word) for word in each.get("class", "").split()), each.attrib
        href = each.get("href")
        assert href is None or HREF.fullmatch(href), href
    once = html5lib.serialize(root, **_SERIALISED)
    assert html5lib.serialize(fragment(once), **_SERIALISED) == once, "it changes when it is read again"


def check_page(answer: Answer) -> None:
    """A policy that runs nothing but the site's own files, and nothing in the page that it would have to stop."""
    policy = answer.header("content-security-policy")
    assert POLICY in policy
    assert "unsafe" not in policy
    assert SCRIPTS.findall(policy) in ([], ["script-src 'self'"])
    for each in elements(parse(answer.body)):
        if each.tag == "script":
            assert set(each.attrib) == {"src", "defer"}, each.attrib
            assert not each.text, each.text
        else:
            assert each.tag in PAGE, each.tag
        for name, value in each.attrib.items():
            assert not name.startswith("on"), name
            assert name not in {"style", "srcdoc", "formaction", "http-equiv", "target", "ping"}, name
            if name in {"href", "src", "action"}:
                assert OWN.fullmatch(value) or (name == "href" and HREF.fullmatch(value)), value


def count_controls(answer: Answer) -> dict[str, int]:
    """What a page has of what a stranger would like to add."""
    document = parse(answer.body)
    return {tag: len(list(document.iter(tag))) for tag in CONTROLS}
