"""notices of the town"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), comment="holds from then; null = at once"),
        sa.Column("until", sa.BigInteger(), comment="holds until then; null = no end is known"),
        sa.CheckConstraint("state IN ('open', 'withdrawn')", name=op.f("ck_notices_state")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_notices_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_notices")),
        comment="what the town makes known",
    )
