"""The calls of `Mastodon.py`, as rows of tables."""

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{each}" for each in ("keeping", "lines", "node", "people", "posts"))
)
