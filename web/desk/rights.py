"""Who may see the desk, and what of it: what waits, reports, and for who looks after the whole node warnings."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import Request

from areas import registry
from areas.records import AreaRecord
from federation.errors import NotFound
from web.accounts.visitors import Visitor
from web.node import node_of
from web.pages.rendering import text_of


@dataclass(frozen=True, slots=True)
class Desk:
    """The areas about which a visitor decides, by id; `is_everywhere`: and about the node."""

    areas: Mapping[int, AreaRecord]
    is_everywhere: bool

    def sees(self, area_id: int | None) -> bool:
        """Whether what is an area's (None = the node's) is for her."""
        return self.is_everywhere or area_id in self.areas


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return sentence


def find_desk(tx: sa.Connection, request: Request, visitor: Visitor) -> Desk:
    """What the visitor decides about now. Raises `NotFound` where that is nothing."""
    now, speakers = node_of(request).clock(), [each.id for each in visitor.speakers]
    areas = {area.actor_id: area for area in registry.list_moderated(tx, speakers, now)}
    is_everywhere = bool(set(registry.list_moderators(tx, None, now)).intersection(speakers))
    if not areas and not is_everywhere:
        raise NotFound("there is nothing for you to decide")
    return Desk(areas, is_everywhere)


def list_tabs(request: Request, desk: Desk) -> list[tuple[str, str]]:
    """The pages of the desk, as path and name."""
    tabs = [("/desk/held", _("Posts that wait")), ("/desk/reports", _("Reports"))]
    if desk.is_everywhere:
        tabs.append(("/desk/warnings", _("Warnings of other towns")))
    return [(path, text_of(request, name)) for path, name in tabs]
