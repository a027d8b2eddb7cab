"""What was heard already, and requests that wait for their sender's key."""

import sqlalchemy as sa

from actors.tables import Id, Time, metadata

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("actor_id", sa.ForeignKey("actors.id"), primary_key=True, comment="the verified actor"),
    sa.Column("key", sa.LargeBinary, primary_key=True, comment="16 bytes of BLAKE2b over id and version"),
    sa.Column("at", Time, nullable=False, index=True),
    sqlite_with_rowid=False,
)

parked = sa.Table(
    "parked",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("host", sa.Text, nullable=False, index=True, comment="of the key that could not be fetched"),
    sa.Column("network", sa.Text, nullable=False, index=True, comment="of the sender: IPv4 /24, IPv6 /48"),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="a repeat is not parked twice"),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("headers", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("due_at", Time, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
)
