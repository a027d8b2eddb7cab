"""When somebody has moved."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody of whom that is not known has moved lately."""
    op.add_column("actors", sa.Column("moved_at", sa.BigInteger(), nullable=True))
