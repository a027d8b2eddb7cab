"""The drill: a backup is made while the server works, the machine is lost, and the node goes on elsewhere.

It is the same node to everybody: the same ids and keys, nothing boosted under a second id, and what was answered 202
before the backup is there.
"""

import asyncio
import itertools
import json
import random
import shutil
import signal
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation import signatures
from federation.client import read_clock
from federation.signatures.keys import load_public
from tests.faults.rig import EVERYONE, IS_LONG, LONGEST, Town, count_effects
from tests.faults.test_kill import let_leases_run_out
from tests.testrig.databases import Cluster
from tests.testrig.inboxes import Inboxes
from tests.testrig.processes import ServerProcess

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(LONGEST)]

NOTES = 1000 if IS_LONG else 60
"""Before, while and after the backup is made, each."""
JSON = {"accept": "application/activity+json"}


@pytest.fixture(params=["sqlite", "postgresql"])
def second_database(request: pytest.FixtureRequest, new_database: Callable[[], str]) -> str | None:
    """Where the node is to live afterwards: the URL of an empty PostgreSQL database, or the folder's own file."""
    if request.param == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_empty()


def draw_picture() -> bytes:
    """A small PNG of noise."""
    rows = b"".join(b"\0" + random.Random(row).randbytes(96) for row in range(32))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@dataclass
class Seen:
    """What the world knows of the node."""

    documents: dict[str, Any]
    picture: bytes


async def look(town: Town, client: httpx.AsyncClient) -> Seen:
    server = town.server
    documents = {}
    for path in ("/actor", "/areas/chitose", "/people/chitose_desk", "/people/hana"):
        response = await client.get(
            f"http://127.0.0.1:{server.port}{path}", headers={**JSON, "host": server.host}
        )
        documents[path] = response.json()
    icon = documents["/people/hana"]["icon"]["url"].removeprefix(server.origin)
    picture = await town.get(client, icon)
    assert picture.status_code == 200
    return Seen(documents, picture.content)


async def send_on(town: Town, numbers: "itertools.count[int]", stop: asyncio.Event) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        while not stop.is_set():
            assert (await town.offer(client, next(numbers))).status_code == 202


def check_signature(inboxes: Inboxes, host: str, document: Any) -> None:
    """As a peer does that learned the key long ago."""
    claim = signatures.read(inboxes.last[host], now=read_clock())
    assert claim.key_id == document["publicKey"]["id"]
    signatures.verify(claim, load_public(document["publicKey"]["publicKeyPem"]))


@pytest.mark.parametrize(
    ("new_database", "second_database"),
    [("sqlite", "sqlite"), ("postgresql", "postgresql")],
    indirect=True,
    ids=["sqlite", "postgresql"],
)
async def test_the_node_goes_on_elsewhere(
    town: Town, inboxes: Inboxes, tmp_path: Path, second_database: str | None
) -> None:
    lost, file = town.server, tmp_path / "kairanban.backup"
    (tmp_path / "face.png").write_bytes(draw_picture())
    await lost.command("actor create", name="hana", kind="resident", title="はな")
    await lost.command("actor picture", name="hana", avatar=str(tmp_path / "face.png"))
    numbers, stop = itertools.count(), asyncio.Event()
    async with httpx.AsyncClient(timeout=10) as client:
        before = await look(town, client)
        senders = [asyncio.create_task(send_on(town, numbers, stop)) for _ in range(4)]
        await inboxes.wait_until(lambda: len(town.accepted) >= NOTES, 120)
        safe = set(town.accepted)
        status, said = await lost.run("backup", str(file), "--json")
        assert status == 0, said
        told = json.loads(said[said.index("{\n") :])
        assert told["bytes"] == file.stat().st_size
        await inboxes.wait_until(lambda: len(town.accepted) >= len(safe) + NOTES, 120)
        stop.set()
        await asyncio.gather(*senders)
        await lost.end(signal.SIGKILL)
        shutil.move(lost.folder, tmp_path / "lost")

        found = await put_back(town, tmp_path / "here", file, second_database)
        assert (found.folder / "secret.key").read_bytes() == (tmp_path / "lost" / "secret.key").read_bytes()
        counted = await count_effects(found.database_url)
        assert len(safe) <= counted["posts"] <= len(town.accepted)
        assert counted["posts"] == counted["placements"] == counted["boosts"] == counted["seen"] - 3

        town.server = found
        await found.start()
        try:
            after = await look(town, client)
            assert after == before
            for number in sorted(town.accepted):
                assert (await town.offer(client, number)).status_code == 202
            assert (await town.offer(client, next(numbers))).status_code == 202
            await town.until_delivered(town.accepted, bodies_may_differ=True)
            for host in EVERYONE:
                check_signature(inboxes, host, before.documents["/areas/chitose"])
            await found.end(signal.SIGTERM)
            await town.check_effects()
        finally:
            await found.end(signal.SIGKILL)


async def put_back(town: Town, folder: Path, file: Path, database_url: str | None) -> ServerProcess:
    """Restore, as an operator does on the next machine; return what is there, not yet started."""
    old = town.server
    url = database_url or f"sqlite+aiosqlite:///{folder}/var/kairanban.db"
    found = ServerProcess(old.zygote, folder, old.name, old.port, url)
    folder.mkdir()
    choice = ("--database-url", database_url) if database_url else ()
    status, said = await found.run("restore", str(file), "--to", str(folder), *choice)
    assert status == 0, said
    await let_leases_run_out(town)
    return found
