"""Areas and their members, every post a node stores, where posts stand (placements), boosts, decisions, reports.

What belongs to one reader (bookmarks, lists, notifications, …) is in `areas.personal_tables`.
"""

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

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), primary_key=True),
    sa.Column("home", sa.Boolean, nullable=False, default=False, comment="where she lives; one at most"),
    sa.Column("level", sa.SmallInteger, nullable=False, default=0, comment="how well it is proved: 0, 1, 2"),
    sa.Column("since", Time, nullable=False),
    sa.CheckConstraint("level IN (0, 1, 2)", name="level"),
)
sa.Index("ix_memberships_area", memberships.c.area_id, memberships.c.since)
sa.Index(
    "uq_memberships_home",
    memberships.c.actor_id,
    unique=True,
    sqlite_where=sa.text("home"),
    postgresql_where=sa.text("home"),
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
    sa.Column(
        "members_of",
        sa.ForeignKey("areas.actor_id"),
        comment="private posts: for the members of this area on this node, and for nobody elsewhere",
    ),
    sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')", name="visibility"),
)
# With what counting asks besides: else every post is read to count those of an author.
sa.Index("ix_posts_actor", posts.c.actor_id, posts.c.id, posts.c.visibility, posts.c.deleted_at)
sa.Index("ix_posts_thread", posts.c.thread_id, posts.c.id)
sa.Index(
    "ix_posts_in_reply_to",
    posts.c.in_reply_to_id,
    posts.c.id,
    sqlite_where=posts.c.in_reply_to_id.is_not(None),
    postgresql_where=posts.c.in_reply_to_id.is_not(None),
)
sa.Index(
    "ix_posts_orphans",
    posts.c.in_reply_to_iri,
    sqlite_where=sa.and_(posts.c.in_reply_to_iri.is_not(None), posts.c.in_reply_to_id.is_(None)),
    postgresql_where=sa.and_(posts.c.in_reply_to_iri.is_not(None), posts.c.in_reply_to_id.is_(None)),
)

zone_marks = sa.Table(
    "zone_marks",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("marked_at", Time, nullable=False),
    comment="posts that are to go to the region too",
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
    sqlite_with_rowid=False,
)

post_tags = sa.Table(
    "post_tags",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="folded: `areas.hashtags`"),
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
)
sa.Index("ix_post_tags_post", post_tags.c.post_id)

post_edits = sa.Table(
    "post_edits",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("at", Time, primary_key=True, autoincrement=False, comment="when this version was written"),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("summary", sa.Text),
    sa.Column("sensitive", sa.Boolean, nullable=False),
    sa.Column("attachments", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False, default="[]", comment="JSON list: of a poll"),
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
    sa.Column("owner", Iri, primary_key=True, comment="who deleted it"),
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
# With all that timelines and counting ask; SQLite reads the row for a state that its index implies.
sa.Index(
    "ix_placements_area",
    placements.c.area_id,
    placements.c.position,
    placements.c.post_id,
    placements.c.state,
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
    sa.Column("iri", Iri, nullable=False, comment="of the Announce in the object dialect; unique in the log"),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("log_id", sa.ForeignKey(outbox_log.c.id), nullable=False, comment="object dialect"),
    sa.Column("wrap_log_id", sa.ForeignKey(outbox_log.c.id), comment="activity dialect"),
    sa.Column("told", sa.Text, comment="the dialect in which the author's own server was told"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("undone_at", Time),
    sa.PrimaryKeyConstraint("post_id", "area_id", "generation"),
    sa.CheckConstraint("told IN ('object', 'activity')", name="told"),
    sqlite_with_rowid=False,
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

reactions = sa.Table(
    "reactions",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="Like, Dislike, EmojiReact"),
    sa.Column("id", Id, nullable=False, comment="by which lists of them are paged; sorts by time"),
    sa.Column("iri", Iri, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_reactions_post", reactions.c.post_id, reactions.c.kind, reactions.c.id)
sa.Index("ix_reactions_actor", reactions.c.actor_id, reactions.c.kind, reactions.c.id)

shares = sa.Table(
    "shares",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="a snowflake of its own"),
    sa.Column("iri", Iri, nullable=False),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False, comment="not by a Group: that is no opinion"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("log_id", sa.ForeignKey(outbox_log.c.id), comment="local actors: the Announce in the log"),
    sa.UniqueConstraint("actor_id", "post_id"),
    sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name="visibility"),
)
sa.Index("ix_shares_actor", shares.c.actor_id, shares.c.id)
sa.Index("ix_shares_post", shares.c.post_id, shares.c.counts, shares.c.id)
sa.Index("ix_shares_iri", shares.c.iri)

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

thread_locks = sa.Table(
    "thread_locks",
    metadata,
    sa.Column(
        "group_id", sa.ForeignKey("actors.id"), primary_key=True, comment="an area, or a Group elsewhere"
    ),
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, comment="the root"),
    sa.Column("iri", Iri, nullable=False, comment="of the Lock"),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_thread_locks_post", thread_locks.c.post_id)

group_submissions = sa.Table(
    "group_submissions",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("actors.id"), primary_key=True, comment="a Group elsewhere"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'announced', 'refused', 'removed')", name="state"),
    comment="local posts that name a group of another server",
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
    sa.Column("target_id", sa.ForeignKey("actors.id"), comment="whom it is about, where a resident said so"),
    sa.Column("category", sa.Text, nullable=False, default="other"),
    sa.Column("rules", sa.Text, nullable=False, default="[]", comment="JSON list of rules of the node"),
    sa.Column("forwarded", sa.Boolean, nullable=False, default=False, comment="her own server was told"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("closed_at", Time),
    sa.Column("outcome", sa.Text, comment="resolved or refused, once it is closed"),
    sa.Column("answer", sa.Text, comment="what was said with it"),
    sa.UniqueConstraint("actor_id", "iri"),
)
sa.Index("ix_reports_actor", reports.c.actor_id, reports.c.received_at)
