"""The outgoing log, who gets it, and how far each destination is.

Numbering: a log row is inserted without `seq`; one sequencer numbers committed rows and, in the same
transaction, gives subscriptions that opened or closed their `since`/`until` and raises the `head` of every
cursor that is owed something. Everything that reads in order reads `seq` only.

An entry E goes to a subscription S of its audience when S.since < E.seq and (S.until is null or
S.until >= E.seq) and S speaks E's dialect. An entry with `concerns` (an Update, Undo or Delete of an earlier
entry) goes to its own audience *and* to the audience that the earlier entry had at its own seq; so it does for
every other entry that it `reaches` (an author's Delete reaches those who got an area's boost). Once E is
numbered, who is owed it never changes. A `barrier` has explicit recipients only, and the sequencer puts it
into `gaps` at once: no cursor ever carries it.
"""

import sqlalchemy as sa

from actors.tables import Id, Iri, Time, actors, metadata, servers

__all__ = [
    "actors",
    "cursors",
    "destinations",
    "gaps",
    "log",
    "reaches",
    "recipients",
    "sequence",
    "servers",
    "subscriptions",
]

sequence = sa.Table(
    "outbox_sequence",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

log = sa.Table(
    "outbox_log",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("seq", sa.BigInteger, comment="null until the sequencer has seen it"),
    sa.Column("iri", Iri, nullable=False, comment="id of the activity; the same in both dialects is allowed"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, comment="who signs"),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("object_iri", Iri),
    sa.Column("lane", sa.SmallInteger, nullable=False, comment="0 alerts, 1 ordinary, 2 likes"),
    sa.Column("thread", sa.Text, nullable=False, comment="entries of one thread never overtake each other"),
    sa.Column("dialect", sa.Text, nullable=False),
    sa.Column("audience_id", sa.ForeignKey("actors.id"), comment="the followers of this actor"),
    sa.Column("concerns_id", sa.ForeignKey("outbox_log.id"), comment="the entry that this one changes"),
    sa.Column("cancels", sa.Boolean, nullable=False, default=False, comment="undoes what it concerns"),
    sa.Column("cancelled_at", Time, comment="set by the sequencer when it numbers a cancelling entry"),
    sa.Column("barrier", sa.Boolean, nullable=False, default=False),
    sa.Column("public", sa.Boolean, nullable=False, default=False, comment="may be fetched at its id"),
    sa.Column("body", sa.LargeBinary, comment="null once purged (30 days)"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.UniqueConstraint("iri", "dialect"),
    sa.CheckConstraint("dialect IN ('object', 'activity', 'both', 'signed')", name="dialect"),
    sa.CheckConstraint("lane IN (0, 1, 2)", name="lane"),
)
# Partial on purpose: PostgreSQL then takes numbering for no change of a key, and a transaction elsewhere that
# refers to the row (and so holds FOR KEY SHARE on it) never makes the sequencer wait.
sa.Index(
    "uq_outbox_log_seq",
    log.c.seq,
    unique=True,
    sqlite_where=log.c.seq.is_not(None),
    postgresql_where=log.c.seq.is_not(None),
)
sa.Index(
    "ix_outbox_log_lane",
    log.c.lane,
    log.c.seq,
    sqlite_where=log.c.seq.is_not(None),
    postgresql_where=log.c.seq.is_not(None),
)
sa.Index("ix_outbox_log_actor", log.c.actor_id, log.c.id)
sa.Index("ix_outbox_log_created", log.c.created_at)
sa.Index(
    "ix_outbox_log_unnumbered",
    log.c.id,
    sqlite_where=log.c.seq.is_(None),
    postgresql_where=log.c.seq.is_(None),
)
sa.Index(
    "ix_outbox_log_concerns",
    log.c.concerns_id,
    sqlite_where=log.c.concerns_id.is_not(None),
    postgresql_where=log.c.concerns_id.is_not(None),
)

recipients = sa.Table(
    "outbox_recipients",
    metadata,
    sa.Column("log_id", sa.ForeignKey("outbox_log.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("destination_id", sa.ForeignKey("destinations.id"), nullable=False),
)
sa.Index("ix_outbox_recipients_destination", recipients.c.destination_id, recipients.c.log_id)

reaches = sa.Table(
    "outbox_reaches",
    metadata,
    sa.Column("log_id", sa.ForeignKey("outbox_log.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("earlier_id", sa.ForeignKey("outbox_log.id"), primary_key=True),
)

destinations = sa.Table(
    "destinations",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True, comment="server:<host> or actor:<id>"),
    sa.Column("server_id", sa.ForeignKey("servers.id"), nullable=False, index=True),
    sa.Column("failures", sa.Integer, nullable=False, default=0, comment="in a row"),
    sa.Column("paused_until", Time, nullable=False, default=0, comment="the circuit breaker"),
    sa.Column("failing_since", Time),
    sa.Column("last_success_at", Time),
    sa.Column("last_error", sa.Text),
    sa.Column("dropped_at", Time),
)
sa.Index(
    "ix_destinations_failing",
    destinations.c.server_id,
    sqlite_where=destinations.c.failing_since.is_not(None),
    postgresql_where=destinations.c.failing_since.is_not(None),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("subscriber_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("target_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("destination_id", sa.ForeignKey("destinations.id"), nullable=False),
    sa.Column("dialect", sa.Text, nullable=False),
    sa.Column(
        "verifies", sa.Boolean, nullable=False, default=False, comment="believes signatures inside activities"
    ),
    sa.Column("since", sa.BigInteger, comment="null until the sequencer has seen it"),
    sa.Column("until", sa.BigInteger),
    sa.Column("closed", sa.Boolean, nullable=False, default=False),
    sa.Column("opened_at", Time, nullable=False),
    sa.CheckConstraint("dialect IN ('object', 'activity')", name="dialect"),
)
sa.Index(
    "uq_subscriptions_open",
    subscriptions.c.subscriber_id,
    subscriptions.c.target_id,
    unique=True,
    sqlite_where=sa.text("NOT closed"),
    postgresql_where=sa.text("NOT closed"),
)
# Whom the sequencer finds for new entries, without touching the rows themselves.
sa.Index(
    "ix_subscriptions_live",
    subscriptions.c.target_id,
    subscriptions.c.dialect,
    subscriptions.c.destination_id,
    subscriptions.c.since,
    sqlite_where=subscriptions.c.until.is_(None),
    postgresql_where=subscriptions.c.until.is_(None),
)
sa.Index(
    "ix_subscriptions_left",
    subscriptions.c.target_id,
    subscriptions.c.until,
    sqlite_where=subscriptions.c.until.is_not(None),
    postgresql_where=subscriptions.c.until.is_not(None),
)
sa.Index("ix_subscriptions_destination", subscriptions.c.destination_id, subscriptions.c.target_id)
sa.Index(
    "ix_subscriptions_unnumbered",
    subscriptions.c.id,
    sqlite_where=subscriptions.c.since.is_(None),
    postgresql_where=subscriptions.c.since.is_(None),
)
sa.Index(
    "ix_subscriptions_closing",
    subscriptions.c.id,
    sqlite_where=sa.text("closed AND until IS NULL"),
    postgresql_where=sa.text("closed AND until IS NULL"),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("destination_id", sa.ForeignKey("destinations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("lane", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="everything up to here is settled or in `gaps`"),
    sa.Column("head", sa.BigInteger, nullable=False, comment="the newest entry that is owed"),
    sa.Column("leased_by", sa.Text),
    sa.Column("leased_until", Time, nullable=False, default=0, comment="last lease: the oldest goes first"),
)
sa.Index(
    "ix_cursors_owed",
    cursors.c.lane,
    cursors.c.leased_until,
    sqlite_where=cursors.c.head > cursors.c.seq,
    postgresql_where=cursors.c.head > cursors.c.seq,
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("destination_id", sa.ForeignKey("destinations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("log_id", sa.ForeignKey("outbox_log.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("lane", sa.SmallInteger, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", Time, nullable=False, default=0),
    sa.Column("first_tried_at", Time),
    sa.Column("status", sa.Integer),
    sa.Column("reason", sa.Text),
    sa.Column("barrier", sa.Boolean, nullable=False, default=False),
    sa.Column("reached", sa.Text, nullable=False, default="[]", comment="JSON list: recipients who have it"),
    sa.Column("expires_at", Time, comment="sent again by an operator: instead of the entry's own"),
    sa.CheckConstraint("state IN ('retry', 'skipped', 'failed')", name="state"),
)
sa.Index(
    "ix_gaps_due",
    gaps.c.due_at,
    sqlite_where=gaps.c.state == "retry",
    postgresql_where=gaps.c.state == "retry",
)
sa.Index(
    "ix_gaps_open",
    gaps.c.destination_id,
    gaps.c.lane,
    gaps.c.seq,
    sqlite_where=gaps.c.state == "retry",
    postgresql_where=gaps.c.state == "retry",
)
sa.Index(
    "ix_gaps_barrier",
    gaps.c.destination_id,
    gaps.c.seq,
    sqlite_where=sa.and_(gaps.c.barrier, gaps.c.state == "retry"),
    postgresql_where=sa.text("barrier AND state = 'retry'"),
)
sa.Index("ix_gaps_log", gaps.c.log_id)
