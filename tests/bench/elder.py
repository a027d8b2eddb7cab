"""Towns that have been there for some time, filled once for all parts of a run, and left when it ends."""

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from actors.records import ActorRecord
from areas.records import AreaRecord
from tests.bench.bulk import open_bulk
from tests.bench.people import open_town, remote, save_people
from tests.bench.stock import Cast, write_personal, write_posts
from tests.testrig.databases import Cluster
from tests.testrig.world import Town

HOST = "bench.example"


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are of each; what a page costs depends on it, and on nothing else."""

    areas: int = 20
    authors: int = 500
    residents: int = 30


TOWN = Crowd()


@dataclass(frozen=True, slots=True)
class Elder:
    """An open town with its past."""

    town: Town
    areas: tuple[AreaRecord, ...]
    residents: tuple[ActorRecord, ...]


@asynccontextmanager
async def open_elder(
    folder: Path, url: str | None, count: int, *, words: bool, crowd: Crowd = TOWN
) -> AsyncIterator[Elder]:
    """A town with `count` posts, of which the public ones in areas can be found if there are `words`."""
    async with open_town(folder, HOST, url) as town:
        areas = tuple([await town.area(f"area{number}") for number in range(crowd.areas)])
        residents = tuple([await town.person(f"resident{number}") for number in range(crowd.residents)])
        cast = Cast(
            areas=tuple((area.actor_id, area.iri) for area in areas),
            authors=await _save_authors(town, crowd.authors),
            residents=tuple(each.id for each in residents),
        )
        async with open_bulk(town.node.settings.database_url) as bulk:
            for table, rows in write_personal(cast, town.clock()).items():
                await bulk.load(table, rows)
            for chunk in write_posts(cast, count, town.clock()):
                for table, rows in chunk.rows.items():
                    await bulk.load(table, rows)
                if words:
                    await bulk.load_words(chunk.words)
        yield Elder(town, areas, residents)


class Towns:
    """Each town is filled once, on either kind of database, and kept for the parts that come later."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._towns: dict[tuple[int, str], Elder] = {}

    async def find(self, count: int, kind: str = "sqlite") -> Elder:
        """The town of `count` posts."""
        found = self._towns.get((count, kind))
        if found is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            url = None if kind == "sqlite" else await asyncio.to_thread(self._create)
            opening = open_elder(folder / "town", url, count, words=True)
            found = self._towns[count, kind] = await self._stack.enter_async_context(opening)
        return found

    def _create(self) -> str:
        """A database in a private cluster."""
        cluster = Cluster()
        self._stack.callback(cluster.remove)
        return cluster.new(Path())


async def _save_authors(town: Town, count: int) -> tuple[int, ...]:
    people = [
        dataclasses.replace(remote(number, f"https://s{number % 100}.example"), indexable=True)
        for number in range(count)
    ]
    saved = [
        each
        for start in range(0, count, 200)
        for each in await town.write(save_people, people[start : start + 200], town.clock())
    ]
    return tuple(each.id for each in saved)
