"""What a post said before each change of it, ours and others': readers may look."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from areas.records import PostRecord
from areas.statements import insert_once
from areas.tables import post_edits
from federation.vocabulary import Millis

MOST = 50
"""Of one post, the newest; who changes more often says nothing by it."""


@dataclass(frozen=True, slots=True)
class Version:
    """A post as it was from `at`; `attachments` and `options` (of a poll) are JSON texts."""

    at: Millis
    content: str
    summary: str | None
    sensitive: bool
    attachments: str
    options: str = "[]"


_COLUMNS = tuple(post_edits.c[name] for name in Version.__dataclass_fields__)


def keep(tx: sa.Connection, before: PostRecord) -> None:
    """Keep the version that ends."""
    ended = _version(before)
    values = {name: getattr(ended, name) for name in Version.__dataclass_fields__}
    insert_once(tx, post_edits, {"post_id": before.id, **values})


def differ(before: PostRecord, after: PostRecord) -> bool:
    """Whether a reader would see the difference; counted votes are none."""
    return _said(_version(before)) != _said(_version(after))


def _said(version: Version) -> tuple[str, str | None, bool, str]:
    return version.content, version.summary, version.sensitive, version.attachments


def _version(post: PostRecord) -> Version:
    at = post.published_at if post.updated_at is None else post.updated_at
    return Version(at, post.content, post.summary, post.sensitive, post.attachments)


def count(tx: sa.Connection, post_ids: Collection[int]) -> dict[int, int]:
    """How often each of these posts was changed; nothing of those that never were."""
    query = sa.select(post_edits.c.post_id, sa.func.count().label("number")).group_by(post_edits.c.post_id)
    rows = tx.execute(query.where(post_edits.c.post_id.in_(post_ids)))
    return {row.post_id: row.number for row in rows}


def history(tx: sa.Connection, post: PostRecord) -> list[Version]:
    """Every version, the oldest first, the present one last. The caller has seen that it may be read."""
    query = sa.select(*_COLUMNS).where(post_edits.c.post_id == post.id)
    rows = list(tx.execute(query.order_by(post_edits.c.at.desc()).limit(MOST)))
    return [*(Version(*row) for row in reversed(rows)), _version(post)]
