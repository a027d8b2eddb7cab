"""`python -m tests.fuzz [target …] [--seconds N]`, by `make fuzz ONLY=… SECONDS=…`: each target for as long as wanted.

Every target runs in a process of its own, guided by coverage where `atheris` is installed. What breaks a promise is
shown in its shortest form, and kept in `var/fuzz`, where the next run tries it first.
"""

import argparse
import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "var" / "fuzz"
OURS = ["federation", "actors", "outbox", "areas", "inbox", "web"]
ROUND = 200
"""Examples between two looks at the clock, where nothing guides."""
SHOWN_LINES = 60
"""Of the log of a target that broke a promise; the whole of it is in `var/fuzz`."""
LIBFUZZER = ("-max_len=4096", "-rss_limit_mb=2048", "-timeout=60", "-print_final_stats=1", "-verbosity=0")


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; returns how many targets broke a promise."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="names, or parts of names; none = all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        return _fuzz(asked.targets[0], asked.seconds)
    names = [
        name for name in _list_names() if not asked.targets or any(part in name for part in asked.targets)
    ]
    if not names:
        print(f"fuzz: there is no target like {' or '.join(asked.targets)}")
        return 1
    broken = [name for name in names if not _run_apart(name, asked.seconds)]
    print(f"{len(names) - len(broken)} of {len(names)} targets kept their promises", *broken)
    return len(broken)


def _list_names() -> list[str]:
    from tests.fuzz.every import TARGETS  # noqa: PLC0415 - the child must instrument before it imports

    return [target.name for target in TARGETS]


def _run_apart(name: str, seconds: int) -> bool:
    began = time.monotonic()
    command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz", "--one", "--seconds", str(seconds), name]
    log = KEPT / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=output,
            stderr=output,
            check=False,
        )
    said = log.read_text("utf-8", "replace")
    is_well, seconds = done.returncode == 0, round(time.monotonic() - began)
    tried = re.search(r"number_of_executed_units: *(\d+)|^(\d+) inputs, not guided", said, re.MULTILINE)
    print(
        f"{'ok    ' if is_well else 'BROKEN'} {name}: {tried[1] or tried[2] if tried else '?'} inputs in {seconds} s"
    )
    if not is_well:
        print(*said.splitlines()[-SHOWN_LINES:], sep="\n")
    sys.stdout.flush()
    return is_well


def _fuzz(name: str, seconds: int) -> int:
    """In a process of its own."""
    atheris = _find_atheris()
    with atheris.instrument_imports(include=OURS) if atheris else nullcontext():
        from tests.fuzz.every import TARGETS, open_town  # noqa: PLC0415
        from tests.fuzz.targets import SHORT  # noqa: PLC0415
    target = next(each for each in TARGETS if each.name == name)
    kept = DirectoryBasedExampleDatabase(KEPT / "examples")
    how = settings(SHORT, derandomize=False, database=kept, max_examples=ROUND)
    town: AbstractContextManager[Any] = open_town() if target.needs_town else nullcontext()
    with town:
        _repeat(target, how)
        if atheris is None:
            return _wander(target, how, seconds)
        return _follow_coverage(atheris, target, how, seconds)


def _repeat(target: Any, how: settings) -> None:
    """Try what was found before, down to its shortest form."""
    with suppress(unittest.SkipTest):  # nothing was found yet
        target.prepare(settings(how, phases=(Phase.reuse, Phase.shrink)))()


def _wander(target: Any, how: settings, seconds: int) -> int:
    until, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        target.prepare(how)()
        rounds += 1
    print(f"{rounds * ROUND} inputs, not guided: atheris is not installed")
    return 0


def _follow_coverage(atheris: Any, target: Any, how: settings, seconds: int) -> int:
    corpus = KEPT / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    test = target.prepare(how)

    def try_one(data: bytes) -> None:
        try:
            test.hypothesis.fuzz_one_input(data)
        except BaseException:
            try:
                _repeat(target, how)
            except BaseException as error:
                print(*getattr(error, "__notes__", ()), sep="\n", flush=True)
                raise
            raise

    atheris.Setup(
        ["fuzz", *LIBFUZZER, f"-max_total_time={seconds}", f"-artifact_prefix={KEPT}/", str(corpus)], try_one
    )
    atheris.Fuzz()
    return 0


def _find_atheris() -> Any:
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
