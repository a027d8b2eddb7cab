"""Real server processes: `kairanban init` and `serve` as an operator runs them, and how they die."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from web.cli import control
from web.cli.reports import Report

PROGRAM = (sys.executable, "-c", "from web.cli import main; main()")
START_SECONDS = 60
ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ServerProcess:
    """A node of its own in `folder`, on a loopback name over plain HTTP."""

    folder: Path
    name: str
    port: int
    database_url: str
    process: asyncio.subprocess.Process | None = None
    is_running: bool = False

    @property
    def host(self) -> str:
        return f"{self.name}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("KAIRANBAN_")}
        return {
            **kept,
            "KAIRANBAN_CONFIG": str(self.folder / "kairanban.toml"),
            "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
            "KAIRANBAN_LISTEN": f"127.0.0.1:{self.port}",
            "KAIRANBAN_LOG_FORMAT": "json",
        }

    async def init(self) -> None:
        """Make configuration, secret and database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = self.environment()
        del environment["KAIRANBAN_CONFIG"]
        done = await asyncio.create_subprocess_exec(
            *PROGRAM,
            "init",
            "--domain",
            self.host,
            "--base-url",
            self.origin,
            "--database-url",
            self.database_url,
            cwd=self.folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await done.communicate()
        assert done.returncode == 0, output.decode()

    async def start(self) -> None:
        """Start, and return when it accepts connections."""
        if self.process is None:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.testrig.zygote",
                str(self.folder / "server.log"),
                cwd=ROOT,
                env=self.environment(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        await self._tell("start")
        self.is_running = True
        async with asyncio.timeout(START_SECONDS):
            while not await self._accepts():
                await asyncio.sleep(0.005)

    async def _tell(self, command: str) -> int:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n".encode())
        await self.process.stdin.drain()
        return int(await self.process.stdout.readline())

    async def _accepts(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, wait for the end, return the exit status (negative = a signal)."""
        if not self.is_running:
            return 0
        self.is_running = False
        return await self._tell(f"end {int(number)}")

    async def close(self) -> None:
        """End everything."""
        await self.end()
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            await self.process.wait()

    async def command(self, command: str, /, **arguments: object) -> Report:
        """Let the running server do a command."""
        report = await control.ask(self.folder / "var", command, arguments)
        assert report is not None, self.log()[-3000:]
        return report

    def log(self) -> str:
        """Everything it said."""
        return (self.folder / "server.log").read_text(encoding="utf-8")
