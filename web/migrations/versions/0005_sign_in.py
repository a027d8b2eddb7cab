"""mail codes and throttles"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_codes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handle_hash", sa.LargeBinary(), nullable=False, comment="of the browser that asked"),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="of six digits, with the handle"),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=False, comment="as in accounts, or nobody's"),
        sa.Column("onward", sa.Text(), nullable=False, comment="where to go on, a path"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_codes")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_mail_codes_handle_hash")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_mail_codes_link_hash")),
    )
    with op.batch_alter_table("mail_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_codes_email_hash"), ["email_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_codes_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "throttles",
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="keyed hash of what is counted"),
        sa.Column(
            "until", sa.BigInteger(), nullable=False, comment="when the whole allowance is there again"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    with op.batch_alter_table("throttles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_throttles_until"), ["until"], unique=False)
