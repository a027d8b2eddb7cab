"""Polls, their options, and who voted for which."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

polls = sa.Table(
    "polls",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("multiple", sa.Boolean, nullable=False),
    sa.Column("hide_totals", sa.Boolean, nullable=False, comment="until it ends"),
    sa.Column("ends_at", Time, comment="null = it has no end"),
    sa.Column("voters", sa.Integer, comment="null = its own server does not say"),
    sa.Column("told_at", Time, comment="local polls: when others were last told the counts"),
    sa.Column(
        "told_end", sa.Boolean, nullable=False, default=False, comment="who voted was told that it ended"
    ),
)

poll_options = sa.Table(
    "poll_options",
    metadata,
    sa.Column("post_id", sa.ForeignKey("polls.post_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("votes", sa.Integer, nullable=False, default=0),
)

poll_votes = sa.Table(
    "poll_votes",
    metadata,
    sa.Column("post_id", sa.ForeignKey("polls.post_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", Id, nullable=False, comment="sorts by time"),
)
