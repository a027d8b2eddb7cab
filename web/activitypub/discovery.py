"""How servers find us: WebFinger, host-meta, NodeInfo, and `/@name`."""

import re
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.directory import find_actor, find_local
from actors.records import ActorRecord, OriginRecord
from areas.counts import count_usage
from federation import iris, nodeinfo, webfinger
from federation.client import own_version
from federation.errors import MalformedDocument, NotFound
from federation.vocabulary import Iri, Millis
from web.activitypub.actors import USERNAME
from web.activitypub.answers import CACHED, CORS, plain_json
from web.node import node_of
from web.visits import origin_of, visit_of

LONGEST_RESOURCE: Final = 2048
SECURITY_TXT: Final = "/.well-known/security.txt"
GOOD_FOR: Final = 180 * 24 * 3_600_000
"""Milliseconds; RFC 9116 §2.5.5 wants less than a year, and nobody has to renew it by hand."""
_PROFILE: Final = re.compile(r"/@([a-zA-Z0-9_]{1,40})/?")


async def serve_webfinger(request: Request) -> Response:
    """Answer who a handle or an address of this origin is. Nothing that was asked is repeated in an error."""
    asked = request.query_params.getlist("resource")
    if len(asked) != 1 or not asked[0] or len(asked[0]) > LONGEST_RESOURCE:
        raise HTTPException(400, "Ask for exactly one resource.")
    origin = origin_of(request)
    actor = await node_of(request).database.read(_find, asked[0], origin)
    document = webfinger.document(
        username=actor.username,
        actor=actor.iri,
        actor_type=actor.type,
        profile=actor.url or actor.iri,
        subscribe=f"{origin.origin}/authorize_interaction?uri={{uri}}",
    )
    return plain_json(document, webfinger.CONTENT_TYPE)


def _find(tx: sa.Connection, resource: str, origin: OriginRecord) -> ActorRecord:
    found = _find_address(tx, resource, origin) or _find_handle(tx, resource, origin)
    if found is None or found.gone_at is not None or not found.local:
        raise NotFound("nobody here is called so")
    return found


def _find_handle(tx: sa.Connection, resource: str, origin: OriginRecord) -> ActorRecord | None:
    try:
        name, host = webfinger.parse_acct(resource)
    except MalformedDocument:
        return None
    if host != _as_https(origin):
        return None
    return find_local(tx, name.lower(), origin.host)


def _as_https(origin: OriginRecord) -> str:
    """The host as `parse_acct` reads it: handles have no scheme, so a port counts unless it is 443."""
    return iris.host(f"https://{origin.host}")


def _find_address(tx: sa.Connection, resource: str, origin: OriginRecord) -> ActorRecord | None:
    """An id, the page of a profile, or the origin itself."""
    try:
        iri = iris.canonical(resource)
    except MalformedDocument:
        return None
    if not iris.same_origin(iri, origin.origin):
        return None
    path = iri.removeprefix(origin.origin).lower()
    if path in {"", "/"}:
        return find_actor(tx, Iri(f"{origin.origin}/actor"))
    profile = _PROFILE.fullmatch(path)
    if profile is not None:
        return find_local(tx, profile[1], origin.host)
    return find_actor(tx, Iri(origin.origin + path))


async def redirect_profile(request: Request) -> Response:
    """Lead from `/@name` to where the actor is."""
    name = request.path_params["username"].lower()
    actor = await node_of(request).database.read(_find_name, name, origin_of(request))
    return RedirectResponse(actor.url or actor.iri, 302, headers=CACHED)


def _find_name(tx: sa.Connection, name: str, origin: OriginRecord) -> ActorRecord:
    found = find_local(tx, name, origin.host) if USERNAME.fullmatch(name) else None
    if found is None or found.gone_at is not None:
        raise NotFound("nobody here is called so")
    return found


async def serve_host_meta(request: Request) -> Response:
    """Where WebFinger answers (RFC 6415)."""
    body = webfinger.host_meta(origin_of(request).origin)
    return Response(body, headers={**CACHED, **CORS}, media_type="application/xrd+xml")


async def serve_nodeinfo_links(request: Request) -> Response:
    """Where NodeInfo is, and the node's own actor (FEP-2677)."""
    site = visit_of(request).site
    assert site is not None  # probes do not come here
    return plain_json(nodeinfo.discovery(site.origin.origin, site.actor.iri), "application/json")


async def serve_nodeinfo(request: Request) -> Response:
    """What runs here, and how much of it is used."""
    version = request.path_params["version"]
    if version not in nodeinfo.VERSIONS:
        raise NotFound("there is no such version of NodeInfo")
    node = node_of(request)
    site = visit_of(request).site
    assert site is not None  # probes do not come here
    document = nodeinfo.document(
        version,
        software_version=own_version(),
        repository=None,
        usage=await node.database.read(_count, node.clock()),
        open_registrations=False,
        node_name=site.actor.name,
        node_description="",
    )
    return plain_json(document, nodeinfo.CONTENT_TYPE.format(version=version))


async def serve_security_txt(request: Request) -> Response:
    """Whom to tell of a fault in private (RFC 9116). Raises `NotFound` where the operator names nobody."""
    node = node_of(request)
    contact = node.settings.fault_contact
    if not contact:
        raise NotFound("the operator has named nobody")
    until = datetime.fromtimestamp((node.clock() + GOOD_FOR) / 1000, UTC)
    lines = (
        f"Contact: {contact}",
        f"Expires: {until:%Y-%m-%d}T00:00:00Z",
        "Preferred-Languages: ja, en",
        f"Canonical: {origin_of(request).origin}{SECURITY_TXT}",
    )
    return Response("".join(f"{line}\n" for line in lines), headers=CACHED, media_type="text/plain")


def _count(tx: sa.Connection, now: Millis) -> nodeinfo.Usage:
    usage = count_usage(tx, now)
    return nodeinfo.Usage(
        users=usage.people,
        active_month=usage.active_month,
        active_half_year=usage.active_half_year,
        posts=usage.posts,
    )
