"""The addresses of our own server, so that what is added to it is attacked as well."""

import re
from collections.abc import Iterable, Mapping
from itertools import product

from web.accounts.routes import ROUTES as ACCOUNTS
from web.activitypub.routes import ROUTES as ACTIVITYPUB
from web.app import PAGES
from web.mastodon.routes import ROUTES as API

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def list_routes() -> list[tuple[str, str]]:
    """Every address of our own server with its method, parameters in braces."""
    tables = (API, ACTIVITYPUB, PAGES, ACCOUNTS)
    return [(method, route.path) for table in tables for route in table for method in route.methods or ()]


def fill(path: str, values: Mapping[str, Iterable[str]]) -> list[str]:
    """The address for every value of its parameters; one that is not given is `1`."""
    names = _PARAMETER.findall(path)
    filled = []
    for chosen in product(*(values.get(name, ("1",)) for name in names)):
        given = iter(chosen)
        filled.append(_PARAMETER.sub(lambda _, given=given: next(given), path))  # type: ignore[misc]
    return filled
