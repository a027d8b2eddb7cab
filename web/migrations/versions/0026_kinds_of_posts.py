"""questions, offers, reviews, places, and how others respond to them"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _keyed_by_post(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f(f"fk_{table}_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("id", ID, nullable=False, comment="sorts by time"),
        sa.Column("key", sa.Text(), nullable=False, comment="area, name and address, folded"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="or what it is near to"),
        sa.Column("area_id", ID),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name=op.f("fk_places_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("key", name=op.f("uq_places_key")),
    )
    op.create_index("ix_places_area", "places", ["area_id", "id"])
    op.create_table(
        "questions",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'solved')", name=op.f("ck_questions_state")),
        *_keyed_by_post("questions"),
    )
    op.create_table(
        "offers",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False, comment="what is given or wanted"),
        sa.Column("until", sa.BigInteger(), comment="null = as long as it is open"),
        sa.CheckConstraint(
            "state IN ('open', 'reserved', 'done', 'withdrawn')", name=op.f("ck_offers_state")
        ),
        *_keyed_by_post("offers"),
    )
    op.create_table(
        "reviews",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place_id", ID, comment="null = its author did not say which"),
        sa.Column("place", sa.Text(), nullable=False, comment="its name as the author wrote it"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint("state = 'open'", name=op.f("ck_reviews_state")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_reviews_place_id")),
        *_keyed_by_post("reviews"),
    )
    op.create_index("ix_reviews_place", "reviews", ["place_id", "post_id"])
    op.create_table(
        "responses",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('applied', 'chosen', 'declined')", name=op.f("ck_responses_state")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_responses_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_responses_actor_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["posts.id"], name=op.f("fk_responses_reply_id")),
        sa.PrimaryKeyConstraint("post_id", "actor_id", name=op.f("pk_responses")),
        sa.UniqueConstraint("reply_id", name=op.f("uq_responses_reply_id")),
    )
    op.create_index(
        "uq_responses_chosen",
        "responses",
        ["post_id"],
        unique=True,
        sqlite_where=sa.text("state = 'chosen'"),
        postgresql_where=sa.text("state = 'chosen'"),
    )
