"""the size of the letters on pages"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(
            sa.Column(
                "size",
                sa.Text(),
                nullable=False,
                server_default="normal",
                comment="of the letters of pages",
            )
        )
        batch.create_check_constraint("size", "size IN ('normal', 'large', 'largest')")
