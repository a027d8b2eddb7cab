"""posts that areas of other towns have brought"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "zone_posts",
        sa.Column("area_id", ID, nullable=False, comment="of this node"),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("home_id", ID, nullable=False, comment="the peer whose post it is"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", ID, nullable=False, comment="where it stands in the timeline; sorts by time"),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the last change"),
        sa.Column("iri", sa.Text(), comment="of the newest Announce"),
        sa.Column("log_id", ID, comment="of the newest Announce"),
        sa.Column("generation", sa.Integer(), nullable=False, comment="how often it was boosted"),
        sa.Column("boosted_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('shown', 'boosted', 'hidden', 'gone')", name=op.f("ck_zone_posts_state")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name=op.f("fk_zone_posts_area_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_zone_posts_post_id")),
        sa.ForeignKeyConstraint(["home_id"], ["actors.id"], name=op.f("fk_zone_posts_home_id")),
        sa.ForeignKeyConstraint(["log_id"], ["outbox_log.id"], name=op.f("fk_zone_posts_log_id")),
        sa.PrimaryKeyConstraint("area_id", "post_id", name=op.f("pk_zone_posts")),
    )
    op.create_index("ix_zone_posts_timeline", "zone_posts", ["area_id", "position"])
    op.create_index("ix_zone_posts_post", "zone_posts", ["post_id"])
    op.create_index("ix_zone_posts_hourly", "zone_posts", ["area_id", "home_id", "boosted_at"])
