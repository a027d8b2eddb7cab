"""What is typed behind --kind and --detail: a kind of post, and what goes into its fields."""

from collections.abc import Iterable, Mapping

from areas.kinds import find_kind
from federation.errors import Refused


def read_details(kind: str | None, given: Iterable[str]) -> Mapping[str, str]:
    """Read NAME=VALUE for the fields of a kind. Raises `Refused` for another shape, and for what it has no field."""
    found = find_kind(kind) if kind else None
    fields = found.fields if found else ()
    return dict(_read_detail(each, fields) for each in given)


def _read_detail(text: str, fields: tuple[str, ...]) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise Refused(f"--detail {text[:100]!r} is not of the form NAME=VALUE")
    if name not in fields:
        raise Refused(f"--detail {name[:100]!r} is none of this kind's: {', '.join(fields) or 'it has none'}")
    return name, value
