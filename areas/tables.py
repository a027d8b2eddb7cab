"""Areas, every post a node stores, where posts stand (placements), boosts, decisions, roles, reports."""

import sqlalchemy as sa

from actors.tables import Id, Iri, Time, metadata
from outbox.tables import log as outbox_log

areas = sa.Table(
    "areas",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False, unique=True, comment="small, never reused"),
    sa.Column("code", sa.Text, nullable=False, comment="全国地方公共団体コード, six digits"),
    sa.Column("desk_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("policy", sa.Text, nullable=False, default="open"),
    sa.Column("restricted", sa.Boolean, nullable=False, default=False, comment="only moderators may post"),
    sa.Column("language", sa.Text, nullable=False, default="ja"),
    sa.Column("author_hourly", sa.Integer, nullable=False, comment="submissions by one author; 0 = no limit"),
    sa.Column("author_daily", sa.Integer, nullable=False, comment="submissions by one author; 0 = no limit"),
    sa.Column("boosts_hourly", sa.Integer, nullable=False, comment="boosts in all; 0 = no limit"),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("created_at", Time, nullable=False),
    sa.CheckConstraint("policy IN ('open', 'review', 'closed')", name="policy"),
)

posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("iri", Iri, nullable=False, unique=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("local", sa.Boolean, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, default="ordinary"),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("in_reply_to_iri", Iri),
    sa.Column("in_reply_to_id", sa.ForeignKey("posts.id"), comment="null while the parent is not known"),
    sa.Column(
        "thread_id", sa.ForeignKey("posts.id"), comment="the root; a root names itself; null while not known"
    ),
    sa.Column("title", sa.Text, comment="name of an Article, Page, Event…"),
    sa.Column("content", sa.Text, nullable=False, default="", comment="sanitised HTML"),
    sa.Column("summary", sa.Text, comment="content warning, plain text"),
    sa.Column("sensitive", sa.Boolean, nullable=False, default=False),
    sa.Column("language", sa.Text),
    sa.Column("url", Iri),
    sa.Column(
        "attachments", sa.Text, nullable=False, default="[]", comment="JSON as in vocabulary.Attachment"
    ),
    sa.Column("tags", sa.Text, nullable=False, default="[]", comment="JSON list of hashtags"),
    sa.Column("published_at", Time, nullable=False),
    sa.Column("updated_at", Time, comment="the author's own `updated`"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("deleted_at", Time),
    sa.Column(
        "log_id",
        sa.ForeignKey(outbox_log.c.id),
        comment="local posts: the Create in the outgoing log; null while it waits",
    ),
    sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')", name="visibility"),
)
sa.Index("ix_posts_actor", posts.c.actor_id, posts.c.id)
sa.Index("ix_posts_thread", posts.c.thread_id, posts.c.id)
sa.Index("ix_posts_in_reply_to", posts.c.in_reply_to_id, posts.c.id)
sa.Index(
    "ix_posts_orphans",
    posts.c.in_reply_to_iri,
    sqlite_where=sa.and_(posts.c.in_reply_to_iri.is_not(None), posts.c.in_reply_to_id.is_(None)),
    postgresql_where=sa.and_(posts.c.in_reply_to_iri.is_not(None), posts.c.in_reply_to_id.is_(None)),
)

post_texts = sa.Table(
    "post_texts",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True, comment="BCP 47 language tag"),
    sa.Column("html", sa.Text, nullable=False),
)

post_recipients = sa.Table(
    "post_recipients",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("iri", Iri, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False, comment="the order in which they are named"),
    sa.Column("source", sa.Text, nullable=False),
    sa.CheckConstraint("source IN ('object', 'activity', 'choice', 'text')", name="source"),
)

originals = sa.Table(
    "originals",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="the newest Create or Update, as received"),
    sa.Column("received_at", Time, nullable=False),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("iri", Iri, primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True, comment="of the actor who deleted it"),
    sa.Column("at", Time, nullable=False),
)

placements = sa.Table(
    "placements",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="of the submission"),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("author_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("position", Id, comment="where it stands in timelines: a snowflake of when it was accepted"),
    sa.Column("rule", sa.Text, nullable=False, comment="which rule decided (areas.policy)"),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("token", sa.Text, nullable=False, unique=True, comment="unguessable, for the status page"),
    sa.Column("text_hash", sa.BigInteger, comment="of the plain text, to see repeats; null when short"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("decided_at", Time, nullable=False),
    sa.UniqueConstraint("post_id", "area_id"),
    sa.CheckConstraint("state IN ('accepted', 'held', 'refused', 'withdrawn', 'removed')", name="state"),
    sa.CheckConstraint("state <> 'accepted' OR position IS NOT NULL", name="position"),
)
sa.Index("ix_placements_author", placements.c.area_id, placements.c.author_id, placements.c.created_at)
sa.Index(
    "ix_placements_text",
    placements.c.text_hash,
    placements.c.created_at,
    sqlite_where=placements.c.text_hash.is_not(None),
    postgresql_where=placements.c.text_hash.is_not(None),
)
sa.Index(
    "ix_placements_area",
    placements.c.area_id,
    placements.c.position,
    sqlite_where=placements.c.state == "accepted",
    postgresql_where=placements.c.state == "accepted",
)
sa.Index(
    "ix_placements_node",
    placements.c.position,
    sqlite_where=placements.c.state == "accepted",
    postgresql_where=placements.c.state == "accepted",
)
sa.Index(
    "ix_placements_held",
    placements.c.area_id,
    placements.c.id,
    sqlite_where=placements.c.state == "held",
    postgresql_where=placements.c.state == "held",
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("decided_by", sa.ForeignKey("actors.id"), comment="null = the policy"),
    sa.Column("at", Time, nullable=False),
)
sa.Index("ix_decisions_post", decisions.c.area_id, decisions.c.post_id)

boosts = sa.Table(
    "boosts",
    metadata,
    sa.Column("iri", Iri, primary_key=True),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("log_id", sa.ForeignKey(outbox_log.c.id), nullable=False, comment="object dialect"),
    sa.Column("wrap_log_id", sa.ForeignKey(outbox_log.c.id), comment="activity dialect"),
    sa.Column("told", sa.Text, comment="the dialect in which the author's own server was told"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("undone_at", Time),
    sa.UniqueConstraint("area_id", "post_id", "generation"),
    sa.CheckConstraint("told IN ('object', 'activity')", name="told"),
)
sa.Index(
    "uq_boosts_live",
    boosts.c.area_id,
    boosts.c.post_id,
    unique=True,
    sqlite_where=boosts.c.undone_at.is_(None),
    postgresql_where=boosts.c.undone_at.is_(None),
)
sa.Index("ix_boosts_hourly", boosts.c.area_id, boosts.c.created_at)
sa.Index("ix_boosts_post", boosts.c.post_id)

reactions = sa.Table(
    "reactions",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="Like, Dislike, EmojiReact, Announce"),
    sa.Column("iri", Iri, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_reactions_post", reactions.c.post_id, reactions.c.kind)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("author_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("day", sa.Text, primary_key=True, comment="YYYY-MM-DD in Asia/Tokyo: one a day"),
    sa.Column("placement_id", sa.ForeignKey("placements.id"), nullable=False),
)

roles = sa.Table(
    "roles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, index=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), comment="null = the whole node"),
    sa.Column("since", Time, nullable=False),
    sa.Column("until", Time),
    sa.CheckConstraint("role IN ('designer', 'moderator', 'official', 'admin', 'auditor')", name="role"),
)

bans = sa.Table(
    "bans",
    metadata,
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("until", Time),
    sa.Column("created_at", Time, nullable=False),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("iri", Iri, comment="of the Flag; null = from the web"),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), comment="null = from the web, without an account"),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id")),
    sa.Column("objects", sa.Text, nullable=False, comment="JSON list of IRIs"),
    sa.Column("text", sa.Text, nullable=False, default=""),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("closed_at", Time),
    sa.UniqueConstraint("actor_id", "iri"),
)
sa.Index("ix_reports_actor", reports.c.actor_id, reports.c.received_at)
