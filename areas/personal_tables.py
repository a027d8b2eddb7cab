"""What belongs to one person here: what she typed, what she keeps, pins and follows, how far she has read."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

bookmarks = sa.Table(
    "bookmarks",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("id", Id, nullable=False, comment="by which lists of them are paged; sorts by time"),
)
sa.Index("ix_bookmarks_actor", bookmarks.c.actor_id, bookmarks.c.id)

thread_mutes = sa.Table(
    "thread_mutes",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("thread_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("created_at", Time, nullable=False),
)

pins = sa.Table(
    "pins",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("id", Id, nullable=False, comment="sorts by time"),
)
sa.Index("ix_pins_actor", pins.c.actor_id, pins.c.id)

post_sources = sa.Table(
    "post_sources",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False, comment="as typed"),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), comment="who wrote it, for the audit alone"),
    sa.Column("app_id", Id, comment="the client program, `apps`"),
)

draft_keys = sa.Table(
    "draft_keys",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("made_id", Id, nullable=False, comment="the post, or the scheduled post"),
    sa.Column("created_at", Time, nullable=False),
)

unfinished_posts = sa.Table(
    "unfinished_posts",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="of the sheet on which it is written"),
    sa.Column("author_id", sa.ForeignKey("actors.id"), nullable=False, comment="whose pictures they are"),
    sa.Column("fields", sa.Text, nullable=False, comment="JSON, as the form has them"),
    sa.Column("media_ids", sa.Text, nullable=False, comment="JSON list of its pictures"),
    sa.Column("error", sa.Text, nullable=False, comment="why it was not published, in her language"),
    sa.Column("updated_at", Time, nullable=False, index=True),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("visibility", sa.Text, nullable=False, comment="of posts, unless another is chosen"),
    sa.Column("sensitive", sa.Boolean, nullable=False, comment="pictures are, unless said otherwise"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("to_home_area", sa.Boolean, nullable=False, comment="public posts from apps go there"),
    sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')", name="visibility"),
)

followed_tags = sa.Table(
    "followed_tags",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="sorts by time"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="folded: `areas.hashtags`"),
    sa.UniqueConstraint("actor_id", "name"),
)

featured_tags = sa.Table(
    "featured_tags",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="sorts by time"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="folded"),
    sa.Column("display", sa.Text, nullable=False, comment="as written"),
    sa.UniqueConstraint("actor_id", "name"),
)

markers = sa.Table(
    "markers",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("timeline", sa.Text, primary_key=True),
    sa.Column("last_read_id", Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="how often it was changed"),
    sa.Column("updated_at", Time, nullable=False),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False, comment="hers alone"),
)

endorsements = sa.Table(
    "endorsements",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("id", Id, nullable=False, comment="sorts by time"),
)

profile_sources = sa.Table(
    "profile_sources",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("note", sa.Text, nullable=False, comment="as typed"),
    sa.Column("fields", sa.Text, nullable=False, comment="JSON list of [name, text as typed]"),
)

dismissed_suggestions = sa.Table(
    "dismissed_suggestions",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
)

scheduled_posts = sa.Table(
    "scheduled_posts",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, index=True),
    sa.Column("draft", sa.Text, nullable=False, comment="JSON as in `areas.records.Draft`"),
    sa.Column("due_at", Time, nullable=False),
    sa.Column("failure", sa.Text, comment="why it was not published when it was due"),
)
