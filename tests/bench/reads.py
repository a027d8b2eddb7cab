"""Part 5: documents beside a bare Starlette, and pages of timelines in a young town and in one of a million posts."""

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from areas.ids import first_at
from areas.lists.synthetic import SLOTS
from federation.vocabulary import Millis
from tests.bench.clocks import find_servers
from tests.bench.elder import HOST, Elder, Towns
from tests.bench.people import open_town
from tests.bench.results import Result
from tests.bench.serving import load, request, serve
from web.app import create_app
from web.cli import run_command

DOCUMENTS, WARM = 4_000, 200
SIZES = (10_000, 1_000_000)
PAGES, READERS, ROUNDS = 12, 30, 5
"""Pages that each reader asks for: every second is the first one, the others lie within the last days."""
DAYS = 5

ACTIVITY = {"Accept": "application/activity+json"}


async def run(towns: Towns) -> list[Result]:
    """CPU for each request of this process, which is the whole server."""
    results = await _measure_documents()
    bare = results[0].value
    for kind in ("sqlite", "postgresql"):
        for name, costs in (await _measure_pages([await towns.find(count, kind) for count in SIZES])).items():
            results += _show_pages(f"reads.{kind}.{name}", costs, bare)
    return results


def _show_pages(name: str, costs: Sequence[float], bare: float) -> Iterator[Result]:
    """The figures of one timeline, by size of the town; and what the old one costs more."""
    for count, cost in zip(SIZES, costs, strict=True):
        yield Result(f"{name}_{count}", cost, "µs CPU", bare, cost / bare, "≤ 4000, ratio ≤ 60")
    young, old = costs
    yield Result(f"{name}_growth", old / young, "times", young, old / young, "ratio ≤ 1.3")


# Documents


async def _measure_documents() -> list[Result]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with open_town(folder / "town", HOST) as town:
            area, author = await town.area("chitose"), await town.person("hana")
            post, _ = await town.post(author, "駅前の除雪が入りました。歩道はまだ狭いです。", area)
            targets = {
                "actor": author.iri,
                "area": area.iri,
                "webfinger": f"https://{HOST}/.well-known/webfinger?resource=acct:hana@{HOST}",
                "object": post.iri,
            }
            async with serve(create_app(town.node)) as port:
                costs = {
                    name: await _cost_of(port, folder, iri.removeprefix(f"https://{HOST}"))
                    for name, iri in targets.items()
                }
        bare = await _bare(folder)
    return [
        Result("reads.bare", bare, "µs CPU"),
        *(Result(f"reads.{name}", cpu, "µs CPU", bare, bare / cpu, "≥ 0.70") for name, cpu in costs.items()),
    ]


async def _cost_of(port: int, folder: Path, target: str) -> float:
    """The best of three rounds, since others use the machine too."""
    asked = request("GET", HOST, target, ACTIVITY, b"")
    await _load(port, folder, [asked] * WARM)
    return min([await _load(port, folder, [asked] * (DOCUMENTS // 3)) for _ in range(3)])


async def _load(port: int, folder: Path, requests: list[bytes], servers: Sequence[int] = ()) -> float:
    done = await load(port, requests, folder / "requests", servers=servers)
    assert set(done.statuses) == {"200"}, done.statuses
    return done.cpu


async def _bare(folder: Path) -> float:
    """A document of the same size from memory."""
    body = b"x" * 2_000

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/activity+json")

    async with serve(Starlette(routes=[Route("/people/{username}", answer)])) as port:
        return await _cost_of(port, folder, "/people/hana")


# Timelines


@dataclass(frozen=True, slots=True)
class _Reader:
    """A resident's header, and the number of an area that she follows."""

    headers: dict[str, str]
    list_id: int


async def _measure_pages(elders: Sequence[Elder]) -> dict[str, list[float]]:
    """By name of the timeline, for each town. They take turns, so that what others do meets all of them."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        halls = [await _open_hall(stack, elder) for elder in elders]
        found = {}
        for name, target in TIMELINES.items():
            rounds = [[await hall.ask(folder, target, seed) for hall in halls] for seed in range(ROUNDS)]
            found[name] = [min(costs) for costs in zip(*rounds[1:], strict=True)]
        return found


@dataclass(frozen=True, slots=True)
class _Hall:
    """A town that is served, and those who read in it."""

    elder: Elder
    readers: list[_Reader]
    port: int

    async def ask(self, folder: Path, target: Callable[[_Reader], str], seed: int) -> float:
        """CPU for one page, the database's own included."""
        town = self.elder.town
        servers = await town.read(find_servers)
        asked = list(_ask_for_pages(self.readers, target, town.clock(), seed))
        return await _load(self.port, folder, asked, servers)


async def _open_hall(stack: AsyncExitStack, elder: Elder) -> _Hall:
    readers = [await _let_in(elder, number) for number in range(READERS)]
    return _Hall(elder, readers, await stack.enter_async_context(serve(create_app(elder.town.node))))


TIMELINES: dict[str, Callable[[_Reader], str]] = {
    "home": lambda _: "home",
    "area": lambda reader: f"list/{reader.list_id}",
    "local": lambda _: "public?local=true",
    "public": lambda _: "public",
}


async def _let_in(elder: Elder, number: int) -> _Reader:
    report = await run_command(elder.town.node, "token create", {"name": f"resident{number}"})
    area = elder.areas[number % len(elder.areas)]
    return _Reader({"Authorization": f"Bearer {report.data['token']}"}, area.number * SLOTS)


def _ask_for_pages(
    readers: list[_Reader], target: Callable[[_Reader], str], now: Millis, seed: int
) -> Iterator[bytes]:
    chance = random.Random(seed)
    for number in range(PAGES // 4 * 2):
        for reader in readers:
            path = f"/api/v1/timelines/{target(reader)}"
            if number % 2:
                before = first_at(Millis(now - chance.randrange(DAYS * 86_400_000)))
                path += f"{'&' if '?' in path else '?'}max_id={before}"
            yield request("GET", HOST, path, reader.headers, b"")
