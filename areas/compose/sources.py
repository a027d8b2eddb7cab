"""What an author typed, kept so that she can edit it; and, for the audit alone, which account wrote it."""

from dataclasses import dataclass

import sqlalchemy as sa

from areas.personal_tables import post_sources
from areas.records import Draft, PostRecord
from federation.html import to_text


@dataclass(frozen=True, slots=True)
class Source:
    """Plain text; `app_id` is the client program with which it was written, where one was."""

    text: str
    summary: str
    app_id: int | None


def keep(tx: sa.Connection, post_id: int, draft: Draft, text: str) -> None:
    """Keep the text of a new post."""
    row = {"post_id": post_id, "text": text, "account_id": draft.account_id, "app_id": draft.app_id}
    tx.execute(sa.insert(post_sources).values(row))


def replace(tx: sa.Connection, post_id: int, text: str) -> None:
    """Keep the text of an edited one."""
    tx.execute(sa.update(post_sources).where(post_sources.c.post_id == post_id).values(text=text))


def source_of(tx: sa.Connection, post: PostRecord) -> Source:
    """What is edited; of what was written before sources were kept, the text that its HTML shows."""
    query = sa.select(post_sources.c.text, post_sources.c.app_id).where(post_sources.c.post_id == post.id)
    row = tx.execute(query).first()
    text, app_id = (to_text(post.content), None) if row is None else (row.text, row.app_id)
    return Source(text, post.summary or "", app_id)
