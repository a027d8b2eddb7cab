"""a deletion that comes before its post counts for the one who said it, not for all of her server"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Alembic has no renaming for SQLite that leaves the table as it is.
    op.execute("ALTER TABLE tombstones RENAME COLUMN origin TO owner")
