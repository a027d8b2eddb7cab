"""when an origin was exported to another node"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "origins",
        sa.Column("leaving_at", sa.BigInteger(), comment="when it was exported: another node is to serve it"),
    )
