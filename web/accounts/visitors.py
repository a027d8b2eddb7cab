"""Who comes in: the cookie, the session behind it, and as whom she may speak. On the primary origin alone."""

from dataclasses import dataclass, field, replace
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request

from actors.accounts import Wishes, find_account_actors, find_wishes
from actors.names import OFFICIAL_KINDS
from actors.records import ActorRecord, SessionRecord
from actors.signin import sessions
from areas import markers
from areas.notifications import reading
from areas.placements import count_held
from areas.reading.visibility import Reader
from areas.registry import holds_any_role, list_moderated
from federation.vocabulary import Millis
from web.node import Node, node_of
from web.visits import origin_of

STAFF_MS: Final = 12 * 3_600_000
"""From signing in: who holds a role in the town's name proves every working day who she is."""

COOKIE: Final = "__Host-session"
PLAIN_COOKIE: Final = "session"
"""Where there is no TLS, which is only on loopback names: browsers take neither the prefix nor `Secure` there."""

MOST_COUNTED: Final = 99
"""Notifications: what is more is many."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and as whom she may speak, herself first. `until` is when she is asked again.

    `unread` are notifications, `MOST_COUNTED` at most; `waiting` posts for her to decide about, None = she
    decides nothing; `wishes` how pages are for her.
    """

    session: SessionRecord
    actors: tuple[ActorRecord, ...]
    until: Millis
    is_staff: bool
    unread: int = 0
    waiting: int | None = None
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def account_id(self) -> int:
        """Whose session it is."""
        return self.session.account_id

    @property
    def speakers(self) -> tuple[ActorRecord, ...]:
        """As whom she may speak, of those who are let."""
        return tuple(
            actor for actor in self.actors if actor.gone_at is None and actor.standing != "suspended"
        )

    @property
    def speaker(self) -> ActorRecord | None:
        """As whom she reads and acts unless she says otherwise: herself, or the first for whom she may."""
        return next(iter(self.speakers), None)


async def find_visitor(request: Request) -> Visitor | None:
    """Return who is signed in, if anybody is."""
    secret = request.cookies.get(cookie_name(node_of(request)))
    return await _find_by(request, secret) if secret else None


async def greet(request: Request, secret: str) -> None:
    """Let the page know who has just signed in, before her browser has the cookie."""
    request.state.visitor = await _find_by(request, secret)


async def _find_by(request: Request, secret: str) -> Visitor | None:
    node = node_of(request)
    return await node.database.read(_find, node, secret, node.clock())


def _find(tx: sa.Connection, node: Node, secret: str, now: Millis) -> Visitor | None:
    session = sessions.find_session(tx, node.vault, secret, now)
    if session is None:
        return None
    speakers = find_account_actors(tx, session.account_id, now)
    is_staff = any(actor.kind in OFFICIAL_KINDS for actor in speakers) or holds_any_role(
        tx, [actor.id for actor in speakers], now
    )
    until = Millis(session.created_at + STAFF_MS) if is_staff else session.expires_at
    wishes = find_wishes(tx, session.account_id)
    visitor = Visitor(session, speakers, until, is_staff, wishes=wishes)
    return _count(tx, visitor, now) if until > now else None


def _count(tx: sa.Connection, visitor: Visitor, now: Millis) -> Visitor:
    """What the head of every page says of what is new."""
    speaker = visitor.speaker
    if speaker is None:
        return visitor
    read = markers.find(tx, speaker.id, ("notifications",))["notifications"].last_read_id
    unread = reading.count_unread(tx, Reader.of(speaker, now), read, limit=MOST_COUNTED)
    moderated = list_moderated(tx, [each.id for each in visitor.speakers], now) if visitor.is_staff else []
    waiting = count_held(tx, [each.actor_id for each in moderated], MOST_COUNTED) if moderated else None
    return replace(visitor, unread=unread, waiting=waiting)


def visitor_of(request: Request) -> Visitor | None:
    """Whom `recognise` has found for this request; None also where nobody has looked."""
    found: Visitor | None = getattr(request.state, "visitor", None)
    return found


async def recognise(request: Request) -> Visitor | None:
    """Find who is signed in, and let the page know."""
    is_asked = origin_of(request).is_primary
    request.state.visitor = await find_visitor(request) if is_asked else None
    return visitor_of(request)


def reader_of(request: Request) -> Reader | None:
    """For whom a page is read; None = for anyone."""
    visitor = visitor_of(request)
    speaker = None if visitor is None else visitor.speaker
    return None if speaker is None else Reader.of(speaker, node_of(request).clock())


def cookie_name(node: Node) -> str:
    """The name of the cookie: by its prefix browsers keep it to this host, and to TLS (RFC 6265bis §4.1.3)."""
    return COOKIE if node.settings.base_url.startswith("https:") else PLAIN_COOKIE
