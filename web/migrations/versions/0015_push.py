"""push subscriptions, and the key by which push services know the node"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", ID, nullable=False, comment="small: apps read it as a number of 32 bits"),
        sa.Column("token_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False, comment="a URL that an app has named"),
        sa.Column(
            "p256dh", sa.LargeBinary(), nullable=False, comment="the app's public key, an uncompressed point"
        ),
        sa.Column("auth", sa.LargeBinary(), nullable=False, comment="the secret that it shares with us"),
        sa.Column(
            "standard", sa.Boolean(), nullable=False, comment="aes128gcm (RFC 8291), else the older aesgcm"
        ),
        sa.Column("alerts", sa.Text(), nullable=False, comment="types of notifications, separated by spaces"),
        sa.Column("policy", sa.Text(), nullable=False, comment="by whom"),
        sa.Column(
            "bearer", sa.LargeBinary(), nullable=False, comment="sealed: apps want it in every message"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "policy IN ('all', 'followed', 'follower', 'none')", name=op.f("ck_push_subscriptions_policy")
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["access_tokens.id"],
            name=op.f("fk_push_subscriptions_token_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_push_subscriptions_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("token_id", name=op.f("uq_push_subscriptions_token_id")),
    )
    op.create_index(op.f("ix_push_subscriptions_actor_id"), "push_subscriptions", ["actor_id"])
    op.create_table(
        "node_keys",
        sa.Column("name", sa.Text(), nullable=False, comment="what it is for"),
        sa.Column(
            "private", sa.LargeBinary(), nullable=False, comment="PKCS #8, sealed with the node's secret"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node_keys")),
    )
