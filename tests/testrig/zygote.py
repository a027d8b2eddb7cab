"""A process that has imported the program and forks it on demand: a command takes 0.1 s instead of some seconds.

`python -m tests.testrig.zygote SOCKET` listens there until its standard input ends. A connection is one run of
`kairanban`: it brings one line of JSON (`Order`), gets the child's pid as a line, and in the end its exit status
(negative = the signal that ended it). The child is a whole process of its own.
"""

import json
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from web import cli


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: words, working folder, environment, where its output goes.

    `skew` moves its clock by as many seconds; `max_file` is the most bytes that it may write into one file; at its
    `dies_at`-th statement that changes a database it is killed.
    """

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    output: str
    skew: float = 0.0
    max_file: int | None = None
    dies_at: int | None = None

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(eq=False)
class Changes:
    """Counts statements that change something, for SQLAlchemy's `after_cursor_execute`; may end the process at one."""

    last: int | None = None
    count: int = 0

    def __call__(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")):
            self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def main(path: str) -> None:
    """Fork for whoever asks; tell them of the end."""
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(path)
        listener.listen()
        woken, wake = socket.socketpair()
        wake.setblocking(False)  # noqa: FBT003 - the standard library's
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for source in (listener, woken, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        print("ready", flush=True)
        children: dict[int, socket.socket] = {}
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    _serve(listener, children)
                elif key.fileobj is woken:
                    woken.recv(4096)
                    _reap(children)
                elif not os.read(sys.stdin.fileno(), 4096):
                    for pid in children:
                        os.kill(pid, signal.SIGKILL)
                    return


def _serve(listener: socket.socket, children: dict[int, socket.socket]) -> None:
    connection, _ = listener.accept()
    order = Order(**json.loads(connection.makefile().readline()))
    pid = os.fork()
    if not pid:
        _become(order)
    children[pid] = connection
    connection.sendall(f"{pid}\n".encode())


def _reap(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with children.pop(pid) as connection:
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(order: Order) -> None:
    """Be the program, to the end."""
    status = 1
    try:
        _prepare(order)
        cli.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _prepare(order: Order) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    descriptor = os.open(order.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.closerange(3, 1024)
    sys.argv = ["kairanban", *order.arguments]
    if order.skew:
        _move_clock(order.skew)
    if order.dies_at is not None:
        sa.event.listen(sa.Engine, "after_cursor_execute", Changes(order.dies_at))
    if order.max_file is not None:
        import resource  # noqa: PLC0415 - for this child alone

        resource.setrlimit(resource.RLIMIT_FSIZE, (order.max_file, resource.RLIM_INFINITY))


def _move_clock(seconds: float) -> None:
    """The machine's clock as this process reads it; what is monotonic stays."""
    read, read_ns = time.time, time.time_ns
    time.time = lambda: read() + seconds
    time.time_ns = lambda: read_ns() + int(seconds * 1e9)


if __name__ == "__main__":
    main(sys.argv[1])
