"""members of areas, boosts by people, bookmarks, pins, mutes, blocked hosts"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SHARES_OF_OLD = """
INSERT INTO shares (id, iri, actor_id, post_id, visibility, counts, created_at)
SELECT reactions.created_at * 32768 + 4 * (row_number() OVER (PARTITION BY reactions.created_at)) + 1,
    reactions.iri, reactions.actor_id, post_id, 'public', actors.type <> 'Group', reactions.created_at
FROM reactions JOIN actors ON actors.id = reactions.actor_id WHERE reactions.kind = 'Announce'
"""


def upgrade() -> None:
    op.create_table(
        "domain_blocks",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False, comment="as in `actors.host`"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_domain_blocks_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", "host", name=op.f("pk_domain_blocks")),
    )
    op.create_table(
        "mutes",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("notifications", sa.Boolean(), nullable=False, comment="they are muted too"),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="null = until it is taken back"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_mutes_actor_id")),
        sa.ForeignKeyConstraint(["target_id"], ["actors.id"], name=op.f("fk_mutes_target_id")),
        sa.PrimaryKeyConstraint("actor_id", "target_id", name=op.f("pk_mutes")),
    )
    op.create_table(
        "memberships",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("home", sa.Boolean(), nullable=False, comment="where she lives; one at most"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="how well it is proved: 0, 1, 2"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("level IN (0, 1, 2)", name=op.f("ck_memberships_level")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_memberships_actor_id")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.actor_id"], name=op.f("fk_memberships_area_id")),
        sa.PrimaryKeyConstraint("actor_id", "area_id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_area", "memberships", ["area_id", "since"])
    op.create_index(
        "uq_memberships_home",
        "memberships",
        ["actor_id"],
        unique=True,
        sqlite_where=sa.text("home"),
        postgresql_where=sa.text("home"),
    )
    _create_marks()
    _create_shares()
    for table, column in (("actors", "locked"), ("follows", "reblogs"), ("follows", "notify")):
        default = sa.true() if column == "reblogs" else sa.false()
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=default))
    # In place on both databases: SQLite would make the table anew for a named constraint.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE posts ADD COLUMN members_of {number} REFERENCES areas (actor_id)")
    _give_reactions_ids()


def _create_marks() -> None:
    for table in ("bookmarks", "pins"):
        op.create_table(
            table,
            sa.Column("actor_id", ID, nullable=False),
            sa.Column("post_id", ID, nullable=False),
            sa.Column("id", ID, nullable=False, comment="by which lists of them are paged; sorts by time"),
            sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f(f"fk_{table}_actor_id")),
            sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f(f"fk_{table}_post_id")),
            sa.PrimaryKeyConstraint("actor_id", "post_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_actor", table, ["actor_id", "id"])
    op.create_table(
        "thread_mutes",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_thread_mutes_actor_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["posts.id"], name=op.f("fk_thread_mutes_thread_id")),
        sa.PrimaryKeyConstraint("actor_id", "thread_id", name=op.f("pk_thread_mutes")),
    )


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", ID, autoincrement=False, nullable=False, comment="a snowflake of its own"),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False, comment="not by a Group: that is no opinion"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("log_id", ID, nullable=True, comment="local actors: the Announce in the log"),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'private')", name=op.f("ck_shares_visibility")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_shares_actor_id")),
        sa.ForeignKeyConstraint(["log_id"], ["outbox_log.id"], name=op.f("fk_shares_log_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_shares_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sa.UniqueConstraint("actor_id", "post_id", name=op.f("uq_shares_actor_id_post_id")),
    )
    op.create_index("ix_shares_actor", "shares", ["actor_id", "id"])
    op.create_index("ix_shares_iri", "shares", ["iri"])
    op.create_index("ix_shares_post", "shares", ["post_id", "counts", "id"])
    op.execute(SHARES_OF_OLD)
    op.execute("DELETE FROM reactions WHERE kind = 'Announce'")


def _give_reactions_ids() -> None:
    op.add_column("reactions", sa.Column("id", ID, nullable=False, server_default="0"))
    op.execute("UPDATE reactions SET id = created_at * 32768 + post_id % 32768")
    op.drop_index("ix_reactions_post", "reactions")
    op.create_index("ix_reactions_post", "reactions", ["post_id", "kind", "id"])
    op.create_index("ix_reactions_actor", "reactions", ["actor_id", "kind", "id"])
