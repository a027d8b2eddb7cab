"""lists, filters, tags that are followed or shown, markers, notes, recommendations"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def upgrade() -> None:
    _create_lists()
    _create_filters()
    for table, display in (("followed_tags", False), ("featured_tags", True)):
        more = [sa.Column("display", sa.Text(), nullable=False, comment="as written")] if display else []
        comment = "folded" if display else "folded: `areas.hashtags`"
        op.create_table(
            table,
            sa.Column("id", ID, autoincrement=False, nullable=False, comment="sorts by time"),
            sa.Column("actor_id", ID, nullable=False),
            sa.Column("name", sa.Text(), nullable=False, comment=comment),
            *more,
            _key(table, "actor_id", "actors.id"),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("actor_id", "name", name=op.f(f"uq_{table}_actor_id_name")),
        )
    op.create_table(
        "markers",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("timeline", sa.Text(), nullable=False),
        sa.Column("last_read_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="how often it was changed"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        _key("markers", "actor_id", "actors.id"),
        sa.PrimaryKeyConstraint("actor_id", "timeline", name=op.f("pk_markers")),
    )
    for table, column in (
        ("notes", sa.Column("text", sa.Text(), nullable=False, comment="hers alone")),
        ("endorsements", sa.Column("id", ID, nullable=False, comment="sorts by time")),
    ):
        op.create_table(
            table,
            sa.Column("actor_id", ID, nullable=False),
            sa.Column("target_id", ID, nullable=False),
            column,
            _key(table, "actor_id", "actors.id"),
            _key(table, "target_id", "actors.id"),
            sa.PrimaryKeyConstraint("actor_id", "target_id", name=op.f(f"pk_{table}")),
        )


def _create_lists() -> None:
    op.create_table(
        "lists",
        sa.Column(
            "id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="a snowflake; those of areas are below 2^40",
        ),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("replies", sa.Text(), nullable=False, comment="which answers of members stand in it"),
        sa.Column("exclusive", sa.Boolean(), nullable=False, comment="members are kept out of home"),
        sa.CheckConstraint("replies IN ('followed', 'list', 'none')", name=op.f("ck_lists_replies")),
        _key("lists", "actor_id", "actors.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
    )
    op.create_index(op.f("ix_lists_actor_id"), "lists", ["actor_id"])
    op.create_table(
        "list_members",
        sa.Column("list_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False, comment="sorts by time"),
        _key("list_members", "list_id", "lists.id", ondelete="CASCADE"),
        _key("list_members", "target_id", "actors.id"),
        sa.PrimaryKeyConstraint("list_id", "target_id", name=op.f("pk_list_members")),
    )
    op.create_index("ix_list_members_target", "list_members", ["target_id"])
    op.create_table(
        "area_lists",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False, comment="kept out of home"),
        _key("area_lists", "actor_id", "actors.id"),
        _key("area_lists", "area_id", "areas.actor_id"),
        sa.PrimaryKeyConstraint("actor_id", "area_id", name=op.f("pk_area_lists")),
    )


def _create_filters() -> None:
    op.create_table(
        "filters",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("contexts", sa.Text(), nullable=False, comment="separated by spaces"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("action IN ('warn', 'hide', 'blur')", name=op.f("ck_filters_action")),
        _key("filters", "actor_id", "actors.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filters")),
    )
    op.create_index(op.f("ix_filters_actor_id"), "filters", ["actor_id"])
    op.create_table(
        "filter_keywords",
        sa.Column("id", ID, nullable=False),
        sa.Column("filter_id", ID, nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), nullable=False),
        _key("filter_keywords", "filter_id", "filters.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_keywords")),
    )
    op.create_index(op.f("ix_filter_keywords_filter_id"), "filter_keywords", ["filter_id"])
    op.create_table(
        "filter_posts",
        sa.Column("id", ID, nullable=False),
        sa.Column("filter_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        _key("filter_posts", "filter_id", "filters.id", ondelete="CASCADE"),
        _key("filter_posts", "post_id", "posts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_posts")),
        sa.UniqueConstraint("filter_id", "post_id", name=op.f("uq_filter_posts_filter_id_post_id")),
    )
    op.create_index(op.f("ix_filter_posts_filter_id"), "filter_posts", ["filter_id"])
