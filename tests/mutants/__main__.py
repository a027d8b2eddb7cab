"""`python -m tests.mutants [name | file | folder | attack …] [--fresh]`, by `make mutants ONLY=…`.

Ends with 1 when a mutant survives, when a patch no longer applies, or when tests fail without any.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.mutants import patches, trees
from tests.mutants.notebook import Notebook
from tests.mutants.patches import Mutant
from tests.mutants.runs import Result, Runner
from tests.mutants.table import show

ROOT = Path(__file__).parent.parent.parent
KEPT = Path("var/mutants.json")
AT_ONCE = 2


class Workers:
    """Runners on copies of the tree; each mutant takes one and puts it back."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._runners = [Runner(folder / f"tree{number}") for number in range(AT_ONCE)]
        self._free: asyncio.Queue[Runner] = asyncio.Queue()
        for number, runner in enumerate(self._runners):
            trees.copy(root, folder / f"tree{number}")
            self._free.put_nowait(runner)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Runner]:
        """Wait for a free runner, and have it alone."""
        runner = await self._free.get()
        try:
            yield runner
        finally:
            self._free.put_nowait(runner)

    async def close(self) -> None:
        """End their processes."""
        for runner in self._runners:
            await runner.close()


async def main(root: Path, mutants: Sequence[Mutant], notebook: Notebook, folder: Path) -> bool:
    """Judge `mutants`, saying what happens; whether every one was noticed."""
    workers = Workers(root, folder)
    try:
        if not await _is_whole_tree_green(workers, mutants, notebook):
            return False
        await _judge_all(workers, mutants, notebook)
    finally:
        await workers.close()
    results = [(mutant, notebook.find(mutant)) for mutant in mutants]
    print(show([(mutant, result) for mutant, result in results if result is not None]))
    return all(_is_noticed(result) for _, result in results)


async def _judge_all(workers: Workers, mutants: Sequence[Mutant], notebook: Notebook) -> None:
    waiting = [mutant for mutant in mutants if not _is_noticed(notebook.find(mutant))]
    if len(waiting) < len(mutants):
        print(f"{len(mutants) - len(waiting)} were noticed before in this state of the tree")
    for number, done in enumerate(asyncio.as_completed([_judge(workers, each) for each in waiting]), 1):
        mutant, result = await done
        notebook.keep(mutant, result)
        _say(
            f"[{number}/{len(waiting)}] {result.outcome:9}{mutant.name} ({result.seconds:.0f} s) {result.by}"
        )


def _is_noticed(result: Result | None) -> bool:
    return result is not None and result.outcome == "noticed"


async def _judge(workers: Workers, mutant: Mutant) -> tuple[Mutant, Result]:
    async with workers.take() as runner:
        return mutant, await runner.judge(mutant)


async def _try(workers: Workers, tests: Sequence[str]) -> Result:
    async with workers.take() as runner:
        return await runner.run(tests)


async def _is_whole_tree_green(workers: Workers, mutants: Iterable[Mutant], notebook: Notebook) -> bool:
    """A test that fails anyway notices nothing."""
    named = sorted({test for mutant in mutants for test in mutant.tests} - notebook.green)
    groups: dict[str, list[str]] = {}
    for test in named:
        groups.setdefault(test.split("/")[1], []).append(test)
    _say(f"{len(named)} test files and tests without any mutant …")
    results = await asyncio.gather(*(_try(workers, tests) for tests in groups.values()))
    for tests, result in zip(groups.values(), results, strict=True):
        if result.outcome == "survived":
            notebook.keep_green(tests)
        else:
            _say(f"without any mutant: {result.outcome}: {result.by}")
    return all(result.outcome == "survived" for result in results)


def _say(line: str) -> None:
    print(line, flush=True)


def _run(wanted: Sequence[str], *, fresh: bool) -> bool:
    every = patches.load()
    mutants = patches.choose(every, wanted)
    if not mutants:
        _say(f"mutants: none of {len(every)} is called {' or '.join(wanted)}")
        return False
    faults = [fault for mutant in mutants if (fault := patches.find_fault(mutant, ROOT)) is not None]
    if faults:
        _say("\n".join(faults))
        return False
    notebook = Notebook(KEPT, trees.fingerprint(ROOT), fresh=fresh)
    with trees.open_workshop() as folder:
        return asyncio.run(main(ROOT, mutants, notebook, folder))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    words = [word for word in sys.argv[1:] if word != "--fresh"]
    sys.exit(0 if _run(words, fresh="--fresh" in sys.argv) else 1)
