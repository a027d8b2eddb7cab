"""Replies that count as an application, or as the answer that has helped. Rows; who may see them is decided above."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from areas.kinds.states import NONE
from areas.kinds.tables import responses
from areas.records import SHOWN
from areas.statements import insert_once
from areas.tables import posts
from federation.vocabulary import Iri, Millis


@dataclass(frozen=True, slots=True)
class Response:
    """Whose reply counts for what."""

    post_id: int
    actor_id: int
    reply_id: int
    state: str


_COLUMNS = tuple(responses.c[name] for name in Response.__dataclass_fields__)


def list_of(tx: sa.Connection, post_id: int) -> list[Response]:
    """All responses to a post."""
    query = sa.select(*_COLUMNS).where(responses.c.post_id == post_id).order_by(responses.c.reply_id)
    return [Response(*row) for row in tx.execute(query)]


def find_of(tx: sa.Connection, post_id: int, actor_id: int) -> Response | None:
    """An actor's response to a post."""
    return next((each for each in list_of(tx, post_id) if each.actor_id == actor_id), None)


def has_chosen(tx: sa.Connection, post_id: int) -> bool:
    """Whether somebody was chosen."""
    return any(each.state == "chosen" for each in list_of(tx, post_id))


def put(tx: sa.Connection, response: Response, now: Millis) -> None:
    """Keep a response in its state; `none` = it is a reply and nothing else."""
    where = sa.and_(responses.c.post_id == response.post_id, responses.c.actor_id == response.actor_id)
    if response.state == NONE:
        tx.execute(sa.delete(responses).where(where))
        return
    values = {"reply_id": response.reply_id, "state": response.state, "changed_at": now}
    row = {"post_id": response.post_id, "actor_id": response.actor_id, **values}
    if not insert_once(tx, responses, row):
        tx.execute(sa.update(responses).where(where).values(**values))


def find_shown_answer(tx: sa.Connection, post_id: int) -> Iri | None:
    """The reply that was chosen, where anyone may read it: what is for some is not told to all."""
    query = (
        sa.select(posts.c.iri)
        .join(responses, responses.c.reply_id == posts.c.id)
        .where(
            responses.c.post_id == post_id,
            responses.c.state == "chosen",
            posts.c.visibility.in_(SHOWN),
            posts.c.deleted_at.is_(None),
        )
    )
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else Iri(found)


def among(tx: sa.Connection, reply_ids: Iterable[int]) -> dict[int, Response]:
    """Which of these replies count for something, by reply."""
    query = sa.select(*_COLUMNS).where(responses.c.reply_id.in_(list(reply_ids)))
    return {each.reply_id: each for each in (Response(*row) for row in tx.execute(query))}
