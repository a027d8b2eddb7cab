"""A process that has imported what the program stands on, and forks a run of tests on demand: 1 s in place of 4.

`python -P zygote.py MODULE …` imports those of the modules that are installed, reads one JSON line for each run
(`folder`, `output`, `arguments` of pytest) and answers with its exit status. It knows nothing of ours, so that the
child finds the code of its folder and no other.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

_SET_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Serve until standard input ends."""
    _die_with_parent()
    for name in sys.argv[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(**json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(folder: str, output: str, arguments: list[str]) -> None:
    _die_with_parent()
    status: Any = 3
    try:
        os.chdir(folder)
        sys.path.insert(0, folder)
        os.environ["PYTHONPATH"] = folder
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(written, 1)
        os.dup2(written, 2)
        status = importlib.import_module("pytest").main(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(int(status))


def _die_with_parent() -> None:
    """Where the system can: a killed run leaves no process behind."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


if __name__ == "__main__":
    main()
