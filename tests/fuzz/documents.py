"""JSON, activities, actors, posts, WebFinger and NodeInfo: read or refused, and what is read keeps every limit."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import orjson
from hypothesis import strategies as st

from federation import iris, nodeinfo, rendering, webfinger
from federation.errors import MalformedDocument
from federation.parsing import limits, parse_activity, parse_document
from federation.reader import MAX_DEPTH, load_json, parse_time
from federation.vocabulary import Activity, Iri, Millis, Peering, Thing
from tests.fuzz.mutations import VALUES, samples, spoiled_documents, spoiled_texts, write_json
from tests.fuzz.targets import Target
from tests.fuzz.words import STRANGE_TEXTS

NODEINFO = {
    "version": "2.1",
    "software": {"name": "Mastodon", "version": "4.4.0"},
    "protocols": ["activitypub"],
    "usage": {"users": {"total": 1}},
    "metadata": {},
}
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
LINKS = {
    "links": [
        {"rel": f"{SCHEMA}/2.0", "href": "https://p.test/nodeinfo/2.0"},
        {"rel": f"{SCHEMA}/2.1", "href": "https://p.test/nodeinfo/2.1"},
        {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": "https://p.test/actor"},
    ]
}
JRD = {
    "subject": "acct:alice@p.test",
    "aliases": ["https://p.test/@alice", "https://p.test/users/alice"],
    "links": [
        {
            "rel": "http://webfinger.net/rel/profile-page",
            "type": "text/html",
            "href": "https://p.test/@alice",
        },
        {"rel": "self", "type": "application/activity+json", "href": "https://p.test/users/alice"},
        {"rel": webfinger.SUBSCRIBE, "template": "https://p.test/authorize_interaction?uri={uri}"},
    ],
}
LONGEST_TEXT = limits.MAX_CONTENT
MOST_VALUES = max(limits.MAX_ITEMS, limits.MAX_ADDRESSEES)


def check_json(data: bytes) -> None:
    """What is read is what everybody reads, can be written again, and is not too deep."""
    try:
        value = load_json(data)
    except MalformedDocument:
        return
    assert value == json.loads(data)
    assert orjson.loads(orjson.dumps(value)) == value
    assert _measure(value) <= MAX_DEPTH


def _measure(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (1 if isinstance(value, dict | list) else 0) + max((_measure(each) for each in inner), default=0)


def check_activity(data: bytes) -> None:
    """An inbox reads an activity, whole and the same every time, or says where it is wrong."""
    try:
        activity = parse_activity(data)
    except MalformedDocument:
        return
    assert activity.raw == data
    assert iris.identify(activity.id) == activity.id
    assert iris.identify(activity.actor) == activity.actor
    check_thing(activity)
    assert parse_activity(data) == activity


def check_document(data: bytes) -> None:
    """So is whatever a fetch brings."""
    try:
        thing = parse_document(data)
    except MalformedDocument:
        return
    check_thing(thing)


def check_thing(thing: Thing) -> None:
    """Everything in a thing can be stored in either database."""
    for name, value in _walk(thing):
        if isinstance(value, str):
            assert "\0" not in value, name
            assert len(value.encode()) <= 4 * LONGEST_TEXT, name
        elif isinstance(value, int):
            assert -(2**63) <= value < 2**63, name
        elif isinstance(value, tuple):
            assert len(value) <= MOST_VALUES, name
        elif isinstance(value, float):
            assert abs(value) <= 180, name


def _walk(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    yield name, value
    if is_dataclass(value):
        for field in fields(value):
            if field.name != "raw":
                yield from _walk(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, tuple):
        for each in value:
            yield from _walk(each, f"{name}[]")


def check_jrd(data: bytes) -> None:
    """An answer to WebFinger names one actor by an allowed id."""
    try:
        jrd = webfinger.parse_jrd(data)
    except MalformedDocument:
        return
    assert iris.identify(jrd.self_link) == jrd.self_link
    assert jrd.subscribe is None or jrd.subscribe.startswith("https://")


def check_handle(text: str) -> None:
    """A handle that is read is read again from its parts."""
    try:
        name, host = webfinger.parse_acct(text)
    except MalformedDocument:
        return
    assert webfinger.parse_acct(f"acct:{name}@{host}") == (name, host)


def check_nodeinfo(data: bytes) -> None:
    """NodeInfo names a software, and links that are ids."""
    with suppress(MalformedDocument):
        found = nodeinfo.parse_discovery(data)
        assert found.document is None or iris.identify(found.document) == found.document
    with suppress(MalformedDocument):
        software = nodeinfo.parse_software(data)
        assert software.name == software.name.strip().lower()


def check_time(text: str) -> None:
    """A time that is read is written and read again, to the millisecond."""
    found = parse_time(text)
    if found is not None:
        assert 0 <= found < 2**63
        assert parse_time(rendering.format_time(found)) == found or found > 253_402_300_799_999


_names = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
_iris = _names.map(lambda name: Iri(f"https://a.example/{name}"))
_moments = st.integers(0, 253_402_300_799_999).map(Millis)
_peerings = st.builds(
    Peering,
    _iris,
    st.lists(_names, max_size=3).map(tuple),
    st.none() | st.integers(0, 99),
    st.none() | _moments,
)
_WRITERS: tuple[Callable[[Iri, Iri, Iri, Iri, Millis, Peering], rendering.Document], ...] = (
    lambda i, a, b, _c, _t, peering: rendering.follow(i, actor=a, object_iri=b, peering=peering),
    lambda i, a, b, c, _t, _p: rendering.accept(i, actor=a, follow=b, follower=c),
    lambda i, a, b, c, _t, _p: rendering.reject(i, actor=a, follow=b, follower=c),
    lambda i, a, b, c, t, _p: rendering.announce(
        i, actor=a, object_iri=b, published=t, followers=c, author=a
    ),
    lambda i, a, b, _c, t, _p: rendering.delete(i, actor=a, object_iri=b, published=t),
    lambda i, a, b, c, _t, _p: rendering.like(i, actor=a, object_iri=b, author=c),
    lambda i, a, b, c, _t, _p: rendering.move(i, actor=a, target=b, followers=c),
)
WRITTEN = st.builds(
    lambda write, *given: write(*given),
    st.sampled_from(_WRITERS),
    _iris,
    _iris,
    _iris,
    _iris,
    _moments,
    _peerings,
)


def check_written(document: dict[str, Any]) -> None:
    """What we write we read: its id, who acts, on what, to whom."""
    activity = parse_activity(rendering.render(document))
    assert type(activity).__name__ == document["type"]
    assert (activity.id, activity.actor) == (document["id"], document["actor"])
    assert list(activity.to) == list(dict.fromkeys(document.get("to", ())))
    assert list(activity.cc) == list(dict.fromkeys(document.get("cc", ())))
    wanted = document["object"] if isinstance(document["object"], str) else document["object"]["id"]
    found: Any = activity.object  # type: ignore[attr-defined]  # everything written here has one
    assert (found.id if isinstance(found, Activity) else found) == wanted


ACTIVITIES = [each for each in samples() if isinstance(each, dict) and "actor" in each]
_json = st.builds(write_json, VALUES, st.booleans())
_handles = spoiled_texts(["acct:alice@p.test", "@a@駅.test:8080", "!b@c"], ["@", ":", "/", *STRANGE_TEXTS])
_times_of_day = ("2026-11-22T03:04:05.123Z", "2026-11-22 03:04:05+09:00")
_digits = ("T", "Z", "+", "-", ":", ".", "9999", "0001", "W", "24", "60", "00", "٣")

TARGETS = (
    Target("json", _json | spoiled_documents([JRD, NODEINFO]) | st.binary(max_size=100), check_json, 200),
    Target("activities", spoiled_documents(ACTIVITIES), check_activity, 300),
    Target("documents", spoiled_documents(samples()), check_document, 200),
    Target("what-we-write", WRITTEN, check_written, 60),
    Target("webfinger", spoiled_documents([JRD]), check_jrd, 200),
    Target("handles", _handles, check_handle, 200),
    Target("nodeinfo", spoiled_documents([NODEINFO, LINKS]), check_nodeinfo, 200),
    Target("times", spoiled_texts(_times_of_day, _digits), check_time, 200),
)
