"""Lists that residents make, and what they chose about those of areas."""

import sqlalchemy as sa

from actors.tables import Id, metadata

lists = sa.Table(
    "lists",
    metadata,
    sa.Column(
        "id", Id, primary_key=True, autoincrement=False, comment="a snowflake; those of areas are below 2^40"
    ),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("replies", sa.Text, nullable=False, comment="which answers of members stand in it"),
    sa.Column("exclusive", sa.Boolean, nullable=False, comment="members are kept out of home"),
    sa.CheckConstraint("replies IN ('followed', 'list', 'none')", name="replies"),
)

list_members = sa.Table(
    "list_members",
    metadata,
    sa.Column("list_id", sa.ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("id", Id, nullable=False, comment="sorts by time"),
)
sa.Index("ix_list_members_target", list_members.c.target_id)

area_lists = sa.Table(
    "area_lists",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("area_id", sa.ForeignKey("actors.id"), primary_key=True, comment="kept out of home"),
)

group_numbers = sa.Table(
    "group_numbers",
    metadata,
    sa.Column("number", Id, primary_key=True, comment="small, never reused"),
    sa.Column(
        "actor_id", sa.ForeignKey("actors.id"), nullable=False, unique=True, comment="an area elsewhere"
    ),
)
