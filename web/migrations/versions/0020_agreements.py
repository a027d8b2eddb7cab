"""agreements between areas"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False, comment="of this node"),
        sa.Column("peer_id", ID, nullable=False, comment="the other Group"),
        sa.Column(
            "direction",
            sa.Text(),
            nullable=False,
            comment="in: the peer's posts come here; out: ours go there",
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False, comment="of the Follow that asked for it"),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column(
            "accepts", sa.Text(), nullable=False, comment="JSON list of categories that are boosted unasked"
        ),
        sa.Column("max_per_hour", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_agreements_direction")),
        sa.CheckConstraint(
            "state IN ('requested', 'accepted', 'rejected', 'ended', 'expired')",
            name=op.f("ck_agreements_state"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name=op.f("fk_agreements_area_id")),
        sa.ForeignKeyConstraint(["peer_id"], ["actors.id"], name=op.f("fk_agreements_peer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint(
            "area_id", "peer_id", "direction", name=op.f("uq_agreements_area_id_peer_id_direction")
        ),
    )
    op.create_index("ix_agreements_iri", "agreements", ["iri"])
    op.create_index("ix_agreements_peer", "agreements", ["peer_id"])
