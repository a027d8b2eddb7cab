"""answers to reports, and to whom those about peers' posts were passed on"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "reports", sa.Column("outcome", sa.Text(), comment="resolved or refused, once it is closed")
    )
    op.add_column("reports", sa.Column("answer", sa.Text(), comment="what was said with it"))
    op.create_table(
        "report_routes",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("home_id", ID, nullable=False, comment="whose posts it is about"),
        sa.Column("iri", sa.Text(), nullable=False, comment="of our Flag"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="what the home area says"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('sent', 'resolved', 'refused')", name=op.f("ck_report_routes_state")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_routes_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["home_id"], ["actors.id"], name=op.f("fk_report_routes_home_id")),
        sa.PrimaryKeyConstraint("report_id", "home_id", name=op.f("pk_report_routes")),
    )
    op.create_index("ix_report_routes_iri", "report_routes", ["iri"])
