"""fields of profiles, what is typed of a profile, suggestions that somebody does not want"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("actors", sa.Column("fields", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "profile_sources",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="as typed"),
        sa.Column("fields", sa.Text(), nullable=False, comment="JSON list of [name, text as typed]"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_profile_sources_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_profile_sources")),
    )
    op.create_table(
        "dismissed_suggestions",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_dismissed_suggestions_actor_id")),
        sa.ForeignKeyConstraint(
            ["target_id"], ["actors.id"], name=op.f("fk_dismissed_suggestions_target_id")
        ),
        sa.PrimaryKeyConstraint("actor_id", "target_id", name=op.f("pk_dismissed_suggestions")),
    )
