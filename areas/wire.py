"""Stored posts of local authors as documents: what `federation.rendering` needs, gathered from rows."""

import html

import sqlalchemy as sa

from actors.directory import find_actor
from actors.records import ActorRecord
from areas import posts, registry
from areas.records import PostRecord
from federation import iris, rendering
from federation.vocabulary import PUBLIC, Iri, Mention, Millis


def thread_iri(author: ActorRecord, thread_id: int) -> Iri:
    """`/threads/{id}` on the author's origin: the thread as this node knows it."""
    return Iri(f"{iris.origin(author.iri)}/threads/{thread_id}")


def mention_html(iri: Iri, username: str) -> str:
    """A mention as Mastodon writes it, which clients match against the tags."""
    address, name = html.escape(iri), html.escape(username)
    return f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{name}</span></a></span>'


def note(tx: sa.Connection, post: PostRecord, author: ActorRecord) -> dict[str, object]:
    """The Note of a local post: `audience` is the first area named, `to` has all."""
    named = posts.named_by(tx, post.id)
    areas = registry.find_named(tx, named)
    followers = (author.followers,) if author.followers else ()
    to, cc = _addressing(post, tuple(area.iri for area in areas), followers)
    others = tuple(iri for iri in named if iri not in to)
    return rendering.note(
        rendering.NoteFacts(
            id=post.iri,
            attributed_to=author.iri,
            to=to,
            cc=cc + others,
            audience=areas[0].iri if areas else None,
            context=None if post.thread_id is None else thread_iri(author, post.thread_id),
            in_reply_to=post.in_reply_to_iri,
            content=post.content,
            language=post.language,
            summary=post.summary,
            sensitive=post.sensitive,
            published=post.published_at,
            updated=post.updated_at,
            url=post.url or post.iri,
            tags=tuple(_mention(tx, iri) for iri in named),
            replies=Iri(f"{post.iri}/replies"),
        )
    )


def _addressing(
    post: PostRecord, areas: tuple[Iri, ...], followers: tuple[Iri, ...]
) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    if post.visibility == "public":
        return (PUBLIC, *areas), followers
    return (*followers, *areas), (PUBLIC,)


def _mention(tx: sa.Connection, iri: Iri) -> Mention:
    actor = find_actor(tx, iri)
    return Mention(href=iri, name=None if actor is None else f"@{actor.handle}")


def direct_note(
    iri: Iri,
    author: ActorRecord,
    recipient: ActorRecord,
    content: str,
    *,
    in_reply_to: Iri | None,
    now: Millis,
) -> dict[str, object]:
    """A message for one reader."""
    return rendering.note(
        rendering.NoteFacts(
            id=iri,
            attributed_to=author.iri,
            to=(recipient.iri,),
            cc=(),
            content=content,
            language="ja",
            in_reply_to=in_reply_to,
            published=now,
            url=iri,
            tags=(Mention(href=recipient.iri, name=f"@{recipient.handle}"),),
        )
    )
