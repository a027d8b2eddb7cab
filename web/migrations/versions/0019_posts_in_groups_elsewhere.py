"""local posts in groups of other servers"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "group_submissions",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False, comment="a Group elsewhere"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'announced', 'refused', 'removed')",
            name=op.f("ck_group_submissions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_group_submissions_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_id"], ["actors.id"], name=op.f("fk_group_submissions_group_id")),
        sa.PrimaryKeyConstraint("post_id", "group_id", name=op.f("pk_group_submissions")),
        comment="local posts that name a group of another server",
    )
