"""Part 3: what a post costs for an area with 10, 1,000 and 20,000 followers: time and rows."""

import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from actors.tables import metadata
from areas import compose
from areas.records import AreaRecord, Draft
from tests.bench.people import open_town, remote, save_people, subscribe_all
from tests.bench.results import Result
from tests.testrig.world import Town

FOLLOWERS = (10, 1_000, 20_000)
SERVERS = 600
POSTS = 200
CHUNK = 500


async def run() -> list[Result]:
    """CPU and rows per post; the ratio is to the smallest area."""
    found = [await _measure(count) for count in FOLLOWERS]
    results = []
    for count, (cpu, rows) in zip(FOLLOWERS, found, strict=True):
        ratio = cpu / found[0][0]
        results.append(Result(f"post.cpu_{count}", cpu, "µs CPU", found[0][0], ratio, "ratio ≤ 1.2"))
        results.append(
            Result(f"post.rows_{count}", rows, "rows", found[0][1], rows / found[0][1], "ratio = 1")
        )
    return results


async def _measure(followers: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as name:
        async with open_town(Path(name) / "town") as town:
            area = await town.area("chitose")
            await _fill(town, area, followers)
            author = await town.person("hana")
            before = await town.read(_count_rows)
            best = float("inf")
            number = 0
            for _ in range(5):
                begin = time.process_time()
                for _ in range(POSTS // 5):
                    number += 1
                    draft = Draft(
                        author.id, f"お知らせ {number} 番です。雪に気をつけてください。", (area.actor_id,)
                    )
                    await town.node.database.write(compose.publish, draft, town.node.clock())
                best = min(best, (time.process_time() - begin) / (POSTS // 5))
            rows = (await town.read(_count_rows) - before) / POSTS
            return best * 1e6, rows


async def _fill(town: Town, area: AreaRecord, followers: int) -> None:
    for start in range(0, followers, CHUNK):
        people = [
            remote(number, f"https://s{number % SERVERS}.example")
            for number in range(start, min(start + CHUNK, followers))
        ]
        saved = await town.node.database.write(save_people, people, town.node.clock())
        await town.node.database.write(subscribe_all, saved, area.actor_id, town.node.clock())


def _count_rows(tx: sa.Connection) -> int:
    return sum(
        tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    )
