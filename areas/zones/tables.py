"""Agreements between areas, and what peers have brought. Columns and constraints only."""

import sqlalchemy as sa

from actors.tables import Id, Iri, Time, metadata
from areas.tables import areas, posts, reports
from outbox.tables import log as outbox_log

__all__ = [
    "agreements",
    "areas",
    "block_signals",
    "catch_ups",
    "posts",
    "report_routes",
    "zone_posts",
]

agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False, comment="of this node"),
    sa.Column("peer_id", sa.ForeignKey("actors.id"), nullable=False, comment="the other Group"),
    sa.Column(
        "direction", sa.Text, nullable=False, comment="in: the peer's posts come here; out: ours go there"
    ),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("iri", Iri, nullable=False, comment="of the Follow that asked for it"),
    sa.Column("zone", Iri, comment="the region's Group, where both agree within one"),
    sa.Column("accepts", sa.Text, nullable=False, comment="JSON list of categories that are boosted unasked"),
    sa.Column("max_per_hour", sa.Integer, nullable=False),
    sa.Column("expires_at", Time),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("decided_at", Time, nullable=False),
    sa.UniqueConstraint("area_id", "peer_id", "direction"),
    sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
    sa.CheckConstraint("state IN ('requested', 'accepted', 'rejected', 'ended', 'expired')", name="state"),
)
sa.Index("ix_agreements_iri", agreements.c.iri)
sa.Index("ix_agreements_peer", agreements.c.peer_id)

zone_posts = sa.Table(
    "zone_posts",
    metadata,
    sa.Column("area_id", sa.ForeignKey("areas.actor_id"), nullable=False, comment="of this node"),
    sa.Column("post_id", sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("home_id", sa.ForeignKey("actors.id"), nullable=False, comment="the peer whose post it is"),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("position", Id, nullable=False, comment="where it stands in the timeline; sorts by time"),
    sa.Column("reason", sa.Text, nullable=False, default="", comment="of the last change"),
    sa.Column("iri", Iri, comment="of the newest Announce"),
    sa.Column("log_id", sa.ForeignKey(outbox_log.c.id), comment="of the newest Announce"),
    sa.Column("generation", sa.Integer, nullable=False, default=0, comment="how often it was boosted"),
    sa.Column("boosted_at", Time),
    sa.Column("changed_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("area_id", "post_id"),
    sa.CheckConstraint("state IN ('shown', 'boosted', 'hidden', 'gone')", name="state"),
)
sa.Index("ix_zone_posts_timeline", zone_posts.c.area_id, zone_posts.c.position)
sa.Index("ix_zone_posts_position", zone_posts.c.position)
sa.Index("ix_zone_posts_post", zone_posts.c.post_id)
sa.Index("ix_zone_posts_hourly", zone_posts.c.area_id, zone_posts.c.home_id, zone_posts.c.boosted_at)

report_routes = sa.Table(
    "report_routes",
    metadata,
    sa.Column("report_id", sa.ForeignKey(reports.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("home_id", sa.ForeignKey("actors.id"), primary_key=True, comment="whose posts it is about"),
    sa.Column("iri", Iri, nullable=False, comment="of our Flag"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default="", comment="what the home area says"),
    sa.Column("changed_at", Time, nullable=False),
    sa.CheckConstraint("state IN ('sent', 'resolved', 'refused')", name="state"),
)
sa.Index("ix_report_routes_iri", report_routes.c.iri)

block_signals = sa.Table(
    "block_signals",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("peer_id", sa.ForeignKey("actors.id"), nullable=False, comment="who warns, also of ours"),
    sa.Column("host", sa.Text, nullable=False, comment="of the server that it is about"),
    sa.Column("iri", Iri, nullable=False, comment="of the newest Block"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, default="", comment="of who vetoed it"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("decided_at", Time),
    sa.Column("withdrawn_at", Time),
    sa.UniqueConstraint("peer_id", "host"),
    sa.CheckConstraint("state IN ('open', 'taken', 'vetoed', 'sent')", name="state"),
    comment="warnings about servers, by and to peers",
)
sa.Index("ix_block_signals_host", block_signals.c.host)

catch_ups = sa.Table(
    "catch_ups",
    metadata,
    sa.Column("peer_id", sa.ForeignKey("actors.id"), primary_key=True, autoincrement=False),
    sa.Column("cursor", sa.Text, comment="the peer's own word for what was heard up to; null = nothing yet"),
    sa.Column("pulled_at", Time, comment="when all that was missed had been heard"),
    sa.Column("failures", sa.Integer, nullable=False, default=0, comment="in a row"),
    sa.Column("last_error", sa.Text),
    sa.Column("compare_at", Time, nullable=False, default=0, comment="when digests are compared next"),
    sa.Column("repair", sa.Text, nullable=False, default="no", comment="whether a week is read again"),
    sa.Column("theirs", sa.Integer, comment="posts that the peer boosts, when compared last"),
    sa.Column("ours", sa.Integer, comment="posts that are known here as boosted by the peer"),
    sa.Column("differs_since", Time),
    sa.CheckConstraint("repair IN ('no', 'due', 'done')", name="repair"),
)
