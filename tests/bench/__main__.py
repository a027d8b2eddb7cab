"""`python -m tests.bench [part …]`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tests.bench import fanout, inbox, posting
from tests.bench.results import Result, keep, show

PARTS: dict[str, Callable[[], Awaitable[list[Result]]]] = {
    "inbox": inbox.run,
    "fanout": fanout.run,
    "posting": posting.run,
}
KEPT = Path("var/bench.json")


async def main(names: list[str]) -> None:
    """Run the parts that are named, or all."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    results: list[Result] = []
    for name in names or list(PARTS):
        print(f"{name} …", flush=True)
        results += await PARTS[name]()
    print(show(results))
    keep(results, KEPT)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1:]))
