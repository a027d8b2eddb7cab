"""What posts of a kind say, in rows: kept with the post, read for a page in one statement per kind, changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from actors.records import ActorRecord
from areas.kinds import responses
from areas.kinds.kind import Facts, Kind
from areas.kinds.registry import KINDS, begin, find_kind
from areas.records import ORDINARY, PostRecord, Revision
from areas.statements import insert_once
from areas.tables import posts
from federation.errors import Refused
from federation.iris import origin
from federation.vocabulary import Millis


def save(tx: sa.Connection, post_id: int, facts: Facts, area_id: int | None, now: Millis) -> Facts:
    """Keep what a post says; `area_id` is where it goes, if anywhere."""
    settled = replace(facts, data=facts.kind.settle(tx, facts.data, area_id, now))
    row = {"post_id": post_id, "state": settled.state, **asdict(settled.data)}
    insert_once(tx, facts.kind.table, row)
    return settled


def load(tx: sa.Connection, wanted: Iterable[PostRecord]) -> dict[int, Facts]:
    """What these posts say, by post; nothing of ordinary ones, nor of those of other servers."""
    by_kind: dict[str, list[int]] = {}
    for post in wanted:
        if post.kind in KINDS and post.local:
            by_kind.setdefault(post.kind, []).append(post.id)
    return {post_id: facts for name, ids in by_kind.items() for post_id, facts in _load(tx, KINDS[name], ids)}


def _load(tx: sa.Connection, kind: Kind[Any], ids: list[int]) -> Iterable[tuple[int, Facts]]:
    make = type(kind.read(None, Millis(0)))
    for row in tx.execute(sa.select(kind.table).where(kind.table.c.post_id.in_(ids))).mappings():
        data = {name: row[name] for name in make.__dataclass_fields__}
        yield row["post_id"], Facts(kind, row["state"], make(**data))


def find(tx: sa.Connection, post: PostRecord) -> Facts | None:
    """What one post says."""
    return load(tx, (post,)).get(post.id)


def extend(tx: sa.Connection, post: PostRecord) -> Mapping[str, Any]:
    """What a post of ours says beside its text, for `NoteFacts`."""
    facts = find(tx, post)
    if facts is None:
        return {}
    answer = responses.find_shown_answer(tx, post.id) if facts.kind.counts_for == "help" else None
    return {**facts.kind.extend(facts.data, facts.state, origin(post.iri)), "answer": answer}


def move(tx: sa.Connection, post_id: int, facts: Facts, state: str) -> Facts:
    """A step was taken."""
    table = facts.kind.table
    tx.execute(sa.update(table).where(table.c.post_id == post_id).values(state=state))
    return replace(facts, state=state)


def revise(
    tx: sa.Connection, author: ActorRecord, post: PostRecord, revision: Revision, now: Millis
) -> Facts | None:
    """What a post says after a change, not stored yet. Raises `Refused` for another kind of what was answered."""
    before = find(tx, post)
    name = post.kind if revision.kind is None else revision.kind
    if name == post.kind:
        if before is None or revision.details is None:
            return before
        return replace(before, data=before.kind.read(revision.details, now, before.data))
    if post.in_reply_to_iri is not None or is_answered(tx, post.id):
        raise Refused("the kind of a post is fixed once it was answered, and a reply has none")
    kind = find_kind(name)
    return None if kind is None else begin(author, kind, revision.details or {}, now)


def replace_stored(
    tx: sa.Connection, post: PostRecord, facts: Facts | None, area_id: int | None, now: Millis
) -> PostRecord:
    """Keep what a post says from now on."""
    if post.kind in KINDS:
        table = KINDS[post.kind].table
        tx.execute(sa.delete(table).where(table.c.post_id == post.id))
    name = ORDINARY if facts is None else facts.kind.name
    if facts is not None:
        save(tx, post.id, facts, area_id, now)
    if name != post.kind:
        tx.execute(sa.update(posts).where(posts.c.id == post.id).values(kind=name))
    return replace(post, kind=name)


def is_answered(tx: sa.Connection, post_id: int) -> bool:
    """Whether anybody has replied, and the reply is there yet."""
    query = sa.select(posts.c.id).where(posts.c.in_reply_to_id == post_id, posts.c.deleted_at.is_(None))
    return tx.execute(query.limit(1)).first() is not None
