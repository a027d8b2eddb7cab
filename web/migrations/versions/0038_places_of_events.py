"""places of events"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("events") as batch_op:
        batch_op.add_column(sa.Column("place_id", ID, comment="null = its text says it"))
        batch_op.create_foreign_key(op.f("fk_events_place_id"), "places", ["place_id"], ["id"])
    op.create_index("ix_events_place", "events", ["place_id", "post_id"])
