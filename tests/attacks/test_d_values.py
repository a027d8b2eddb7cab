"""D7 to D10, D15: dates, lengths, letters, words to look for, and kinds of posts that nobody foresaw."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.attacks.rig import Rig
from tests.attacks.rig.clock import CLOCK
from tests.attacks.rig.ours import article, articles, own, page
from tests.attacks.rig.peers import Actor, Json, unique

NOTHING = {202, 400}
INDEX_SECONDS = 30.0
_PERIOD = 0.1


def list_dates() -> Iterator[Any]:
    """Times that cannot be, or not yet, or that are none."""
    year = datetime.fromtimestamp(CLOCK.now(), UTC).year
    yield from ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00")
    yield from ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z")
    yield from (
        f"{year + 10}-01-01T00:00:00Z",
        f"{year + 10}-01-01T00:00:00+09:00",
        f"{year}-02-30T00:00:00Z",
    )
    yield from (f"{year}-01-01T00:00:00+14:60", f"{year}-01-01T00:00:00+99:99", f"{year}-01-01T25:00:00Z")
    yield from (f"{year}-01-01T00:00:60Z", f"{year}-01-01", f"{year}-01-01T00:00:00." + "9" * 5000 + "Z")
    yield from ("２０２６-01-01T00:00:00Z", "now", "", "T", "-1", 0, -1, 1e18, 2**63 - 1, True, [], {}, None)


async def test_D07_dates(rig: Rig) -> None:
    """Whatever it says, a post is not newer than what comes after it, and no reader sees tomorrow."""
    alice = rig.p.actor()
    notes = []
    for date in list_dates():
        note = alice.note(published=date) | {"published": date}
        if date is None:
            del note["published"]
        assert (await rig.post(alice, alice.create(note))).status in NOTHING, date
        notes.append(note)
    later = alice.note()
    assert (await rig.post(alice, alice.create(later))).status == 202
    await rig.has_effect(later)
    assert (await rig.adapter.timeline())[0] == later["id"]
    now = datetime.fromtimestamp(CLOCK.now(), UTC) + timedelta(minutes=1)
    shown = await articles(rig)
    assert shown.keys() & {note["id"] for note in notes}, "some are shown"
    for each in shown.values():
        times = [datetime.fromisoformat(time.get("datetime", "")) for time in each.element.iter("time")]
        assert times
        assert all(time <= now for time in times), each.iri


async def test_D08_lengths(rig: Rig) -> None:
    """Ids are refused beyond 2,048 bytes, everything else is left out or cut."""
    alice = rig.p.actor()
    long = f"{alice.id}/notes/" + "x" * 8000
    at_most = f"{alice.id}/notes/{unique('n')}" + "あ" * 500
    assert len(at_most.encode()) < 2048
    async with rig.no_effect():
        for changes in ({"id": long}, {"inReplyTo": long}, {"attributedTo": long}):
            note = {**alice.note(), **changes}
            assert (await rig.post(alice, alice.create(note))).status in NOTHING, changes
        assert (await rig.post(alice, alice.create(id=long))).status == 400
        assert (await rig.post(alice, {**alice.create(), "actor": long})).status in {400, 401, 403}
    name = "な" * 30_000
    emoji = {
        "type": "Emoji",
        "name": f":{'x' * 1000}:",
        "icon": {"type": "Image", "url": "https://p.test/x.png"},
    }
    texts: list[Json] = [
        {"id": at_most},
        {"url": long},
        {"name": name},
        {"summary": name},
        {"content": f"<p>{'あ' * 300_000}</p>"},
        {"content": f"<p>:{'x' * 1000}:</p>", "tag": [emoji]},
        {
            "tag": [
                {"type": "Hashtag", "name": f"#{name}"},
                {"type": "Mention", "href": alice.id, "name": name},
            ]
        },
        {"tag": [{"type": "Hashtag", "name": "#x", "href": long}]},
        {"attachment": [{"type": "Image", "url": long, "name": name, "blurhash": name}]},
        {"attachment": [{"type": "Image", "url": "https://p.test/x.png", "name": name, "blurhash": name}]},
        {"contentMap": {"x" * 1000: "x", "ja": "あ" * 200_000}},
        {"location": {"type": "Place", "name": name, "address": name}},
        {"context": long, "conversation": long, "language": name},
    ]
    for changes in texts:
        note = alice.note(**changes)
        assert (await rig.post(alice, alice.create(note))).status == 202, str(changes)[:100]
        await rig.has_effect(note)
        found = await article(rig, note)
        assert len(found.text) < 110_000
        assert max((len(each.get("href", "")) for each in found.element.iter("a")), default=0) < 3 * 2048
    await takes_no_long_names(rig)


async def takes_no_long_names(rig: Rig) -> None:
    """Of people: cut where they are shown, and left out where they would be somebody else's."""
    for changes in (
        {"name": "な" * 30_000},
        {"preferredUsername": "x" * 100_000},
        {"preferredUsername": "x" * 300},
    ):
        alice = rig.p.actor()
        alice.document.update(changes)
        note = alice.note()
        assert (await rig.post(alice, alice.create(note))).status == 202
        await rig.has_effect(note)
        assert len((await article(rig, note)).part("author")) < 1000


HIDDEN = {chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010))}
HIDDEN |= {
    chr(code) for code in (*range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC))
}
JOINERS = {"\u200c", "\u200d"}
NAMES = {
    "right to left": "花子\u202e@hanako",
    "an isolate": "\u2067花子\u2066",
    "an embedding": "\u202b花子\u202c\u202d",
    "marks": "\u200e花\u200f\u061c子",
    "nothing between": "花\u200b\u2060\ufeff\u00ad子",
    "tags": "花子\U000e0041\U000e007f",
    "line breaks": "花子\n\r\u2028\u2029@machi",
    "controls": "花\x1b[31m\x07\x7f\x9b子",
    "accents": "花" + "\u0301" * 500 + "子",
    "accents of another kind": "ก" + "\u0e47" * 500,
    "spaces": " \u3000\u00a0\t 花 \u2003 子" + " " * 500,
    "only hidden": "\u202e\u200b\u2066",
}


async def test_D09_letters(rig: Rig) -> None:
    """On pages and in the client API: nothing hidden, no line that climbs over others, one line; emoji stay whole."""
    own(rig)
    for name, text in NAMES.items():
        alice = make_person(rig, text)
        note = alice.note(name=text, summary=text, tag=[{"type": "Hashtag", "name": f"#{text}"}])
        assert (await rig.post(alice, alice.create(note))).status == 202, name
        await rig.has_effect(note)
        found = await article(rig, note)
        account = await look_up(rig, alice)
        for shown in (found.part("author"), account["display_name"]):
            assert not (HIDDEN | JOINERS).intersection(shown), (name, shown)
            assert "\u0301" * 9 not in shown
            assert "\u0e47" * 9 not in shown
            assert "\u3000" not in shown
        assert not any(0xE0000 <= ord(letter) < 0xE0080 for letter in found.part("author")), name
        assert any(each.get("dir") == "auto" for each in found.parts("author")[0].iter()), "isolated"
    family = "花子👩\u200d👩\u200d👧"
    alice = make_person(rig, family)
    note = alice.note()
    await rig.post(alice, alice.create(note))
    await rig.has_effect(note)
    assert family in (await article(rig, note)).part("author")


async def look_up(rig: Rig, actor: Actor) -> Json:
    """Somebody, as apps show her."""
    handle = f"{actor.id.rpartition('/')[2]}@{actor.peer.host}"
    found: Json = await ask_api(rig, f"/api/v1/accounts/lookup?acct={handle}")
    return found


async def ask_api(rig: Rig, path: str) -> Any:
    origin = rig.adapter.area.rpartition("/areas/")[0]
    answer = await rig.get(origin + path, "application/json")
    assert answer.status == 200, (path, answer)
    return answer.json()


def make_person(rig: Rig, text: str, name: str = "", **changes: Any) -> Actor:
    """Somebody at P with a name to be read."""
    made = rig.p.actor(name, **changes)
    made.document["name"] = text
    return made


async def test_D10_words_that_mean_something(rig: Rig) -> None:
    """To SQL, to full-text search, to patterns: whoever looks for them looks for just that."""
    own(rig)
    word = unique("kotoba")
    alice = make_person(rig, "百%の花子", f"{word}_a", discoverable=True, indexable=True)
    other = make_person(rig, "百点の花子", f"{word}xa", discoverable=True, indexable=True)
    notes = []
    for actor, text in ((alice, f"{word} 割引50%です"), (other, f"{word} 割引50円です")):
        tag = {"type": "Hashtag", "name": f"#{word}{'_a' if actor is alice else 'xa'}"}
        note = actor.note(content=f"<p>{text}</p>", tag=[tag])
        assert (await rig.post(actor, actor.create(note))).status == 202
        await rig.has_effect(note)
        notes.append(note)
    async with asyncio.timeout(INDEX_SECONDS):
        while len((await search(rig, word))["statuses"]) < len(notes):
            await asyncio.sleep(_PERIOD)
    assert names(await search(rig, f"{word}_a")) == {f"{word}_a"}
    assert names(await search(rig, "百%の")) == {f"{word}_a"}
    for pattern in (f"{word}%", f"{word[:-2]}__", f"{word[:3]}%a", f"{word}?a", f"{word}.a", f"{word}[_]a"):
        assert not (await search(rig, pattern))["accounts"], pattern
        assert not (await search(rig, f"#{pattern}"))["hashtags"], pattern
    written = {
        f"{word}_a": f"{word}_a@{rig.p.host} 百%の花子",
        f"{word}xa": f"{word}xa@{rig.p.host} 百点の花子",
    }
    for query in list_queries(word):
        found = await search(rig, query)
        assert names(found) <= {name for name, text in written.items() if query.strip() in text}, query
        assert {each["uri"] for each in found["statuses"]} <= {note["id"] for note in notes}, query
    assert len((await search(rig, word))["statuses"]) == len(notes), "nothing was changed by it"


def list_queries(word: str) -> Iterator[str]:
    yield from (
        f"{word}' OR '1'='1",
        f"{word}'; DROP TABLE posts; --",
        f'{word}" OR "',
        f"{word}\\",
        "\\",
        "'",
        '"',
    )
    yield from (
        "%",
        "_",
        "%%",
        "__",
        "*",
        f"{word}*",
        f"*{word[1:]}",
        "^",
        f"^{word}",
        f"-{word}",
        f"NOT {word}",
    )
    yield from (
        f"({word}",
        f"{word})",
        "()",
        f"{word} AND",
        f"NEAR({word}, 1)",
        f"content:{word}",
        f"{{content}}:{word}",
    )
    yield from (
        f'"{word}',
        f'"{word}" *',
        f"{word}:*",
        f"{word} & !",
        f"{word} | x",
        "!",
        "<->",
        f"{word} <-> x",
        ":",
        "a:b:c",
    )
    yield from (
        "$1",
        "%s",
        ":id",
        "{0}",
        "?",
        "\u200b",
        "😀",
        "あ" * 2000,
        f"{word} " * 500,
        "\x01",
        "%00",
        "\ufffe",
    )


def names(found: Json) -> set[str]:
    return {each["username"] for each in found["accounts"]}


async def search(rig: Rig, query: str) -> Json:
    found: Json = await ask_api(rig, f"/api/v2/search?q={quote(query, safe='')}")
    return found


KINDS: dict[str, Json] = {
    "Article": {"name": "題", "content": "<p>長い文</p>"},
    "Page": {
        "name": "題",
        "url": "https://example.com/",
        "attachment": [{"type": "Link", "href": "https://example.com/"}],
    },
    "Event": {
        "name": "夏祭り",
        "startTime": "2027-08-01T09:00:00Z",
        "location": {"type": "Place", "name": "広場"},
    },
    "Question": {
        "oneOf": [{"type": "Note", "name": "はい"}, {"type": "Note", "name": "いいえ"}],
        "endTime": "2027-08-01T09:00:00Z",
    },
    "Video": {
        "name": "動画",
        "url": [{"type": "Link", "mediaType": "video/mp4", "href": "https://example.com/x.mp4"}],
    },
    "Audio": {"url": {"type": "Link", "href": "https://example.com/x.ogg"}},
    "Image": {"url": "https://example.com/x.png"},
    "Document": {"url": "https://example.com/x.pdf"},
    "Place": {"name": "広場", "latitude": 36.1, "longitude": 138.0},
    "Recipe": {"recipeIngredient": ["卵"]},
    "https://example.com/ns#Thing": {},
    "Profile": {"describes": "https://example.com/"},
    "Relationship": {"subject": "https://example.com/"},
    "Tombstone": {},
    "OrderedCollection": {"orderedItems": ["https://example.com/1"]},
    "Person": {"inbox": "https://example.com/inbox"},
    "Create": {"actor": "https://example.com/", "object": "https://example.com/1"},
}
QUOTES = ("quoteUrl", "quoteUri", "quote", "_misskey_quote", "quoteURL")
ODD_POLLS: list[Json] = [
    {"oneOf": []},
    {"oneOf": "はい"},
    {"oneOf": [{"name": "はい"}] * 1000, "anyOf": [{"name": "いいえ"}]},
    {"oneOf": [{"type": "Note", "name": "はい", "replies": {"totalItems": -1}}] * 2, "votersCount": -5},
    {"oneOf": [{"type": "Note", "name": "はい", "replies": {"totalItems": 2**62}}] * 2, "votersCount": 2**62},
    {"oneOf": [{"type": "Note", "name": 7}, None, [], "x"], "endTime": "never", "closed": True},
]


async def test_D15_kinds_unknown(rig: Rig) -> None:
    """Shown as text with a link to where it is, or ignored; the others are read as before."""
    alice = rig.p.actor()
    posts = [{"type": kind, **changes} for kind, changes in KINDS.items()]
    posts += [{"type": "Question", "votersCount": 1, **changes} for changes in ODD_POLLS]
    posts += [
        {"type": ["Note", "https://example.com/ns#Thing"]},
        {"type": ["https://example.com/ns#Thing", "Note"]},
    ]
    quoted = f"{rig.e.origin}/{unique('quoted')}"
    posts += [{key: quoted} for key in QUOTES]
    posts.append(
        {"tag": [{"type": "Link", "href": quoted, "rel": "https://misskey-hub.net/ns#_misskey_quote"}]}
    )
    notes = []
    for changes in posts:
        note = alice.note(**{"content": "<p>本文です。</p>", **changes})
        assert (await rig.post(alice, alice.create(note))).status in NOTHING, changes
        notes.append(note)
    last = alice.note()
    assert (await rig.post(alice, alice.create(last))).status == 202
    await rig.has_effect(last)
    assert not rig.e.asked(quoted)
    shown = await articles(rig)
    for note in notes:
        if note["id"] in shown:
            assert "本文です。" in shown[note["id"]].text or note["content"] != "<p>本文です。</p>"
            await page(rig, shown[note["id"]].path)
    kinds = {note["type"] for note in notes if note["id"] in shown and isinstance(note["type"], str)}
    assert {"Article", "Question", "Event", "Page", "Note"} <= kinds
