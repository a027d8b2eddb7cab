"""Root of the schema: origins, servers, actors, keys, follows, blocks, mutes, accounts and their access, jobs.

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
    sa.Column("leaving_at", Time, comment="when it was exported: another node is to serve it"),
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
    sa.Column("rule", sa.Text, primary_key=True, comment="which list: of the blocked, or of the allowed"),
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
    sa.Column("image", Iri, comment="at the head of its page"),
    sa.Column("inbox", Iri),
    sa.Column("shared_inbox", Iri),
    sa.Column("outbox", Iri),
    sa.Column("followers", Iri),
    sa.Column("following", Iri),
    sa.Column("featured", Iri),
    sa.Column("moved_to", Iri),
    sa.Column("moved_at", Time, comment="when its last move was believed, or said from here"),
    sa.Column("also_known_as", sa.Text, nullable=False, default="[]", comment="JSON list of IRIs"),
    sa.Column("fields", sa.Text, nullable=False, default="[]", comment="JSON list of [name, HTML]"),
    sa.Column("discoverable", sa.Boolean, nullable=False, default=False),
    sa.Column("indexable", sa.Boolean, nullable=False, default=False),
    sa.Column("locked", sa.Boolean, nullable=False, default=False, comment="who follows is asked for"),
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

remote_groups = sa.Table(
    "remote_groups",
    metadata,
    sa.Column("group_id", sa.ForeignKey("actors.id"), primary_key=True, autoincrement=False),
    sa.Column("moderators", Iri, comment="its list of moderators; null = none that can be read"),
    sa.Column("posting_restricted", sa.Boolean, nullable=False, comment="only moderators post there"),
    sa.Column("read_at", Time, comment="when the list was read"),
)

group_moderators = sa.Table(
    "group_moderators",
    metadata,
    sa.Column("group_id", sa.ForeignKey("remote_groups.group_id"), primary_key=True),
    sa.Column("iri", Iri, primary_key=True),
)

localities = sa.Table(
    "localities",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True, autoincrement=False),
    sa.Column("region", sa.Text, nullable=False, comment="its prefecture, as its document says"),
    sa.Column("locality", sa.Text, nullable=False, comment="its municipality"),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    comment="where areas of other nodes lie",
)

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
    sa.Column("reblogs", sa.Boolean, nullable=False, default=True, comment="boosts too are shown at home"),
    sa.Column("notify", sa.Boolean, nullable=False, default=False, comment="each post is a notification"),
    sa.UniqueConstraint("follower_id", "target_id"),
    sa.CheckConstraint("state IN ('pending', 'accepted', 'rejected')", name="state"),
)
sa.Index("ix_follows_target", follows.c.target_id, follows.c.state)
sa.Index("ix_follows_iri", follows.c.iri)
sa.Index(
    "ix_follows_notify",
    follows.c.target_id,
    sqlite_where=sa.text("notify"),
    postgresql_where=sa.text("notify"),
)

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("iri", Iri, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

mutes = sa.Table(
    "mutes",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("target_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("notifications", sa.Boolean, nullable=False, default=True, comment="they are muted too"),
    sa.Column("until", Time, comment="null = until it is taken back"),
    sa.Column("created_at", Time, nullable=False),
)

domain_blocks = sa.Table(
    "domain_blocks",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("host", sa.Text, primary_key=True, comment="as in `actors.host`"),
    sa.Column("created_at", Time, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("email_hash", sa.LargeBinary, unique=True, comment="keyed hash, for look-up"),
    sa.Column("email_sealed", sa.LargeBinary),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("language", sa.Text, comment="of pages and mails; null = the browser's"),
    sa.Column("pace", sa.Text, nullable=False, default="off", comment="of mails about what is new"),
    sa.Column("mailed_id", Id, nullable=False, default=0, comment="the last one told by mail"),
    sa.Column("size", sa.Text, nullable=False, server_default="normal", comment="of the letters of pages"),
    sa.CheckConstraint("pace IN ('now', 'daily', 'off')", name="pace"),
    sa.CheckConstraint("size IN ('normal', 'large', 'largest')", name="size"),
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

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="password: an Argon2 hash in PHC form"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
    sa.CheckConstraint("kind IN ('password')", name="kind"),
)
sa.Index(
    "uq_credentials_password",
    credentials.c.account_id,
    unique=True,
    sqlite_where=credentials.c.kind == "password",
    postgresql_where=credentials.c.kind == "password",
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True, comment="keyed hash of the cookie"),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("browser", sa.Text, nullable=False, default="", comment="in words, for its owner's list"),
    sa.Column("created_at", Time, nullable=False, comment="when its owner last proved who she is"),
    sa.Column("seen_at", Time, nullable=False, comment="to the day"),
    sa.Column("expires_at", Time, nullable=False, index=True),
)

mail_codes = sa.Table(
    "mail_codes",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column(
        "handle_hash", sa.LargeBinary, nullable=False, unique=True, comment="of the browser that asked"
    ),
    sa.Column("code_hash", sa.LargeBinary, nullable=False, comment="of six digits, with the handle"),
    sa.Column("link_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column(
        "email_hash", sa.LargeBinary, nullable=False, index=True, comment="as in accounts, or nobody's"
    ),
    sa.Column("onward", sa.Text, nullable=False, comment="where to go on, a path"),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("expires_at", Time, nullable=False, index=True),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("used_at", Time),
    sa.Column("email_sealed", sa.LargeBinary, comment="to write again, and to those who sign up"),
    sa.Column("is_new", sa.Boolean, nullable=False, default=False, comment="signs up"),
    sa.Column("invitation_id", Id),
    sa.Column("outcome", sa.Text, comment="of the mail; null = nobody has tried to send it yet"),
    sa.CheckConstraint("outcome IN ('sent', 'later', 'refused')", name="outcome"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True, comment="keyed hash of the words"),
    sa.Column("note", sa.Text, nullable=False, comment="for whom, to those who made it"),
    sa.Column("uses_left", sa.Integer, nullable=False),
    sa.Column("until", Time, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

throttles = sa.Table(
    "throttles",
    metadata,
    sa.Column("key", sa.LargeBinary, primary_key=True, comment="keyed hash of what is counted"),
    sa.Column("until", Time, nullable=False, index=True, comment="when the whole allowance is there again"),
)

apps = sa.Table(
    "apps",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("client_id", sa.Text, nullable=False, unique=True),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False, comment="keyed hash of the client secret"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("website", sa.Text),
    sa.Column("redirect_uris", sa.Text, nullable=False, comment="JSON list, as registered"),
    sa.Column("scopes", sa.Text, nullable=False, comment="separated by spaces"),
    sa.Column("created_at", Time, nullable=False, index=True),
)

authorization_codes = sa.Table(
    "authorization_codes",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("app_id", sa.ForeignKey("apps.id"), nullable=False, index=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("challenge", sa.Text, comment="PKCE S256; null = none was offered"),
    sa.Column("expires_at", Time, nullable=False, index=True),
    sa.Column("used_at", Time),
)

access_tokens = sa.Table(
    "access_tokens",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True, comment="keyed hash of the bearer"),
    sa.Column("app_id", sa.ForeignKey("apps.id"), nullable=False, index=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), index=True, comment="null = nobody signed in"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), index=True, comment="null = the app speaks for itself"),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("code_id", Id, index=True, comment="from which code; its second use revokes"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("expires_at", Time),
    sa.Column("revoked_at", Time),
)

push_subscriptions = sa.Table(
    "push_subscriptions",
    metadata,
    sa.Column("id", Id, primary_key=True, comment="small: apps read it as a number of 32 bits"),
    sa.Column("token_id", sa.ForeignKey("access_tokens.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, index=True),
    sa.Column("endpoint", sa.Text, nullable=False, comment="a URL that an app has named"),
    sa.Column(
        "p256dh", sa.LargeBinary, nullable=False, comment="the app's public key, an uncompressed point"
    ),
    sa.Column("auth", sa.LargeBinary, nullable=False, comment="the secret that it shares with us"),
    sa.Column("standard", sa.Boolean, nullable=False, comment="aes128gcm (RFC 8291), else the older aesgcm"),
    sa.Column("alerts", sa.Text, nullable=False, comment="types of notifications, separated by spaces"),
    sa.Column("policy", sa.Text, nullable=False, comment="by whom"),
    sa.Column("bearer", sa.LargeBinary, nullable=False, comment="sealed: apps want it in every message"),
    sa.Column("created_at", Time, nullable=False),
    sa.CheckConstraint("policy IN ('all', 'followed', 'follower', 'none')", name="policy"),
)

node_keys = sa.Table(
    "node_keys",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="what it is for"),
    sa.Column("private", sa.LargeBinary, nullable=False, comment="PKCS #8, sealed with the node's secret"),
    sa.Column("created_at", Time, nullable=False),
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
