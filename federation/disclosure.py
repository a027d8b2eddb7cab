"""Links that read like one address and lead to another: where they really lead is written behind their text.

Readers go by what they see, on a telephone by nothing else. Source of the idea: glitch-soc, which marks such
links in its own web page; here every reader's app gets them marked.
"""

import re
import unicodedata
from html import escape, unescape
from typing import Final
from urllib.parse import urlsplit

from federation.errors import MalformedDocument
from federation.iris import canonical_host

LONGEST_TEXT: Final = 2_048
"""Characters of a link's text that are read; nobody sees more of it on one line."""

_ANCHOR: Final = re.compile(r"(<a\b[^<>]*\shref=\"(https?:[^\"]*)\"[^<>]*>)(.*?)(</a>|$)", re.DOTALL)
_DOT: Final = re.compile(r"(?<=[a-z0-9])。(?=[a-z0-9])")
"""A full stop that separates labels (UTS 46), where it ends no Japanese sentence."""
_TAG: Final = re.compile(r"<[^<>]*>")
_NAME: Final = r"(?:[^\W_](?:[\w-]{0,61})?\.){1,8}[^\W\d_][\w-]{1,62}"
_WITH_SCHEME: Final = re.compile(rf"https?:[/\\]{{1,2}}(?:[^\s/@]{{1,64}}@)?({_NAME})", re.IGNORECASE)
_BARE: Final = re.compile(rf"({_NAME})(?::\d{{1,5}})?(?:[/?#\\].*)?", re.DOTALL)
_FILES: Final = frozenset(
    {
        *(
            "pdf",
            "html",
            "htm",
            "txt",
            "csv",
            "json",
            "xml",
            "ics",
            "doc",
            "docx",
            "xls",
            "xlsx",
            "ppt",
            "pptx",
        ),
        *("jpg", "jpeg", "png", "gif", "webp", "mp3", "mp4"),
    }
)
"""What ends the names of files and of no host: 広報.pdf."""
_JAPANESE: Final = re.compile(r"[a-z0-9.\-\u3005-\u3007\u3041-\u309f\u30a1-\u30ff\u3400-\u9fff]*")
"""Letters that a Japanese reader tells apart; others may look like these (аpple)."""


def disclose(html: str) -> str:
    """Return sanitised HTML with ` [host]` behind the text of every link that reads like another host's. Idempotent."""
    return _ANCHOR.sub(_name_host, html) if "<a " in html else html


def _name_host(match: re.Match[str]) -> str:
    start, href, content, end = match.groups()
    host = urlsplit(unescape(href)).hostname or ""
    text = _read(content[:LONGEST_TEXT])
    sign = f"[{host}]"
    if _read(content[-LONGEST_TEXT:]).endswith(sign) or not _is_deceptive(text, host):
        return match[0]
    return f"{start}{content} {escape(sign, quote=False)}{end}"


def _read(content: str) -> str:
    """What is seen of a link, in the width and case in which names are looked up."""
    text = unicodedata.normalize("NFKC", unescape(_TAG.sub("", content)))
    seen = "".join(letter for letter in text if letter.isprintable()).strip().lower()
    return _DOT.sub(".", seen)


def _is_deceptive(text: str, host: str) -> bool:
    names = _WITH_SCHEME.findall(text)
    bare = _BARE.fullmatch(text)
    if bare is not None and bare[1].rpartition(".")[2] not in _FILES:
        names.append(bare[1])
    return any(not _is_named(name, host) for name in names)


def _is_named(name: str, host: str) -> bool:
    """Whether `name` is `host` or what it lies in, in letters that are what they seem."""
    try:
        written = canonical_host(name)
    except MalformedDocument:
        return False
    return (host == written or host.endswith(f".{written}")) and _JAPANESE.fullmatch(name) is not None
