"""notifications, their policies, conversations"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index(
        "ix_follows_notify",
        "follows",
        ["target_id"],
        sqlite_where=sa.text("notify"),
        postgresql_where=sa.text("notify"),
    )
    _create_notifications()
    op.create_table(
        "notification_policies",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("not_following", sa.Text(), nullable=False),
        sa.Column("not_followers", sa.Text(), nullable=False),
        sa.Column("new_accounts", sa.Text(), nullable=False),
        sa.Column("private_mentions", sa.Text(), nullable=False),
        sa.Column("limited_accounts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_notification_policies_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_notification_policies")),
    )
    op.create_table(
        "notification_permissions",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("from_id", ID, nullable=False, comment="never filtered"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actors.id"], name=op.f("fk_notification_permissions_actor_id")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["actors.id"], name=op.f("fk_notification_permissions_from_id")),
        sa.PrimaryKeyConstraint("actor_id", "from_id", name=op.f("pk_notification_permissions")),
    )
    op.create_table(
        "unwanted_notifications",
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_unwanted_notifications_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", "channel", "type", name=op.f("pk_unwanted_notifications")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", ID, nullable=False, comment="one reader's view of a thread of messages"),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False, comment="the newest message in it that she may read"),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_conversations_actor_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["posts.id"], name=op.f("fk_conversations_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("actor_id", "thread_id", name=op.f("uq_conversations_actor_id_thread_id")),
    )
    op.create_index("ix_conversations_actor", "conversations", ["actor_id", "last_id"])


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", ID, nullable=False, comment="small: apps read it as a number of 32 bits"),
        sa.Column("actor_id", ID, nullable=False, comment="who is told"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_id", ID, nullable=False, comment="who did it"),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("report_id", ID, nullable=True),
        sa.Column("group_key", sa.Text(), nullable=True, comment="what is shown as one; null = alone"),
        sa.Column("filtered", sa.Boolean(), nullable=False, comment="waits in a request"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_notifications_actor_id")),
        sa.ForeignKeyConstraint(["from_id"], ["actors.id"], name=op.f("fk_notifications_from_id")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_notifications_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_notifications_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_actor", "notifications", ["actor_id", "id"])
    op.create_index("ix_notifications_from", "notifications", ["actor_id", "from_id", "id"])
    op.create_index(
        "ix_notifications_post",
        "notifications",
        ["post_id"],
        sqlite_where=sa.text("post_id IS NOT NULL"),
        postgresql_where=sa.text("post_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_filtered",
        "notifications",
        ["actor_id", "from_id"],
        sqlite_where=sa.text("filtered"),
        postgresql_where=sa.text("filtered"),
    )
