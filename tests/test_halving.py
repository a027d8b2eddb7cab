"""No test is lost where one database is enough, and none is spared where SQL is asked."""

import itertools

import pytest

from tests.testrig.halving import HALVED, spares

PAGES = [f"tests/web/pages/test_tags.py::test_{number}" for number in range(100)]


def name(tests: list[str], *kinds: str) -> set[str]:
    return {f"{test}[{kind}-1]" for test, kind in itertools.product(tests, kinds)}


def test_each_test_of_pages_runs_on_one_database_and_about_half_on_each() -> None:
    names = name(PAGES, "sqlite", "postgresql")
    kept = [each for each in names if not spares(each, names)]
    assert sorted(each.partition("[")[0] for each in kept) == sorted(PAGES)
    assert 30 < sum("sqlite" in each for each in kept) < 70


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_there_for_one_database_alone_runs(kind: str) -> None:
    names = name(PAGES, kind)
    assert not any(spares(each, names) for each in names)


@pytest.mark.parametrize(
    "file", ["tests/areas/test_edits.py", "tests/web/carrying/test_files.py", "tests/web/test_database.py"]
)
def test_what_speaks_sql_of_its_own_runs_on_both(file: str) -> None:
    names = name([f"{file}::test_{number}" for number in range(20)], "sqlite", "postgresql")
    assert not any(spares(each, names) for each in names)


def test_what_has_no_database_runs() -> None:
    assert not any(spares(test, set(PAGES)) for test in PAGES)
    assert all(each.startswith("tests/") and each.endswith("/") for each in HALVED)
