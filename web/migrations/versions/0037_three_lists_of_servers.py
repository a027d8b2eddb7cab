"""which servers are blocked and which are allowed are two lists"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def server_rules() -> sa.Table:
    return sa.Table(
        "server_rules",
        sa.MetaData(),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rule IN ('block', 'allow')", name="ck_server_rules_rule"),
        sa.PrimaryKeyConstraint("host", name="pk_server_rules"),
    )


def upgrade() -> None:
    with op.batch_alter_table("server_rules", copy_from=server_rules()) as batch:
        batch.drop_constraint("pk_server_rules", type_="primary")
        batch.create_primary_key("pk_server_rules", ["host", "rule"])
