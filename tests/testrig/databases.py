"""Empty, migrated databases, quickly: a SQLite file to copy, and a PostgreSQL template in a private cluster."""

import asyncio
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path

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
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._runner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._data = self.folder / "data"
        self._run(
            "initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        self.start()
        asyncio.run(self._make_template())

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

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of database `name`."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    def new(self, _folder: Path) -> str:
        """The URL of a fresh copy of the template."""
        name = f"node{next(_names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template_kairanban")
        return self.url(name)

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside any of our code."""

        async def run() -> None:
            connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _run_apart(run)

    async def _make_template(self) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
        await connection.execute("CREATE DATABASE template_kairanban")
        await connection.close()
        await _migrate(self.url("template_kairanban"))

    def _run(self, program: str, *args: str) -> None:
        command = [*self._runner, str(_binaries() / program), *args]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


def _run_apart(function: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a coroutine function in a thread of its own: the caller may be inside an event loop."""
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(function())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


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
