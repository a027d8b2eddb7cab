"""What a handler is given: a verified, parsed activity; and how to find what is stored about its object."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import posts
from federation.vocabulary import Activity, Iri, Millis
from inbox.checks import Stored

A_co = TypeVar("A_co", bound=Activity, covariant=True)


@dataclass(frozen=True, slots=True)
class Heard(Generic[A_co]):
    """An activity whose actor has signed it and may say it, as far as nothing stored matters.

    `addressed` is the id of the local actor to whose inbox it was sent; None = a shared inbox. `is_new`: the
    actor's key was not at hand, so that its server may be new here too. `again`: it is heard although it was heard
    before, to mend what came of it. `origin` is that of the inbox; None = it was read elsewhere.
    """

    actor: ActorRecord
    activity: A_co
    addressed: Iri | None
    now: Millis
    is_new: bool = False
    again: bool = False
    origin: str | None = None


def describe_post(tx: sa.Connection, iri: Iri, actor: ActorRecord) -> Stored:
    """Return what is stored about a post of which `actor`, likely its author, says something."""
    post = posts.find_post(tx, iri)
    if post is None:
        return Stored(is_ended=posts.is_ended(tx, iri, actor))
    return Stored(
        owner=find_iri(tx, post.actor_id, actor),
        is_ended=post.deleted_at is not None,
        updated=post.updated_at,
    )


def find_iri(tx: sa.Connection, actor_id: int, likely: ActorRecord) -> Iri:
    """Return the id of a stored actor, who is probably `likely`."""
    if actor_id == likely.id:
        return likely.iri
    found = find_actor_by_id(tx, actor_id)
    assert found is not None  # a foreign key holds it
    return found.iri
