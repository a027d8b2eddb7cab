"""tags, earlier versions, what was typed, keys of drafts, preferences"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "post_tags",
        sa.Column("name", sa.Text(), nullable=False, comment="folded: `areas.hashtags`"),
        sa.Column("post_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_tags_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "post_id", name=op.f("pk_post_tags")),
    )
    op.create_index("ix_post_tags_post", "post_tags", ["post_id"])
    op.create_table(
        "post_edits",
        sa.Column("post_id", ID, nullable=False),
        sa.Column(
            "at",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="when this version was written",
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False, comment="JSON list: of a poll"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_edits_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "at", name=op.f("pk_post_edits")),
    )
    op.create_table(
        "post_sources",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="as typed"),
        sa.Column("account_id", ID, nullable=True, comment="who wrote it, for the audit alone"),
        sa.Column("app_id", ID, nullable=True, comment="the client program, `apps`"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_post_sources_account_id")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_sources_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_sources")),
    )
    op.create_table(
        "draft_keys",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_id", ID, nullable=False, comment="the post, or the scheduled post"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_draft_keys_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_draft_keys")),
    )
    op.create_table(
        "preferences",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False, comment="of posts, unless another is chosen"),
        sa.Column("sensitive", sa.Boolean(), nullable=False, comment="pictures are, unless said otherwise"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("to_home_area", sa.Boolean(), nullable=False, comment="public posts from apps go there"),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'private', 'direct')",
            name=op.f("ck_preferences_visibility"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_preferences_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_preferences")),
    )
