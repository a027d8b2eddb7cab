"""Root of the schema: origins, servers, actors, keys, follows, standing, accounts, durable jobs.

Columns and constraints only. Times are milliseconds UTC (BIGINT); IRIs are canonical (`federation.iris`).
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""63-bit id; SQLite only autoincrements a column that is called INTEGER."""
Time = sa.BigInteger
Iri = sa.Text

origins = sa.Table(
    "origins",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("origin", sa.Text, nullable=False, unique=True),
    sa.Column("host", sa.Text, nullable=False, unique=True),
    sa.Column("is_primary", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Time, nullable=False),
)

servers = sa.Table(
    "servers",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("host", sa.Text, nullable=False, unique=True),
    sa.Column("software", sa.Text),
    sa.Column("dialect", sa.Text),
    sa.Column("dialect_override", sa.Text),
    sa.Column("inspected_at", Time),
    sa.Column("signature_scheme", sa.Text),
    sa.Column("scheme_until", Time),
    sa.Column("first_seen_at", Time, nullable=False),
)

server_rules = sa.Table(
    "server_rules",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("until", Time),
    sa.Column("created_at", Time, nullable=False),
    sa.CheckConstraint("rule IN ('block', 'allow')", name="rule"),
)

actors = sa.Table(
    "actors",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("iri", Iri, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, comment="local actors only: node, area, desk, resident, official, alert"),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("origin_id", sa.ForeignKey("origins.id"), comment="local actors only: where it was born"),
    sa.Column("server_id", sa.ForeignKey("servers.id"), comment="remote actors only"),
    sa.Column("name", sa.Text, nullable=False, default=""),
    sa.Column("summary", sa.Text, nullable=False, default="", comment="sanitised HTML"),
    sa.Column("url", Iri),
    sa.Column("icon", Iri),
    sa.Column("inbox", Iri),
    sa.Column("shared_inbox", Iri),
    sa.Column("outbox", Iri),
    sa.Column("followers", Iri),
    sa.Column("following", Iri),
    sa.Column("featured", Iri),
    sa.Column("moved_to", Iri),
    sa.Column("also_known_as", sa.Text, nullable=False, default="[]", comment="JSON list of IRIs"),
    sa.Column("discoverable", sa.Boolean, nullable=False, default=False),
    sa.Column("indexable", sa.Boolean, nullable=False, default=False),
    sa.Column("published_at", Time),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("fetched_at", Time, comment="remote actors: when the document was last read"),
    sa.Column("gone_at", Time, comment="deleted, here or there"),
    sa.Column("standing", sa.Text, nullable=False, default="open"),
    sa.Column("standing_reason", sa.Text, nullable=False, default=""),
    sa.CheckConstraint("(origin_id IS NULL) <> (server_id IS NULL)", name="local_or_remote"),
    sa.CheckConstraint("standing IN ('open', 'limited', 'suspended')", name="standing"),
)
sa.Index(
    "uq_actors_local_name",
    actors.c.username,
    actors.c.host,
    unique=True,
    sqlite_where=actors.c.origin_id.is_not(None),
    postgresql_where=actors.c.origin_id.is_not(None),
)
sa.Index("ix_actors_server", actors.c.server_id)
sa.Index("ix_actors_handle", actors.c.host, actors.c.username)

actor_keys = sa.Table(
    "actor_keys",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key_id", Iri, nullable=False, unique=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("public", sa.Text, nullable=False, comment="SPKI PEM (rsa) or multibase (ed25519)"),
    sa.Column("private", sa.LargeBinary, comment="sealed with the node's secret; local actors only"),
    sa.Column("fetched_at", Time, nullable=False),
    sa.CheckConstraint("algorithm IN ('rsa', 'ed25519')", name="algorithm"),
)

follows = sa.Table(
    "follows",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("iri", Iri, nullable=False, comment="id of the Follow activity"),
    sa.Column("follower_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("target_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
    sa.UniqueConstraint("follower_id", "target_id"),
    sa.CheckConstraint("state IN ('pending', 'accepted', 'rejected')", name="state"),
)
sa.Index("ix_follows_target", follows.c.target_id, follows.c.state)
sa.Index("ix_follows_iri", follows.c.iri)

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("iri", Iri, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("email_hash", sa.LargeBinary, unique=True, comment="keyed hash, for look-up"),
    sa.Column("email_sealed", sa.LargeBinary),
    sa.Column("created_at", Time, nullable=False),
)

account_actors = sa.Table(
    "account_actors",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("since", Time, nullable=False),
    sa.Column("until", Time),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="one job per kind and key"),
    sa.Column("payload", sa.Text, nullable=False, default="{}"),
    sa.Column("due_at", Time, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Time, nullable=False, default=0),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("last_error", sa.Text),
    sa.UniqueConstraint("kind", "key"),
)
