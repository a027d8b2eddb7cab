"""Which of two representations a request asks for: the JSON of ActivityPub, or the page for people.

Source: RFC 9110 §12.5.1; ActivityPub §3.2. Software that asks for nothing in particular gets the page.
"""

from functools import lru_cache

ACTIVITY_TYPE = "application/activity+json; charset=utf-8"
ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
LONGEST_ACCEPT = 1024
"""Characters of an Accept header that are looked at; browsers send about 150."""

_MACHINE_TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@lru_cache(maxsize=512)
def wants_json(accept: str) -> bool:
    """Whether `accept` prefers the JSON; at equal weight the JSON wins, since only machines name it."""
    machine = page = 0.0
    for part in accept[:LONGEST_ACCEPT].split(","):
        kind, _, parameters = part.partition(";")
        name = kind.strip().lower()
        if name in _MACHINE_TYPES:
            machine = max(machine, _weight(parameters))
        elif name in _PAGE_TYPES:
            page = max(page, _weight(parameters))
    return machine > 0 and machine >= page


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def is_activity(content_type: str) -> bool:
    """Whether a body says it is ActivityStreams: the only types that an inbox reads.

    `application/ld+json` needs the profile; GoToSocial, too, refuses it without one.
    """
    kind, _, parameters = content_type.partition(";")
    name = kind.strip().lower()
    if name == "application/activity+json":
        return True
    return name == "application/ld+json" and ACTIVITYSTREAMS in _profiles(parameters)


def _profiles(parameters: str) -> list[str]:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "profile":
            return value.strip().strip('"').split()
    return []
