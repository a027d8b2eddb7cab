"""An activity in few words: who did what to which thing, by ids. Whoever wants more reads it at its own id."""

from collections.abc import Mapping
from typing import Final

import orjson

from federation.rendering.contexts import TERMS, Document, present

_KEPT: Final = ("id", "published", "summary", "target", "endTime", "category")
_LONGEST: Final = 300
"""Characters of a summary; that there is one makes a removal of a deletion."""


def abridge(body: bytes) -> Document:
    """Return an activity of ours with everything inside as short as can be, whatever others have put there.

    What an `Announce` carries stays an activity; a post or an actor becomes its id.
    """
    activity = orjson.loads(body)
    context = {"@context": {"category": TERMS["category"]}} if "category" in activity else {}
    recipients = {key: activity[key] for key in ("to", "cc") if key in activity}
    return {**context, **_shorten(activity), **recipients}


def _shorten(activity: Mapping[str, object]) -> Document:
    kept = {key: value for key in _KEPT if isinstance(value := activity.get(key), str)}
    if "summary" in kept:
        kept["summary"] = kept["summary"][:_LONGEST]
    kind = activity.get("type")
    return {
        **kept,
        **present(
            type=kind[0] if isinstance(kind, list) and kind else kind,
            actor=_name(activity.get("actor")),
            object=_name(activity.get("object")),
        ),
    }


def _name(thing: object) -> object:
    """The id of a thing; of an activity what it does."""
    if isinstance(thing, list) and len(thing) == 1:
        thing = thing[0]
    if not isinstance(thing, dict):
        return thing if isinstance(thing, str) else None
    return _shorten(thing) if "actor" in thing and "object" in thing else thing.get("id")
