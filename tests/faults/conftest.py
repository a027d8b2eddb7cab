"""What every fault needs: something to break, and other servers that watch."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Town, open_town
from tests.testrig.inboxes import Inboxes, open_inboxes
from tests.testrig.processes import Zygote
from tests.testrig.world import World, open_world


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
async def inboxes() -> AsyncIterator[Inboxes]:
    async with open_inboxes() as opened:
        yield opened


@pytest.fixture
async def town(
    zygote: Zygote, inboxes: Inboxes, tmp_path: Path, new_database: Callable[[], str]
) -> AsyncIterator[Town]:
    """A real server with one area and three followers, on each kind of database."""
    async with open_town(zygote, inboxes, tmp_path / "node", new_database()) as opened:
        yield opened


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Nodes in this process, on a network and a clock of the test's own."""
    async with open_world(tmp_path) as opened:
        yield opened
