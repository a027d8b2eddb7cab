"""What a command answers: lines for people, data for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` are printed as they are; `data` is what `--json` prints instead."""

    lines: tuple[str, ...] = ()
    data: Any = field(default=None)

    def print(self, *, as_json: bool) -> str:
        """The text for standard output."""
        if as_json:
            return json.dumps(self.data, ensure_ascii=False, indent=2)
        return "\n".join(self.lines)


def table(rows: Sequence[tuple[str, ...]], empty: str) -> tuple[str, ...]:
    """Rows in columns; the first row is the heading. `empty` when there is no other."""
    if len(rows) <= 1:
        return (empty,)
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return tuple(
        "  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _width(text: str) -> int:
    """Columns on a terminal: Japanese letters take two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)  # noqa: PLR2004 - first CJK block


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
