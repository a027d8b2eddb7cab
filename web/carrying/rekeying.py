"""Posts get other numbers: the number of a local post is in its address, and so not ours to choose."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from actors.tables import metadata
from areas.tables import posts
from federation.errors import Refused
from web.carrying.parts import SOFT

MANY: Final = 200
"""In one statement."""


def rekey(tx: sa.Connection, wanted: Mapping[int, int]) -> None:
    """Give posts the numbers that are wanted, and whatever refers to them. Raises `Refused` where one is taken."""
    numbers = sorted(wanted)
    for start in range(0, len(numbers), MANY):
        _rekey_part(tx, {number: wanted[number] for number in numbers[start : start + MANY]})


def _rekey_part(tx: sa.Connection, wanted: dict[int, int]) -> None:
    taken = tx.execute(sa.select(posts.c.iri).where(posts.c.id.in_(wanted.values()))).scalars().all()
    if taken:
        raise Refused(f"the number of a post is taken here by {taken[0]}")
    for old, new in wanted.items():
        row = dict(tx.execute(sa.select(posts).where(posts.c.id == old)).mappings().one())
        tx.execute(sa.update(posts).where(posts.c.id == old).values(iri=f"{row['iri']}#moved"))
        tx.execute(sa.insert(posts).values(**{**row, "id": new}))
    for column in _referring():
        moved = sa.case(wanted, value=column)
        tx.execute(sa.update(column.table).where(column.in_(wanted)).values({column: moved}))
    tx.execute(sa.delete(posts).where(posts.c.id.in_(wanted)))


def _referring() -> "list[sa.Column[int]]":
    """All columns that name a post, those of posts themselves included, and of polls, which have its number."""
    found = [
        column
        for table in metadata.sorted_tables
        for column in table.c
        if any(target.column.table.name in {"posts", "polls"} for target in column.foreign_keys)
    ]
    return found + [metadata.tables[name].c[column] for name, column in SOFT]
