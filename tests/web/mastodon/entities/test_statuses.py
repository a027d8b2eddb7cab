"""Posts and boosts as apps decode them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from actors.records import ActorRecord
from areas.edits import Version
from areas.reading.statuses import Mine, Seen, Status
from areas.reading.trends import Use
from areas.records import PostRecord
from federation.vocabulary import Iri, Millis
from tests.testrig.clock import NOON
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.samples import AREA, COUNTS, FRAME, ORIGIN, REMOTE, actor
from tests.web.mastodon.entities.shapes import judge
from web.mastodon.entities import statuses
from web.mastodon.entities.accounts import account
from web.mastodon.entities.frame import Json
from web.mastodon.entities.tags import tag

PICTURE = {
    "type": "Document",
    "url": "https://cdn.example/1.jpg",
    "media_type": "image/jpeg",
    "name": "白いバラ",
    "width": 400,
    "height": 300,
    "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
}
PAPER = {"type": "Document", "url": "http://cdn.example/1.pdf", "media_type": "application/pdf", "name": None}


def no_poll(seen: Seen) -> None:
    assert seen.poll is None


def no_filter(_seen: Seen) -> list[Json]:
    return []


def show(record: ActorRecord) -> Json:
    return account(record, COUNTS, FRAME)


def post(**values: Any) -> PostRecord:
    """A post of a resident with nothing but a text."""
    given: dict[str, Any] = {
        **dict.fromkeys(PostRecord.__dataclass_fields__),
        "id": 1 << 61,
        "iri": Iri(f"{ORIGIN}/posts/5"),
        "actor_id": 1,
        "local": True,
        "kind": "ordinary",
        "type": "Note",
        "visibility": "public",
        "content": "<p>花の庭</p>",
        "sensitive": False,
        "attachments": "[]",
        "tags": "[]",
        "published_at": NOON,
        "received_at": NOON,
    }
    return PostRecord(**{**given, **values})


FULL = post(
    visibility="unlisted",
    in_reply_to_iri=Iri("https://mastodon.example/1"),
    in_reply_to_id=1 << 60,
    summary="クマの話",
    sensitive=True,
    language="ja",
    url=Iri(f"{ORIGIN}/posts/5"),
    attachments=json.dumps([PICTURE, PAPER, {**PICTURE, "url": "http://cdn.example/2.png", "width": None}]),
    tags=json.dumps(["相談", "Garden", "garden"]),
    updated_at=Millis(NOON + 5),
)
SEEN = Seen(FULL, actor(), 7, (REMOTE, AREA), 1, 2, 3, Mine(*[True] * 5))


@pytest.mark.parametrize("seen", [Seen(post(), REMOTE, None, ()), SEEN], ids=["bare", "full"])
def test_status(seen: Seen) -> None:
    judge(schema.STATUS, statuses.status(Status(seen.post.id, NOON, seen), show, no_poll, no_filter, FRAME))
    boost = statuses.status(Status(9, Millis(NOON + 9), seen, AREA), show, no_poll, no_filter, FRAME)
    judge(schema.STATUS, boost)
    assert (boost["id"], boost["account"]["group"], boost["reblog"]["id"]) == ("9", True, str(seen.post.id))
    assert boost["created_at"] == "2026-11-24T12:00:00.009Z"


def test_what_is_private_to_an_area_is_private() -> None:
    shown = statuses.status(
        Status(1, NOON, Seen(post(visibility="private", members_of=5), actor(), None, ())),
        show,
        no_poll,
        no_filter,
        FRAME,
    )
    assert shown["visibility"] == "private"


def test_a_text_links_where_its_mentions_and_tags_say() -> None:
    shown = statuses.status(Status(1, NOON, SEEN), show, no_poll, no_filter, FRAME)
    assert [each["url"] for each in shown["mentions"]] == ["https://mastodon.example/@ken", AREA.url]
    assert [each["name"] for each in shown["tags"]] == ["相談", "Garden"]
    assert shown["tags"][1]["url"] == f"{ORIGIN}/tags/garden"


def test_pictures_are_shown_by_us_and_the_rest_is_a_link() -> None:
    first, second, third = statuses.status(Status(1, NOON, SEEN), show, no_poll, no_filter, FRAME)[
        "media_attachments"
    ]
    assert (first["type"], first["url"]) == ("image", f"{ORIGIN}/media/proxy/x")
    assert first["meta"]["original"] == {"width": 400, "height": 300, "size": "400x300", "aspect": 4 / 3}
    assert (second["type"], second["url"], second["preview_url"]) == (
        "unknown",
        "http://cdn.example/1.pdf",
        None,
    )
    assert (third["type"], list(third["meta"])) == ("unknown", ["focus"])
    assert len({first["id"], second["id"], third["id"]}) == 3


def test_only_what_was_changed_later_is_edited() -> None:
    for updated_at, edited in (
        (None, False),
        (NOON, False),
        (Millis(NOON - 1), False),
        (Millis(NOON + 1), True),
    ):
        seen = Seen(post(updated_at=updated_at), actor(), None, ())
        shown = statuses.status(Status(1, NOON, seen), show, no_poll, no_filter, FRAME)
        assert (shown["edited_at"] is not None) is edited


def test_an_article_has_its_title_and_the_way_to_it() -> None:
    article = post(
        type="Article", title="春の<庭>", content="<p>x</p>", url=Iri("https://blog.example/?a=1&b=2")
    )
    content = statuses.write_content(article)
    assert content.startswith("<p><strong>春の&lt;庭&gt;</strong></p><p>x</p>")
    assert 'href="https://blog.example/?a=1&amp;b=2"' in content
    assert statuses.write_content(replace(article, type="Note")) == "<p>x</p>"


def test_the_rest() -> None:
    shown = statuses.status(Status(1, NOON, SEEN), show, no_poll, no_filter, FRAME)
    judge(schema.CONTEXT, statuses.context([shown], [shown]))
    judge(schema.STATUS_SOURCE, statuses.source(5, "花の庭", ""))
    version = Version(NOON, "<p>x</p>", None, sensitive=False, attachments=json.dumps([PICTURE]))
    judge(schema.STATUS_EDIT, statuses.edit(FULL, version, show(REMOTE), FRAME))
    judge(schema.TAG, tag("相談", [Use(NOON, 3, 2)], FRAME))
