"""The runner itself, on a small tree: what is noticed, what survives, what is broken, and what is left behind."""

import asyncio
from pathlib import Path

import pytest

from tests.mutants import runs, trees
from tests.mutants.__main__ import main
from tests.mutants.notebook import Notebook
from tests.mutants.patches import Mutant
from tests.mutants.runs import Result, Runner

CODE = """\
def may(who):
    if who == "eve":
        return False
    return who != "mallory"
"""
TEST = """\
from federation.small import may


def test_eve():
    assert may("alice")
    assert not may("eve")
"""


@pytest.fixture(autouse=True)
def _import_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small tree stands on nothing."""
    monkeypatch.setattr(runs, "PRELOADED", ("pytest",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with one check that is tested and one that is not."""
    root = tmp_path / "root"
    (root / "federation").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "federation" / "__init__.py").touch()
    (root / "federation" / "small.py").write_text(CODE)
    (root / "tests" / "test_small.py").write_text(TEST)
    return root


def make(name: str, old: str, new: str, test: str = "tests/test_small.py") -> Mutant:
    return Mutant(name=name, file="federation/small.py", old=old, new=new, harm="h", promise=1, tests=(test,))


EVE = make("eve", 'if who == "eve":', "if False:")
MALLORY = make("mallory", 'who != "mallory"', "True")


def run(root: Path, mutants: list[Mutant], folder: Path) -> tuple[bool, Notebook]:
    folder.mkdir(exist_ok=True)
    notebook = Notebook(root / "var" / "found.json", trees.fingerprint(root))
    with trees.open_workshop(folder) as workshop:
        is_well = asyncio.run(main(root, mutants, notebook, workshop))
    assert list(folder.iterdir()) == []
    return is_well, notebook


def find(notebook: Notebook, mutant: Mutant) -> Result:
    found = notebook.find(mutant)
    assert found is not None
    return found


def test_a_survivor_fails_the_run_and_nothing_is_left(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_well, notebook = run(root, [EVE, MALLORY], tmp_path / "copies")
    assert not is_well
    assert find(notebook, EVE).outcome == "noticed"
    assert find(notebook, EVE).by == "tests/test_small.py::test_eve"
    assert find(notebook, MALLORY).outcome == "survived"
    assert (root / "federation" / "small.py").read_text() == CODE
    assert "1 of 2 mutants were noticed" in capsys.readouterr().out


def test_a_run_goes_on_where_it_stood(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = Notebook(root / "var" / "found.json", trees.fingerprint(root))
    notebook.keep(EVE, Result("noticed", "before", 1))
    notebook.keep_green(EVE.tests)
    assert run(root, [EVE], tmp_path / "copies")[0]
    assert "1 were noticed before" in capsys.readouterr().out
    (root / "federation" / "small.py").write_text(CODE + "\n# other\n")
    assert Notebook(root / "var" / "found.json", trees.fingerprint(root)).find(EVE) is None


def test_a_test_that_fails_anyway_notices_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "tests" / "test_small.py").write_text(TEST + "    assert 1 == 2\n")
    assert not run(root, [EVE], tmp_path / "copies")[0]
    assert "without any mutant: noticed: tests/test_small.py::test_eve" in capsys.readouterr().out


def test_what_is_neither_passed_nor_failed_is_broken(root: Path, tmp_path: Path) -> None:
    async def judge(mutant: Mutant, seconds: float = 60) -> Result:
        runner = Runner(copy, seconds=seconds)
        try:
            return await runner.judge(mutant)
        finally:
            await runner.close()

    copy = tmp_path / "copy"
    trees.copy(root, copy)
    (copy / "tests" / "test_slow.py").write_text("def test_slow():\n    while True:\n        pass\n")
    for mutant, seconds, why in (
        (make("moved", "if who == 1:", ""), 60, "0 times"),
        (make("unread", "def may(who):", "def may(who)"), 60, "pytest ended with 2"),
        (make("nowhere", 'who != "mallory"', "True", "tests/test_none.py"), 60, "pytest ended with 4"),
        (make("slow", 'who != "mallory"', "True", "tests/test_slow.py"), 3, "no end within 3 s"),
    ):
        found = asyncio.run(judge(mutant, seconds))
        assert (found.outcome, why in found.by) == ("broken", True), found
        assert (copy / "federation" / "small.py").read_text() == CODE


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{trees.PREFIX}dead"
    left.mkdir()
    (left / trees.LOCK).touch()
    with trees.open_workshop(tmp_path) as alive:
        assert not left.exists()
        with trees.open_workshop(tmp_path):
            assert alive.exists()
