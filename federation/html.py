"""HTML of strangers made safe, our plain text made HTML, and names made plain.

Only what Mastodon itself shows passes (MDOC spec/activitypub, "HTML sanitization"), so that nothing looks
different here from everywhere else.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from html import escape, unescape
from itertools import chain
from typing import Final

import nh3

from federation.disclosure import disclose
from federation.errors import MalformedDocument
from federation.iris import canonical
from federation.vocabulary import Iri

MAX_LENGTH: Final = 32_768
"""Characters that are sanitised; the rest is cut. The sanitiser is quadratic in nesting."""

MAX_DEPTH: Final = 16
"""Levels of nesting in what is shown; deeper markup is reduced to its text."""

REL: Final = "nofollow noopener noreferrer ugc"

_MAX_UNTIDY = 16
"""Characters of a name that are looked at for each that may stay."""

_MAX_LOOSE_TAGS = 300
"""Opening tags that may nest in any way: all of them open at once cost the sanitiser 4 ms."""

_TAGS = {
    *("p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"),
    *("ul", "ol", "li", "ruby", "rt", "rp"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # said aloud: the sanitiser's own default allows `title` and `lang` everywhere
    "a": {"href", "class"},
    "span": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_HIDDEN = {"script", "style", "iframe", "noscript", "template", "textarea", "title", "svg", "math"}

_CLASS = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible")
_MAIL = re.compile(r"mailto:[A-Za-z0-9.!#$%'*+/=^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_HEADING = re.compile(r"<(/?)h[1-6](?:\s[^<>]*)?>", re.IGNORECASE)

_STRANGE = re.compile(rf"<(?!/?(?:{'|'.join(sorted(_TAGS))})[\s>])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EARLY_REL = f' rel="{REL}" '
_PRE_START = re.compile(r"<pre>\n+")
_MAX_ROUNDS = 4

_OPENING = re.compile(r"<[A-Za-z]")
_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9]*)"
    r"(?:\s++[A-Za-z_:][A-Za-z0-9_.:-]*+(?:\s*+=\s*+(?:\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>=`]++))?+)*+\s*+/?>"
)
_VOID = {"br", "hr", "img", "wbr", "input"}
_RAW_TEXT = {
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
}
_FOREIGN = {"svg", "math", "template", "select", "table"}

_HIDDEN_CONTENT = re.compile(r"<(script|style|template|title)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_ANY_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>?")
_LINE_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|pre|blockquote|ul|ol|div|h[1-6])\s*>", re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:li|tr|dt|dd)\s*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")

_ANCHOR = re.compile(r"<a\b([^<>]*)>(.*?)(?:</a>|$)", re.DOTALL)
_HREF = re.compile(r"\shref=\"([^\"]*)\"")
_CLASSES = re.compile(r"\sclass=\"([^\"]*)\"")
_MARKS = {"mention", "hashtag"}

_ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][!#-;=?-\[\]_a-z~]{0,2040}")
_MENTION = re.compile(
    r"(?<![A-Za-z0-9_=/.@])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
    r"(?:@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]{1,5})?)?)"
)
_HASHTAG = re.compile(r"(?<![A-Za-z0-9_=/&)#＃])[#＃]([\w・]*[^\W\d_][\w・]*)")
_TRAILING = ".,;:!?'\"*_~"

_CONTROLS = (
    r"\ud800-\udfff"  # halves of characters
    r"\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
)
_MARK_RANGES = (range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
_ACCENTS = "".join(
    letter for letter in map(chr, chain(*_MARK_RANGES)) if unicodedata.category(letter) in {"Mn", "Me"}
)
"""What stands above, below or around another letter, in every script: any of them can be piled up."""
_ACCENT = f"[{_ACCENTS}]"
_UNSEEN_LETTERS = r"\U000e0000-\U000e007f"
_FLAGS = re.compile(
    rf"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f)|[{_UNSEEN_LETTERS}]"
)
"""Letters that nobody sees, which make a flag into that of a region (UTS 51 §C.1), and nothing else."""
_UNTIDY = re.compile(rf"[\x00-\x1f\x85\u2028\u2029{_CONTROLS}{_UNSEEN_LETTERS}]|\s\s|^\s|\s$|{_ACCENT}{{4}}")
_INVISIBLE = re.compile(rf"[\x00-\x08\x0e-\x1b{_CONTROLS}]")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(rf"[\x00-\x08\x0e-\x1f{_CONTROLS}]")
_SPACES = re.compile(r"[^\S\u3000]+|\s{2,}")
_FLOOD = re.compile(rf"({_ACCENT}{{3}}){_ACCENT}+")


def sanitise(html: str) -> str:
    """Return HTML that is safe to show, at most `MAX_LENGTH` characters and `MAX_DEPTH` levels deep.

    Idempotent. Only absolute http(s) and mailto links stay, without user information, their host as it is
    looked up (A-labels), behind a text that names another one. Headings become strong paragraphs; scripts, styles
    and forms go.
    """
    return _sanitise(_HEADING.sub(_replace_heading, _cut(html, MAX_LENGTH)))


def to_text(html: str) -> str:
    """Return the text of sanitised HTML: paragraphs apart by a blank line, lines by a line break."""
    text = _HIDDEN_CONTENT.sub("", html).replace("\r", "")
    text = _LINE_BREAK.sub("\n", text)
    text = _ITEM_END.sub("\n", _BLOCK_END.sub("\n\n", text))
    return _BLANK_LINES.sub("\n\n", unescape(_ANY_TAG.sub("", text))).strip()


def from_text(
    text: str,
    mentions: Mapping[str, tuple[Iri, str]] | None = None,
    hashtags: Mapping[str, Iri] | None = None,
) -> str:
    """Return plain text as HTML: paragraphs, line breaks, links.

    `mentions` maps a handle as `find_handles` returns it to (address of the profile, name shown after @);
    `hashtags` a word as `find_hashtags` returns it to its page. Others stay plain.
    """
    marks = [
        *_mark_addresses(text),
        *_mark_mentions(text, mentions or {}),
        *_mark_hashtags(text, hashtags or {}),
    ]
    parts: list[str] = []
    position = 0
    for start, end, markup in sorted(marks):
        if start >= position:
            parts += [escape(text[position:start], quote=False), markup]
            position = end
    parts.append(escape(text[position:], quote=False))
    return _set_paragraphs("".join(parts))


def find_handles(text: str) -> tuple[str, ...]:
    """Return the handles named in plain text, each once, without the first @: `taro`, `taro@town.example`."""
    return tuple(dict.fromkeys(match[1] for match in _MENTION.finditer(_blank_addresses(text))))


def find_hashtags(text: str) -> tuple[str, ...]:
    """Return the hashtags of plain text, each once, without #."""
    return tuple(dict.fromkeys(match[1] for match in _HASHTAG.finditer(_blank_addresses(text))))


def links(html: str) -> list[str]:
    """Return the addresses that sanitised HTML links to, without mentions and hashtags.

    A link counts as a mention or hashtag only if it is marked as one and reads like one, so that a class
    alone hides no advertisement.
    """
    found = []
    for attributes, content in _ANCHOR.findall(html):
        href = _HREF.search(attributes)
        if href is not None and not _is_mention(attributes, content):
            found.append(unescape(href[1]))
    return found


def plain_name(text: str, limit: int) -> str:
    """Return a name for one line: no bidi controls, no invisible characters, no towers of accents.

    White space is collapsed, the rest is cut to `limit` characters. Joiners stay: emoji are made of them.
    """
    text = text[: limit * _MAX_UNTIDY]
    if _UNTIDY.search(text) is None:
        return text[:limit]
    tidy = _SPACES.sub(" ", _FLAGS.sub(r"\1", _INVISIBLE.sub("", text))).strip()
    return _FLOOD.sub(r"\1", tidy)[:limit].rstrip()


def plain_text(text: str) -> str:
    """Return a text of several lines: one kind of line end, no bidi controls, no invisible characters.

    Joiners and spaces of every width stay, and what Unicode may yet assign: `str.isprintable` knows neither.
    """
    return _FLAGS.sub(r"\1", _UNSEEN.sub("", _LINE_END.sub("\n", text)))


def _filter_attribute(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return _filter_href(value)
    if attribute == "class":
        return " ".join(word for word in value.split() if _CLASS.fullmatch(word)) or None
    if attribute in {"start", "value"}:
        return value if _NUMBER.fullmatch(value) else None
    return "" if attribute == "reversed" else value


def _filter_href(value: str) -> str | None:
    if value.startswith("mailto:"):
        return value if _MAIL.fullmatch(value) else None
    try:
        return canonical(value)
    except MalformedDocument:
        return None


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_HIDDEN,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter_attribute,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel=REL,
)


def _is_mention(attributes: str, content: str) -> bool:
    classes = _CLASSES.search(attributes)
    marked = classes is not None and not _MARKS.isdisjoint(classes[1].split())
    return marked and to_text(content).startswith(("@", "#", "＃"))


def _sanitise(html: str) -> str:
    if not _is_cheap(html):
        return _clean(_flatten(html))
    clean = _clean(html)
    if _STRANGE.search(html) is not None:
        clean = _settle(clean)
    clean = disclose(clean)
    if len(clean) > MAX_LENGTH:  # escaping made it longer, or naming hosts: half of it can no longer do so
        clean = disclose(_clean(_cut(clean, MAX_LENGTH // 2)))
    return clean if _is_shallow(clean) else _clean(_flatten(clean))


def _clean(html: str) -> str:
    """Clean once. A line feed that begins a `pre` is no part of it, and would be lost one by one."""
    try:
        clean = _CLEANER.clean(html)
    except UnicodeEncodeError:  # half a character, which nothing can store either
        clean = _CLEANER.clean(_SURROGATE.sub("", html))
    if _EARLY_REL in clean:  # a link that was dropped leaves the attributes behind it in another order
        clean = _CLEANER.clean(clean)
    return _PRE_START.sub("<pre>", clean) if "<pre>\n" in clean else clean


def _settle(clean: str) -> str:
    """Clean until nothing changes: what a table held apart is nested wrongly once the table is gone."""
    for _ in range(_MAX_ROUNDS):
        again = _clean(clean)
        if again == clean:
            return clean
        clean = again
    return _clean(_flatten(clean))


def _cut(html: str, length: int) -> str:
    """Cut HTML, without leaving half a character reference; half a tag is dropped by the sanitiser."""
    if len(html) <= length:
        return html
    kept = html[:length]
    reference = kept.rfind("&", -12)
    return kept[:reference] if reference > kept.rfind(";") else kept


def _replace_heading(match: re.Match[str]) -> str:
    return "</strong></p>" if match[1] else "<p><strong>"


def _is_cheap(html: str) -> bool:
    """Whether the sanitiser gets through quickly: few tags, or many that are known to nest little."""
    return len(_OPENING.findall(html)) <= _MAX_LOOSE_TAGS or _is_shallow(html)


def _is_shallow(html: str) -> bool:
    """Whether nesting certainly stays within `MAX_DEPTH`.

    Certain only for markup in which our reading of tags is the browser's: every `<` begins a well-formed
    tag, and none switches the rules. A closing tag counts for one opening tag of its name.
    """
    if html.count("<") - html.count("</") <= MAX_DEPTH:  # so few are opened at all
        return True
    return html.count("<") == len(tags := _TAG.findall(html)) and _measure_depth(tags) <= MAX_DEPTH


def _measure_depth(tags: list[tuple[str, str]]) -> int:
    deepest = depth = 0
    opened: dict[str, int] = {}
    for closing, written in tags:
        name = written.lower()
        if name in _RAW_TEXT or name in _FOREIGN:
            return MAX_DEPTH + 1
        if closing and opened.get(name):
            opened[name] -= 1
            depth -= 1
        elif not closing and name not in _VOID:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _flatten(html: str) -> str:
    return _cut(_set_paragraphs(escape(to_text(html), quote=False)), MAX_LENGTH // 2)


def _set_paragraphs(escaped: str) -> str:
    blocks = re.split(r"\n\s*\n", escaped.replace("\r\n", "\n").replace("\r", "\n").strip())
    lines = (block.strip().replace("\n", "<br>") for block in blocks)
    return "".join(f"<p>{block}</p>" for block in lines if block)


def _mark_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _ADDRESS.finditer(text):
        address = _trim_address(match[0])
        try:
            href = canonical(address)
        except MalformedDocument:
            continue
        shown = escape(address, quote=False)
        yield match.start(), match.start() + len(address), f'<a href="{escape(href)}" rel="{REL}">{shown}</a>'


def _trim_address(address: str) -> str:
    """Leave out the punctuation of the sentence around an address, and a bracket that opened before it."""
    unopened = {")": address.count(")") - address.count("("), "]": address.count("]") - address.count("[")}
    end = len(address)
    while end and (address[end - 1] in _TRAILING or unopened.get(address[end - 1], 0) > 0):
        if address[end - 1] in unopened:
            unopened[address[end - 1]] -= 1
        end -= 1
    return address[:end]


def _mark_mentions(text: str, mentions: Mapping[str, tuple[Iri, str]]) -> Iterator[tuple[int, int, str]]:
    for match in _MENTION.finditer(text):
        if match[1] in mentions:
            href, name = mentions[match[1]]
            shown = f"@<span>{escape(name, quote=False)}</span>"
            link = f'<a href="{escape(href)}" class="u-url mention">{shown}</a>'
            yield match.start(), match.end(), f'<span class="h-card">{link}</span>'


def _mark_hashtags(text: str, hashtags: Mapping[str, Iri]) -> Iterator[tuple[int, int, str]]:
    for match in _HASHTAG.finditer(text):
        if match[1] in hashtags:
            shown = f"#<span>{escape(match[1], quote=False)}</span>"
            href = escape(hashtags[match[1]])
            link = f'<a href="{href}" class="mention hashtag" rel="tag">{shown}</a>'
            yield match.start(), match.end(), link


def _blank_addresses(text: str) -> str:
    """Blank out web addresses: the @ and # in them are no mentions and hashtags."""
    return _ADDRESS.sub(lambda match: " " * len(match[0]), text)
