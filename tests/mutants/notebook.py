"""What was found so far in this state of the tree, so that a run that was ended goes on where it stood."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.mutants.patches import Mutant
from tests.mutants.runs import Result


class Notebook:
    """A file of results. Those of another state of code and tests are not read."""

    def __init__(self, path: Path, state: str, *, fresh: bool = False) -> None:
        self._path = path
        self._found: dict[str, Any] = {"state": state, "green": [], "results": {}}
        if not fresh and path.exists():
            before = json.loads(path.read_text("utf-8"))
            if before.get("state") == state:
                self._found = before

    @property
    def green(self) -> set[str]:
        """Tests that pass where nothing is weakened."""
        return set(self._found["green"])

    def keep_green(self, tests: Iterable[str]) -> None:
        """Remember tests that pass."""
        self._found["green"] = sorted(self.green.union(tests))
        self._write()

    def find(self, mutant: Mutant) -> Result | None:
        """Return what was found, if this mutant was judged."""
        result = self._found["results"].get(_key(mutant))
        return None if result is None else Result(**result)

    def keep(self, mutant: Mutant, result: Result) -> None:
        """Write down a result at once: the next moment may be the last."""
        self._found["results"][_key(mutant)] = asdict(result)
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._found, indent=1), "utf-8")
        new.replace(self._path)


def _key(mutant: Mutant) -> str:
    said = json.dumps(asdict(mutant), sort_keys=True)
    return f"{mutant.name} {blake2b(said.encode(), digest_size=6).hexdigest()}"
