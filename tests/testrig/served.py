"""A node as an operator runs it: `kairanban init`, `kairanban serve`, and TLS before it."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.testrig.papers import Papers
from tests.testrig.programs import Program, Terminator, run, start
from web.cli import control

KAIRANBAN = Path(sys.executable).with_name("kairanban")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, at `https://{host}`."""

    host: str
    folder: Path
    program: Program

    async def command(self, command: str, /, **arguments: object) -> Any:
        """Let it run a command as `kairanban COMMAND` does while a server runs; return what `--json` prints."""
        report = await control.ask(self.folder / "var", command, arguments)
        assert report is not None
        return report.data


@asynccontextmanager
async def serve(name: str, folder: Path, papers: Papers) -> AsyncIterator[Served]:
    """Run a new node at `{name}.localhost` and a free port until the block ends; `folder` is to be its own."""
    terminator = Terminator()
    async with terminator.listen(papers.server_context()) as public_port:
        host = f"{name}.localhost:{public_port}"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("KAIRANBAN_")},
            "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
            "KAIRANBAN_EXTRA_CA_FILE": str(papers.authority),
            "KAIRANBAN_LOG_FORMAT": "json",
        }
        await run([str(KAIRANBAN), "init", "--domain", host], folder=folder, environment=environment)
        command = [str(KAIRANBAN), "serve", "--listen", "127.0.0.1:0"]
        async with start(name, command, folder=folder, environment=environment) as program:
            listening = await program.expect(event="listening")
            address, _, port = listening["address"].removeprefix("http://").rpartition(":")
            terminator.backend = address, int(port)
            yield Served(host, folder, program)


class Loopback(httpx.AsyncHTTPTransport):
    """Goes to names below localhost as browsers do; the name service of many a system knows none of them."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


def open_browser(served: Served, papers: Papers, **headers: str) -> httpx.AsyncClient:
    """A client of a server that runs."""
    transport = Loopback(verify=papers.client_context())
    return httpx.AsyncClient(transport=transport, base_url=f"https://{served.host}", headers=headers)
