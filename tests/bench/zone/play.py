"""A whole run: towns agree, days go by, all heals, everything is looked at."""

import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.zone.geography import list_places
from tests.bench.zone.judge import find_differences, find_other_readings, see
from tests.bench.zone.people import DAY, People
from tests.bench.zone.region import Region
from tests.bench.zone.size import Size
from tests.bench.zone.tally import Tally
from tests.bench.zone.weather import HOUR, Weather, forecast
from tests.testrig.databases import SqliteTemplates
from tests.testrig.world import QUIET, World

MEMORY: Final = Path("/dev/shm")
LONGEST_HEALING: Final = 48
"""Hours after which what differs is called divergence; nothing waits longer than half a day for its next try."""
LOOK_EVERY: Final = 2 * HOUR

Say = Callable[[str], None]


@dataclass
class Play:
    """A region with its people, and what was seen of them on the way."""

    size: Size
    region: Region
    people: People
    say: Say
    begin: int = 0
    differences: list[tuple[int, int]] = field(default_factory=list)
    """Times, and how many posts are other than they are meant just then."""
    healed: int | None = None
    wrong: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0

    async def run(self) -> None:
        """Days of posts, then quiet until all is whole."""
        began = time.monotonic()
        self._plan()
        end = self.begin + self.size.days * DAY
        for at in range(self.begin + LOOK_EVERY, end + 1, LOOK_EVERY):
            await self._go_on(at)
        for hour in range(1, LONGEST_HEALING + 1):
            if not await self._go_on(end + hour * HOUR):
                self.healed = hour
                break
        self.seconds = time.monotonic() - began

    def _plan(self) -> None:
        region = self.region
        self.begin = region.world.clock()
        regions = {home.site.host: home.site.region for home in region.homes}
        region.weather = forecast(regions, self.begin, self.size.days, self.size.seed)
        region.world.network.fault = region.weather.judge
        self.people.plan(self.begin, self.size.days, self.size.posts)
        for each in region.weather.troubles:
            for host in each.hosts if each.kind != "cut off" else ():
                region.at(each.end, partial(region.start_again, host))

    async def _go_on(self, until: int) -> int:
        await self.region.run(until)
        view = await see(self.region)
        found = [
            *find_differences(self.region, self.people, view),
            *find_other_readings(self.region, view),
        ]
        self.differences.append((until - self.begin, len(found)))
        hours, requests = (until - self.begin) / HOUR, self.region.tally.requests.total()
        self.say(
            f"  hour {hours:3.0f}: {len(self.people.said)} posts, {requests} requests, {len(found)} differ"
        )
        return len(found)


@asynccontextmanager
async def open_play(size: Size, templates: SqliteTemplates, say: Say) -> AsyncIterator[Play]:
    """Towns that have agreed with each other; all is in memory where the machine has room for that."""
    random.seed(size.seed)  # what nodes leave to chance
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        world = World(Path(name), stack=AsyncExitStack(), log=QUIET)
        sites = list_places(size.towns)
        tally = Tally({site.host for site in sites})
        region = Region(world, Weather(size.seed), random.Random(f"region {size.seed}"), tally)
        async with world.stack:
            await region.settle(sites, templates)
            await region.agree()
            say(f"  {len(sites)} towns with {len(region.homes)} areas have agreed {len(region.links)} times")
            tally.begin()
            yield Play(size, region, People(region, random.Random(f"people {size.seed}")), say)
