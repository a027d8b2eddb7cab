"""What anything costs at its longest: a pattern repeated up to the limit of its input, timed and weighed."""

import json
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from actors.accounts import parse_email
from actors.names import check_display_name, check_username
from areas.facts import hash_text
from federation import html, iris, nodeinfo, webfinger
from federation.client.content import parse_media_type
from federation.client.dates import read_retry_after
from federation.client.targets import spell
from federation.errors import LocalFault, RemoteFault
from federation.parsing import limits, parse_activity, parse_document
from federation.reader import load_json, parse_time
from federation.signatures import Request, keys, read
from federation.signatures.claims import parse_date
from federation.signatures.digests import check_digest
from tests.federation.signatures.samples import NOW, ORIGIN, Cavage, Message
from tests.fuzz import addresses, edges, markup, signing
from tests.fuzz.targets import Target
from web.forms import MAX_FORM, clean, read_form
from web.guard import MAX_BODY, MAX_HEADER_BYTES, MAX_HEADERS_BYTES, judge_headers
from web.visits import find_client

TRIES = 3
"""A time counts only if it was too long as often as that: others use this machine too."""

JSON_TOKENS = (
    *(
        '"',
        "\\",
        "\\\\",
        '\\"',
        "{",
        "}",
        "[",
        "]",
        "[]",
        ",",
        ":",
        "[[",
        '{"a":',
        '{"a":1},',
        '"a",',
        "1,",
        "-",
        "1e",
        "0.",
    ),
    *(
        "\\u0000",
        "\\ud800",
        "\\u0061",
        " ",
        "\n",
        "null,",
        "true,",
        '{"id":"https://p.test/1"},',
        '"https://p.test/1",',
        "駅",
    ),
)
NOTE = {"id": "https://p.test/n", "type": "Note", "attributedTo": "https://p.test/u"}
SHAPES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda text: {"content": text},
    lambda text: {"content": text, "mediaType": "text/markdown"},
    lambda text: {"contentMap": {"ja": text, "en": text[:9]}, "summary": text[:9], "name": text[:50_000]},
    lambda text: {"name": text},
    lambda text: {"to": text.split(",")[:18_000]},
    lambda text: {"tag": [{"type": "Mention", "href": each} for each in text.split(",")[:6_000]]},
    lambda text: {"attachment": [{"type": "Image", "url": each} for each in text.split(",")[:6_000]]},
    lambda text: {"type": "Question", "oneOf": [{"name": each} for each in text.split(",")[:9_000]]},
    lambda text: {"type": "OrderedCollection", "orderedItems": text.split(",")[:18_000]},
    lambda text: {
        "type": "Person",
        "publicKey": [{"id": each, "publicKeyPem": each} for each in text.split(",")[:6_000]],
    },
    lambda text: {
        "type": "Person",
        "implements": text.split(",")[:18_000],
        "alsoKnownAs": text.split(",")[:900],
    },
)
"""What may be long in a document."""

WORDS = (
    "a",
    "あ",
    " ",
    "\u3000",
    "\n",
    "e\u0301",
    "\u0301",
    "\u202e",
    "\u200d",
    "@a",
    "@a@b.",
    "#a",
    "#",
    "＃",
    "https://a.b/",
    "(",
    ")",
    "[",
    "]",
    ".",
    "-",
    "_",
    "・",
)


@dataclass(frozen=True, slots=True)
class Bound:
    """`run` takes up to `longest` characters within `seconds` of one core, and `mebibytes` above what it was given."""

    name: str
    run: Callable[[str], object]
    longest: int
    seconds: float
    tokens: Sequence[str]
    heads: Sequence[str] = ("",)
    mebibytes: float = 16

    def target(self) -> Target:
        """Return the target: patterns of a few tokens, repeated."""
        few = st.lists(st.sampled_from(self.tokens), max_size=2).map("".join)
        pattern = st.lists(st.sampled_from(self.tokens), min_size=1, max_size=3).map("".join)
        inputs = st.tuples(st.sampled_from(self.heads), few, pattern, few)  # short, for whom it fails
        return Target(f"bound-{self.name}", inputs, self.check, 5)

    def _fill(self, head: str, before: str, pattern: str, after: str) -> str:
        left = max(0, self.longest - len(head) - len(before) - len(after))
        return (head + before + pattern * (left // len(pattern)) + after)[: self.longest]

    def check(self, parts: tuple[str, str, str, str]) -> None:
        """Time it, as often as it is too slow, then weigh it."""
        text = self._fill(*parts)
        took = [self._time(text)]
        while took[-1] > self.seconds and len(took) < TRIES:
            took.append(self._time(text))
        assert min(took) <= self.seconds, f"{min(took):.3f} s for {len(text)} characters"
        assert (weight := self._weigh(text)) <= self.mebibytes, f"{weight:.1f} MiB for {len(text)} characters"

    def _time(self, text: str) -> float:
        began = time.thread_time()
        self._try(text)
        return time.thread_time() - began

    def _weigh(self, text: str) -> float:
        tracemalloc.start()
        try:
            self._try(text)
            return tracemalloc.get_traced_memory()[1] / (1 << 20)
        finally:
            tracemalloc.stop()

    def _try(self, text: str) -> None:
        with suppress(RemoteFault, LocalFault, HTTPException):
            self.run(text)


def _bytes(run: Callable[[bytes], object]) -> Callable[[str], object]:
    return lambda text: run(text.encode("utf-8", "replace"))


def _signed(name: str, fields: tuple[tuple[str, str], ...]) -> Callable[[str], object]:
    return lambda text: read(Request("POST", ORIGIN, "/inbox", (*fields, (name, text)), b"{}"), now=NOW)


def _read_form(body: bytes) -> Any:
    return edges.run_through(read_form(edges.make_form(body)))


def _parse(shape: Callable[[str], dict[str, Any]]) -> Callable[[str], object]:
    def run(text: str) -> object:
        create = {"id": "https://p.test/a", "type": "Create", "actor": "https://p.test/u"}
        document = {**create, "object": {**NOTE, **shape(text)}}
        return parse_activity(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))

    return run


HEADER = MAX_HEADER_BYTES
PIECES = (*markup.TOKENS, *WORDS, ",", "https://p.test/1,", '"', "\\")
BOUNDS = (
    Bound("json", _bytes(load_json), MAX_BODY, 0.6, JSON_TOKENS, mebibytes=64),
    *(
        Bound(f"activity-{number}", _parse(shape), 900_000, 0.8, PIECES, mebibytes=64)
        for number, shape in enumerate(SHAPES)
    ),
    Bound("document", _bytes(parse_document), MAX_BODY, 0.8, JSON_TOKENS, ('{"type":["', '{"links":['), 64),
    Bound("jrd", _bytes(webfinger.parse_jrd), MAX_BODY, 0.6, JSON_TOKENS, ('{"links":[',), 64),
    Bound("nodeinfo", _bytes(nodeinfo.parse_discovery), MAX_BODY, 0.6, JSON_TOKENS, ('{"links":[',), 64),
    Bound("sanitise", html.sanitise, limits.MAX_CONTENT, 0.3, markup.TOKENS),
    Bound("to-text", html.to_text, limits.MAX_CONTENT, 0.2, markup.TOKENS),
    Bound("links", html.links, html.MAX_LENGTH, 0.1, markup.TOKENS),
    Bound("from-text", html.from_text, limits.MAX_CONTENT, 0.5, (*WORDS, *markup.TOKENS)),
    Bound("handles", html.find_handles, limits.MAX_CONTENT, 0.3, WORDS),
    Bound("hashtags", html.find_hashtags, limits.MAX_CONTENT, 0.3, WORDS),
    Bound("name", lambda text: html.plain_name(text, 500), limits.MAX_CONTENT, 0.2, WORDS),
    Bound("repeated-text", hash_text, html.MAX_LENGTH, 0.1, (*WORDS, *markup.TOKENS)),
    Bound("cavage", _signed("signature", Cavage().fields), HEADER, 0.05, signing.TOKENS),
    Bound(
        "signature-input",
        _signed("signature-input", (*Message().fields, ("signature", "sig1=:AAAA:"))),
        HEADER,
        0.1,
        signing.TOKENS,
        ("sig1=(", 'sig1=("@method" "@target-uri");x="'),
    ),
    Bound("digest", lambda text: check_digest(text, b"{}"), HEADER, 0.02, signing.TOKENS),
    Bound("date", parse_date, HEADER, 0.01, signing.TOKENS, ("Sun, 22 Nov 2026 09:31:20 GMT",)),
    Bound("retry-after", lambda text: read_retry_after(text, NOW), HEADER, 0.01, ("9", " ", "GMT", "٣")),
    Bound("time", parse_time, limits.MAX_CONTENT, 0.01, ("9", "-", ":", "T", "Z", "+")),
    Bound("pem", keys.load_public, limits.MAX_PEM, 0.02, ("A", "=", "\n", "-----", " "), signing.PEMS),
    Bound("multikey", keys.from_multibase, limits.MAX_PEM, 0.02, ("z", "1", "A", "0"), signing.MULTIKEYS),
    Bound("iri", iris.canonical, MAX_BODY, 0.1, addresses.TOKENS, ("https://", "https://p.test/")),
    Bound(
        "spelling", spell, 2048, 0.05, addresses.TOKENS, ("https://", "https://p.test/", "https://p.test/?")
    ),
    Bound(
        "handle",
        webfinger.parse_acct,
        HEADER,
        0.05,
        ("@", "a", ".", "acct:", ":", "!", "駅"),
        ("acct:a@", ""),
    ),
    Bound("media-type", parse_media_type, HEADER, 0.05, edges.WORDS, ("a/b", "a/b;c=")),
    Bound("preferences", edges.check_preferences, HEADER, 0.1, edges.WORDS),
    Bound("host", edges.SITES.find, HEADER, 0.05, edges.HOSTS),
    Bound(
        "forwarded",
        lambda text: find_client("10.0.0.1", [text], edges.TRUSTED),
        HEADER,
        0.2,
        (",", "10.0.0.1", "::1", " ", "x"),
    ),
    Bound(
        "headers",
        lambda text: judge_headers([(text.encode()[:99], text.encode()), (b"host", b"x")]),
        MAX_HEADERS_BYTES,
        0.05,
        ("a", "\t", "\x01", "é"),
    ),
    Bound(
        "form",
        _bytes(_read_form),
        MAX_FORM,
        0.2,
        ("&", "=", "%", "%41", "%ed%a0%80", "+", "a=b&", "a"),
        ("a=",),
    ),
    Bound("form-text", clean, MAX_FORM, 0.2, WORDS),
    Bound("user-name", check_username, MAX_FORM, 0.05, ("a", "_", "0", "bousai")),
    Bound("display-name", check_display_name, MAX_FORM, 0.05, WORDS),
    Bound("mail-address", parse_email, MAX_FORM, 0.05, ("a", ".", "@", "+", '"'), ("a@", "")),
)
TARGETS = tuple(bound.target() for bound in BOUNDS)
