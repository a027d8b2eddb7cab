"""The same town as where its posts are read."""

from tests.areas.reading.conftest import alice, area, bob, hanako, town

__all__ = ["alice", "area", "bob", "hanako", "town"]
