"""The part of `make bench`: it plays, says how far it is, writes the page, and returns the figures."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.results import Result
from tests.bench.zone.figures import conclude, measure
from tests.bench.zone.judge import judge
from tests.bench.zone.play import Play, open_play
from tests.bench.zone.report import write_page
from tests.bench.zone.size import Size
from tests.testrig.databases import SqliteTemplates
from tests.testrig.loops import Threadless

WHOLE: Final = Path("docs/zone-report.html")
SMALL: Final = Path("var/zone-report.html")
SHOWN: Final = 20
"""Of what is wrong of each kind."""


async def run() -> list[Result]:
    """Of the size that is named by `ZONE`; ends with `SystemExit` where that says nothing that is known."""
    try:
        size = Size.parse(os.environ.get("ZONE", ""))
    except ValueError as fault:
        raise SystemExit(f"bench: ZONE: {fault}") from fault
    return await asyncio.to_thread(run_apart, size, WHOLE if size.is_whole else SMALL)


def run_apart(size: Size, page: Path) -> list[Result]:
    """In a loop of its own, in which no time goes by."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=Threadless) as runner:
        return runner.run(_run(size, SqliteTemplates(Path(folder)), page))


async def _run(size: Size, templates: SqliteTemplates, page: Path) -> list[Result]:
    async with open_play(size, templates, say) as play:
        await play.run()
        return await report(play, page)


async def report(play: Play, page: Path) -> list[Result]:
    """Look at everything, and write the page."""
    play.wrong = await judge(play.region, play.people)
    figures = await measure(play)
    results = conclude(play, figures)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(write_page(play, figures, results), encoding="utf-8")
    for kind, found in play.wrong.items():
        for each in found[:SHOWN]:
            say(f"  {kind}: {each}")
    say(f"  {play.seconds:.0f} s; {page}")
    return results


def say(line: str) -> None:
    """A line of progress."""
    print(line, flush=True)
