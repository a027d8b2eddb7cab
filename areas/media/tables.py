"""Pictures of this node, copies of those of others, and files that are to be removed."""

import sqlalchemy as sa

from actors.tables import Id, Iri, Time, metadata
from areas.tables import posts


def _describe_files() -> tuple[sa.Column[object], ...]:
    """What was made of a picture, null until it is; the names are given before anything is written under them."""
    return (
        sa.Column(
            "name", sa.Text, nullable=False, unique=True, comment="128 random bits, of the whole picture"
        ),
        sa.Column("preview_name", sa.Text, nullable=False, unique=True, comment="of the small one, WebP"),
        sa.Column("media_type", sa.Text),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("size", sa.Integer, comment="bytes"),
        sa.Column("preview_width", sa.Integer),
        sa.Column("preview_height", sa.Integer),
        sa.Column("preview_size", sa.Integer),
        sa.Column("blurhash", sa.Text),
    )


media = sa.Table(
    "media",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), nullable=False, comment="whose it is"),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default="", comment="why it failed, or is kept from sight"),
    sa.Column("post_id", sa.ForeignKey(posts.c.id), comment="null until a post has it"),
    sa.Column(
        "place", sa.Integer, comment="in the post; null: only an earlier version of it had this picture"
    ),
    sa.Column("description", sa.Text, comment="alternative text"),
    sa.Column("focus_x", sa.Float),
    sa.Column("focus_y", sa.Float),
    *_describe_files(),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("kept_until", Time, comment="it goes then unless something has it; null: something has"),
    sa.CheckConstraint("purpose IN ('attachment', 'avatar', 'header')", name="purpose"),
    sa.CheckConstraint("state IN ('waiting', 'ready', 'failed', 'quarantined')", name="state"),
    sa.CheckConstraint("state NOT IN ('ready', 'quarantined') OR size IS NOT NULL", name="made"),
)
sa.Index("ix_media_actor", media.c.actor_id, media.c.created_at)
sa.Index(
    "ix_media_post",
    media.c.post_id,
    sqlite_where=media.c.post_id.is_not(None),
    postgresql_where=media.c.post_id.is_not(None),
)
sa.Index(
    "ix_media_kept_until",
    media.c.kept_until,
    sqlite_where=media.c.kept_until.is_not(None),
    postgresql_where=media.c.kept_until.is_not(None),
)

copies = sa.Table(
    "media_copies",
    metadata,
    sa.Column("url", Iri, primary_key=True, comment="where another server has it"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default="", comment="why there is none"),
    *_describe_files(),
    sa.Column("tried_at", Time, nullable=False),
    sa.Column("used_at", Time, nullable=False, comment="to the day"),
    sa.CheckConstraint("state IN ('fetching', 'ready', 'failed')", name="state"),
    sa.CheckConstraint("state <> 'ready' OR size IS NOT NULL", name="made"),
)
sa.Index("ix_media_copies_used", copies.c.used_at)

debris = sa.Table(
    "media_debris",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="a file that nothing names any more"),
    sa.Column("since", Time, nullable=False),
)
