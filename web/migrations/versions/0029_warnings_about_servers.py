"""warnings about servers"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "block_signals",
        sa.Column("id", ID, nullable=False),
        sa.Column("peer_id", ID, nullable=False, comment="who warns, also of ours"),
        sa.Column("host", sa.Text(), nullable=False, comment="of the server that it is about"),
        sa.Column("iri", sa.Text(), nullable=False, comment="of the newest Block"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="of who vetoed it"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'vetoed', 'sent')", name=op.f("ck_block_signals_state")
        ),
        sa.ForeignKeyConstraint(["peer_id"], ["actors.id"], name=op.f("fk_block_signals_peer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_signals")),
        sa.UniqueConstraint("peer_id", "host", name=op.f("uq_block_signals_peer_id_host")),
        comment="warnings about servers, by and to peers",
    )
    op.create_index("ix_block_signals_host", "block_signals", ["host"])
