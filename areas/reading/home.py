"""What stands in a resident's home timeline."""

import sqlalchemy as sa

from actors.tables import follows, mutes
from areas.lists.tables import area_lists, list_members, lists
from areas.personal_tables import followed_tags
from areas.reading import feeds
from areas.reading.feeds import Feed, Kind
from areas.reading.merging import Candidate
from areas.reading.slices import FIRST, Page, Slice
from areas.reading.visibility import ACCEPTED, ME, NOW, Reader, is_wanted, may_read
from areas.tables import posts

_MUTED = sa.exists().where(
    mutes.c.actor_id == ME,
    mutes.c.target_id == follows.c.target_id,
    sa.or_(mutes.c.until.is_(None), mutes.c.until > NOW),
)
_TUCKED_AWAY = sa.or_(
    sa.exists().where(
        list_members.c.target_id == follows.c.target_id,
        lists.c.id == list_members.c.list_id,
        lists.c.actor_id == ME,
        lists.c.exclusive,
    ),
    sa.exists().where(area_lists.c.actor_id == ME, area_lists.c.area_id == follows.c.target_id),
)
"""On a list that keeps its members out of home."""
_SOURCES = sa.union_all(
    sa.select(follows.c.target_id.label("actor_id"), follows.c.reblogs.label("boosts")).where(
        follows.c.follower_id == ME, follows.c.state == ACCEPTED, sa.not_(_MUTED), sa.not_(_TUCKED_AWAY)
    ),
    sa.select(ME, sa.true()),
)
_FEED = Feed(
    Kind(
        sources=_SOURCES,
        readable=sa.and_(may_read(), sa.or_(posts.c.actor_id == ME, is_wanted())),
        answers=feeds.is_within_circle(),
        shared=sa.true(),  # by whom she follows: private ones are for her
        tags=sa.select(followed_tags.c.id.label("actor_id")).where(followed_tags.c.actor_id == ME),
    )
)


def home(tx: sa.Connection, reader: Reader, wanted: Slice = FIRST) -> Page[Candidate]:
    """Posts and boosts by whom the reader follows, areas included, her own, and public ones with a tag she follows.

    Not of those who are on a list that keeps them out. Replies only where they go to her, to their own author, or to
    somebody whom she follows.
    """
    return feeds.read(tx, _FEED, reader, wanted)
