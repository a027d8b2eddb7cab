"""`INSERT … ON CONFLICT`, which SQLAlchemy has once per database and we write once."""

from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(tx: sa.Connection, table: sa.Table) -> postgresql.Insert:
    """Return an INSERT for the database of `tx` that knows `on_conflict_do_nothing` and `…_do_update`.

    Both dialects spell the two methods alike; PostgreSQL's type stands for either.
    """
    if tx.dialect.name == "sqlite":
        return cast("postgresql.Insert", sqlite.insert(table))
    return postgresql.insert(table)
