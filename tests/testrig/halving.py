"""On which database a test runs that asks nothing of it: one of the two, chosen by the test's name.

Folders that speak SQL of their own run on both. Pages, the client API, commands and several towns together reach the
database through those: half of each file's tests is enough on each, and all where `TEST_DATABASES=both` is set.
"""

import os
import zlib
from typing import Final

import pytest

HALVED: Final = (
    "tests/together/",
    "tests/web/accounts/",
    "tests/web/cli/",
    "tests/web/mastodon/",
    "tests/web/media/",
    "tests/web/pages/",
    "tests/web/push/",
)
KINDS: Final = ("postgresql", "sqlite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A hook of pytest. What was asked for alone, by its whole name, runs."""
    if os.environ.get("TEST_DATABASES") == "both":
        return
    names = {item.nodeid for item in items}
    items[:] = [item for item in items if not spares(item.nodeid, names)]


def spares(name: str, names: set[str]) -> bool:
    """Tell whether the same test on the other database is enough."""
    if not name.startswith(HALVED):
        return False
    kind = next((kind for kind in KINDS if kind in name), None)
    if kind is None:
        return False
    chosen = KINDS[zlib.crc32(name.replace(kind, "").encode()) % 2]
    return kind != chosen and name.replace(kind, chosen) in names
