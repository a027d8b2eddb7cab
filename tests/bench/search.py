"""Part 6: posts by their words, common and rare, in a million posts on either database."""

from functools import partial

from areas.reading.visibility import Reader
from areas.search import posts
from tests.bench.clocks import cpu, find_servers
from tests.bench.elder import Elder, Towns
from tests.bench.results import Result
from tests.bench.texts import (
    COMMON_ENGLISH,
    COMMON_PLACE,
    COMMON_SIGN,
    COMMON_THING,
    LONG_WORD,
    RARE_ENGLISH,
    RARE_PLACE,
    RARE_SIGN,
)

POSTS = 1_000_000
ROUNDS, TIMES = 5, 8
"""The best of some rounds, since others use the machine too."""
NOTHING = "zebra"

QUERIES = {
    "common_place": COMMON_PLACE,
    "rare_place": RARE_PLACE,
    "common_sign": COMMON_SIGN,
    "rare_sign": RARE_SIGN,
    "common_english": COMMON_ENGLISH,
    "rare_english": RARE_ENGLISH,
    "long_word": LONG_WORD,
    "two_words": f"snow {COMMON_ENGLISH}",
    "two_common": f"{COMMON_PLACE} {COMMON_THING}",
    "common_and_rare": f"{COMMON_PLACE} {RARE_PLACE}",
    "nothing": NOTHING,
}
MISSING = {"nothing"}


async def run(towns: Towns, count: int = POSTS) -> list[Result]:
    """CPU of one search by a resident, with all that is shown of what is found; that of the database too."""
    results = []
    for kind in ("sqlite", "postgresql"):
        elder = await towns.find(count, kind)
        for name, query in QUERIES.items():
            cost = await _measure(elder, query, is_there=name not in MISSING)
            results.append(Result(f"search.{kind}.{name}", cost, "µs CPU", target="≤ 10000"))
    return results


async def _measure(elder: Elder, query: str, *, is_there: bool) -> float:
    reader = Reader.of(elder.residents[0], elder.town.clock())
    look = partial(posts.search, reader=reader, query=query)
    found = await elder.town.read(look)
    assert bool(found.items) == is_there, query
    servers = await elder.town.read(find_servers)
    best = float("inf")
    for _ in range(ROUNDS):
        begin = cpu(servers)
        for _ in range(TIMES):
            await elder.town.read(look)
        best = min(best, (cpu(servers) - begin) / TIMES)
    return best * 1e6
