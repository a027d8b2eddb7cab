"""The lists of mutants: reading them, and what would make one worthless (text that moved, code that breaks)."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

LISTS = Path(__file__).parent
_PROMISE = re.compile(r"^(\d+)\. \*\*", re.MULTILINE)


class WrongList(Exception):
    """A list cannot be read; the text names the file and the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One weakened check: in `file`, the text `old`, which is there exactly once, becomes `new`.

    `harm` is what somebody could do then, `promise` the number of what would be broken (SECURITY.md), `row`
    that of the attack (tests/attacks). `tests` are files, folders or test ids of which one must fail.
    """

    name: str
    file: str
    old: str
    new: str
    harm: str
    promise: int
    tests: tuple[str, ...]
    row: str = ""

    def apply(self, text: str) -> str:
        """Return the weakened source; raises `ValueError` where `old` is not there exactly once."""
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name}: its text is {found} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def load(folder: Path = LISTS) -> tuple[Mutant, ...]:
    """Return all mutants, list by list; raises `WrongList`."""
    return tuple(mutant for path in sorted(folder.glob("*.toml")) for mutant in _read(path))


def _read(path: Path) -> Iterator[Mutant]:
    try:
        entries = tomllib.loads(path.read_text("utf-8"))["mutant"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise WrongList(f"{path.name}: {error}") from error
    for entry in entries:
        try:
            yield Mutant(**{**entry, "tests": tuple(entry["tests"])})
        except (KeyError, TypeError) as error:
            raise WrongList(f"{path.name}: {entry.get('name', entry)}: {error}") from error


def choose(mutants: Sequence[Mutant], wanted: Iterable[str]) -> tuple[Mutant, ...]:
    """Return those whose name, file, folder or attack is one of `wanted`: `cavage-*`, `inbox/checks.py`, `B7`."""
    patterns = tuple(wanted)
    return tuple(
        each for each in mutants if not patterns or any(_matches(each, pattern) for pattern in patterns)
    )


def _matches(mutant: Mutant, pattern: str) -> bool:
    is_below = mutant.file.startswith(pattern.rstrip("/") + "/")
    return is_below or any(fnmatchcase(text, pattern) for text in (mutant.name, mutant.file, mutant.row))


def find_fault(mutant: Mutant, root: Path) -> str | None:
    """Return why a mutant proves nothing in the tree at `root`, or None."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.name}: there is no {mutant.file}"
    text = path.read_text("utf-8")
    try:
        changed = mutant.apply(text)
        if _read_meaning(path, changed) == _read_meaning(path, text):
            return f"{mutant.name}: changes nothing"
    except (ValueError, SyntaxError) as error:
        return f"{mutant.name}: {error}" if isinstance(error, SyntaxError) else str(error)
    faults = [_find_label_fault(mutant, root), *(_find_test_fault(test, root) for test in mutant.tests)]
    return next((f"{mutant.name}: {fault}" for fault in faults if fault is not None), None)


def _read_meaning(path: Path, text: str) -> str:
    """What of a text counts: a program without its comments, of a template everything."""
    return ast.dump(ast.parse(text)) if path.suffix == ".py" else text


def read_promises(root: Path) -> frozenset[int]:
    """Return the numbers of the promises that SECURITY.md makes."""
    return frozenset(map(int, _PROMISE.findall((root / "SECURITY.md").read_text("utf-8"))))


def _find_label_fault(mutant: Mutant, root: Path) -> str | None:
    if mutant.promise not in read_promises(root):
        return f"there is no promise {mutant.promise} in SECURITY.md"
    if not mutant.harm or not mutant.tests:
        return "says no harm, or names no test"
    if mutant.row and f"\n{mutant.row} = " not in (root / "tests/attacks/table.toml").read_text("utf-8"):
        return f"there is no attack {mutant.row}"
    return None


def _find_test_fault(test: str, root: Path) -> str | None:
    place, _, name = test.partition("::")
    path = root / place
    if not path.exists():
        return f"there is no {place}"
    function = name.partition("[")[0].rpartition("::")[2]
    if function and f"def {function}(" not in path.read_text("utf-8"):
        return f"there is no {function} in {place}"
    return None
