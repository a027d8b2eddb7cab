"""What posts of each kind say beside their text, the places that they are about, and how others respond to them."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

places = sa.Table(
    "places",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="sorts by time"),
    sa.Column("key", sa.Text, nullable=False, unique=True, comment="area, name and address, folded"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False, default="", comment="or what it is near to"),
    sa.Column("area_id", sa.ForeignKey("areas.actor_id")),
    sa.Column("created_at", Time, nullable=False),
)
sa.Index("ix_places_area", places.c.area_id, places.c.id)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('open', 'solved')", name="state"),
)

offers = sa.Table(
    "offers",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False, comment="what is given or wanted"),
    sa.Column("until", Time, comment="null = as long as it is open"),
    sa.CheckConstraint("state IN ('open', 'reserved', 'done', 'withdrawn')", name="state"),
    comment="what is given, and what is wanted",
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("place_id", sa.ForeignKey("places.id"), comment="null = its author did not say which"),
    sa.Column("place", sa.Text, nullable=False, comment="its name as the author wrote it"),
    sa.Column("address", sa.Text, nullable=False),
    sa.CheckConstraint("state = 'open'", name="state"),
)
sa.Index("ix_reviews_place", reviews.c.place_id, reviews.c.post_id)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("since", Time, comment="holds from then; null = at once"),
    sa.Column("until", Time, comment="holds until then; null = no end is known"),
    sa.CheckConstraint("state IN ('open', 'withdrawn')", name="state"),
    comment="what the town makes known",
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("starts_at", Time, comment="null = its text says it"),
    sa.Column("ends_at", Time),
    sa.Column("place_id", sa.ForeignKey("places.id"), comment="null = its text says it"),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("price", sa.Text, nullable=False),
    sa.Column("capacity", sa.Integer, comment="null = as many as want to come"),
    sa.CheckConstraint("state IN ('open', 'cancelled')", name="state"),
)
sa.Index("ix_events_place", events.c.place_id, events.c.post_id)

placed = sa.union_all(
    *(sa.select(table.c.post_id, table.c.place_id) for table in (events, reviews))
).subquery("placed")
"""What posts are about which place, of every kind that names one."""

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True),
    sa.Column("reply_id", sa.ForeignKey("posts.id"), nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
    sa.CheckConstraint("state IN ('applied', 'chosen', 'declined')", name="state"),
    comment="replies that count as an application or as the answer",
)
sa.Index(
    "uq_responses_chosen",
    responses.c.post_id,
    unique=True,
    sqlite_where=sa.text("state = 'chosen'"),
    postgresql_where=sa.text("state = 'chosen'"),
)
