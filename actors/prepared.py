"""Statements of the hot paths, compiled once: 3 µs, not 25, where SQLite runs them; 100, not 270, on PostgreSQL.

A statement is written in SQLAlchemy Core as any other. Its text goes straight to the driver, within the same
transaction. On PostgreSQL that is the driver's cursor as SQLAlchemy has it, which begins the transaction; and lists of
changing length are one parameter, so that the server plans a statement once.
"""

import operator
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Build = Callable[[str], sa.Executable]
"""Dialect name ("sqlite", "postgresql") → statement, where the two differ (`ON CONFLICT`)."""

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A dialect's text; how its parameters are picked by name; which values are converted on the way."""

    text: str
    pick: Callable[[Mapping[str, Any]], Sequence[Any]]
    constants: Mapping[str, Any]
    binds: Mapping[str, Convert]
    results: tuple[tuple[int, Convert], ...]

    def fill(self, values: dict[str, Any]) -> Sequence[Any]:
        """Return the parameters in order. May change `values`."""
        for name, convert in self.binds.items():
            values[name] = convert(values[name])
        return self.pick({**self.constants, **values} if self.constants else values)


class Prepared:
    """A statement with bound parameters. For an INSERT, `columns` are those that a call gives.

    Lists of changing length need `one_of`; defaults that Python computes are beyond it.
    """

    __slots__ = ("_build", "_columns", "_compiled", "_elsewhere")

    def __init__(self, statement: sa.Executable | Build, columns: Sequence[str] | None = None) -> None:
        self._build: Build = (
            (lambda _dialect: statement) if isinstance(statement, sa.Executable) else statement
        )
        self._columns = columns
        self._compiled: _Compiled | None = None
        self._elsewhere: _Compiled | None = None

    def all(self, tx: sa.Connection, **values: Any) -> Sequence[Any]:
        """Return every row, as a tuple."""
        if tx.dialect.name != "sqlite":
            return self._fetch_elsewhere(tx, values)
        return self._convert(self._run(tx, values).fetchall())

    def first(self, tx: sa.Connection, **values: Any) -> Any:
        """Return the first row as a tuple, or None."""
        rows = self.all(tx, **values)
        return rows[0] if rows else None

    def run(self, tx: sa.Connection, **values: Any) -> int:
        """Return how many rows were changed."""
        if tx.dialect.name != "sqlite":
            compiled = self._elsewhere or self._compile_elsewhere(tx)
            return _execute(tx, compiled.text, compiled.fill(values)).rowcount
        return self._run(tx, values).rowcount

    def run_all(self, tx: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run once for each of `rows`: in one call, or in one round trip."""
        if tx.dialect.name != "sqlite":
            compiled = self._elsewhere or self._compile_elsewhere(tx)
            _execute(tx, compiled.text, [compiled.fill(dict(row)) for row in rows], many=True)
            return
        compiled = self._compile(tx)
        given = [compiled.fill(dict(row)) for row in rows]
        try:
            _driver(tx).executemany(compiled.text, given)
        except sqlite3.Error as error:
            raise _as_sqlalchemy(compiled.text, given, error) from error

    def _run(self, tx: sa.Connection, values: dict[str, Any]) -> sqlite3.Cursor:
        compiled = self._compiled or self._compile(tx)
        given = compiled.fill(values)
        try:
            return _driver(tx).execute(compiled.text, given)
        except sqlite3.Error as error:
            raise _as_sqlalchemy(compiled.text, given, error) from error

    def _compile(self, tx: sa.Connection) -> _Compiled:
        if self._compiled is None:
            self._compiled = _compile(self._build("sqlite"), tx.dialect, self._columns)
        return self._compiled

    def _convert(self, rows: list[Any]) -> list[Any]:
        assert self._compiled is not None  # `_run` has made it
        if not self._compiled.results:
            return rows
        return [_convert_row(row, self._compiled.results) for row in rows]

    def _fetch_elsewhere(self, tx: sa.Connection, values: dict[str, Any]) -> list[Any]:
        compiled = self._elsewhere or self._compile_elsewhere(tx)
        rows = _execute(tx, compiled.text, compiled.fill(values)).fetchall()
        return [_convert_row(row, compiled.results) for row in rows]

    def _compile_elsewhere(self, tx: sa.Connection) -> _Compiled:
        self._elsewhere = _compile(self._build(tx.dialect.name), tx.dialect, self._columns)
        return self._elsewhere


class _Numbers(sa.TypeDecorator[Any]):
    """A list of numbers as JSON."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's signature
        return orjson.dumps(list(value)).decode()


def one_of(column: "sa.ColumnElement[Any]", name: str, dialect: str) -> "sa.ColumnElement[bool]":
    """That a column is one of the numbers bound as `name`, whose number may change from call to call.

    They are one parameter, so that the text stays the same: JSON on SQLite, an array elsewhere.
    """
    if dialect != "sqlite":
        return column == sa.func.any(sa.bindparam(name, type_=sa.ARRAY(sa.BigInteger)))
    listed = sa.func.json_each(sa.bindparam(name, type_=_Numbers())).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _convert_row(row: Sequence[Any], converters: tuple[tuple[int, Convert], ...]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)


def _driver(tx: sa.Connection) -> sqlite3.Connection:
    driver = tx.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _execute(tx: sa.Connection, text: str, given: Sequence[Any], *, many: bool = False) -> DBAPICursor:
    """By the dialect's own cursor, in a transaction that the connection knows of: else its `commit` would do nothing.

    Errors are SQLAlchemy's to judge: some of them end the connection.
    """
    if not tx.in_transaction():
        tx.begin()
    cursor = tx.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, given)
    except BaseException as error:  # noqa: BLE001 - raised again, by its name
        tx._handle_dbapi_exception(error, text, given, cursor, None)  # noqa: SLF001 - as Core would
    return cursor


def _as_sqlalchemy(text: str, given: Sequence[Any], error: sqlite3.Error) -> BaseException:
    """What runs the transaction knows a full or locked database by SQLAlchemy's errors."""
    return exc.DBAPIError.instance(text, given, error, sqlite3.Error)


def _compile(statement: sa.Executable, dialect: sa.Dialect, columns: Sequence[str] | None) -> _Compiled:
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)
    asked = {name for bind, name in compiled.bind_names.items() if bind.required}
    # Constant lists (`IN ('public', 'unlisted')`) are written out here; nothing else of a statement changes.
    whole = compiled.construct_expanded_state(dict.fromkeys(asked))
    constants = {name: value for name, value in whole.parameters.items() if name not in asked}
    for column in (*compiled.insert_prefetch, *compiled.update_prefetch):
        constants[column.key] = _find_default(column)
    found = {**compiled._bind_processors, **whole.processors}  # noqa: SLF001 - as Core would
    converters = cast("dict[str, Convert]", found)
    return _Compiled(
        text=whole.statement,
        pick=_make_picker(whole.positiontup or ()),
        constants={name: converters.get(name, _keep)(value) for name, value in constants.items()},
        binds={name: convert for name, convert in converters.items() if name not in constants},
        results=_find_converters(compiled, dialect),
    )


def _make_picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return operator.itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _keep(value: Any) -> Any:
    return value


def _find_default(column: sa.Column[Any]) -> Any:
    if not isinstance(column.default, sa.ColumnDefault) or not column.default.is_scalar:
        raise ValueError(f"{column} has a default that must be computed")
    return column.default.arg


def _find_converters(compiled: SQLCompiler, dialect: sa.Dialect) -> tuple[tuple[int, Convert], ...]:
    found = []
    for place, column in enumerate(compiled._result_columns):  # noqa: SLF001 - as for the parameters
        number = _FLOAT8 if isinstance(column.type, sa.Float) else None
        convert = column.type._cached_result_processor(dialect, number)  # noqa: SLF001
        if convert is not None:
            found.append((place, convert))
    return tuple(found)


_FLOAT8: Final = 701
"""PostgreSQL's number of the type of our only numbers that are no integers: SQLAlchemy asks for it."""
