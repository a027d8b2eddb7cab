"""where areas of other nodes lie"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "localities",
        sa.Column("actor_id", ID, autoincrement=False, nullable=False),
        sa.Column("region", sa.Text(), nullable=False, comment="its prefecture, as its document says"),
        sa.Column("locality", sa.Text(), nullable=False, comment="its municipality"),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_localities_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_localities")),
        comment="where areas of other nodes lie",
    )
