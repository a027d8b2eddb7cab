"""When a disk counts as full, and what is put off then."""

import io
import shutil
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from web.disk import ENOUGH, LOOK_SECONDS, Disks, is_full
from web.logs import open_log

pytestmark = pytest.mark.anyio


class Usage(NamedTuple):
    total: int
    used: int
    free: int


class Machine:
    """Whose disks are as full as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.usage = Usage(1000, 500, 500)
        self.looks = 0
        monkeypatch.setattr(shutil, "disk_usage", self._look)

    def _look(self, _path: Path) -> Usage:
        self.looks += 1
        return self.usage

    def fill(self, *, full: bool) -> None:
        self.usage = Usage(1000, 960, 40) if full else Usage(1000, 500, 500)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(1000, 949, 51), False),
        (Usage(1000, 951, 49), True),
        (Usage(1000, 900, 40), True),  # the rest is kept for root
        (Usage(100 * ENOUGH, 98 * ENOUGH, 2 * ENOUGH), False),  # a large disk has enough left
        (Usage(100 * ENOUGH, 100 * ENOUGH - 1000, 1000), True),
    ],
)
def test_less_than_a_twentieth_of_what_we_may_fill(machine: Machine, usage: Usage, expected: bool) -> None:
    machine.usage = usage
    assert is_full(Path("/")) is expected


def test_it_is_looked_at_once_a_second_and_said_once(machine: Machine) -> None:
    now, said = 0.0, io.StringIO()
    disks = Disks([Path("/a"), Path("/b")], open_log("json", said), clock=lambda: now)
    assert [disks.full for _ in range(5)] == [False] * 5
    assert machine.looks == 2
    machine.fill(full=True)
    assert not disks.full
    for _ in range(3):
        now += LOOK_SECONDS
        assert disks.full
    machine.fill(full=False)
    now += LOOK_SECONDS
    assert not disks.full
    lines = said.getvalue().splitlines()
    assert ["almost full" in line for line in lines] == [True, False]
    assert "/a" in lines[0]


async def test_what_makes_it_grow_is_put_off_and_all_else_goes_on(
    world: World, town: Town, client: httpx.AsyncClient, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = await town.area("megumino")
    peer = world.peer("mastodon.example")
    follow = peer.activity("Follow", peer.actor("ken"), "f1", area.iri)
    monkeypatch.setattr("web.disk.LOOK_SECONDS", 0.0)
    machine.fill(full=True)
    for inbox in (f"{area.iri}/inbox", f"{ORIGIN}/inbox"):
        refused = await peer.send(follow, inbox)
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    form = {"uri": area.iri, "text": "宣伝です。"}
    ours = {"origin": ORIGIN, "accept": "text/html"}
    report = await client.post("/report", data=form, headers=ours)
    assert report.status_code == 503
    assert "text/html" in report.headers["content-type"]
    app = await client.post("/api/v1/apps", data={"client_name": "x"})
    assert app.status_code == 503
    assert "error" in app.json()
    assert (await client.get("/areas/megumino")).status_code == 200
    assert (await client.post("/sign-in", data={}, headers=ours)).status_code not in (429, 503)
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["is_disk_full"]) == (200, True)
    await town.post(await town.person("hanako"), "職員はまだ書けます。足もとに気をつけてください。", area)
    machine.fill(full=False)
    assert (await peer.send(follow, f"{area.iri}/inbox")).status_code == 202
    assert (await client.post("/report", data=form, headers=ours)).status_code == 303
