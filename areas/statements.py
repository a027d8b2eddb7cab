"""`INSERT` of what may be there already, and of many rows: compiled once per table, as building costs most."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actors.prepared import Prepared


def insert_once(tx: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless anything is in its way; False = something was, and nothing changed."""
    return _insert_once(table, tuple(values)).first(tx, **values) is not None


@cache
def _insert_once(table: sa.Table, columns: tuple[str, ...]) -> Prepared:
    first = next(iter(table.primary_key.columns))

    def build(dialect: str) -> sa.Executable:
        if dialect == "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing().returning(first)
        return postgresql.insert(table).on_conflict_do_nothing().returning(first)

    return Prepared(build, columns)


def insert_all(tx: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    if rows:
        _insert(table, tuple(rows[0])).run_all(tx, rows)


@cache
def _insert(table: sa.Table, columns: tuple[str, ...]) -> Prepared:
    return Prepared(sa.insert(table), columns)
