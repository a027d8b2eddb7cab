"""threads in which a group wants no more replies"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "thread_locks",
        sa.Column("group_id", ID, nullable=False, comment="an area, or a Group elsewhere"),
        sa.Column("post_id", ID, nullable=False, comment="the root"),
        sa.Column("iri", sa.Text(), nullable=False, comment="of the Lock"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["actors.id"], name=op.f("fk_thread_locks_group_id")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_thread_locks_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "post_id", name=op.f("pk_thread_locks")),
    )
    op.create_index("ix_thread_locks_post", "thread_locks", ["post_id"])
