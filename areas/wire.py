"""Stored posts of local authors as documents: what `federation.rendering` needs, gathered from rows."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors
from areas import hashtags, kinds, posts
from areas.media import attaching
from areas.polls import options
from areas.polls.options import Poll
from areas.records import PostRecord
from federation import iris, rendering
from federation.vocabulary import PUBLIC, Hashtag, Iri, Mention, Millis, PollOption

FIRST_REPLIES = 10
"""Replies within the first page that is embedded in a post."""


@dataclass(frozen=True, slots=True)
class NamedActor:
    """Somebody whom a local post names, as far as known here."""

    id: int
    iri: Iri
    handle: str
    is_group: bool
    is_local: bool


_NAMED = sa.select(
    actors.c.iri, actors.c.id, actors.c.username, actors.c.host, actors.c.type, actors.c.origin_id
).where(actors.c.iri.in_(sa.bindparam("iris", expanding=True)), actors.c.gone_at.is_(None))


def find_named(tx: sa.Connection, post: PostRecord) -> tuple[NamedActor, ...]:
    """The actors whom a post names, in order, without those that are gone."""
    order = [each.iri for each in posts.named_by(tx, post.id)]
    if not order:
        return ()
    found = {row.iri: row for row in tx.execute(_NAMED, {"iris": order})}
    rows = (found[iri] for iri in order if iri in found)
    return tuple(
        NamedActor(
            row.id, row.iri, f"@{row.username}@{row.host}", row.type == "Group", row.origin_id is not None
        )
        for row in rows
    )


def list_recipients(named: Sequence[NamedActor]) -> tuple[int, ...]:
    """The ids of those who live on other servers."""
    return tuple(actor.id for actor in named if not actor.is_local)


def thread_iri(author: ActorRecord, thread_id: int) -> Iri:
    """`/threads/{id}` on the author's origin: the thread as this node knows it."""
    return Iri(f"{iris.origin(author.iri)}/threads/{thread_id}")


def mention_html(iri: Iri, username: str) -> str:
    """A mention as Mastodon writes it, which clients match against the tags."""
    address, name = html.escape(iri), html.escape(username)
    return f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{name}</span></a></span>'


def note(
    tx: sa.Connection, post: PostRecord, author: ActorRecord, named: Sequence[NamedActor] | None = None
) -> dict[str, object]:
    """The Note of a local post, or the Question.

    `audience` is the first area named, here or elsewhere; `to` has all of them.
    `named` is what `find_named` returns, where the caller has it.
    """
    actors_named = find_named(tx, post) if named is None else named
    areas = tuple(actor.iri for actor in actors_named if actor.is_group)
    to, cc = address(post, author, actors_named)
    first, following = _first_replies(tx, post)
    origin = iris.origin(author.iri)
    poll = options.find(tx, post.id) if post.type == "Question" else None
    return _render(
        poll,
        rendering.NoteFacts(
            id=post.iri,
            attributed_to=author.iri,
            to=to,
            cc=cc,
            audience=areas[0] if areas else None,
            context=None if post.thread_id is None else thread_iri(author, post.thread_id),
            in_reply_to=post.in_reply_to_iri,
            content=post.content,
            language=post.language,
            summary=post.summary,
            sensitive=post.sensitive,
            published=post.published_at,
            updated=post.updated_at,
            url=post.url or post.iri,
            tags=(
                *(Mention(href=actor.iri, name=actor.handle) for actor in actors_named),
                *(Hashtag(name, hashtags.tag_iri(origin, name)) for name in hashtags.read(post.tags)),
            ),
            attachments=tuple(attaching.to_wire(each) for each in attaching.read(post)),
            replies=Iri(f"{post.iri}/replies"),
            first_replies=first,
            next_replies=following,
            **{"end_time": None if poll is None else poll.ends_at, **kinds.extend(tx, post)},
        ),
    )


def _render(poll: Poll | None, facts: rendering.NoteFacts) -> dict[str, object]:
    """Counts that are hidden are zero until who voted was told the end."""
    if poll is None:
        return rendering.note(facts)
    is_hidden = poll.hide_totals and not poll.ended
    counted = [PollOption(each.name, 0) for each in poll.options] if is_hidden else poll.options
    voters = 0 if is_hidden else poll.voters or 0
    return rendering.question(facts, counted, multiple=poll.multiple, voters=voters)


def address(
    post: PostRecord, author: ActorRecord, named: Sequence[NamedActor]
) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    """`to` and `cc`. An area stands in `to`: other servers take that for a post to their group.

    What is not for everyone is for no group: everybody is its follower.
    """
    areas = tuple(actor.iri for actor in named if actor.is_group)
    people = tuple(actor.iri for actor in named if not actor.is_group)
    followers = () if author.followers is None else (author.followers,)
    if post.visibility == "public":
        return (PUBLIC, *areas), (*followers, *people)
    if post.visibility == "unlisted":
        return (*followers, *areas), (PUBLIC, *people)
    if post.visibility == "private":
        return followers, people
    return people, ()


def _first_replies(tx: sa.Connection, post: PostRecord) -> tuple[tuple[Iri, ...], Iri | None]:
    """The first page of the replies, and the address of the next where there is one."""
    found = posts.shown_replies(tx, post.id, limit=FIRST_REPLIES + 1)
    first = found[:FIRST_REPLIES]
    following = Iri(f"{post.iri}/replies?after={first[-1].id}") if len(found) > FIRST_REPLIES else None
    return tuple(reply.iri for reply in first), following


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
