"""authors and areas are counted, and areas are paged, from an index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_posts_actor", "posts")
    op.create_index("ix_posts_actor", "posts", ["actor_id", "id", "visibility", "deleted_at"])
    op.drop_index("ix_placements_area", "placements")
    op.create_index(
        "ix_placements_area",
        "placements",
        ["area_id", "position", "post_id", "state"],
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
