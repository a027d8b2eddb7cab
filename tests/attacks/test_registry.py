"""Every row of the table is a test, or says what it waits for."""

from collections import Counter

from tests.attacks.registry import find_tests, read_table, read_waiting
from tests.attacks.report import REPORT, render
from tests.attacks.results import Case, Results

ROWS = {"A": 43, "B": 47, "C": 27, "D": 15, "E": 12, "F": 14, "G": 17, "H": 38}


def test_the_table_is_whole() -> None:
    expected = [f"{letter}{number}" for letter, count in ROWS.items() for number in range(1, count + 1)]
    assert list(read_table()) == expected


def test_every_row_has_one_test_or_waits() -> None:
    tested, waiting = Counter(row for row, _ in find_tests()), read_waiting()
    assert not tested.keys() & waiting.keys(), "has a test and waits"
    assert set(read_table()) == tested.keys() | waiting.keys()
    assert [row for row, count in tested.items() if count > 1] == []


def test_the_report_has_every_row() -> None:
    page = REPORT.read_text(encoding="utf-8")
    missing = [
        row.name
        for row in read_table().values()
        if f"| {row.name} | {row.sent} | {row.expected} |" not in page
    ]
    assert missing == [], "run `make security-report`"


def test_a_report_tells_failures_and_what_was_left_out() -> None:
    cases = [Case("direct", "x", "passed"), Case("nginx", "x", "failed"), Case("direct", "y", "skipped")]
    page = render(Results("loopback", "SQLite", {"A2": cases}))
    assert "**failed**: x; 2 cases; not in this form: y | direct, nginx |" in page
    assert "| H36 | the audit log changed | append-only, chained | waits for an audit log |" in page
