"""The ways in: the bare server over plain HTTP, and nginx before it as docs/nginx.conf has it."""

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.rig.wire import Connection
from tests.testrig.papers import Papers
from tests.testrig.programs import start

SITE = Path(__file__).parent.parent.parent.parent / "docs" / "nginx.conf"
LONGEST_LINE = 1 << 20
_PERIOD = 0.01


@dataclass(frozen=True)
class Front:
    """Where requests go in."""

    name: str
    address: tuple[str, int]
    host: str
    tls: ssl.SSLContext | None = None

    async def connect(self, source: str | None = None) -> Connection:
        """Open a connection, from an address of one's own where one is given."""
        opened = await asyncio.open_connection(
            *self.address,
            ssl=self.tls,
            server_hostname=self.host if self.tls else None,
            local_addr=(source, 0) if source else None,
            limit=LONGEST_LINE,
        )
        return Connection(*opened)

    async def wait(self) -> None:
        """Until it accepts connections."""
        while True:
            try:
                (await self.connect()).close()
            except OSError:
                await asyncio.sleep(_PERIOD)
            else:
                return


def has_nginx() -> bool:
    """Whether it is installed (tests/setup.sh does it)."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None


@asynccontextmanager
async def run_nginx(
    front: Front, upstream: tuple[str, int], papers: Papers, folder: Path
) -> AsyncIterator[None]:
    """Run nginx with the site that we ship, for the host and address of `front`, until the block ends."""
    folder.mkdir()
    (folder / "site.conf").write_text(_localise(front, upstream, papers), encoding="utf-8")
    (folder / "nginx.conf").write_text(_surround(folder), encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    async with start("nginx", command, folder=folder, environment=os.environ):
        await front.wait()
        yield


def _localise(front: Front, upstream: tuple[str, int], papers: Papers) -> str:
    """The site with the names of this run in it; each of them must be there to be replaced."""
    certificate = "/etc/letsencrypt/live/kairanban.example.jp"
    text = SITE.read_text(encoding="utf-8")
    for old, new in (
        (f"{certificate}/fullchain.pem", str(papers.certificate)),
        (f"{certificate}/privkey.pem", str(papers.key)),
        ("listen 443 ssl", f"listen {front.address[0]}:{front.address[1]} ssl"),
        ("server_name kairanban.example.jp", f"server_name {front.host}"),
        ("server 127.0.0.1:8000", f"server {upstream[0]}:{upstream[1]}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


def _surround(folder: Path) -> str:
    """What Debian's nginx.conf has around a site, in a folder of our own."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"  {kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"daemon off;\n{user}\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr crit;\n"
        f"events {{ worker_connections 2048; }}\n"
        f"http {{\n  access_log off;\n{temporary}\n  include {folder}/site.conf;\n}}\n"
    )
