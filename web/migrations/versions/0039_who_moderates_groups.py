"""who moderates groups of other servers, and who may post there"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "remote_groups",
        sa.Column("group_id", ID, autoincrement=False, nullable=False),
        sa.Column(
            "moderators",
            sa.Text(),
            nullable=True,
            comment="its list of moderators; null = none that can be read",
        ),
        sa.Column("posting_restricted", sa.Boolean(), nullable=False, comment="only moderators post there"),
        sa.Column("read_at", sa.BigInteger(), nullable=True, comment="when the list was read"),
        sa.ForeignKeyConstraint(["group_id"], ["actors.id"], name=op.f("fk_remote_groups_group_id")),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_remote_groups")),
    )
    op.create_table(
        "group_moderators",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["remote_groups.group_id"], name=op.f("fk_group_moderators_group_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "iri", name=op.f("pk_group_moderators")),
    )
