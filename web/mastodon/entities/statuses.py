"""Posts and boosts as `Status`, and what stands around one: `Context`, `StatusSource`, `StatusEdit`, mentions, tags.

A place in an area is a boost by the area; its id is that of the place.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Final

from actors.records import ActorRecord
from areas.edits import Version
from areas.hashtags import read as read_tags
from areas.hashtags import tag_iri
from areas.reading.statuses import Seen, Status
from areas.records import PostRecord
from federation.html import REL
from web.mastodon.entities.attachments import attachments
from web.mastodon.entities.frame import Frame, Json
from web.mastodon.times import write_time

ShowAccount = Callable[[ActorRecord], Json]
ShowPoll = Callable[[Seen], Json | None]
ShowFiltered = Callable[[Seen], list[Json]]

LINKED_TYPES: Final = frozenset({"Article", "Page", "Event", "Image", "Video", "Audio"})
"""What is more than its text: a title goes above it, and the way to the whole below, as Mastodon does."""


def status(
    found: Status, show: ShowAccount, show_poll: ShowPoll, show_filtered: ShowFiltered, frame: Frame
) -> Json:
    """`Status`. A boost repeats what it boosts, with its own id, time and account."""
    original = {
        **_original(found.seen, show, frame),
        "poll": show_poll(found.seen),
        "filtered": show_filtered(found.seen),
    }
    if found.via is None:
        return original
    return {
        **original,
        "id": str(found.id),
        "created_at": write_time(found.at),
        "account": show(found.via),
        "reblog": original,
        "pinned": False,
    }


def _original(seen: Seen, show: ShowAccount, frame: Frame) -> Json:
    post, mine = seen.post, seen.mine
    return {
        "id": str(post.id),
        "created_at": write_time(post.published_at),
        "in_reply_to_id": None if post.in_reply_to_id is None else str(post.in_reply_to_id),
        "in_reply_to_account_id": None if seen.answered_id is None else str(seen.answered_id),
        "sensitive": post.sensitive,
        "spoiler_text": post.summary or "",
        "visibility": post.visibility,
        "language": post.language,
        "uri": post.iri,
        "url": post.url or post.iri,
        "replies_count": seen.replies,
        "reblogs_count": seen.shares,
        "favourites_count": seen.favourites,
        "quotes_count": 0,
        "edited_at": _edited(post),
        "content": write_content(post),
        "reblog": None,
        "quote": None,
        "application": None,
        "account": show(seen.author),
        "media_attachments": attachments(post, frame),
        "mentions": [mention(actor, frame) for actor in seen.mentions],
        "tags": [tag(name, frame) for name in read_tags(post.tags)],
        "emojis": [],
        "card": None,
        "poll": None,
        "favourited": mine.favourited,
        "reblogged": mine.shared,
        "muted": mine.muted,
        "bookmarked": mine.bookmarked,
        "pinned": mine.pinned,
        "filtered": [],
    }


def _edited(post: PostRecord) -> str | None:
    """Some servers say `updated` of what is new."""
    if post.updated_at is None or post.updated_at <= post.published_at:
        return None
    return write_time(post.updated_at)


def write_content(post: PostRecord) -> str:
    """The HTML, with a title above and the address below where the post is of a kind that has more to it."""
    if post.type not in LINKED_TYPES:
        return post.content
    title = f"<p><strong>{escape(post.title, quote=False)}</strong></p>" if post.title else ""
    url = post.url or post.iri
    link = f'<p><a href="{escape(url)}" rel="{REL}">{escape(url, quote=False)}</a></p>'
    return f"{title}{post.content}{link}"


def mention(actor: ActorRecord, frame: Frame) -> Json:
    """`Status::Mention`; `url` is the address to which the text links."""
    return {
        "id": str(actor.id),
        "username": actor.username,
        "url": actor.url or actor.iri,
        "acct": frame.acct(actor),
    }


def tag(name: str, frame: Frame) -> Json:
    """`Status::Tag`; `url` is the address to which the texts of this node link."""
    return {"name": name, "url": tag_iri(frame.origin, name)}


def context(above: Sequence[Json], below: Sequence[Json]) -> Json:
    """`Context`."""
    return {"ancestors": list(above), "descendants": list(below)}


def source(post_id: int, text: str, spoiler_text: str) -> Json:
    """`StatusSource`: what its author typed."""
    return {"id": str(post_id), "text": text, "spoiler_text": spoiler_text}


def edit(post: PostRecord, version: Version, author: Json, frame: Frame) -> Json:
    """`StatusEdit`: a post as it was from a time on."""
    as_it_was = replace(post, content=version.content, attachments=version.attachments)
    return {
        "content": write_content(as_it_was),
        "spoiler_text": version.summary or "",
        "sensitive": version.sensitive,
        "created_at": write_time(version.at),
        "account": author,
        "poll": None,
        "media_attachments": attachments(as_it_was, frame),
        "emojis": [],
    }
