"""The end of a run: every mutant in one line, and below them what a person has to do something about."""

from collections.abc import Sequence
from itertools import groupby

from tests.mutants.patches import Mutant
from tests.mutants.runs import Result

WIDTH = 40
TEST_WIDTH = 70

Found = Sequence[tuple[Mutant, Result]]


def show(found: Found) -> str:
    """Return the table, by file, then the survivors with their patches and what is broken."""
    lines = [f"{'check':{WIDTH}}{'promise':>7}  {'row':5}{'noticed by':{TEST_WIDTH}}{'s':>5}"]
    for file, of_file in groupby(found, lambda each: each[0].file):
        lines += [file, *(_line(mutant, result) for mutant, result in of_file)]
    unwell = [(mutant, result) for mutant, result in found if result.outcome != "noticed"]
    lines += [_explain(mutant, result) for mutant, result in unwell]
    lines.append(f"\n{len(found) - len(unwell)} of {len(found)} mutants were noticed")
    return "\n".join(lines)


def _line(mutant: Mutant, result: Result) -> str:
    by = result.by if result.outcome == "noticed" else result.outcome.upper()
    shown = by.removeprefix("tests/")[: TEST_WIDTH - 1]
    name = f"  {mutant.name}"
    return f"{name:{WIDTH}}{mutant.promise:>7}  {mutant.row:5}{shown:{TEST_WIDTH}}{result.seconds:5.0f}"


def _explain(mutant: Mutant, result: Result) -> str:
    old = "\n".join(f"  - {line}" for line in mutant.old.splitlines())
    new = "\n".join(f"  + {line}" for line in mutant.new.splitlines())
    why = f"no test of {', '.join(mutant.tests)} fails" if result.outcome == "survived" else result.by
    return f"\n{result.outcome.upper()}: {mutant.name} ({mutant.file}): {mutant.harm}\n{old}\n{new}\n  {why}"
