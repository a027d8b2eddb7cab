"""`make security-report`: plays the table of attacks and writes docs/security-report.md."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from tests.attacks.registry import Row, read_table, read_waiting
from tests.attacks.results import FILE, Case, Results, read_results

ROOT = Path(__file__).parent.parent.parent
REPORT = ROOT / "docs" / "security-report.md"
SECTIONS = {
    "A": "Who signs: authentication at an inbox",
    "B": "Whose it is: identity, ownership, origin",
    "C": "Where requests lead: the outgoing fetcher",
    "D": "What is read and kept: parser and storage",
    "E": "What is shown: HTML, CSS, links",
    "F": "Files: media",
    "G": "Who may be heard: abuse and moderation",
    "H": "Who may act: pages, sessions, client API",
}
HEAD = """\
# What came of the table of attacks / 攻撃の表の結果

日本語の要約: [攻撃の表](attacks.md)の各行について、このサーバーに対して行ったことと、その結果です。「waits for」の行は
まだ無い機能かテストを待っています。

Made by `make security-report` from a run against Kairanban {version} on {database}, in the {form} form
([attacks.md](attacks.md) says what that is). Every row was played from outside; one that makes the server answer 5xx
fails, and so does the run where a traceback is in the log. "cases" counts the variants of a row.

| rows | passed | failed | wait |
|---|---|---|---|
| {rows} | {passed} | {failed} | {waiting} |
"""


def render(results: Results) -> str:
    """The whole page."""
    table, waiting = read_table(), read_waiting()
    states = Counter(_state(results.rows.get(name, []), name in waiting) for name in table)
    head = HEAD.format(
        version=version("kairanban"),
        database=results.database,
        form=results.form,
        rows=len(table),
        passed=states["passed"],
        failed=states["failed"],
        waiting=states["waits"],
    )
    return head + "".join(_sections(table.values(), waiting, results))


def _sections(rows: Iterable[Row], waiting: dict[str, str], results: Results) -> Iterator[str]:
    for letter, members in groupby(rows, key=lambda row: row.name[0]):
        yield f"\n## {letter}. {SECTIONS[letter]}\n\n| row | what was done | what must come of it | result | front |\n"
        yield "|---|---|---|---|---|\n"
        for row in members:
            result, fronts = _describe(results.rows.get(row.name, []), waiting.get(row.name))
            yield f"| {row.name} | {row.sent} | {row.expected} | {result} | {fronts} |\n"


def _state(cases: list[Case], is_waiting: bool) -> str:
    outcomes = {case.outcome for case in cases}
    if "failed" in outcomes:
        return "failed"
    return "passed" if "passed" in outcomes else "waits" if is_waiting else "not played"


def _describe(cases: list[Case], reason: str | None) -> tuple[str, str]:
    """The result of a row, and by which ways in it was played."""
    state = _state(cases, reason is not None)
    if state == "waits":
        return f"waits for {reason}", ""
    fronts = ", ".join(dict.fromkeys(case.front for case in cases))
    failed = [case.name or "all" for case in cases if case.outcome == "failed"]
    skipped = [case.name or "all" for case in cases if case.outcome == "skipped"]
    parts = [f"**failed**: {', '.join(failed)}" if failed else state]
    count = len({case.name for case in cases})
    parts += [f"{count} cases"] if count > 1 else []
    parts += [f"not in this form: {', '.join(skipped)}"] if skipped else []
    return "; ".join(parts), fronts


def main() -> int:
    """Play, and write the page even where rows failed; the exit status is pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).parent), *sys.argv[1:]]
        status = subprocess.run(command, check=False, env={**os.environ, FILE: str(file)}).returncode
        REPORT.write_text(render(read_results(file)), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
