"""how far each peer was caught up with"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catch_ups",
        sa.Column("peer_id", ID, nullable=False),
        sa.Column(
            "cursor", sa.Text(), comment="the peer's own word for what was heard up to; null = nothing yet"
        ),
        sa.Column("pulled_at", sa.BigInteger(), comment="when all that was missed had been heard"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("last_error", sa.Text()),
        sa.Column("compare_at", sa.BigInteger(), nullable=False, comment="when digests are compared next"),
        sa.Column("repair", sa.Text(), nullable=False, comment="whether a week is read again"),
        sa.Column("theirs", sa.Integer(), comment="posts that the peer boosts, when compared last"),
        sa.Column("ours", sa.Integer(), comment="posts that are known here as boosted by the peer"),
        sa.Column("differs_since", sa.BigInteger()),
        sa.CheckConstraint("repair IN ('no', 'due', 'done')", name=op.f("ck_catch_ups_repair")),
        sa.ForeignKeyConstraint(["peer_id"], ["actors.id"], name=op.f("fk_catch_ups_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", name=op.f("pk_catch_ups")),
    )
