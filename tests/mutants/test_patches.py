"""Every mutant still means what it says: text that moved, and tests that were renamed, are noticed at once."""

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.patches import Mutant, WrongList, choose, find_fault, load

ROOT = Path(__file__).parent.parent.parent
MUTANTS = load()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_applies_once_and_parses(mutant: Mutant) -> None:
    """Whoever moves or rewords a check says so in the list; whoever removes it removes its mutant, and why."""
    assert find_fault(mutant, ROOT) is None


def test_names_are_unique_and_the_list_is_long() -> None:
    assert [name for name, count in Counter(each.name for each in MUTANTS).items() if count > 1] == []
    assert len(MUTANTS) >= 300


def make(**changes: object) -> Mutant:
    given = {
        "name": "x",
        "file": "a.py",
        "old": "if True:",
        "new": "if False:",
        "harm": "h",
        "promise": 1,
        "tests": ("a.py::test_a",),
        **changes,
    }
    return Mutant(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"tests": ("a.py::test_a[x-1]", "a.py")}, None),
        ({"file": "b.py"}, "there is no b.py"),
        ({"old": "if 1:"}, "0 times"),
        ({"old": "pass"}, "2 times"),
        ({"new": "if ("}, "'(' was never closed"),
        ({"new": "if  True:"}, "changes nothing"),
        ({"promise": 9}, "no promise 9"),
        ({"harm": ""}, "says no harm"),
        ({"row": "A1"}, None),
        ({"row": "A2"}, "no attack A2"),
        ({"tests": ("b.py",)}, "there is no b.py"),
        ({"tests": ("a.py::test_b",)}, "there is no test_b in a.py"),
        ({"tests": ()}, "names no test"),
    ],
)
def test_what_makes_a_mutant_worthless(tmp_path: Path, changes: dict[str, object], fault: str | None) -> None:
    (tmp_path / "a.py").write_text("if True:\n    pass\ndef test_a():\n    pass\n")
    (tmp_path / "SECURITY.md").write_text("1. **One.** Text.\n")
    (tmp_path / "tests" / "attacks").mkdir(parents=True)
    (tmp_path / "tests" / "attacks" / "table.toml").write_text('# Rows\nA1 = ["a", "b"]\n')
    found = find_fault(make(**changes), tmp_path)
    assert found is None if fault is None else found is not None and fault in found


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for text in ("x", "[[other]]", '[[mutant]]\nname = "a"', '[[mutant]]\nname = "a"\ntests = []\nmore = 1'):
        (tmp_path / "list.toml").write_text(text)
        with pytest.raises(WrongList, match=r"list\.toml"):
            load(tmp_path)


def test_mutants_are_chosen_by_name_file_folder_and_attack() -> None:
    one, two = (
        make(name="a-one", file="inbox/checks.py", row="B7"),
        make(name="b-two", file="inbox/receive.py"),
    )
    assert choose((one, two), ()) == (one, two)
    for wanted, found in (
        ("a-*", (one,)),
        ("inbox/checks.py", (one,)),
        ("inbox", (one, two)),
        ("inbox/", (one, two)),
        ("B7", (one,)),
        ("inb", ()),
    ):
        assert choose((one, two), [wanted]) == found, wanted
