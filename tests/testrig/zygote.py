"""A process that has imported the program and forks a server on demand: restarts take 0.1 s instead of 2.

`python -m tests.testrig.zygote LOG` reads "start" and "end SIGNAL" from standard input and answers with a line: the
pid of the child, and its exit status (negative = the signal that ended it). The child is a whole process of its own.
"""

import os
import sys

from web.cli import installation
from web.settings import load_settings


def main(log: str) -> None:
    """Obey until standard input ends; then end the child too."""
    child = 0
    for line in sys.stdin:
        match line.split():
            case ["start"]:
                child = _start(log)
                print(child, flush=True)
            case ["end", number]:
                print(_end(child, int(number)), flush=True)
                child = 0
    if child:
        _end(child, 9)


def _start(log: str) -> int:
    child = os.fork()
    if child:
        return child
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    status = 1
    try:
        installation.serve(load_settings(), listen=None, workers=1, role="all")
        status = 0
    finally:
        os._exit(status)


def _end(child: int, number: int) -> int:
    os.kill(child, number)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main(sys.argv[1])
