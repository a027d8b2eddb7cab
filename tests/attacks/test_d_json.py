"""D1 to D6: bodies and documents that two programs would read differently, or that cost more than they say."""

import json
import time
from collections.abc import Iterator, Mapping

import pytest

from tests.attacks.rig import Rig
from tests.attacks.rig.doors import DOORS
from tests.attacks.rig.ours import article, at_most, own
from tests.attacks.rig.peers import Json, Peer, unique
from tests.attacks.rig.wire import Answer, document

UNREADABLE = {400}
MIB = 1 << 20
MOST_SECONDS, SLACK = 1.0, 1.0
MOST_GROWTH = 16 * MIB


async def is_unreadable(rig: Rig, values: Mapping[str, bytes]) -> None:
    """No activity with such a value in it is heard, and no document believed: of an actor, or of who somebody is.

    A value stands for a member of the whole, and of what is within it.
    """
    alice, peer = rig.p.actor(), await rig.peer("unreadable")
    async with rig.no_effect():
        for name, value in values.items():
            note = alice.note()
            for body in (
                put(alice.create(note), value),
                json.dumps(alice.create({**note, "x": "?"})).encode().replace(b'"?"', value),
                json.dumps(alice.create({**note, "content": "?"})).encode().replace(b'"?"', value),
            ):
                assert (await rig.post(alice, body)).status in UNREADABLE, (name, body[-200:])
            actor = peer.actor()
            peer.answers[actor.id] = document(put(actor.document, value))
            assert (await rig.post(actor, actor.create())).status == 401, name
        await nobody_is_found(rig, peer, list(values.values()))


def put(thing: Json, value: bytes) -> bytes:
    """A document with one more member."""
    return json.dumps(thing).encode()[:-1] + b', "x": ' + value + b"}"


async def nobody_is_found(rig: Rig, peer: Peer, values: list[bytes]) -> None:
    """By WebFinger, that answers with such values."""
    urls = []
    for value in values:
        host = f"{unique('x')}.{peer.host}"
        actor = peer.actor("somebody", host=host)
        link = {"rel": "self", "type": "application/activity+json", "href": actor.id}
        jrd = put({"subject": f"acct:somebody@{host}", "links": [link]}, value)
        peer.answers[f"https://{host}/.well-known/webfinger"] = document(jrd, kind="application/jrd+json")
        urls.append(actor.id)
    await (await DOORS["a handle"](rig, urls))()


async def is_heard(rig: Rig, value: bytes) -> None:
    """What is not too much is heard."""
    alice = rig.p.actor()
    note = alice.note()
    assert (await rig.post(alice, put(alice.create(note), value))).status == 202
    await rig.has_effect(note)


def nest(depth: int, opening: bytes = b"[", inner: bytes = b"", closing: bytes = b"]") -> bytes:
    return opening * depth + inner + closing * depth


async def test_D01_depth(rig: Rig) -> None:
    """At 32 levels, the document itself among them, it ends."""
    depths = {f"{depth}": nest(depth) for depth in (33, 40, 1000, 100_000)}
    depths |= {f"{depth} objects": nest(depth, b'{"a":', b"1", b"}") for depth in (33, 40, 1000, 100_000)}
    depths |= {"open": b"[" * 100_000, "open objects": b'{"a":' * 100_000}
    await is_unreadable(rig, depths)
    for value in (nest(10), nest(31), nest(10, b'{"a":', b"1", b"}"), json.dumps("[{" * 1000).encode()):
        await is_heard(rig, value)


NUMBERS = [
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "-NaN",
        "nan",
        "1e400",
        "-1e400",
        "1e99999",
        "1" * 5000,
        "-" + "1" * 5000,
    ),
    *(
        str(2**63),
        str(-(2**63) - 1),
        str(10**19),
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1_000",
        "１",
        "--1",
        "1e",
        "-",
    ),
]


async def test_D02_numbers(rig: Rig) -> None:
    """As members that nobody reads, and in the place of texts; 64 bits are fine."""
    await is_unreadable(rig, {number[:30]: number.encode() for number in NUMBERS})
    alice = rig.p.actor()
    async with rig.no_effect():
        for key in ("published", "endTime", "votersCount", "location", "alertLevel"):
            for number in NUMBERS[:12]:
                text = json.dumps(alice.create({**alice.note(), key: "?"})).replace('"?"', number)
                assert (await rig.post(alice, text.encode())).status in UNREADABLE, (key, number[:30])
    await is_heard(rig, f"[{2**63 - 1}, {-(2**63)}, 0.1, -0, 1e300]".encode())


def list_places(text: str) -> Iterator[Json]:
    """What a post may have such a text in."""
    yield {"content": f"<p>{text}</p>"}
    for key in ("name", "summary", "id", "url", "inReplyTo", "context", "mediaType", "type", "language"):
        yield {key: f"https://p.test/{text}"}
    yield {"tag": [{"type": "Hashtag", "name": f"#{text}", "href": "https://p.test/"}]}
    yield {"attachment": [{"type": "Image", "url": "https://p.test/", "name": text}]}
    yield {"contentMap": {text: "x"}}
    yield {"contentMap": {"ja": text}}
    yield {text: "x"}
    yield {"unknown": [{"deep": [text]}]}


async def has_no_place(rig: Rig, escape: str) -> None:
    """Whatever says it, in whatever place, is refused: not stored in one database and refused by the other."""
    alice, peer = rig.p.actor(), await rig.peer("unreadable")
    async with rig.no_effect():
        for changes in list_places("a?b"):
            text = json.dumps(alice.create({**alice.note(), **changes})).replace("?", escape)
            assert (await rig.post(alice, text.encode())).status in UNREADABLE, text
            text = json.dumps({**alice.create(), **changes}).replace("?", escape)
            assert (await rig.post(alice, text.encode())).status in UNREADABLE, text
        for key in ("name", "summary", "preferredUsername", "inbox", "x"):
            actor = peer.actor()
            actor.document[key] = "a?b"
            text = json.dumps(actor.document).replace("a?b", f"a{escape}b")
            peer.answers[actor.id] = document(text.encode())
            assert (await rig.post(actor, actor.create())).status == 401, key
    assert (await article(rig, await posted(rig))).text


async def posted(rig: Rig) -> Json:
    alice = rig.p.actor()
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    return note


QUERIES = (
    "/api/v2/search?q={}",
    "/api/v1/accounts/lookup?acct={}",
    "/api/v1/timelines/tag/{}",
    "/api/v1/statuses/{}",
    "/.well-known/webfinger?resource=acct:{}@x",
    "/areas/machi?max_id={}",
    "/areas/machi/{}",
    "/authorize_interaction?uri={}",
    "/report?uri={}",
    "/media/proxy/{}/full/{}",
    "/posts/{}",
    "/@{}",
)


async def is_no_error(rig: Rig, encoded: str) -> None:
    """What is asked with it has an answer that is none of our errors (`Rig.send` looks)."""
    own(rig)
    origin = rig.adapter.area.rpartition("/areas/")[0]
    for query in QUERIES:
        for accept in ("application/json", "text/html"):
            answer = await rig.get(origin + query.format(*[encoded] * query.count("{}")), accept)
            assert answer.status in {200, 301, 302, 303, 308, 400, 401, 404, 422}, (query, answer)


async def test_D03_nul(rig: Rig) -> None:
    await is_unreadable(rig, {"raw": b'"a\0b"', "between": b"\0 1", "escaped": b'"a\\u0000b"'})
    await has_no_place(rig, "\\u0000")
    await is_no_error(rig, "a%00b")
    await is_heard(rig, b'"a\\\\u0000b"')


async def test_D04_half_a_surrogate_pair(rig: Rig) -> None:
    halves = ("\\ud800", "\\uDC00", "\\uDBFF\\u0041", "\\udc00\\ud800", "\\ud83d\\ud83d", "x\\udfff")
    await is_unreadable(rig, {half: f'"{half}"'.encode() for half in halves})
    await is_unreadable(rig, {"raw": b'"\xed\xa0\x80"', "a raw pair": b'"\xed\xa0\xbd\xed\xb8\x80"'})
    await has_no_place(rig, "\\ud800")
    await is_no_error(rig, "a%ED%A0%80b")
    await is_heard(rig, b'"\\ud83d\\ude00 \\\\ud800"')


def list_others(text: str) -> dict[str, bytes]:
    """Ways to write the same document that are no JSON in UTF-8, or not it alone."""
    plain = text.encode()
    return {
        "bytes that are no text": plain.replace(b"}", b'\xff"}', 1),
        "half a letter": plain[:-1] + b', "x": "\xe3\x81"}',
        "more than needed": plain[:-1] + b', "x": "\xc0\xaf"}',
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "Shift_JIS": text.encode("shift_jis"),
        "a mark before": b"\xef\xbb\xbf" + plain,
        "something after": plain + b"x",
        "NUL after": plain + b"\0",
        "two": plain + plain,
        "two lines": plain + b"\n" + plain,
        "a comma after": plain + b",",
        "a comma too many": plain[:-1] + b",}",
        "a comment": plain[:-1] + b"/* x */}",
        "a comment after": plain + b"// x",
        "other quotes": plain.replace(b'"', b"'"),
        "no quotes": plain.replace(b'"type"', b"type"),
        "a line end in a text": plain[:-1] + b', "x": "a\nb"}',
        "an unknown escape": plain[:-1] + b', "x": "\\x41"}',
        "half": plain[: len(plain) // 2],
        "nothing": b"",
        "spaces": b"  \n ",
        "a list": b"[" + plain + b"]",
        "a text": json.dumps(text).encode(),
        "a call": b"callback(" + plain + b")",
        "another space": plain.replace(b": ", b":\xc2\xa0"),
    }


async def test_D05_not_one_value_in_utf_8(rig: Rig) -> None:
    alice = rig.p.actor()
    async with rig.no_effect():
        for number, name in enumerate(list_others("")):
            # Nobody is asked for more than some keys in a minute.
            peer = await rig.peer(f"unreadable{number // 10}")
            text = json.dumps(alice.create(), ensure_ascii=False)
            assert (await rig.post(alice, list_others(text)[name])).status in UNREADABLE, name
            actor = peer.actor()
            actor.document["name"] = "花子"
            body = list_others(json.dumps(actor.document, ensure_ascii=False))[name]
            peer.answers[actor.id] = document(body)
            assert (await rig.post(actor, actor.create())).status == 401, name
    note = alice.note()
    spaced = b" \r\n\t" + json.dumps(alice.create(note), indent=1).encode() + b"\n \t\r\n"
    assert (await rig.post(alice, spaced)).status == 202
    await rig.has_effect(note)


HEAVY: dict[str, bytes] = {
    "lists": b"[" + b"[]," * 340_000 + b"[]]",
    "objects": b"[" + b"{}," * 340_000 + b"{}]",
    "numbers": b"[" + b"1," * 500_000 + b"1]",
    "texts": b"[" + b'"",' * 340_000 + b'""]',
    "keys": b"{" + b",".join(b'"%x":1' % number for number in range(100_000)) + b"}",
    "200,000 keys": b"{" + b",".join(b'"%x":1' % number for number in range(200_000)) + b"}",
    "escapes": b'"' + b"\\u3042" * 170_000 + b'\\ud800"',
    "backslashes": b'"' + b"\\\\" * 500_000 + b'\\u0000"',
    "quotes": b"[" + b'"\\"[{,",' * 120_000 + b"1]",
    "lists in lists": b"[" + b"[[[[[[[[]]]]]]]]," * 60_000 + b"1]",
}


@pytest.mark.both_fronts
@pytest.mark.parametrize("value", HEAVY.values(), ids=HEAVY)
async def test_D06_many_small_things(rig: Rig, value: bytes) -> None:
    """In a body and in a document: less than a second of work, and of memory what a body has."""
    alice, peer = rig.p.actor(), await rig.peer("unreadable")
    actor = peer.actor()
    peer.answers[actor.id] = Answer(
        200, put(actor.document, value), (("Content-Type", "application/activity+json"),)
    )
    async with rig.no_effect():
        rig.adapter.peak(reset=True)
        before, began = rig.adapter.memory() or 0, time.monotonic()
        async with at_most(rig, MOST_SECONDS):
            assert (await rig.post(alice, put(alice.create(), value))).status in {400, 413}
        async with at_most(rig, MOST_SECONDS):
            assert (await rig.post(actor, actor.create())).status in {202, 401}
        assert time.monotonic() - began < 2 * (MOST_SECONDS + SLACK)
        assert (rig.adapter.peak() or 0) - before < MOST_GROWTH
