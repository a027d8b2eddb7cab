"""the index of words in posts"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CREATE = {
    "sqlite": (
        """CREATE VIRTUAL TABLE post_words USING fts5(words, content='', columnsize=0, detail=none,
            tokenize='unicode61 remove_diacritics 0')""",
    ),
    "postgresql": (
        """CREATE TABLE post_words (post_id BIGINT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
            actor_id BIGINT NOT NULL, open BOOLEAN NOT NULL, words TSVECTOR NOT NULL)""",
        "CREATE INDEX ix_post_words_words ON post_words USING gin (words)",
        "CREATE INDEX ix_post_words_actor ON post_words (actor_id, post_id)",
    ),
}
"""Of a kind that SQLAlchemy's tables do not say."""
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for statement in CREATE[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "indexed_posts",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False, comment="found by anyone, else by its author alone"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_indexed_posts_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_indexed_posts")),
    )
    op.create_table(
        "search_cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", ID, nullable=False, comment="the newest id that was looked at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_cursors")),
    )
