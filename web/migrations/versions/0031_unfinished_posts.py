"""what somebody has written and not published yet"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "unfinished_posts",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="of the sheet on which it is written"),
        sa.Column("author_id", ID, nullable=False, comment="whose pictures they are"),
        sa.Column("fields", sa.Text(), nullable=False, comment="JSON, as the form has them"),
        sa.Column("media_ids", sa.Text(), nullable=False, comment="JSON list of its pictures"),
        sa.Column("error", sa.Text(), nullable=False, comment="why it was not published, in her language"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_unfinished_posts_account_id")),
        sa.ForeignKeyConstraint(["author_id"], ["actors.id"], name=op.f("fk_unfinished_posts_author_id")),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_unfinished_posts")),
    )
    op.create_index(op.f("ix_unfinished_posts_updated_at"), "unfinished_posts", ["updated_at"])
