"""H37, H38: what no release and no start gets past: known faults, secrets in the open, settings that are guesses."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.testrig.processes import Zygote, free_port
from tests.testrig.zygote import Order

ROOT = Path(__file__).parent.parent.parent
SECONDS = 40


class Advisories(BaseHTTPRequestHandler):
    """Answers as OSV does (https://google.github.io/osv.dev/post-v1-query/): one project has a fault."""

    faulty = ""

    def do_POST(self) -> None:
        """Say what is known of a project."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        fault = {
            "id": "PYSEC-0000-1",
            "affected": [
                {"package": {"name": self.faulty, "ecosystem": "PyPI"}, "ranges": [], "versions": []}
            ],
            "summary": "a fault",
        }
        found: Any = {"vulns": [fault]} if asked["package"]["name"] == self.faulty else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def advisories(faulty: str) -> Iterator[str]:
    """The address of somebody who knows of a fault in a project."""
    handler = type("Known", (Advisories,), {"faulty": faulty})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audit(url: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = " ".join(["-s osv", f"--osv-url {url}", *more])
    command = ["make", "--no-print-directory", "audit", f"ARGS={words}", f"VENV={Path(sys.prefix)}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)


def test_H37_known_faults() -> None:
    """`make audit` ends well where nothing is known of what is locked, and fails where something is."""
    with advisories("nothing-of-ours") as url:
        well = audit(url)
    assert well.returncode == 0, well.stderr
    assert "0 known faults" in well.stdout
    with advisories("starlette") as url:
        ill = audit(url, "--unless-offline")
    assert ill.returncode != 0
    assert "PYSEC-0000-1" in ill.stdout
    nowhere = f"http://127.0.0.1:{free_port()}/"
    assert audit(nowhere).returncode != 0
    offline = audit(nowhere, "--unless-offline")
    assert (offline.returncode, "NOT AUDITED" in offline.stderr) == (0, True)
    assert "\nmake audit" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-fuzz.lock")
SECRETS = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[baprs]-[A-Za-z0-9-]{20,}|\bsk_live_[A-Za-z0-9]{20,}"
)


def test_what_is_committed_has_no_secret_and_locks_everything() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        assert SECRETS.search(text) is None, name
    for lock in LOCKS:
        entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8").strip())
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries), lock


Change = Callable[[Path], dict[str, str]]


def change_file(name: str, *, mode: int | None = None, content: bytes | None = None) -> Change:
    def change(folder: Path) -> dict[str, str]:
        if content is not None:
            (folder / name).write_bytes(content)
        if mode is not None:
            (folder / name).chmod(mode)
        return {}

    return change


def set_variable(name: str, value: str) -> Change:
    return lambda _folder: {name: value}


def add_line(line: str) -> Change:
    def change(folder: Path) -> dict[str, str]:
        with (folder / "kairanban.toml").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        return {}

    return change


SECRET, CONFIG = "secret.key", "kairanban.toml"
MISTAKES: dict[str, tuple[Change, str]] = {
    "a configuration that everybody reads": (change_file(CONFIG, mode=0o644), "kairanban.toml"),
    "a secret that everybody reads": (change_file(SECRET, mode=0o644), "secret_key_file"),
    "a secret that the group reads": (change_file(SECRET, mode=0o640), "secret_key_file"),
    "an empty secret": (change_file(SECRET, content=b""), "secret_key_file"),
    "a short secret": (change_file(SECRET, content=b"0123456789abcdef"), "secret_key_file"),
    "a placeholder": (change_file(SECRET, content=b"changeme" * 8), "secret_key_file"),
    "zeros": (change_file(SECRET, content=bytes(64)), "secret_key_file"),
    "debugging": (set_variable("KAIRANBAN_DEBUG", "1"), "KAIRANBAN_DEBUG"),
    "debugging in the file": (add_line("debug = 'true'"), "debug"),
    "private networks on a public name": (
        set_variable("KAIRANBAN_ALLOWED_PRIVATE_NETWORKS", "10.0.0.0/8"),
        "KAIRANBAN_ALLOWED_PRIVATE_NETWORKS",
    ),
    "plain http on a public name": (
        set_variable("KAIRANBAN_BASE_URL", "http://machi.jp"),
        "KAIRANBAN_BASE_URL",
    ),
}


@dataclass(frozen=True)
class Starter:
    """Runs `kairanban` in a folder; each run is a process of its own."""

    zygote: Zygote

    async def run(self, folder: Path, variables: dict[str, str], *words: str) -> tuple[int, str]:
        """The exit status, and what was said; -1 where it runs on."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KAIRANBAN_")}
        output = folder / "said"
        child = await self.zygote.start(Order(list(words), str(folder), {**kept, **variables}, str(output)))
        try:
            status = await asyncio.wait_for(
                asyncio.shield(waiting := asyncio.ensure_future(child.wait())), SECONDS
            )
        except TimeoutError:
            os.kill(child.pid, signal.SIGKILL)
            await waiting
            status = -1
        return status, output.read_text(encoding="utf-8")


@pytest.mark.anyio
async def test_H38_no_start(tmp_path: Path) -> None:
    """One clear line that names the thing, no trace, no server; what `init` wrote is for its owner alone."""
    starter, node = Starter(Zygote()), tmp_path / "node"
    node.mkdir()
    try:
        assert (await starter.run(node, {}, "init", "--domain", "machi.jp"))[0] == 0
        for name in (SECRET, CONFIG):
            assert (node / name).stat().st_mode & 0o077 == 0, name
        for number, (name, (change, named)) in enumerate(MISTAKES.items()):
            folder = tmp_path / str(number)
            shutil.copytree(node, folder)
            (folder / "said").unlink()
            status, said = await starter.run(folder, change(folder), "serve", "--listen", "127.0.0.1:0")
            assert status > 0, (name, said)
            assert named in said, (name, said)
            assert "Traceback" not in said, name
            assert len(said.strip().splitlines()) == 1, (name, said)
            assert "changeme" not in said
    finally:
        starter.zygote.close()
