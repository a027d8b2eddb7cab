"""Which URLs may be asked for at all, and in which spelling they leave. No IO.

aiohttp rewrites URLs (`/a%7Eb` leaves as `/a~b`), so every URL is brought into that spelling first: what is
signed is what the socket sends.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import yarl

from federation import iris
from federation.client.options import ClientOptions
from federation.errors import MalformedDocument, Unreachable
from federation.vocabulary import Iri

_DOT_SEGMENT = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL as it leaves, without fragment; `wire` is the same for httpx, `oddity` what speaks against it."""

    url: Iri
    origin: str
    host: str
    oddity: str | None
    wire: httpx.URL = field(repr=False, compare=False)


@lru_cache(maxsize=2048)
def spell(iri: str) -> Target:
    """Return the spelling in which a request for `iri` leaves; raises `MalformedDocument`.

    Dot segments are refused, since whoever names them and whoever serves them may read them differently.
    """
    url = iris.identify(iris.without_fragment(iri))
    try:
        parts = urlsplit(url)
        sent = yarl.URL(parts._replace(path=parts.path or "/").geturl())
        wire = httpx.URL(str(sent))
        settled = yarl.URL(str(wire)) == sent
    except (ValueError, httpx.InvalidURL) as error:
        raise MalformedDocument("an IRI cannot be sent") from error
    if _DOT_SEGMENT.search(unquote(parts.path)) is not None:
        raise MalformedDocument("an IRI has dot segments")
    if not settled:
        raise MalformedDocument("an IRI has no settled spelling")
    where = iris.origin(url)
    return Target(Iri(str(sent)), where, where.partition("://")[2], _find_oddity(sent), wire)


def is_same_document(claimed: str, final: str) -> bool:
    """Whether the id `claimed` names what was served at `final` (FEP-fe34).

    What is canonical in an IRI and the spelling in which it leaves make no difference; a fragment, a slash
    or a question mark at the end do.
    """
    try:
        return "#" not in claimed and not claimed.endswith("?") and spell(claimed).url == final
    except MalformedDocument:
        return False


class Targets:
    """The rules of one client."""

    def __init__(self, options: ClientOptions) -> None:
        self._any_port = options.allow_any_port
        self._own_origins = options.own_origins
        self._is_blocked: Callable[[str], bool] = options.is_blocked

    def admit(self, iri: str) -> Target:
        """Return where `iri` leads; raises `MalformedDocument`, or `Unreachable` where we may not go."""
        target = spell(iri)
        reason = self._refusal(target)
        if reason is not None:
            raise Unreachable(f"{target.origin} {reason}", permanent=True)
        return target

    def follow(self, current: Target, location: str) -> Target:
        """Return where a redirect leads; raises `Unreachable`."""
        try:
            target = self.admit(urljoin(current.url, location))
        except (MalformedDocument, ValueError) as error:
            raise Unreachable(
                f"{current.url} redirects to something else than https", permanent=True
            ) from error
        if current.url.startswith("https:") and not target.url.startswith("https:"):
            raise Unreachable(f"{current.url} redirects to plain http", permanent=True)
        return target

    def _refusal(self, target: Target) -> str | None:
        if target.origin in self._own():
            return "is our own origin and is never fetched"
        if self._is_blocked(target.host):
            return "is blocked"
        return None if self._any_port else target.oddity

    def _own(self) -> Collection[str]:
        return self._own_origins() if callable(self._own_origins) else self._own_origins


def _find_oddity(url: yarl.URL) -> str | None:
    name = url.raw_host or ""
    if name == "localhost" or name.endswith(".localhost"):
        return None
    if url.explicit_port is not None:
        return "has a port other than 443"
    return "is an IP address" if _is_ip_literal(name) else None


def _is_ip_literal(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
