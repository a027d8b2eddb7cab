"""Filters, their words, and single posts."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

filters = sa.Table(
    "filters",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("contexts", sa.Text, nullable=False, comment="separated by spaces"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("expires_at", Time),
    sa.CheckConstraint("action IN ('warn', 'hide', 'blur')", name="action"),
)

filter_keywords = sa.Table(
    "filter_keywords",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("filter_id", sa.ForeignKey("filters.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("keyword", sa.Text, nullable=False),
    sa.Column("whole_word", sa.Boolean, nullable=False),
)

filter_posts = sa.Table(
    "filter_posts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("filter_id", sa.ForeignKey("filters.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.UniqueConstraint("filter_id", "post_id"),
)
