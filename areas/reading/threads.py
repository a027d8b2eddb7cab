"""A post within its thread: what it answers, back to the root, and what answers it, depth first."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from actors.tables import actors
from areas.reading import statuses
from areas.reading.statuses import Seen
from areas.reading.visibility import ME, Reader, for_anyone, is_wanted, may_read
from areas.tables import posts

MOST_ABOVE = 40
MOST_BELOW = 400
DEEPEST = 20
"""Levels of answers below a post; what is deeper is read from there."""

_START = sa.bindparam("start", type_=sa.BigInteger())


def _above() -> "sa.Select[Any]":
    first: sa.Select[Any] = sa.select(posts.c.in_reply_to_id.label("id"), sa.literal(1).label("depth"))
    chain = first.where(posts.c.id == _START).cte("chain", recursive=True)
    parent = posts.alias("parent")
    further = (
        sa.select(parent.c.in_reply_to_id, chain.c.depth + 1)
        .join(chain, parent.c.id == chain.c.id)
        .where(chain.c.depth < MOST_ABOVE)
    )
    chain = chain.union_all(further)
    return sa.select(chain.c.id).where(chain.c.id.is_not(None)).order_by(chain.c.depth.desc())


def _below() -> "sa.Select[Any]":
    first: sa.Select[Any] = sa.select(posts.c.id, posts.c.in_reply_to_id, sa.literal(1).label("depth"))
    tree = first.where(posts.c.in_reply_to_id == _START).cte("tree", recursive=True)
    child = posts.alias("child")
    further = (
        sa.select(child.c.id, child.c.in_reply_to_id, tree.c.depth + 1)
        .join(tree, child.c.in_reply_to_id == tree.c.id)
        .where(tree.c.depth < DEEPEST)
    )
    tree = tree.union_all(further)
    return sa.select(tree.c.id, tree.c.in_reply_to_id).order_by(tree.c.depth, tree.c.id).limit(MOST_BELOW)


_ABOVE, _BELOW = _above(), _below()
_IDS: "sa.BindParameter[list[int]]" = sa.bindparam("ids", expanding=True)
_SHOWN = sa.select(posts.c.id).join(actors, actors.c.id == posts.c.actor_id).where(posts.c.id.in_(_IDS))
_FOR_ANYONE = _SHOWN.where(for_anyone())
_FOR_READER = _SHOWN.where(may_read(), sa.or_(posts.c.actor_id == ME, is_wanted()))


def context(
    tx: sa.Connection, reader: Reader | None, post_id: int
) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
    """What is above a post and what is below it, as far as the reader may and wants to see it.

    Answers to what she does not see are not shown either.
    """
    above = [int(each) for each in tx.execute(_ABOVE, {"start": post_id}).scalars()]
    below = [(int(row.id), int(row.in_reply_to_id)) for row in tx.execute(_BELOW, {"start": post_id})]
    shown = _filter(tx, reader, [*above, *(child for child, _ in below)])
    seen = statuses.load(tx, reader, shown)
    ordered = _order(post_id, [(child, parent) for child, parent in below if child in seen])
    return statuses.list_seen(seen, above), statuses.list_seen(seen, ordered)


def _filter(tx: sa.Connection, reader: Reader | None, post_ids: Sequence[int]) -> list[int]:
    if not post_ids:
        return []
    values: dict[str, Any] = {"ids": list(post_ids), **({} if reader is None else reader.values)}
    return list(tx.execute(_FOR_ANYONE if reader is None else _FOR_READER, values).scalars())


def _order(root: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Depth first, the oldest answer first."""
    answers: dict[int, list[int]] = {}
    for child, parent in pairs:
        answers.setdefault(parent, []).append(child)
    ordered: list[int] = []
    waiting = [root]
    while waiting:
        at = waiting.pop()
        if at != root:
            ordered.append(at)
        waiting += sorted(answers.get(at, ()), reverse=True)
    return ordered
