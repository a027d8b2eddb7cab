"""Scopes in Mastodon's words: which exist, which contain which. Pure."""

from collections.abc import Iterable
from typing import Final

READ: Final = (
    "accounts",
    "blocks",
    "bookmarks",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
)
WRITE: Final = (
    "accounts",
    "blocks",
    "bookmarks",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
)
FOLLOW: Final = frozenset(
    f"{verb}:{noun}" for verb in ("read", "write") for noun in ("blocks", "follows", "mutes")
)
"""What the old name `follow` stands for."""

SCOPES: Final = (
    "profile",
    "read",
    *(f"read:{noun}" for noun in READ),
    "write",
    *(f"write:{noun}" for noun in WRITE),
    "follow",
    "push",
)
"""All that exist, in the order in which they are listed. There is no `admin`: administrators use the pages."""

DEFAULT: Final = "read"
"""What an app gets that names none."""


def parse_scopes(text: str) -> frozenset[str] | None:
    """Read scopes separated by spaces; none at all means `read`. None when one of them does not exist."""
    found = frozenset(text.split()) or frozenset({DEFAULT})
    return found if found <= _KNOWN else None


def write_scopes(scopes: Iterable[str]) -> str:
    """Return scopes as text, always in the same order."""
    return " ".join(sorted(scopes, key=SCOPES.index))


def allows(scopes: frozenset[str], *needed: str) -> bool:
    """Whether a token with `scopes` may do what any one of `needed` allows (`"read:statuses"`)."""
    return any(_contains(scopes, scope) for scope in needed)


def covers(granted: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether everything in `asked` lies within `granted`."""
    return all(_contains(granted, scope) for scope in asked)


def _contains(scopes: frozenset[str], scope: str) -> bool:
    if scope in scopes or scope.partition(":")[0] in scopes:
        return True
    return "follow" in scopes and scope in FOLLOW


_KNOWN: Final = frozenset(SCOPES)
