"""A network of its own for one thread and the programs that it starts: every address in it leads back into it.

Linux gives each thread its own view of the network, and root (or `unshare --map-root-user --net --mount`) may give
a thread a new one. Nothing that happens there can leave the machine, so the rule that tests reach loopback alone
does not hold for such a thread (`is_inside`, asked by `tests/conftest.py`). Nothing is left behind: the namespace
ends with the thread and its programs.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path

_NEW_MOUNTS = 0x00020000
_NEW_NETWORK = 0x40000000
_this_thread = threading.local()


class NotPermitted(Exception):
    """This machine does not let us; the text says what it refused."""


def is_inside() -> bool:
    """Whether the calling thread is in a namespace of its own."""
    return getattr(_this_thread, "is_inside", False)


def enter(*, ipv4: str, ipv6: str, files: Iterable[tuple[Path, Path]]) -> None:
    """Move the calling thread, and what it will start, into a new network; raises `NotPermitted`.

    Whatever does not choose an address of its own speaks from `ipv4` or `ipv6`. `files` are pairs: the first
    stands where the second was, for this thread and its programs.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK | _NEW_MOUNTS):
        raise NotPermitted(f"unshare: {os.strerror(ctypes.get_errno())}")
    _this_thread.is_inside = True
    _run("mount", "--make-rprivate", "/")
    for source, target in files:
        _run("mount", "--bind", str(source), str(target))
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{ipv4}/32", "dev", "lo")
    _run("ip", "-6", "address", "add", f"{ipv6}/128", "dev", "lo")
    _run("ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo", "src", ipv4)
    _run("ip", "-6", "route", "add", "local", "::/0", "dev", "lo", "src", ipv6)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise NotPermitted(f"{command[0]} is not installed (tests/setup.sh does it)") from error
    if done.returncode:
        raise NotPermitted(f"{' '.join(command)}: {done.stderr.strip()}")
