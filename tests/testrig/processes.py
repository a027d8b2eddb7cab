"""Real server processes: `kairanban init` and `serve` as an operator runs them, and how they die."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.testrig.zygote import Order
from web.cli import control
from web.cli.reports import Report

START_SECONDS = 60
END_SECONDS = 60
ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Zygote:
    """One for all tests of a process: what forks the program."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kairanban-zygote-")
        self._path = f"{self._folder.name}/socket"
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.testrig.zygote", self._path),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    async def start(self, order: Order) -> "Child":
        """Run the program."""
        reader, writer = await asyncio.open_unix_connection(self._path)
        writer.write(order.encode())
        return Child(int(await reader.readline()), reader, writer)

    def close(self) -> None:
        """End it, and whatever still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        self._folder.cleanup()


@dataclass
class Child:
    """A run of the program."""

    pid: int
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def wait(self) -> int:
        """Return the exit status (negative = a signal)."""
        status = int(await self._reader.readline())
        self._writer.close()
        return status

    async def end(self, number: int) -> int:
        """Send a signal, and wait for the end."""
        os.kill(self.pid, number)
        async with asyncio.timeout(END_SECONDS):
            return await self.wait()


@dataclass
class ServerProcess:
    """A node of its own in `folder`, on a loopback name over plain HTTP.

    `skew`, `max_file` and `dies_at` are what the next process gets (see `zygote.Order`); `settings` are more variables.
    """

    zygote: Zygote
    folder: Path
    name: str
    port: int
    database_url: str
    skew: float = 0.0
    max_file: int | None = None
    dies_at: int | None = None
    settings: dict[str, str] = field(default_factory=dict)
    child: Child | None = None

    @property
    def host(self) -> str:
        return f"{self.name}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def data_dir(self) -> Path:
        return self.folder / "var"

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("KAIRANBAN_")}
        return {
            **kept,
            "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
            "KAIRANBAN_LISTEN": f"127.0.0.1:{self.port}",
            "KAIRANBAN_LOG_FORMAT": "json",
            **self.settings,
        }

    def _order(self, *arguments: str, output: str) -> Order:
        return Order(
            arguments=list(arguments),
            folder=str(self.folder),
            environment=self.environment(),
            output=str(self.folder / output),
            skew=self.skew,
            max_file=self.max_file,
            dies_at=self.dies_at,
        )

    async def init(self) -> None:
        """Make configuration, secret and database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arguments = ("--domain", self.host, "--base-url", self.origin, "--database-url", self.database_url)
        status, output = await self.run("init", *arguments)
        assert status == 0, output

    def configure(self) -> None:
        """Make configuration and secret alone, for a database that is there."""
        self.data_dir.mkdir(parents=True)
        secret = self.data_dir / "secret.key"
        secret.write_bytes(secrets.token_bytes(48))
        secret.chmod(0o600)
        lines = (
            f'domain = "{self.host}"',
            f'base_url = "{self.origin}"',
            f'database_url = "{self.database_url}"',
        )
        path = self.folder / "kairanban.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        path.chmod(0o600)

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end in a process of its own; return its exit status and what it said."""
        output = self.folder / "command.log"
        output.unlink(missing_ok=True)
        child = await self.zygote.start(self._order(*arguments, output=output.name))
        async with asyncio.timeout(END_SECONDS):
            status = await child.wait()
        return status, output.read_text(encoding="utf-8")

    async def start(self, *, accepts: bool = True) -> None:
        """Start, and return when it accepts connections."""
        self.child = await self.zygote.start(self._order("serve", output="server.log"))
        if not accepts:
            return
        async with asyncio.timeout(START_SECONDS):
            while not await self._accepts():
                await asyncio.sleep(0.005)

    async def _accepts(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, wait for the end, return the exit status (negative = a signal)."""
        if self.child is None:
            return 0
        child, self.child = self.child, None
        return await child.end(number)

    async def command(self, command: str, /, **arguments: object) -> Report:
        """Let the running server do a command."""
        report = await control.ask(self.data_dir, command, arguments)
        assert report is not None, self.log()[-3000:]
        return report

    def log(self) -> str:
        """Everything it said."""
        return (self.folder / "server.log").read_text(encoding="utf-8")
