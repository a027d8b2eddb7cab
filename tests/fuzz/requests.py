"""Whole requests against the application with a real database: every address, and every activity that is signed."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from hypothesis import strategies as st
from starlette.routing import Route

from tests.fuzz.calls import BODIES, QUERIES, Pairs
from tests.fuzz.mutations import one_of, spoiled_bytes, spoiled_json, write_json
from tests.fuzz.targets import Target
from tests.fuzz.town import HOST, ORIGIN, Asked, Rig, check
from tests.fuzz.words import STRANGE_TEXTS
from web.app import Application
from web.mastodon.streaming.events import serve_events
from web.node import Node

WEB = Path(__file__).parents[2] / "web"
_WORD = re.compile(r"[a-z][a-z_]{1,30}(?:\[\])?")


@cache
def addresses() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every path that the application serves, with its methods; inboxes have a target of their own, streams no end."""
    routes = cast("list[Any]", Application(cast("Node", None)).routes)
    answering = [route for route in routes if isinstance(route, Route) and route.endpoint is not serve_events]
    served = [(route.path, tuple(sorted(route.methods or ()))) for route in answering]
    return tuple(each for each in reversed(served) if not each[0].endswith("}/inbox"))


@cache
def parameters() -> tuple[str, ...]:
    """Every word in the code at the edge that may be the name of a parameter."""
    found: dict[str, None] = {}
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
                found[node.value] = None
    return tuple(found)


HOSTS = (b"MACHI.test.", b"machi.test:443", b"e.test", b"machi.test@e.test", b"\xff", b"")
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X", "get")
ACCEPTS = (b"text/html", b"application/activity+json", b"application/json", b"*/*", b"", b";q=nan,,\xff")
TYPES = (
    *(b"application/x-www-form-urlencoded", b"application/json", b"multipart/form-data; boundary=b"),
    *(
        b"application/activity+json",
        b"text/plain",
        b"multipart/form-data",
        b"application/json; charset=\xff",
        b"",
    ),
)
TEXTS = (
    *(
        "{post}",
        "{remote}",
        "{person}",
        "{area}",
        "{callback}",
        "hanako",
        "megumino",
        "alice",
        "@alice@p.test",
    ),
    *(
        "acct:hanako@machi.test",
        f"{ORIGIN}/people/hanako",
        f"{ORIGIN}/posts/1",
        "1",
        "0",
        "-1",
        "40",
        "9" * 18,
    ),
    *(
        "9" * 19,
        "9" * 40,
        "１",
        "1.5",
        "1e9",
        "true",
        "read write",
        "code",
        "S256",
        "public",
        "private",
        "direct",
    ),
    *(
        "authorization_code",
        "client_credentials",
        "https://p.test/notes/first",
        "/account",
        "//e.test",
        "/\\e.test",
    ),
    *STRANGE_TEXTS,
)
MORE = (
    *(
        (b"accept-language", b"en;q=0.5,ja"),
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"cookie", b"__Host-session=x; a"),
    ),
    *(
        (b"authorization", b"Bearer x"),
        (b"authorization", b"\xff"),
        (b"idempotency-key", b"k"),
        (b"origin", b"null"),
    ),
    *((b"signature", b'keyId="https://p.test/users/alice#main-key",headers="date",signature="AAAA"'),),
    *(
        (b"signature-input", b"sig1=()"),
        (b"range", b"bytes=0-"),
        (b"if-none-match", b"*"),
        (b"content-length", b"5"),
    ),
    *(
        (b"sec-fetch-site", b"cross-site"),
        (b"x-requested-with", b"x"),
        (b"user-agent", b"Firefox/\xff"),
        (b"te", b"x"),
    ),
)

NAMES = ("{post}", "{person}", "{area}", "{remote}", "hanako", "megumino", "1", "2.1", "x")
NAMED = {
    "accounts": ("{person}", "{area}"),
    "statuses": ("{post}", "{remote}"),
    "posts": ("{post}", "{remote}"),
    "people": ("hanako",),
    "areas": ("megumino",),
}
"""What fits after a word of a path."""

_names = st.sampled_from(NAMES)
_texts = st.sampled_from(TEXTS) | st.text(max_size=10)
_words = st.sampled_from(parameters())
_pairs = st.lists(st.tuples(_words, _texts), max_size=5)


def _quoted(text: str) -> str:
    """As a form or a query says it; the marks of what is filled in stay."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="{}[]:/@")


def _encode(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()


def _encode_parts(pairs: list[tuple[str, str]]) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
        for (name, value), file in zip(
            pairs, ["", '; filename="x.png"', "", "\r\nContent-Type: \x00", ""], strict=False
        )
    ]
    return ("".join(parts) + "--b--\r\n").encode("utf-8", "surrogatepass")


def _near(right: Pairs) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Parameters that mean something, or nearly: a few are other, gone, twice, or new."""
    change = st.tuples(
        st.sampled_from(["value", "drop", "twice", "more"]), st.integers(0, 20), _texts, _words
    )

    def spoil(changes: list[tuple[str, int, str, str]]) -> list[tuple[str, str]]:
        pairs = list(right)
        for kind, at, text, word in changes:
            place = at % len(pairs) if pairs else 0
            match kind if pairs else "more":
                case "value":
                    pairs[place] = (pairs[place][0], text)
                case "drop":
                    del pairs[place]
                case "twice":
                    pairs.insert(place, (pairs[place][0], text))
                case _:
                    pairs.append((word, text))
        return pairs

    return st.lists(change, max_size=3).map(spoil)


def _typed(kind: bytes, bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[tuple[bytes, bytes]]:
    return st.tuples(st.just(kind), bodies)


_BROKEN = spoiled_bytes(
    [b"a=1&b[]=2&c[d][e]=3", b'{"status":"x","poll":{"options":["a"]}}'],
    [b"&", b"[", b"]", b"=", b"{", b"%", b"--b\r\n", b"\r\n\r\n"],
)


def _bodies(pairs: st.SearchStrategy[list[tuple[str, str]]]) -> st.SearchStrategy[tuple[bytes, bytes]]:
    return st.one_of(
        _typed(TYPES[0], pairs.map(_encode)),
        _typed(TYPES[0], pairs.map(_encode)),
        _typed(TYPES[1], st.builds(write_json, pairs.map(_nest), st.booleans())),
        _typed(TYPES[2], pairs.map(_encode_parts)),
        _typed(b"", st.just(b"")),
        st.tuples(st.sampled_from(TYPES), _BROKEN),
    )


def _nest(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """As apps write JSON: `a[]` is a list, `a[b]` a group."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        outer, _, inner = name.partition("[")
        if inner == "]":
            found[outer] = [*found[outer], value] if isinstance(found.get(outer), list) else [value]
        elif inner:
            group = found.get(outer)
            found[outer] = {**(group if isinstance(group, dict) else {}), inner.rstrip("]"): value}
        else:
            found[name] = value
    return found


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A request for an address that there is, spoiled here and there."""

    def seldom(right: Any, wrong: st.SearchStrategy[Any]) -> Any:
        return draw(wrong) if draw(st.integers(0, 11)) == 7 else right

    path, methods = draw(one_of(addresses()))

    def fill(found: re.Match[str]) -> str:
        fitting = st.sampled_from(NAMED.get(found["before"], NAMES))
        return found["before"] + found["mark"] + _quoted(seldom(draw(fitting), _names | _texts))

    filled = re.sub(r"(?P<before>\w*)(?P<mark>/@?)\{[^}]*\}", fill, path).encode()
    raw = seldom(
        filled, spoiled_bytes([filled], [b"%00", b"%2F", b"//", b"..", b"%ff", b"\xff", b";", b"%0a"])
    )
    kind, body = draw(_bodies(_near(BODIES[path]) if path in BODIES else _pairs))
    headers = [
        (b"host", seldom(HOST.encode(), st.sampled_from(HOSTS))),
        (b"accept", draw(st.sampled_from(ACCEPTS))),
        (b"content-type", kind),
        (b"sec-fetch-site", seldom(b"same-origin", st.sampled_from([b"cross-site", b"none", b""]))),
        *seldom([], st.lists(st.sampled_from(MORE), max_size=3)),
    ]
    cut = draw(st.integers(0, len(body)))
    return Asked(
        method=seldom(draw(st.sampled_from(methods)), st.sampled_from(METHODS)),
        path=raw,
        query=_encode(draw(_near(QUERIES[path]) if path in QUERIES else _pairs)),
        headers=tuple(headers),
        chunks=(body[:cut], body[cut:]),
        login=seldom("token" if path.startswith("/api/") else "session", st.sampled_from(["none", "token"])),
    )


def check_request(asked: Asked) -> None:
    """Whatever is asked, the answer is one of ours."""
    assert Rig.now is not None
    told = Rig.now.ask(asked)
    if told.status == 503:
        assert asked.path.startswith(b"/readyz")  # which is for saying so
        return
    check(told)


PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ALICE, BOB = "https://p.test/users/alice", "https://p.test/users/bob"
AREA, HANAKO = f"{ORIGIN}/areas/megumino", f"{ORIGIN}/people/hanako"


def _note(**more: Any) -> dict[str, Any]:
    return {
        "id": "https://p.test/notes/{n}",
        "type": "Note",
        "attributedTo": ALICE,
        "to": [PUBLIC],
        "cc": [AREA, f"{ALICE}/followers"],
        "content": "<p>駅前の除雪</p>",
        "published": "2026-11-24T12:00:00Z",
        "tag": [{"type": "Mention", "href": AREA, "name": "@megumino@machi.test"}],
        **more,
    }


def _does(kind: str, thing: Any, **more: Any) -> dict[str, Any]:
    return {"id": "https://p.test/activities/{n}", "type": kind, "actor": ALICE, "object": thing, **more}


_FOLLOW = _does("Follow", AREA, id="https://p.test/follows/{n}")
ACTIVITIES = (
    _does("Create", _note(), to=[PUBLIC], cc=[AREA]),
    _does("Create", _note(inReplyTo=f"{ORIGIN}/posts/{{post}}")),
    _does(
        "Create", _note(type="Question", oneOf=[{"type": "Note", "name": "a", "replies": {"totalItems": 1}}])
    ),
    _does("Create", _note(type="Event", startTime="2026-12-01T00:00:00Z", location={"name": "駅"})),
    _does(
        "Create", _note(attachment=[{"type": "Image", "url": "https://p.test/i", "name": "x", "width": 1}])
    ),
    _does("Create", _note(contentMap={"ja": "あ", "en": "a"}, summary="s", sensitive=True, name="t")),
    _does("Update", _note(id="https://p.test/notes/first", updated="2026-11-25T12:00:00Z")),
    _does("Update", {"id": ALICE, "type": "Person", "inbox": f"{ALICE}/inbox"}),
    _does("Delete", "https://p.test/notes/first"),
    _does("Delete", {"id": "https://p.test/notes/{n}", "type": "Tombstone"}),
    _FOLLOW,
    _does("Follow", HANAKO),
    _does("Undo", _FOLLOW),
    _does("Undo", "https://p.test/activities/1"),
    _does("Like", f"{ORIGIN}/posts/{{post}}"),
    _does("EmojiReact", f"{ORIGIN}/posts/{{post}}", content="🏯"),
    _does("Announce", f"{ORIGIN}/posts/{{post}}", to=[PUBLIC]),
    _does("Announce", _does("Create", _note())),
    _does("Flag", [HANAKO, f"{ORIGIN}/posts/{{post}}"], content="x"),
    _does("Block", HANAKO),
    _does("Move", ALICE, target=BOB),
    _does("Accept", _does("Follow", ALICE, actor=HANAKO)),
    _does("Reject", f"{HANAKO}/follows/1"),
    _does("Add", "https://p.test/notes/first", target=f"{ALICE}/featured"),
    _does("Arrive", AREA),
)
INBOXES = ("/inbox", "/inbox", "/areas/megumino/inbox", "/people/hanako/inbox", "/actor/inbox")


def check_activity(given: tuple[Any, str, str]) -> None:
    """Whatever is said and signed, the answer is one of an inbox, and every page can still be read."""
    activity, signer, inbox = given
    assert Rig.now is not None
    told = Rig.now.hear(activity, signer, inbox)
    assert told.status in {202, 400, 401, 403, 413, 429}, (told.status, told.body)


_activities = st.tuples(
    spoiled_json(ACTIVITIES, most=3), st.sampled_from([ALICE, ALICE, BOB]), st.sampled_from(INBOXES)
)
TARGETS = (
    Target("requests", requests(), check_request, 200, needs_town=True),
    Target("signed-activities", _activities, check_activity, 120, needs_town=True),
)
