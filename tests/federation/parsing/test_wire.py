"""Over a hundred documents as other software really sends them: read without loss, or refused by name."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.errors import MalformedDocument
from federation.html import sanitise
from federation.parsing import parse_activity, parse_document
from federation.vocabulary import Activity, Create, OtherActivity, Post, Unrecognized
from tests.federation.parsing.understood import describe, read_wire

WIRE = Path(os.environ.get("KAIRANBAN_TEST_WIRE", ""))

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif("KAIRANBAN_TEST_WIRE" not in os.environ, reason="KAIRANBAN_TEST_WIRE names no corpus"),
]

PLAIN_HTTP = {
    *("lemmy/activities/block/block_user", "lemmy/activities/block/undo_block_user"),
    *("lemmy/activities/community/add_mod", "lemmy/activities/community/announce_create_page"),
    *("lemmy/activities/community/lock_page", "lemmy/activities/community/remove_mod"),
    *("lemmy/activities/community/report_page", "lemmy/activities/community/resolve_report_page"),
    *("lemmy/activities/community/undo_lock_page", "lemmy/activities/community/update_community"),
    "lemmy/activities/community/warn",
    *("lemmy/activities/create_or_update/create_comment", "lemmy/activities/create_or_update/create_page"),
    "lemmy/activities/create_or_update/create_private_message",
    "lemmy/activities/create_or_update/update_page",
    *("lemmy/activities/deletion/delete_page", "lemmy/activities/deletion/delete_private_message"),
    *("lemmy/activities/deletion/delete_user", "lemmy/activities/deletion/remove_note"),
    *("lemmy/activities/deletion/undo_delete_page", "lemmy/activities/deletion/undo_delete_private_message"),
    "lemmy/activities/deletion/undo_remove_note",
    *("lemmy/activities/following/accept", "lemmy/activities/following/follow"),
    "lemmy/activities/following/undo_follow",
    *("lemmy/activities/voting/dislike_page", "lemmy/activities/voting/like_note"),
    *("lemmy/activities/voting/undo_dislike_page", "lemmy/activities/voting/undo_like_note"),
    "lemmy/collections/group_followers",
    "lemmy/collections/person_outbox",
    "lotide/activities/create_page_image",
}
"""Written on development servers: ids in plain http, which nobody may claim."""

ID_LESS = {"lemmy/collections/group_followers", "lemmy/collections/person_outbox"}
"""Collections are read without their id too, so these two are not refused."""


def list_documents() -> list[str]:
    paths = sorted(WIRE.glob("*/*/**/*.json")) if "KAIRANBAN_TEST_WIRE" in os.environ else []
    return [str(path.relative_to(WIRE))[:-5] for path in paths]


def list_recorded() -> Iterator[tuple[str, bytes]]:
    for name in ("inbound-shapes", "exchanges"):
        path = WIRE / "recorded" / f"{name}.json"
        for number, entry in enumerate(json.loads(path.read_bytes())):
            body = entry.get("body", entry.get("b"))
            if body:
                yield (
                    f"{name} {number}",
                    body.encode() if isinstance(body, str) else json.dumps(body).encode(),
                )


def read(name: str) -> bytes:
    return (WIRE / f"{name}.json").read_bytes()


def over_https(data: bytes) -> bytes:
    return data.replace(b'"http://', b'"https://')


def test_the_corpus_is_there() -> None:
    assert len(list_documents()) > 110
    assert set(list_documents()) >= PLAIN_HTTP
    assert len(list(list_recorded())) == 49


@pytest.mark.parametrize("name", list_documents())
def test_every_document_is_read_or_refused_as_expected(name: str) -> None:
    data = read(name)
    if name in PLAIN_HTTP - ID_LESS:
        with pytest.raises(MalformedDocument, match="plain http") as refused:
            parse_document(data)
        assert refused.value.path == "$.id"
        data = over_https(data)
    thing = parse_document(data)
    assert not isinstance(thing, str)
    assert thing.id is not None or name in ID_LESS


@pytest.mark.parametrize("name", list_documents())
def test_nothing_that_we_claim_to_understand_is_lost(name: str) -> None:
    data = over_https(read(name))
    assert describe(parse_document(data)) == read_wire(json.loads(data))


@pytest.mark.parametrize("name", [name for name in list_documents() if "/activities/" in name])
def test_an_inbox_takes_activities_only(name: str) -> None:
    data = over_https(read(name))
    if name == "mastodon/activities/private_message":  # a bare Note, in spite of its folder
        with pytest.raises(MalformedDocument, match="not an activity"):
            parse_activity(data)
        return
    activity = parse_activity(data)
    assert activity.raw == data
    assert activity.actor
    unknown = {"Resolve", "Warn"}
    assert isinstance(activity, OtherActivity) == (json.loads(data)["type"] in unknown)


@pytest.mark.parametrize("name", [name for name in list_documents() if "/objects/" in name])
def test_an_inbox_takes_no_objects(name: str) -> None:
    with pytest.raises(MalformedDocument):
        parse_activity(over_https(read(name)))


def test_what_was_recorded_is_read_without_loss() -> None:
    for name, body in list_recorded():
        activity = parse_activity(body)
        assert activity.raw == body
        wire: Any = json.loads(body)
        assert describe(activity) == read_wire(wire), name


def test_no_content_is_too_much_for_the_sanitiser() -> None:
    for _, body in [*((name, over_https(read(name))) for name in list_documents()), *list_recorded()]:
        thing = parse_document(body)
        post = thing.object if isinstance(thing, Create) else thing
        if isinstance(post, Post) and post.content:
            clean = sanitise(post.content)
            assert sanitise(clean) == clean
            assert clean or not post.content.strip()


def test_what_we_leave_alone_is_little() -> None:
    unread = set()
    for name in list_documents():
        thing = parse_document(over_https(read(name)))
        inner = getattr(thing, "object", None) if isinstance(thing, Activity) else thing
        if isinstance(inner, Unrecognized):
            unread.add((name, inner.type))
    assert unread == {
        ("lemmy/activities/create_or_update/create_private_message_0.19", "ChatMessage"),
        ("pleroma/objects/chat_message", "ChatMessage"),
    }
