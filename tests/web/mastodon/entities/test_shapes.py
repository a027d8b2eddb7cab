"""The judge finds what native apps would choke on: each fault by itself."""

from typing import Any

import pytest

from tests.web.mastodon.entities.samples import ACTORS, COUNTS, FRAME
from tests.web.mastodon.entities.schema import ACCOUNT
from web.mastodon.entities.accounts import account

GOOD = account(ACTORS[1], COUNTS, FRAME)


@pytest.mark.parametrize("key", list(GOOD))
def test_a_missing_key_is_found(key: str) -> None:
    value = {name: each for name, each in GOOD.items() if name != key}
    assert list(ACCOUNT(value)) == [f"Account.{key} is missing"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", 5),
        ("id", "abc"),
        ("id", None),
        ("created_at", "2026-11-22T08:36:42.026123+00:00"),
        ("created_at", "2026-11-22T08:36:42Z"),
        ("avatar", ""),
        ("avatar", "/static/x"),
        ("followers_count", "3"),
        ("followers_count", True),
        ("followers_count", 1 << 31),
        ("locked", None),
        ("locked", 1),
        ("fields", None),
        ("fields", [{"name": "x"}]),
        ("last_status_at", "2026-11-22T00:00:00.000Z"),
        ("something", 1),
    ],
)
def test_a_wrong_value_is_found(key: str, value: Any) -> None:
    assert list(ACCOUNT({**GOOD, key: value}))


def test_a_good_one_is_left_alone() -> None:
    assert not list(ACCOUNT(GOOD))
    assert list(ACCOUNT(None)) == ["Account: None is no object"]
