"""Which row of the table has which test, and what the others wait for."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_NAME = re.compile(r"test_([A-H])(\d\d)_\w+")


@dataclass(frozen=True)
class Row:
    """`name` is like A6; `sent` what is done, `expected` what must come of it."""

    name: str
    sent: str
    expected: str


def read_table() -> dict[str, Row]:
    """All rows, in order."""
    table = tomllib.loads((HERE / "table.toml").read_text(encoding="utf-8"))
    return {name: Row(name, *texts) for name, texts in table.items()}


def read_waiting() -> dict[str, str]:
    """What rows without a test wait for; a row may be there once only."""
    by_reason = tomllib.loads((HERE / "waiting.toml").read_text(encoding="utf-8"))
    pairs = [(row, reason) for reason, rows in by_reason.items() for row in rows]
    assert len(dict(pairs)) == len(pairs), "a row waits for two things"
    return dict(pairs)


def row_of(function: str) -> str | None:
    """The row that a test function is named for (`test_A06_digest_absent`: A6)."""
    match = _NAME.match(function)
    return f"{match[1]}{int(match[2])}" if match else None


def find_tests() -> Iterator[tuple[str, str]]:
    """Every row test: the row, and where its function is."""
    for file in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (row := row_of(node.name)):
                yield row, f"{file.relative_to(HERE)}::{node.name}"
