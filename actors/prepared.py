"""Statements of the hot paths, compiled once: 3 µs in place of 25 where SQLite runs them.

A statement is written in SQLAlchemy Core as any other. On SQLite its text goes straight to the driver's
connection, within the same transaction; on PostgreSQL, where the round trip costs more than the building, Core
runs it.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Build = Callable[[str], sa.Executable]
"""Dialect name ("sqlite", "postgresql") → statement, where the two differ (`ON CONFLICT`)."""

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """SQLite's text; where each of its parameters comes from; which values are converted on the way."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    binds: Mapping[str, Convert]
    results: tuple[tuple[int, Convert], ...]


class Prepared:
    """A statement with bound parameters. For an INSERT, `columns` are those that a call gives.

    Lists of changing length (an expanding `IN`) are beyond it, and so are defaults that Python computes.
    """

    __slots__ = ("_build", "_columns", "_compiled", "_others")

    def __init__(self, statement: sa.Executable | Build, columns: Sequence[str] | None = None) -> None:
        self._build: Build = (
            (lambda _dialect: statement) if isinstance(statement, sa.Executable) else statement
        )
        self._columns = columns
        self._compiled: _Compiled | None = None
        self._others: dict[str, sa.Executable] = {}

    def all(self, tx: sa.Connection, **values: Any) -> Sequence[Any]:
        """Return every row, as a tuple."""
        if tx.dialect.name != "sqlite":
            return self._execute(tx, values).all()
        return self._convert(self._run(tx, values).fetchall())

    def first(self, tx: sa.Connection, **values: Any) -> Any:
        """Return the first row as a tuple, or None."""
        if tx.dialect.name != "sqlite":
            return self._execute(tx, values).first()
        rows = self._convert(self._run(tx, values).fetchall())
        return rows[0] if rows else None

    def run(self, tx: sa.Connection, **values: Any) -> int:
        """Return how many rows were changed."""
        if tx.dialect.name != "sqlite":
            return self._execute(tx, values).rowcount
        return self._run(tx, values).rowcount

    def _execute(self, tx: sa.Connection, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        name = tx.dialect.name
        statement = self._others.get(name)
        if statement is None:
            statement = self._others[name] = self._build(name)
        return tx.execute(statement, values)

    def _run(self, tx: sa.Connection, values: dict[str, Any]) -> sqlite3.Cursor:
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _compile(self._build("sqlite"), tx.dialect, self._columns)
        for name, convert in compiled.binds.items():
            values[name] = convert(values[name])
        driver = tx.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        constants = compiled.constants
        given = [values[name] if name in values else constants[name] for name in compiled.names]
        try:
            return driver.execute(compiled.text, given)
        except sqlite3.Error as error:
            raise _as_sqlalchemy(compiled.text, given, error) from error

    def _convert(self, rows: list[Any]) -> list[Any]:
        assert self._compiled is not None  # `_run` has made it
        if not self._compiled.results:
            return rows
        return [_convert_row(row, self._compiled.results) for row in rows]


def _convert_row(row: Sequence[Any], converters: tuple[tuple[int, Convert], ...]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)


def _as_sqlalchemy(text: str, given: list[Any], error: sqlite3.Error) -> BaseException:
    """What runs the transaction knows a full or locked database by SQLAlchemy's errors."""
    return exc.DBAPIError.instance(text, given, error, sqlite3.Error)


def _compile(statement: sa.Executable, dialect: sa.Dialect, columns: Sequence[str] | None) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(
        dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True}
    )
    assert isinstance(compiled, SQLCompiler)
    asked = {name for bind, name in compiled.bind_names.items() if bind.required}
    constants = {name: value for name, value in compiled.params.items() if name not in asked}
    for column in (*compiled.insert_prefetch, *compiled.update_prefetch):
        constants[column.key] = _find_default(column)
    converters = cast("dict[str, Convert]", compiled._bind_processors)  # noqa: SLF001 - as Core would
    return _Compiled(
        text=str(compiled),
        names=tuple(compiled.positiontup or ()),
        constants={name: converters.get(name, _keep)(value) for name, value in constants.items()},
        binds={name: convert for name, convert in converters.items() if name not in constants},
        results=_find_converters(compiled, dialect),
    )


def _keep(value: Any) -> Any:
    return value


def _find_default(column: sa.Column[Any]) -> Any:
    if not isinstance(column.default, sa.ColumnDefault) or not column.default.is_scalar:
        raise ValueError(f"{column} has a default that must be computed")
    return column.default.arg


def _find_converters(compiled: SQLCompiler, dialect: sa.Dialect) -> tuple[tuple[int, Convert], ...]:
    found = []
    for place, column in enumerate(compiled._result_columns):  # noqa: SLF001 - as for the parameters
        convert = column.type._cached_result_processor(dialect, None)  # noqa: SLF001
        if convert is not None:
            found.append((place, convert))
    return tuple(found)
