"""Fixtures for all: no network but loopback, a database of each kind, one event loop library."""

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.testrig import namespace
from tests.testrig.databases import Cluster, SqliteTemplates
from tests.testrig.stock import Stock
from web import garbage
from web.database import Database, open_database

pytest_plugins = ("tests.testrig.scheduling", "tests.testrig.halving")

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free there: the databases of a whole run, a few hundred megabytes, and a browser."""

# How long an input takes to be made, or a test of one, says how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    # Nothing here shows what a disk keeps when the power fails, and thousands of databases wait for no disk.
    tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def pytest_collection_finish() -> None:
    """Ten thousand tests are no garbage, and need not be looked at again and again."""
    garbage.settle()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine. A thread in a network of its own cannot (`tests.testrig.namespace`)."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert isinstance(address, tuple)
            host = str(address[0])
            is_near = host.startswith("127.") or host in {"::1", "localhost"}
            if not is_near and not namespace.is_inside():
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _keys_in_stock() -> Iterator[None]:
    """What is made anew for each actor of this process, by chance, comes from a stock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.keys.generate_rsa", Stock().take)
        yield


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplates:
    return SqliteTemplates(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def whole_cluster() -> Iterator[Cluster]:
    """For what outlives a test."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def cluster(whole_cluster: Cluster) -> Iterator[Cluster]:
    """What a test makes in it goes with the test."""
    count = len(whole_cluster.made)
    yield whole_cluster
    whole_cluster.drop_since(count)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """The URL of another migrated, empty database, each time; of each kind."""
    source = "sqlite_templates" if request.param == "sqlite" else "cluster"
    templates: SqliteTemplates | Cluster = request.getfixturevalue(source)
    return lambda: templates.new(tmp_path)


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """A new, migrated, empty database of each kind."""
    return new_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()
