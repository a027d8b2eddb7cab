"""Rows run on the rig's own loop; each takes the bare server as its way in, or also nginx where that may matter."""

import asyncio
import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.results import FILE, PLAYED, Results
from tests.attacks.rig import Rig
from tests.attacks.rig.opening import open_stage_and_rig
from tests.attacks.rig.stage import Stage
from tests.testrig.databases import Cluster

HERE = Path(__file__).parent
ROW_SECONDS = 90.0
DATABASE = "ATTACKS_DATABASE"
"""Environment variable: `postgresql` runs the server on a cluster of its own instead of on SQLite."""


_results = Results()


@pytest.fixture(scope="module")
def stage_and_rig(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stage, Rig]]:
    """A server, and those around it, for the rows of one file: what some rows set in motion goes on for hours."""
    url = None
    if os.environ.get(DATABASE) == "postgresql":
        cluster: Cluster = request.getfixturevalue("whole_cluster")
        url = cluster.new(tmp_path_factory.mktemp("database"))
    with open_stage_and_rig(tmp_path_factory.mktemp("attacks"), url) as (stage, rig):
        mine = [item for item in request.session.items if item.path == request.path]
        stage.run(_begin(rig, mine))
        yield stage, rig
        complaints = stage.run(rig.adapter.complaints())
        assert not complaints, "\n".join(complaints)


@pytest.fixture
def rig(request: pytest.FixtureRequest, stage_and_rig: tuple[Stage, Rig]) -> Rig:
    """Everything a row needs, with the way in that it takes."""
    _, rig = stage_and_rig
    database = "PostgreSQL" if os.environ.get(DATABASE) == "postgresql" else "SQLite"
    request.node.user_properties.append((PLAYED, (rig.place.form, database)))
    name = request.param if rig.place.form != "outside" else "outside"
    if name not in rig.fronts:
        pytest.skip(f"{name} is not installed")
    if request.node.get_closest_marker("namespace") and rig.place.form != "namespace":
        pytest.skip("needs a network namespace of its own")
    rig.front = rig.fronts[name]
    return rig


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rig" in metafunc.fixturenames:
        is_exposed = metafunc.definition.get_closest_marker("both_fronts")
        metafunc.parametrize("rig", ["direct", "nginx"] if is_exposed else ["direct"], indirect=True)


async def _begin(rig: Rig, items: list[pytest.Item]) -> None:
    """Start what selected rows need long for; they await it when their turn comes."""
    for marker in (each.get_closest_marker("begins") for each in items):
        if marker is not None and marker.args[0] not in rig.begun:
            rig.begun[marker.args[0]] = asyncio.create_task(marker.args[0](rig))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let rows that have begun something wait for it last, of their file."""
    places = [number for number, item in enumerate(items) if HERE in item.path.parents]
    rows = sorted((items[place] for place in places), key=lambda item: (item.path, _is_patient(item)))
    for place, item in zip(places, rows, strict=True):
        items[place] = item


def _is_patient(item: pytest.Item) -> bool:
    return item.get_closest_marker("begins") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a row where the peers live."""
    if "stage_and_rig" not in pyfuncitem.funcargs or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    stage: Stage = pyfuncitem.funcargs["stage_and_rig"][0]  # type: ignore[index]
    stage.run(asyncio.wait_for(pyfuncitem.obj(**arguments), ROW_SECONDS))
    return True


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _results.note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Whoever hands out the rows to several processes hears of all."""
    if FILE in os.environ and not hasattr(session.config, "workerinput"):
        _results.write(Path(os.environ[FILE]))
