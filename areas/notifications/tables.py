"""Notifications, how their readers want them, and message threads."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

__all__ = ["conversations", "notification_permissions", "notification_policies", "notifications", "unwanted"]

notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("id", Id, primary_key=True, comment="small: apps read it as a number of 32 bits"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, comment="who is told"),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("from_id", sa.ForeignKey("actors.id"), nullable=False, comment="who did it"),
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE")),
    sa.Column("report_id", sa.ForeignKey("reports.id", ondelete="CASCADE")),
    sa.Column("group_key", sa.Text, comment="what is shown as one; null = alone"),
    sa.Column("filtered", sa.Boolean, nullable=False, default=False, comment="waits in a request"),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_notifications_actor", notifications.c.actor_id, notifications.c.id)
sa.Index("ix_notifications_from", notifications.c.actor_id, notifications.c.from_id, notifications.c.id)
sa.Index(
    "ix_notifications_post",
    notifications.c.post_id,
    sqlite_where=notifications.c.post_id.is_not(None),
    postgresql_where=notifications.c.post_id.is_not(None),
)
sa.Index(
    "ix_notifications_filtered",
    notifications.c.actor_id,
    notifications.c.from_id,
    sqlite_where=sa.text("filtered"),
    postgresql_where=sa.text("filtered"),
)

notification_policies = sa.Table(
    "notification_policies",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("not_following", sa.Text, nullable=False),
    sa.Column("not_followers", sa.Text, nullable=False),
    sa.Column("new_accounts", sa.Text, nullable=False),
    sa.Column("private_mentions", sa.Text, nullable=False),
    sa.Column("limited_accounts", sa.Text, nullable=False),
)

notification_permissions = sa.Table(
    "notification_permissions",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("from_id", sa.ForeignKey("actors.id"), primary_key=True, comment="never filtered"),
    sa.Column("created_at", Time, nullable=False),
)

unwanted = sa.Table(
    "unwanted_notifications",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, primary_key=True),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", Id, primary_key=True, comment="one reader's view of a thread of messages"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("thread_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("last_id", Id, nullable=False, comment="the newest message in it that she may read"),
    sa.Column("unread", sa.Boolean, nullable=False),
    sa.UniqueConstraint("actor_id", "thread_id"),
)
sa.Index("ix_conversations_actor", conversations.c.actor_id, conversations.c.last_id)
