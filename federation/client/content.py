"""What a peer may answer to what was asked: the media types of documents and pictures. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Accept = Literal["activity", "jrd", "json", "picture"]

_ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
_PARAMETER = re.compile(
    r';[ \t]*([!#$%&\'*+.^_`|~0-9a-z-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)[ \t]*', re.IGNORECASE
)
_MEDIA_TYPE = re.compile(r"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The `Accept` that is sent, and which `Content-Type` satisfies it."""

    accept: str
    is_satisfied_by: Callable[[str], bool]


def is_activity(content_type: str) -> bool:
    """Whether a body of this type may be read as ActivityStreams.

    Anything else may be a file that somebody uploaded (CVE-2024-25623), ld+json without the profile too.
    """
    found = parse_media_type(content_type)
    if found is None:
        return False
    name, parameters = found
    if name == "application/activity+json":
        return True
    return name == "application/ld+json" and _ACTIVITY_STREAMS in parameters.get("profile", "").split()


def parse_media_type(text: str) -> tuple[str, dict[str, str]] | None:
    """Return type and parameters in lower case (values as they are); None if `text` is not one media type."""
    match = _MEDIA_TYPE.match(text)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    at = match.end()
    while at < len(text):
        parameter = _PARAMETER.match(text, at)
        if parameter is None or parameter[1].lower() in parameters:
            return None
        parameters[parameter[1].lower()] = parameter[2].strip('"')
        at = parameter.end()
    return match[1].lower(), parameters


def is_picture(content_type: str) -> bool:
    """Whether a body of this type may be a picture; which one, only its bytes say.

    Stores that were never told a type say that they know none. SVG is a document that runs scripts.
    """
    found = parse_media_type(content_type)
    if found is None or found[0] == "image/svg+xml":
        return False
    return found[0].startswith("image/") or found[0] in {"application/octet-stream", "binary/octet-stream"}


def _is_one_of(*names: str) -> Callable[[str], bool]:
    def check(content_type: str) -> bool:
        found = parse_media_type(content_type)
        return found is not None and found[0] in names

    return check


EXPECTATIONS: dict[Accept, Expectation] = {
    "activity": Expectation(
        f'application/activity+json, application/ld+json; profile="{_ACTIVITY_STREAMS}"', is_activity
    ),
    "jrd": Expectation(
        "application/jrd+json, application/json;q=0.9", _is_one_of("application/jrd+json", "application/json")
    ),
    "json": Expectation("application/json", _is_one_of("application/json")),
    "picture": Expectation("image/*", is_picture),
}
