"""The short, fixed form of every target; `make fuzz` is the long one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.every import TARGETS
from tests.fuzz.targets import Target
from tests.fuzz.town import Rig, open_rig


@pytest.fixture
def rig(tmp_path: Path, database_url: str) -> Iterator[Rig]:
    with open_rig(tmp_path, database_url) as opened:
        yield opened


@pytest.mark.parametrize(
    "target", [each for each in TARGETS if not each.needs_town], ids=lambda each: each.name
)
def test_nothing_but_documented_errors(target: Target) -> None:
    target.run_short()


@pytest.mark.parametrize("target", [each for each in TARGETS if each.needs_town], ids=lambda each: each.name)
def test_nothing_but_our_answers(target: Target, rig: Rig) -> None:
    """With a real database of each kind."""
    target.run_short()
