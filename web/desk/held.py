"""Posts that wait for a decision, for whoever may decide in their area; each is let in, or kept out with a reason."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from areas import decisions, placements, registry, timelines
from areas.records import AreaRecord, PlacementRecord
from areas.timelines import ShownPost
from federation.errors import NotFound
from web.accounts.doors import PRIVATE, show
from web.accounts.visitors import Visitor
from web.desk.rights import find_desk, list_tabs
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id
from web.pages.cards import Card, make_cards
from web.pages.notices import with_notice
from web.pages.rendering import link, text_of
from web.visits import origin_of

MOST_SHOWN: Final = 50
REASON_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post that is held, where, why, and how many of its author's posts the area has taken before."""

    placement: PlacementRecord
    area: AreaRecord
    card: Card
    accepted_before: int


async def held_page(request: Request, visitor: Visitor) -> Response:
    """What waits in her areas, the oldest first."""
    return await _show(request, visitor)


async def decide(request: Request, visitor: Visitor) -> Response:
    """Let one in, or keep it out; why is for its author, and must be said."""
    form = await read_form(request)
    node, placement_id = node_of(request), require_id(request, "placement_id")
    reason = form.get("reason", "").strip()[:REASON_LENGTH]
    is_refused = form.get("decision") == "refuse"
    if is_refused and not reason:
        error = text_of(request, "Please say why: its author reads it.")
        return await _show(request, visitor, {placement_id: error}, status=422)
    await node.database.write(_decide, request, visitor, placement_id, reason if is_refused else None)
    node.nudge()
    what = "refused" if is_refused else "approved"
    return RedirectResponse(with_notice(link(request, "/desk/held"), what), 303, headers=PRIVATE)


def _decide(
    tx: sa.Connection, request: Request, visitor: Visitor, placement_id: int, reason: str | None
) -> None:
    now = node_of(request).clock()
    placement = placements.find_by_id(tx, placement_id)
    by = next(
        (each for each in visitor.speakers if registry.may_moderate(tx, each.id, placement.area_id, now)),
        None,
    )
    if by is None:
        raise NotFound("there is no such submission")
    if reason is None:
        decisions.approve(tx, placement_id, by=by.id, now=now)
    else:
        decisions.refuse(tx, placement_id, by=by.id, reason=reason, now=now)


async def _show(
    request: Request, visitor: Visitor, errors: dict[int, str] | None = None, status: int = 200
) -> Response:
    values = await node_of(request).database.read(_list, request, visitor)
    return show(request, "held.html", {**values, "errors": errors or {}}, status=status)


def _list(tx: sa.Connection, request: Request, visitor: Visitor) -> dict[str, object]:
    desk = find_desk(tx, request, visitor)
    found = placements.held_in(tx, tuple(desk.areas), MOST_SHOWN)
    cards = {card.shown.post.id: card for card in _make_cards(tx, request, found)}
    return {
        "waiting": [
            Waiting(
                each,
                desk.areas[each.area_id],
                cards[each.post_id],
                placements.count_accepted(tx, each.area_id, each.author_id),
            )
            for each in found
            if each.post_id in cards
        ],
        "most_reason": REASON_LENGTH,
        "tabs": list_tabs(request, desk),
    }


def _make_cards(tx: sa.Connection, request: Request, found: list[PlacementRecord]) -> list[Card]:
    """Each as its author sees it: nobody else may read it yet."""
    shown: list[ShownPost] = []
    for each in found:
        shown += timelines.held(tx, each.post_id)
    return make_cards(tx, shown, origin_of(request).origin, node_of(request).addresses)
