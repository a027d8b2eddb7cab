"""Empty, migrated databases, quickly: a SQLite file to copy, and a PostgreSQL template in a private cluster."""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg

from web.database import open_database

_names = itertools.count(1)


class SqliteTemplates:
    """One migrated file, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        asyncio.run(_migrate(f"sqlite+aiosqlite:///{self.template}"))

    def new(self, folder: Path) -> str:
        """The URL of a fresh copy in `folder`."""
        path = folder / f"node{next(_names)}.db"
        shutil.copy(self.template, path)
        return f"sqlite+aiosqlite:///{path}"


class Cluster:
    """A private PostgreSQL of Debian's `postgresql`, on a Unix socket of its own, without fsync."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kairanban-pg-"))
        self._runner: list[str] = []
        self.made: list[str] = []
        """The names of its databases."""
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._runner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._data = self.folder / "data"
        self._run(
            "initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        self._superuser = ThreadPoolExecutor(1, "superuser")
        """A thread with a loop: whoever asks may be inside another."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: Any = None
        self.start()
        self.execute("CREATE DATABASE template_kairanban")
        asyncio.run(_migrate(self.url("template_kairanban")))

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off "
            "-c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB"
        )
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop now."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def freeze(self, *, thaw: bool = False) -> None:
        """Let every process of it stand still, so that it neither answers nor hangs up."""
        first = int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        for pid in (first, *_find_children(first)):
            os.kill(pid, signal.SIGCONT if thaw else signal.SIGSTOP)

    def remove(self) -> None:
        """Stop and delete everything."""
        self._superuser.submit(self._hang_up).result()
        self._superuser.shutdown()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of database `name`."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    def new(self, _folder: Path) -> str:
        """The URL of a fresh copy of the template."""
        return self._create(f"node{next(_names)}", "TEMPLATE template_kairanban STRATEGY FILE_COPY")

    def new_empty(self) -> str:
        """The URL of a database without any table."""
        return self._create(f"empty{next(_names)}", "")

    def drop_since(self, count: int) -> None:
        """Forget all but its first `count` databases: each takes some ten megabytes."""
        while len(self.made) > count:
            self.execute(f"DROP DATABASE {self.made.pop()} WITH (FORCE)")

    def _create(self, name: str, how: str) -> str:
        self.execute(f"CREATE DATABASE {name} {how}")
        self.made.append(name)
        return self.url(name)

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside any of our code and any loop."""
        self._superuser.submit(self._execute, statement).result()

    def _execute(self, statement: str) -> None:
        self._loop = self._loop or asyncio.new_event_loop()
        self._loop.run_until_complete(self._execute_connected(statement))

    def _hang_up(self) -> None:
        if self._loop is not None and self._connection is not None:
            self._connection.terminate()
            self._loop.run_until_complete(asyncio.sleep(0))  # the socket is closed in the loop's next turn
            self._loop.close()

    async def _execute_connected(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                host=str(self.folder), user="postgres", database="postgres"
            )
        await self._connection.execute(statement)

    def _run(self, program: str, *args: str) -> None:
        command = [*self._runner, str(_binaries() / program), *args]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


def _find_children(parent: int) -> list[int]:
    """The processes that `parent` has started and that still run."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(pid) for pid in found.split()]


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql (tests/setup.sh does it)")
    return Path(on_path).parent


async def _migrate(url: str) -> None:
    database = await open_database(url)
    await database.close()
