"""`kairanban serve`: when it ends by itself."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testrig.world import make_settings
from web.cli import installation
from web.node import Node

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


async def test_a_server_whose_deliveries_have_ended_does_not_seem_to_work(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def end(_node: Node, _stop: asyncio.Event) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(installation, "run_background", end)
    settings = make_settings("chitose.example", tmp_path, database_url)
    async with asyncio.timeout(60):
        with pytest.raises(ZeroDivisionError):
            await installation._serve(settings, "127.0.0.1", 0, "all")
