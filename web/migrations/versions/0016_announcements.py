"""announcements, their texts, who has read them and how people react"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", ID, autoincrement=False, nullable=False, comment="a snowflake"),
        sa.Column("actor_id", ID, nullable=False, comment="who says it"),
        sa.Column("area_id", ID, nullable=True, comment="for who follows it; NULL = for everybody here"),
        sa.Column("post_id", ID, nullable=True, comment="where more is said"),
        sa.Column("all_day", sa.Boolean(), nullable=False, comment="its times are days"),
        sa.Column("starts_at", sa.BigInteger(), nullable=True, comment="in force from then; NULL = at once"),
        sa.Column(
            "ends_at",
            sa.BigInteger(),
            nullable=True,
            comment="in force until then; NULL = until it is taken back",
        ),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True, comment="taken back"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_announcements_actor_id")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name=op.f("fk_announcements_area_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_announcements_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_area_id"), "announcements", ["area_id"])
    op.create_table(
        "announcement_texts",
        sa.Column("announcement_id", ID, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False, comment="its language"),
        sa.Column("source", sa.Text(), nullable=False, comment="as typed"),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_texts_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "tag", name=op.f("pk_announcement_texts")),
    )
    op.create_table(
        "announcement_readers",
        sa.Column("announcement_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False, comment="has put it away"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_announcement_readers_actor_id")),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_readers_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "actor_id", name=op.f("pk_announcement_readers")),
    )
    op.create_table(
        "announcement_reactions",
        sa.Column("announcement_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="an emoji"),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_announcement_reactions_actor_id")),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_reactions_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "announcement_id", "name", "actor_id", name=op.f("pk_announcement_reactions")
        ),
    )
