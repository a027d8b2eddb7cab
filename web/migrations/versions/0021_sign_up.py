"""signing up by mail, invitations, and how an account wants to be written to"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="keyed hash of the words"),
        sa.Column("note", sa.Text(), nullable=False, comment="for whom, to those who made it"),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("hash", name=op.f("uq_invitations_hash")),
    )
    with op.batch_alter_table("mail_codes") as table:
        table.add_column(
            sa.Column("email_sealed", sa.LargeBinary(), comment="to write again, and to those who sign up")
        )
        table.add_column(
            sa.Column("is_new", sa.Boolean(), nullable=False, server_default=sa.false(), comment="signs up")
        )
        table.add_column(sa.Column("invitation_id", ID))
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("language", sa.Text(), comment="of pages and mails; null = the browser's"))
        table.add_column(
            sa.Column(
                "pace",
                sa.Text(),
                nullable=False,
                server_default="off",
                comment="of mails about what is new",
            )
        )
        table.add_column(
            sa.Column(
                "mailed_id", ID, nullable=False, server_default="0", comment="the last one told by mail"
            )
        )
        table.create_check_constraint("pace", "pace IN ('now', 'daily', 'off')")
