"""Who may read a post: one clause for every read, as of one reader. And what she does not want to see.

The clauses stand in queries that join the post's author. They have bound parameters, which `Reader.values`
gives: one text for all readers, compiled once.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import actors, blocks, domain_blocks, follows, mutes
from areas.records import SHOWN
from areas.tables import memberships, placements, post_recipients, posts, shares
from federation.vocabulary import Iri, Millis

ME = sa.bindparam("me", type_=sa.BigInteger())
MY_IRI = sa.bindparam("my_iri", type_=sa.Text())
NOW = sa.bindparam("now", type_=sa.BigInteger())

# Written into the statement: a partial index serves only a condition that is known when it is planned.
ACCEPTED: "sa.ColumnElement[str]" = sa.literal_column("'accepted'")

_places = placements.alias("places")
"""Under another name, so that a query of placements can ask it too."""

Author = Any
"""The table of actors, or an alias of it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom something is read, and when."""

    id: int
    iri: Iri
    now: Millis

    @classmethod
    def of(cls, actor: ActorRecord, now: Millis) -> "Reader":
        """The reader that a local actor is."""
        return cls(actor.id, actor.iri, now)

    @property
    def values(self) -> dict[str, Any]:
        """What the clauses below need; statements ignore what they do not name."""
        return {"me": self.id, "my_iri": self.iri, "now": self.now}


def follows_whom(target: "sa.ColumnElement[int]") -> "sa.Exists":
    """That the reader follows this actor and was accepted."""
    return sa.exists().where(
        follows.c.follower_id == ME, follows.c.target_id == target, follows.c.state == ACCEPTED
    )


def is_member(area: "sa.ColumnElement[int]") -> "sa.Exists":
    """That the reader is a member of this area."""
    return sa.exists().where(memberships.c.actor_id == ME, memberships.c.area_id == area)


def blocks_me(actor: "sa.ColumnElement[int]") -> "sa.Exists":
    """That this actor blocks the reader."""
    return sa.exists().where(blocks.c.actor_id == actor, blocks.c.target_id == ME)


def is_out(post: Author = posts) -> "sa.ColumnElement[bool]":
    """That nothing holds the post: a local one waits until its `Create` may go; members-only ones have none."""
    return sa.or_(sa.not_(post.c.local), post.c.log_id.is_not(None), post.c.members_of.is_not(None))


def for_anyone(post: Author = posts, author: Author = actors) -> "sa.ColumnElement[bool]":
    """What anyone may read, signed in or not.

    Replies by somebody limited were accepted by nobody, and are not shown.
    """
    return sa.and_(
        post.c.deleted_at.is_(None),
        post.c.visibility.in_(SHOWN),
        sa.or_(sa.not_(post.c.local), post.c.log_id.is_not(None)),
        author.c.gone_at.is_(None),
        sa.or_(
            author.c.standing == "open",
            sa.and_(author.c.standing == "limited", post.c.in_reply_to_iri.is_(None)),
        ),
    )


def may_read(post: Author = posts, author: Author = actors) -> "sa.ColumnElement[bool]":
    """What the reader may read: her own, what is for anyone, what is for her.

    Private: the author's accepted followers, and whom it names; with an area only that area's members, while the
    post stands there. Direct: whom it names. Nothing by who blocks her, or is suspended.
    """
    is_for_her = sa.or_(
        sa.and_(post.c.visibility.in_(SHOWN), _is_heard(post, author)),
        sa.and_(post.c.visibility == "private", post.c.members_of.is_(None), follows_whom(post.c.actor_id)),
        sa.and_(post.c.members_of.is_not(None), is_member(post.c.members_of), _stands(post)),
        sa.and_(post.c.members_of.is_(None), _names_me(post)),
    )
    return sa.and_(
        post.c.deleted_at.is_(None),
        author.c.gone_at.is_(None),
        sa.or_(
            post.c.actor_id == ME,
            sa.and_(
                author.c.standing != "suspended",
                is_out(post),
                is_for_her,
                sa.not_(blocks_me(post.c.actor_id)),
            ),
        ),
    )


def _is_heard(post: Author, author: Author) -> "sa.ColumnElement[bool]":
    """Replies by somebody limited are for who follows her."""
    return sa.or_(
        author.c.standing == "open", post.c.in_reply_to_iri.is_(None), follows_whom(post.c.actor_id)
    )


def _names_me(post: Author) -> "sa.Exists":
    return sa.exists().where(post_recipients.c.post_id == post.c.id, post_recipients.c.iri == MY_IRI)


def _stands(post: Author) -> "sa.ColumnElement[bool]":
    """A reply stands with its thread; a post where its area has accepted it, and not removed it."""
    accepted = sa.exists().where(
        _places.c.post_id == post.c.id,
        _places.c.area_id == post.c.members_of,
        _places.c.state == ACCEPTED,
    )
    return sa.or_(post.c.in_reply_to_iri.is_not(None), accepted)


def is_wanted(actor: Author = actors) -> "sa.ColumnElement[bool]":
    """That the reader has not shut this actor out of her timelines: by a block, a mute, or a block of its host."""
    blocked = sa.exists().where(blocks.c.actor_id == ME, blocks.c.target_id == actor.c.id)
    muted = sa.exists().where(
        mutes.c.actor_id == ME,
        mutes.c.target_id == actor.c.id,
        sa.or_(mutes.c.until.is_(None), mutes.c.until > NOW),
    )
    elsewhere = sa.exists().where(domain_blocks.c.actor_id == ME, domain_blocks.c.host == actor.c.host)
    return sa.and_(sa.not_(blocked), sa.not_(muted), sa.not_(elsewhere))


_elsewhere = placements.alias("elsewhere")


def is_judged_fit(post_id: "sa.ColumnElement[int]") -> "sa.ColumnElement[bool]":
    """Not what areas hold, refused or removed, unless another area has accepted it."""
    state, of_post = _elsewhere.c.state, _elsewhere.c.post_id == post_id
    return sa.or_(
        sa.not_(sa.exists().where(of_post, state.in_(("held", "refused", "removed")))),
        sa.exists().where(of_post, state == ACCEPTED),
    )


def is_share_for_me(share: Author = shares) -> "sa.ColumnElement[bool]":
    """That the reader may see this boost, if she may read what is boosted: a private one is for followers."""
    is_for_her = sa.or_(share.c.visibility.in_(SHOWN), share.c.actor_id == ME, follows_whom(share.c.actor_id))
    return sa.and_(is_for_her, sa.not_(blocks_me(share.c.actor_id)))
