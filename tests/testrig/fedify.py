"""The Fedify peer of `tests/fedify`: its packages, and how it is started."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from federation.signatures import Scheme
from tests.testrig import npm
from tests.testrig.papers import Papers
from tests.testrig.programs import Program, start

FOLDER = Path(__file__).parents[1] / "fedify"


def install() -> None:
    """Install its packages."""
    npm.install(FOLDER)


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
    command = [str(npm.NODE), str(FOLDER / "peer.mjs"), json.dumps(options)]
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(papers.authority)}
    async with start(name, command, folder=FOLDER, environment=environment) as program:
        yield program
