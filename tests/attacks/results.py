"""What came of a run, as a file: for each row its cases, by which way in, and whether they went as the table says."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.registry import row_of

FILE = "ATTACKS_RESULTS"
"""Environment variable: where to write them."""
FRONT = "front"
"""What a row records that goes in by several ways itself."""
PLAYED = "played"
"""What each row records: in which form, on which database."""
_IDENTIFIER = re.compile(r"(?P<function>\w+)(?:\[(?P<front>\w+)(?:-(?P<case>.*))?\])?")


@dataclass(frozen=True)
class Case:
    """One attack; `outcome` is passed, failed or skipped."""

    front: str
    name: str
    outcome: str


@dataclass
class Results:
    """`form` is how the suite was played (docs/attacks.md)."""

    form: str = ""
    database: str = ""
    rows: dict[str, list[Case]] = field(default_factory=dict)

    def note(self, report: pytest.TestReport) -> None:
        """Keep what a test has to say, once."""
        match = _IDENTIFIER.fullmatch(report.nodeid.rpartition("::")[2])
        row = row_of(match["function"]) if match else None
        if match is None or row is None or (report.passed and report.when != "call"):
            return
        said = dict(report.user_properties)
        self.form, self.database = said.get(PLAYED, (self.form, self.database))  # type: ignore[misc]
        front = said.get(FRONT, match["front"] or "")
        case = Case(str(front), match["case"] or "", report.outcome)
        known = [
            each for each in self.rows.get(row, []) if (each.front, each.name) != (case.front, case.name)
        ]
        self.rows[row] = [*known, case]

    def write(self, file: Path) -> None:
        """As JSON."""
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")


def read_results(file: Path) -> Results:
    """What `write` wrote."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    rows = {row: [Case(**case) for case in cases] for row, cases in found["rows"].items()}
    return Results(found["form"], found["database"], rows)
