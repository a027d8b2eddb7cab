"""What tells one history of the log from another: a number by chance, made anew after a backup was put back."""

import secrets
from typing import Final

import sqlalchemy as sa

from actors.statements import insert_into
from outbox.tables import sequence

NAME: Final = "epoch"
_BITS: Final = 62
_FIND: Final = sa.select(sequence.c.value).where(sequence.c.name == NAME)


def ensure_history(tx: sa.Connection) -> int:
    """Return the number, made if there is none."""
    row = {"name": NAME, "value": secrets.randbits(_BITS)}
    tx.execute(insert_into(tx, sequence).on_conflict_do_nothing(index_elements=["name"]), row)
    return find_history(tx)


def find_history(tx: sa.Connection) -> int:
    """Return the number; it is made when a node is opened."""
    return int(tx.execute(_FIND).scalar_one())


def begin_anew(tx: sa.Connection) -> None:
    """What is said from here on does not follow on what others have heard since: another number."""
    anew = sa.update(sequence).where(sequence.c.name == NAME)
    tx.execute(anew.values(value=secrets.randbits(_BITS)))
