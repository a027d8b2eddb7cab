"""What the suite must know of a server beyond ActivityPub: how to read a timeline, to post, to find its complaints."""

import asyncio
import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

TRACEBACKS = ("Traceback (most recent call last)", "panicked at", "goroutine 1 [running]")
"""How programs say in their logs that they have failed; ours, and others'."""


class Adapter(Protocol):
    """A server under test."""

    @property
    def area(self) -> str:
        """The id of the actor that posts name: a group that boosts, or a person."""

    @property
    def boosts(self) -> bool:
        """Whether the area announces what it takes; else the timeline alone shows that something was taken."""

    async def timeline(self) -> list[str]:
        """The ids of the posts that readers see now, newest first."""

    async def post(self, text: str) -> str:
        """Let a local author write a public post to the area, and return its id."""

    async def token(self, name: str, scopes: str) -> str:
        """An access token of the client API for a resident of that name, who is made where there is none."""

    async def complaints(self) -> list[str]:
        """What in its log says that the server itself failed."""

    def move_clock(self, ahead: float) -> bool:
        """Let the server's clock be so many seconds ahead of this machine's, if that can be done."""

    def processor(self) -> float | None:
        """Seconds of processor time that its process and those it has ended used, where that can be known."""

    def memory(self) -> int | None:
        """Bytes that its process occupies, where that can be known."""

    def peak(self, *, reset: bool = False) -> int | None:
        """The most that it has occupied since the last reset."""


class Process:
    """What a process on this machine has used."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid

    def processor(self) -> float | None:
        """Seconds of user and system time, with those of its children that have ended (proc(5), stat)."""
        if self._pid is None:
            return None
        fields = Path(f"/proc/{self._pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int | None:
        """Bytes that are occupied."""
        return self._read("VmRSS")

    def peak(self, *, reset: bool = False) -> int | None:
        """The most that were occupied since the last reset (proc(5), clear_refs)."""
        if reset and self._pid is not None:
            Path(f"/proc/{self._pid}/clear_refs").write_text("5", encoding="utf-8")
        return self._read("VmHWM")

    def _read(self, field: str) -> int | None:
        if self._pid is None:
            return None
        for line in Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        return None


@dataclass(frozen=True)
class Outside:
    """A server that somebody else started, described in a TOML file (docs/attacks.md)."""

    area: str
    address: tuple[str, int]
    tls: bool
    timeline_command: list[str]
    post_command: list[str]
    token_command: list[str]
    log: Path | None
    pid: int | None
    boosts: bool
    peers: dict[str, tuple[str, str]]
    authority: Path

    async def timeline(self) -> list[str]:
        """What the command prints, an id a line."""
        return (await _run(self.timeline_command)).split()

    async def post(self, text: str) -> str:
        """What the command prints, given the text as its last argument."""
        return (await _run([*self.post_command, text])).strip()

    async def token(self, name: str, scopes: str) -> str:
        """What the command prints, given name and scopes; without one, the row is skipped."""
        if not self.token_command:
            pytest.skip("needs residents who use the client API")
        return (await _run([*self.token_command, name, scopes])).strip()

    async def complaints(self) -> list[str]:
        """Lines of the log."""
        if self.log is None:
            return []
        return find_tracebacks(self.log.read_text(encoding="utf-8", errors="replace").splitlines())

    def move_clock(self, ahead: float) -> bool:
        """Not somebody else's."""
        return not ahead

    def processor(self) -> float | None:
        """Of the process that the file names."""
        return Process(self.pid).processor()

    def memory(self) -> int | None:
        """Of the process that the file names."""
        return Process(self.pid).memory()

    def peak(self, *, reset: bool = False) -> int | None:
        """Of the process that the file names."""
        return Process(self.pid).peak(reset=reset)


def find_tracebacks(lines: list[str]) -> list[str]:
    """The lines that begin one, each with what follows."""
    found = [number for number, line in enumerate(lines) if any(mark in line for mark in TRACEBACKS)]
    return ["\n".join(lines[number : number + 40]) for number in found]


def load_outside(file: Path) -> Outside:
    """Read the description; raises `KeyError` where something is missing."""
    given: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    host, _, port = given["address"].rpartition(":")
    return Outside(
        area=given["area"],
        address=(host, int(port)),
        tls=given.get("tls", True),
        timeline_command=given["timeline"],
        post_command=given.get("post", ["false"]),
        token_command=given.get("token", []),
        log=Path(given["log"]) if "log" in given else None,
        pid=given.get("pid"),
        boosts=given.get("boosts", True),
        peers={name: (peer["host"], peer["address"]) for name, peer in given["peers"].items()},
        authority=Path(given["authority"]),
    )


async def _run(command: list[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ
    )
    output, complaints = await process.communicate()
    if process.returncode:
        raise AssertionError(f"{json.dumps(command)}: {complaints.decode()}")
    return output.decode()
