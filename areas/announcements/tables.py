"""Announcements, their texts, who has read them and how people react."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="a snowflake"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, comment="who says it"),
    sa.Column(
        "area_id",
        sa.ForeignKey("areas.actor_id"),
        index=True,
        comment="for who follows it; NULL = for everybody here",
    ),
    sa.Column("post_id", sa.ForeignKey("posts.id"), comment="where more is said"),
    sa.Column("all_day", sa.Boolean, nullable=False, comment="its times are days"),
    sa.Column("starts_at", Time, comment="in force from then; NULL = at once"),
    sa.Column("ends_at", Time, comment="in force until then; NULL = until it is taken back"),
    sa.Column("published_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("removed_at", Time, comment="taken back"),
)

announcement_texts = sa.Table(
    "announcement_texts",
    metadata,
    sa.Column("announcement_id", sa.ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True, comment="its language"),
    sa.Column("source", sa.Text, nullable=False, comment="as typed"),
)

announcement_readers = sa.Table(
    "announcement_readers",
    metadata,
    sa.Column("announcement_id", sa.ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True, comment="has put it away"),
)

announcement_reactions = sa.Table(
    "announcement_reactions",
    metadata,
    sa.Column("announcement_id", sa.ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True, comment="an emoji"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("at", Time, nullable=False),
)
