"""WebFinger and NodeInfo of other servers, believed only about their own origin."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import quote

from federation import iris
from federation.client.content import Accept
from federation.client.fetching import Fetched
from federation.errors import MalformedDocument, RemoteFault, Unreachable
from federation.nodeinfo import Software, parse_discovery, parse_software
from federation.vocabulary import Actor, Iri, Thing
from federation.webfinger import Jrd, parse_jrd


class Fetch(Protocol):
    """`Client.fetch`, as far as it is used here."""

    async def __call__(self, iri: str, *, accept: Accept) -> Fetched:
        """GET a document."""


FetchDocument = Callable[[str], Awaitable[Thing]]


async def fetch_webfinger(name: str, host: str, fetch: Fetch) -> Jrd:
    """Return what `host` (`host[:port]`) says of `name`; see `Client.fetch_webfinger`."""
    host = iris.host(f"https://{host}")
    query = quote(f"acct:{name}@{host}", safe=":@")
    fetched = await _ask(host, f"/.well-known/webfinger?resource={query}", fetch)
    jrd = parse_jrd(fetched.body)
    if jrd.subject is not None and _fold(jrd.subject) != _fold((name, host)):
        raise MalformedDocument("the subject is somebody else", path="$.subject")
    if iris.host(jrd.self_link) not in {host, iris.host(fetched.final_url)}:
        raise MalformedDocument("the actor is on a third host", path="$.links")
    return jrd


async def fetch_nodeinfo(host: str, fetch: Fetch, fetch_document: FetchDocument) -> Software:
    """Return what `host` (`host[:port]`) runs; see `Client.fetch_nodeinfo`."""
    fetched = await _ask(iris.host(f"https://{host}"), "/.well-known/nodeinfo", fetch)
    found = parse_discovery(fetched.body)
    if found.document is None:
        raise MalformedDocument("no link to a NodeInfo that we can read", path="$.links")
    _require_own(found.document, fetched.final_url)
    software = parse_software((await fetch(found.document, accept="json")).body)
    if found.application is None:
        return software
    _require_own(found.application, fetched.final_url)
    return replace(software, implements=await _ask_application(found.application, fetch_document))


async def _ask_application(application: Iri, fetch_document: FetchDocument) -> tuple[str, ...]:
    """Return what the server's own actor implements (FEP-844e), nothing where it cannot be had."""
    try:
        thing = await fetch_document(application)
    except RemoteFault:
        return ()
    return thing.implements if isinstance(thing, Actor) else ()


async def _ask(host: str, path: str, fetch: Fetch) -> Fetched:
    """Ask by https; on a loopback name by plain http where there is no https."""
    secure, plain = f"https://{host}{path}", f"http://{host}{path}"
    try:
        return await fetch(secure, accept="jrd")
    except Unreachable as fault:
        if fault.status is not None or not iris.is_allowed_scheme(plain):
            raise
    return await fetch(plain, accept="jrd")


def _require_own(link: Iri, document: Iri) -> None:
    if not iris.same_origin(link, document):
        raise MalformedDocument("a link to another origin", path="$.links")


def _fold(handle: tuple[str, str]) -> tuple[str, str]:
    name, host = handle
    return name.casefold(), host
