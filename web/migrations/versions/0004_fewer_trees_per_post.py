"""fewer index trees to write for each post

A boost is found by its post and area, so these are its key and the table is kept in that order; whom a post names
is kept in the order of its key too. Indexes of columns that are mostly null leave the nulls out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CLUSTERED = {"sqlite_with_rowid": False}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def boosts() -> sa.Table:
    return sa.Table(
        "boosts",
        sa.MetaData(),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("log_id", ID, nullable=False),
        sa.Column("wrap_log_id", ID),
        sa.Column("told", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.CheckConstraint("told IN ('object', 'activity')", name="ck_boosts_told"),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name="fk_boosts_area_id"),
        sa.ForeignKeyConstraint(["log_id"], ["outbox_log.id"], name="fk_boosts_log_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_boosts_post_id"),
        sa.ForeignKeyConstraint(["wrap_log_id"], ["outbox_log.id"], name="fk_boosts_wrap_log_id"),
        sa.PrimaryKeyConstraint("iri", name="pk_boosts"),
        sa.UniqueConstraint("area_id", "post_id", "generation", name="uq_boosts_area_id_post_id_generation"),
    )


def post_recipients() -> sa.Table:
    return sa.Table(
        "post_recipients",
        sa.MetaData(),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('object', 'activity', 'choice', 'text')", name="ck_post_recipients_source"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name="fk_post_recipients_post_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "iri", name="pk_post_recipients"),
    )


def upgrade() -> None:
    op.drop_index("ix_boosts_hourly", table_name="boosts")
    op.drop_index("ix_boosts_post", table_name="boosts")
    op.drop_index("uq_boosts_live", table_name="boosts")
    with op.batch_alter_table("boosts", copy_from=boosts(), table_kwargs=CLUSTERED) as batch:
        batch.drop_constraint("uq_boosts_area_id_post_id_generation", type_="unique")
        batch.drop_constraint("pk_boosts", type_="primary")
        batch.create_primary_key("pk_boosts", ["post_id", "area_id", "generation"])
    live = sa.text("undone_at IS NULL")
    op.create_index(
        "uq_boosts_live",
        "boosts",
        ["area_id", "post_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("ix_boosts_hourly", "boosts", ["area_id", "created_at"])
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table(
            "post_recipients", copy_from=post_recipients(), table_kwargs=CLUSTERED, recreate="always"
        ):
            pass
    leave_out_nulls("ix_outbox_log_concerns", "outbox_log", ["concerns_id"], "concerns_id IS NOT NULL")
    leave_out_nulls("ix_outbox_log_lane", "outbox_log", ["lane", "seq"], "seq IS NOT NULL")
    leave_out_nulls("ix_posts_in_reply_to", "posts", ["in_reply_to_id", "id"], "in_reply_to_id IS NOT NULL")


def leave_out_nulls(name: str, table: str, columns: list[str], where: str) -> None:
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
