"""agreements within no zone; posts of peers found by their place"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

OF_TOWNS = """
    UPDATE agreements SET zone = NULL
    WHERE direction = 'in' AND EXISTS (
        SELECT 1 FROM actors
        WHERE actors.id = agreements.area_id AND actors.kind = 'area' AND actors.iri = agreements.zone
    )
"""
"""Towns that named no zone were kept as if they were one."""


def upgrade() -> None:
    with op.batch_alter_table("agreements") as batch_op:
        batch_op.alter_column("zone", existing_type=sa.Text(), nullable=True)
    op.execute(OF_TOWNS)
    op.create_index("ix_zone_posts_position", "zone_posts", ["position"])
