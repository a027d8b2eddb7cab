"""Hashtags by how they begin."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from areas import hashtags
from areas.tables import post_tags

MOST = 40
COUNTED = 500
"""Posts of one tag that are counted: what is more is much."""


@dataclass(frozen=True, slots=True)
class FoundTag:
    """A tag in its folded form, and how many public posts bear it, `COUNTED` at most."""

    name: str
    posts: int


_AFTER = sa.bindparam("after", type_=sa.Text)
_END = sa.bindparam("end", type_=sa.Text)


def _list_names() -> "sa.Select[Any]":
    """One step in the index for each tag, however many posts bear it."""
    first = sa.select(
        sa.select(sa.func.min(post_tags.c.name))
        .where(post_tags.c.name >= _AFTER, post_tags.c.name < _END)
        .scalar_subquery()
        .label("name")
    )
    names = first.cte("names", recursive=True)
    following = (
        sa.select(sa.func.min(post_tags.c.name))
        .where(post_tags.c.name > names.c.name, post_tags.c.name < _END)
        .scalar_subquery()
    )
    names = names.union_all(sa.select(following).where(names.c.name.is_not(None)))
    return sa.select(names.c.name).where(names.c.name.is_not(None)).limit(MOST)


_NAMES = _list_names()


def search(tx: sa.Connection, query: str, limit: int = 20) -> list[FoundTag]:
    """Tags that begin so, those that most posts bear first; a tag that is exactly so before all others."""
    begins = hashtags.fold(query.strip())
    if not begins:
        return []
    end = begins + "\U0010ffff"
    names = list(tx.execute(_NAMES, {"after": begins, "end": end}).scalars())
    found = [FoundTag(name, _count(tx, name)) for name in names]
    return sorted(found, key=lambda each: (each.name != begins, -each.posts, each.name))[:limit]


def _count(tx: sa.Connection, name: str) -> int:
    some = sa.select(post_tags.c.post_id).where(post_tags.c.name == name).limit(COUNTED).subquery()
    return int(tx.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())
