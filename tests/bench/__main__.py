"""`python -m tests.bench [part …]`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from tests.bench import fanout, inbox, posting, reads, search
from tests.bench.elder import Towns
from tests.bench.results import Result, keep, show
from tests.bench.zone import running
from web import garbage

PARTS: dict[str, Callable[[Towns], Awaitable[list[Result]]]] = {
    "inbox": lambda _: inbox.run(),
    "fanout": lambda _: fanout.run(),
    "posting": lambda _: posting.run(),
    "reads": reads.run,
    "search": search.run,
    "zone": lambda _: running.run(),
}
KEPT = Path("var/bench.json")


async def main(names: list[str]) -> None:
    """Run the parts that are named, or all."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    garbage.settle()  # so that floors have it too
    results: list[Result] = []
    async with AsyncExitStack() as stack:
        towns = Towns(stack)
        for name in names or list(PARTS):
            print(f"{name} …", flush=True)
            results += await PARTS[name](towns)
    print(show(results))
    keep(results, KEPT)
    end(results)


def end(results: list[Result]) -> None:
    """Exit with 1 where something does not hold."""
    broken = [each.name for each in results if not each.holds]
    if broken:
        sys.exit(f"bench: not as it must be: {', '.join(broken)}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1:]))
