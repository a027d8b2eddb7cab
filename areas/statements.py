"""`INSERT` of what may be there already: compiled once per table, since building costs more than running."""

from collections.abc import Mapping
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
