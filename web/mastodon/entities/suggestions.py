"""`Suggestion`."""

from typing import Final, Literal

from web.mastodon.entities.frame import Json

_SOURCES: Final = {"area": ("staff", "featured"), "person": ("past_interactions", "most_interactions")}
"""The words for why that are nearest: the old one and the new one."""


def suggestion(kind: Literal["area", "person"], account: Json) -> Json:
    """`Suggestion`."""
    old, new = _SOURCES[kind]
    return {"source": old, "sources": [new], "account": account}
