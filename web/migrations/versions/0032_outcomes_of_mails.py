"""what became of the mail with a code"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mail_codes") as table:
        table.add_column(
            sa.Column("outcome", sa.Text(), comment="of the mail; null = nobody has tried to send it yet")
        )
        table.create_check_constraint("outcome", "outcome IN ('sent', 'later', 'refused')")
