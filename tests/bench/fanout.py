"""Part 2: one boost to 500 destinations, on warm connections, and each on a new TLS connection."""

import asyncio
import json
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import trustme

from areas import compose
from areas.records import AreaRecord, Draft
from tests.bench import floors
from tests.bench.people import open_town, remote, save_people, subscribe_all
from tests.bench.results import Result, of_floor
from tests.testrig.world import Town

DESTINATIONS = 500
BOOSTS = 8
ROUNDS = 3


@asynccontextmanager
async def receivers(folder: Path, *, tls: bool) -> AsyncIterator[tuple[int, Path | None]]:
    """500 host names behind one port, in a process of its own, which answers 202."""
    job: dict[str, str] = {}
    authority_file = None
    if tls:
        authority = trustme.CA()
        authority_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(authority_file))
        leaf = authority.issue_cert(
            "*.localhost", *[f"d{number}.localhost" for number in range(DESTINATIONS)]
        )
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
        job["certificate"] = str(folder / "leaf.pem")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.receiver", json.dumps(job), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    yield port, authority_file
    process.terminate()
    await process.wait()


async def run() -> list[Result]:
    """CPU for each delivery beside: a signature, and a POST of the bare client. They take turns; the best counts."""
    results = []
    for name, tls, target in (("warm", False, "≥ 0.50 (goal 0.60)"), ("cold", True, "≥ 0.50 (goal 0.80)")):
        rounds = [await _run_once(tls=tls) for _ in range(ROUNDS)]
        sign, bare, cpu = (min(each) for each in list(zip(*rounds, strict=True))[:3])
        results.append(of_floor(f"fanout.{name}", cpu, sign + bare, target))
        results.append(Result(f"fanout.{name}_rate", max(rate for *_, rate in rounds), "deliveries/s"))
        results.append(Result(f"fanout.{name}_bare_post", bare, "µs CPU"))
    return results


async def _run_once(*, tls: bool) -> tuple[float, float, float, float]:
    """A signature, a bare POST and a delivery in microseconds, and deliveries a second."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with receivers(folder, tls=tls) as (port, authority):
            scheme = "https" if tls else "http"
            bare = await _bare(scheme, port, authority, warm=not tls)
            return floors.sign(), bare, *await _measure(folder, scheme, port, authority)


async def _measure(folder: Path, scheme: str, port: int, authority: Path | None) -> tuple[float, float]:
    """Warm: connections are kept from boost to boost. Cold: one boost, every connection is new."""
    networks = (ip_network("127.0.0.0/8"),)
    async with open_town(
        folder / "town",
        "bench.localhost",
        base_url="https://bench.localhost",
        allowed_private_networks=networks,
        extra_ca_file=authority,
    ) as town:
        area = await town.area("chitose")
        people = [remote(number, f"{scheme}://d{number}.localhost:{port}") for number in range(DESTINATIONS)]
        saved = await town.node.database.write(save_people, people, town.node.clock())
        await town.node.database.write(subscribe_all, saved, area.actor_id, town.node.clock())
        author = await town.person("hana")
        boosts = 1 if authority else BOOSTS
        if not authority:
            await _boost(town, area, author.id, "warm")
        begin, start = time.process_time(), time.perf_counter()
        for number in range(boosts):
            await _boost(town, area, author.id, f"お知らせの {number} 番目")
        sent = boosts * DESTINATIONS
        return (time.process_time() - begin) / sent * 1e6, sent / (time.perf_counter() - start)


async def _boost(town: Town, area: AreaRecord, author_id: int, text: str) -> None:
    await town.node.database.write(
        compose.publish, Draft(author_id, text, (area.actor_id,)), town.node.clock()
    )
    await town.node.worker.drain()


async def _bare(scheme: str, port: int, authority: Path | None, *, warm: bool) -> float:
    """A POST of 1 KB by aiohttp alone."""
    context = ssl.create_default_context(cafile=str(authority)) if authority else None
    resolver = _Loopback()
    connector = aiohttp.TCPConnector(resolver=resolver, limit=0, ssl=context or True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post(number: int) -> None:
            async with session.post(
                f"{scheme}://d{number}.localhost:{port}/inbox", data=b"x" * 1000
            ) as response:
                await response.read()

        async def post_all() -> None:
            for start in range(0, DESTINATIONS, 100):
                await asyncio.gather(*(post(number) for number in range(start, start + 100)))

        if warm:
            await post_all()
        rounds = BOOSTS if warm else 1
        begin = time.process_time()
        for _ in range(rounds):
            await post_all()
        return (time.process_time() - begin) / (rounds * DESTINATIONS) * 1e6


class _Loopback(aiohttp.abc.AbstractResolver):
    """All names are here."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[aiohttp.abc.ResolveResult]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing is open."""
