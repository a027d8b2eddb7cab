"""What is in the index of words already, and how far new posts were looked through."""

import sqlalchemy as sa

from actors.tables import Id, metadata

indexed_posts = sa.Table(
    "indexed_posts",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("open", sa.Boolean, nullable=False, comment="found by anyone, else by its author alone"),
)

search_cursors = sa.Table(
    "search_cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", Id, nullable=False, comment="the newest id that was looked at"),
)
