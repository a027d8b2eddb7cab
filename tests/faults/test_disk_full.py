"""A disk fills up under a running server: nothing is promised that is not kept, and it goes on when there is room."""

import resource
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from federation.errors import Fault
from tests.faults.places import Disk, can_mount, mount
from tests.faults.rig import LATER, LONGEST, Town, open_town, until
from tests.testrig.inboxes import Inboxes
from tests.testrig.processes import Zygote

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(LONGEST)]

LETTERS = 3000
NOTES = 12


@pytest.fixture
async def disk_and_town(zygote: Zygote, inboxes: Inboxes, tmp_path: Path) -> AsyncIterator[tuple[Disk, Town]]:
    """A server whose folder is on a disk of its own."""
    if not can_mount():
        pytest.skip("only root can mount a small disk")
    with mount(tmp_path / "disk", 64 * 1024) as disk:
        url = f"sqlite+aiosqlite:///{disk.path}/node/var/kairanban.db"
        async with open_town(zygote, inboxes, disk.path / "node", url) as town:
            yield disk, town


async def test_at_95_percent_an_inbox_says_later_and_at_100_nothing_breaks(
    disk_and_town: tuple[Disk, Town], inboxes: Inboxes
) -> None:
    disk, town = disk_and_town
    await town.server.command("actor create", name="hana", kind="resident", title="はな")
    async with httpx.AsyncClient(timeout=10) as client:
        assert (await town.offer(client, 0)).status_code == 202
        ballast = disk.fill(leave=2 << 20)  # of 64: 97 % are used

        async def is_put_off() -> bool:
            return bool((await town.get(client, "/readyz")).json()["is_disk_full"])

        await until(is_put_off)
        await check_refused(town, client)
        # Staff goes on, and delivery.
        await town.server.command(
            "post", author="hana", area="chitose", text="避難所をひらきました。どうぞ。"
        )
        await inboxes.wait_until(lambda: len(inboxes.received["f1"]) >= 2, 60)

        ballast.unlink()
        ballast = disk.fill(leave=0)
        await check_refused(town, client)
        with pytest.raises(Fault, match=r"full|I/O"):
            await post_on(town)
        await check_refused(town, client)

        ballast.unlink()

        async def is_taken() -> bool:
            return (await town.offer(client, 1)).status_code == 202

        await until(is_taken)
        for number in range(2, NOTES):
            assert (await town.offer(client, number, LETTERS)).status_code == 202
        await town.until_delivered(range(NOTES))
    assert await town.server.end(signal.SIGTERM) == 0
    town.check_integrity()


async def post_on(town: Town) -> None:
    """Write until it cannot be kept any more."""
    while True:
        await town.server.command("post", author="hana", area="chitose", text="満杯でも、こわれません。")


async def check_refused(town: Town, client: httpx.AsyncClient) -> None:
    for number in range(1, 5):
        assert (await town.offer(client, number)).status_code == LATER
    assert (await town.send_form(client)).status_code == 503
    assert (await town.get(client, "/areas/chitose")).status_code == 200
    assert (await town.get(client, "/healthz")).status_code == 200


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
async def test_a_disk_that_refuses_to_write(town: Town) -> None:
    """As a quota, or a disk that fails: SQLite calls it an I/O error, and no mark has warned."""
    path = Path(town.server.database_url.removeprefix("sqlite+aiosqlite:///"))
    child = town.server.child
    assert child is not None
    async with httpx.AsyncClient(timeout=10) as client:
        assert (await town.offer(client, 0)).status_code == 202
        largest = max(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
        unlimited = resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        number = 1
        while (await town.offer(client, number, LETTERS)).status_code == 202:
            number += 1
        assert (await town.offer(client, number, LETTERS)).status_code == LATER
        assert (await town.get(client, "/areas/chitose")).status_code == 200
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, unlimited)
        for each in range(number, number + NOTES):
            assert (await town.offer(client, each, LETTERS)).status_code == 202
        await town.until_delivered(range(number + NOTES))
    assert await town.server.end(signal.SIGTERM) == 0
    await town.check_effects()
    town.check_integrity()
