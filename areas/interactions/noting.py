"""What a resident writes down about others, for herself; and whom she recommends on her page."""

from collections.abc import Iterable

import sqlalchemy as sa

from actors.follows import find_follow
from actors.records import ActorRecord
from actors.statements import insert_into
from areas.compose.texts import clean
from areas.personal_tables import endorsements, notes
from areas.statements import insert_once
from federation.errors import Refused
from federation.iris import mint_id
from federation.vocabulary import Millis

NOTE_LENGTH = 2_000


def note(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, text: str) -> str:
    """Write something down about somebody, for oneself; an empty text takes it away. Raises `Refused`."""
    kept = clean(text).strip()
    if len(kept) > NOTE_LENGTH:
        raise Refused(f"a note has at most {NOTE_LENGTH} characters")
    if not kept:
        tx.execute(sa.delete(notes).where(notes.c.actor_id == actor.id, notes.c.target_id == target.id))
        return ""
    statement = insert_into(tx, notes).values(actor_id=actor.id, target_id=target.id, text=kept)
    tx.execute(statement.on_conflict_do_update(index_elements=["actor_id", "target_id"], set_={"text": kept}))
    return kept


def notes_of(tx: sa.Connection, actor_id: int, target_ids: Iterable[int]) -> dict[int, str]:
    """What an actor wrote down about these others, by their ids."""
    query = sa.select(notes.c.target_id, notes.c.text).where(
        notes.c.actor_id == actor_id, notes.c.target_id.in_(list(target_ids))
    )
    return {row.target_id: row.text for row in tx.execute(query)}


def endorse(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, now: Millis) -> None:
    """Recommend somebody whom one follows on one's page. Raises `Refused`."""
    follow = find_follow(tx, (actor.id, target.id))
    if follow is None or follow.state != "accepted":
        raise Refused("only whom one follows can be recommended")
    insert_once(tx, endorsements, {"actor_id": actor.id, "target_id": target.id, "id": mint_id(now)})


def unendorse(tx: sa.Connection, actor_id: int, target_id: int) -> None:
    """Recommend somebody no longer."""
    tx.execute(
        sa.delete(endorsements).where(
            endorsements.c.actor_id == actor_id, endorsements.c.target_id == target_id
        )
    )


def endorsed_among(tx: sa.Connection, actor_id: int, target_ids: Iterable[int]) -> frozenset[int]:
    """Whom of these an actor recommends."""
    query = sa.select(endorsements.c.target_id).where(
        endorsements.c.actor_id == actor_id, endorsements.c.target_id.in_(list(target_ids))
    )
    return frozenset(tx.execute(query).scalars())
