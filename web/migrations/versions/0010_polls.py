"""polls, their options and votes"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("hide_totals", sa.Boolean(), nullable=False, comment="until it ends"),
        sa.Column("ends_at", sa.BigInteger(), nullable=True, comment="null = it has no end"),
        sa.Column("voters", sa.Integer(), nullable=True, comment="null = its own server does not say"),
        sa.Column(
            "told_at",
            sa.BigInteger(),
            nullable=True,
            comment="local polls: when others were last told the counts",
        ),
        sa.Column("told_end", sa.Boolean(), nullable=False, comment="who voted was told that it ended"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_polls_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_polls")),
    )
    op.create_table(
        "poll_options",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["polls.post_id"], name=op.f("fk_poll_options_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "place", name=op.f("pk_poll_options")),
    )
    op.create_table(
        "poll_votes",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False, comment="sorts by time"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_poll_votes_actor_id")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["polls.post_id"], name=op.f("fk_poll_votes_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "actor_id", "place", name=op.f("pk_poll_votes")),
    )
