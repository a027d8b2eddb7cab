"""scheduled posts, what residents say in reports"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scheduled_posts",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("draft", sa.Text(), nullable=False, comment="JSON as in `areas.records.Draft`"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True, comment="why it was not published when it was due"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_scheduled_posts_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_posts")),
    )
    op.create_index(op.f("ix_scheduled_posts_actor_id"), "scheduled_posts", ["actor_id"])
    # In place on both databases: SQLite would make the table anew for a named constraint.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE reports ADD COLUMN target_id {number} REFERENCES actors (id)")
    op.add_column("reports", sa.Column("category", sa.Text(), nullable=False, server_default="other"))
    op.add_column("reports", sa.Column("rules", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("reports", sa.Column("forwarded", sa.Boolean(), nullable=False, server_default=sa.false()))
