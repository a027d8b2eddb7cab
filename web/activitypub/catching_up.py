"""An area's outbox for its peers: what was said since a cursor, and the digest of what it boosts.

Signed requests of those alone with whom an agreement is in force; who may not is told so before a key is looked up.
"""

from typing import Final
from urllib.parse import quote

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from actors.records import ActorRecord
from actors.standing import is_refused
from areas.records import AreaRecord
from areas.registry import find_area
from areas.zones import digests, serving
from federation import rendering
from federation.errors import MalformedDocument, NotFound, Unauthorized
from federation.rendering import Document
from federation.vocabulary import Iri
from inbox.receive import identify, read_claim
from web.activitypub.actors import addressed_actor
from web.activitypub.answers import activity_json
from web.activitypub.inboxes import read_request
from web.node import Node, node_of

SINCE: Final = "since"
DIGEST: Final = "digest"
PRIVATE: Final = {"cache-control": "private, no-store"}


def is_asked(request: Request) -> bool:
    """Whether a peer asks for what it has missed."""
    return SINCE in request.query_params or DIGEST in request.query_params


async def serve_catch_up(request: Request) -> Response:
    """Answer a peer. Raises `SignatureRejected`, `Unauthorized`, `NotFound` where there is no area."""
    node = node_of(request)
    signed = await read_request(request)
    claim = read_claim(signed, node.services, node.clock())
    await node.database.read(_check_origin, request, node, claim.key_id)
    signer = await identify(signed, node.services, node.clock())
    document = await node.database.read(_answer, request, node, signer)
    return activity_json(document, headers=PRIVATE)


def _require_area(tx: sa.Connection, request: Request) -> AreaRecord:
    area = find_area(tx, addressed_actor(tx, request).id)
    if area is None:
        raise NotFound("there is no such area to catch up with")
    return area


def _check_origin(tx: sa.Connection, request: Request, node: Node, key_id: Iri) -> None:
    area = _require_area(tx, request)
    if not serving.knows_origin(tx, area, key_id, node.clock()):
        raise _refuse(area, key_id)


def _refuse(area: AreaRecord, who: Iri) -> Unauthorized:
    text = f"{area.iri} has no agreement in force with {who}: only peers catch up."
    return Unauthorized(text, public=text)


def _answer(tx: sa.Connection, request: Request, node: Node, signer: ActorRecord) -> Document:
    area, now = _require_area(tx, request), node.clock()
    refusal = is_refused(tx, signer, now, node.settings.federation)
    if refusal is not None:
        raise Unauthorized(f"{signer.iri}: {refusal}")
    if not serving.is_peer(tx, area, signer, now):
        raise _refuse(area, signer.iri)
    asked = request.query_params.get(DIGEST)
    return _page(tx, area, request, node) if asked is None else _digest(tx, area, asked)


def _page(tx: sa.Connection, area: AreaRecord, request: Request, node: Node) -> Document:
    since = request.query_params[SINCE]
    passage = serving.turn_page(tx, area, since, node.clock())
    outbox = _outbox(area)
    return rendering.page(
        Iri(f"{outbox}?{SINCE}={quote(since, safe='')}"),
        part_of=outbox,
        items=passage.items,
        following=Iri(f"{outbox}?{SINCE}={passage.cursor}") if passage.has_more else None,
        cursor=str(passage.cursor),
        restarted_from=passage.restarted_from,
    )


def _digest(tx: sa.Connection, area: AreaRecord, asked: str) -> Document:
    window = digests.read_window(asked)
    if window is None:
        raise MalformedDocument(
            f"a digest is asked for by from-until in milliseconds, at most {digests.LONGEST} apart",
            path=DIGEST,
        )
    found = serving.sum_up(tx, area, window)
    iri = Iri(f"{_outbox(area)}?{DIGEST}={window}")
    return rendering.ordered_collection(iri, total=found.count, digest=found.total)


def _outbox(area: AreaRecord) -> Iri:
    return Iri(f"{area.iri}/outbox")
