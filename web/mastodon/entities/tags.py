"""Hashtags as `Tag`."""

from collections.abc import Sequence

from areas.hashtags import tag_iri
from areas.reading.trends import Use
from web.mastodon.entities.frame import Frame, Json


def tag(
    name: str, week: Sequence[Use], frame: Frame, *, following: bool = False, featuring: bool = False
) -> Json:
    """`Tag`; the numbers of its history are texts. The id is the name, as there is no other."""
    return {
        "id": name,
        "name": name,
        "url": tag_iri(frame.origin, name),
        "history": [
            {"day": str(use.day // 1000), "uses": str(use.posts), "accounts": str(use.people)} for use in week
        ],
        "following": following,
        "featuring": featuring,
    }
