"""Words by which somebody may sign up where not everybody may: handed out by the town, for so many, for so long."""

import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from actors.keys import Vault
from actors.tables import invitations
from federation.errors import Refused
from federation.vocabulary import Millis

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another on paper."""
LENGTH: Final = 12
"""59 bits: nobody guesses them, and a throttle counts who tries."""
MOST_USES: Final = 10_000
_PURPOSE: Final = "invitation"


@dataclass(frozen=True, slots=True)
class Invitation:
    """For whom it is, how often it may be used yet, and until when."""

    id: int
    note: str
    uses_left: int
    until: Millis


def invite(tx: sa.Connection, vault: Vault, *, note: str, uses: int, until: Millis, now: Millis) -> str:
    """Make an invitation; returns its words, which are not kept. Raises `Refused`."""
    if not 0 < uses <= MOST_USES:
        raise Refused(f"an invitation is for 1 to {MOST_USES} people")
    if until <= now:
        raise Refused("an invitation ends in the future")
    words = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    values = {"hash": _hash(vault, words), "note": note, "uses_left": uses, "until": until, "created_at": now}
    tx.execute(sa.insert(invitations).values(values))
    return "-".join(words[place : place + 4] for place in range(0, LENGTH, 4))


def find(tx: sa.Connection, vault: Vault, typed: str, now: Millis) -> Invitation | None:
    """The invitation of these words, if it can be used; case, spaces and dashes make no difference."""
    is_open = sa.and_(invitations.c.uses_left > 0, invitations.c.until > now)
    query = sa.select(invitations.c.id, invitations.c.note, invitations.c.uses_left, invitations.c.until)
    row = tx.execute(query.where(invitations.c.hash == _hash(vault, typed), is_open)).one_or_none()
    return None if row is None else Invitation(*row)


def use(tx: sa.Connection, invitation_id: int | None, now: Millis) -> bool:
    """Count one use; None needs none. False = somebody else had the last one, or it is over."""
    if invitation_id is None:
        return True
    mine = sa.and_(invitations.c.id == invitation_id, invitations.c.uses_left > 0, invitations.c.until > now)
    statement = sa.update(invitations).where(mine).values(uses_left=invitations.c.uses_left - 1)
    return tx.execute(statement.returning(invitations.c.id)).first() is not None


def _hash(vault: Vault, typed: str) -> bytes:
    folded = "".join(letter for letter in typed.lower() if letter in LETTERS)
    return vault.hash(folded[: 2 * LENGTH], _PURPOSE)
