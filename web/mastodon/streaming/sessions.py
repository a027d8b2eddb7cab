"""One app that hears changes: the channels it has asked for, and each change as what it shows in them."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from actors.changes import Change
from areas.announcements.reading import Announcement, Reaction
from areas.notifications.reading import Notification
from areas.reading.conversations import Conversation
from areas.reading.statuses import Status
from areas.reading.visibility import Reader
from federation.errors import NotFound
from web.mastodon.allowances import EVERYTHING
from web.mastodon.calls import Caller, View, find_caller, read_bearer
from web.mastodon.conversations import show_conversations
from web.mastodon.entities.announcements import announcement, announcement_reaction
from web.mastodon.lists import find_list
from web.mastodon.notifications import show_notifications
from web.mastodon.showing import frame_of, show_statuses
from web.mastodon.streaming import channels
from web.mastodon.streaming.channels import Channel
from web.mastodon.streaming.matching import Found, Listener, find
from web.node import Node, node_of
from web.rates import find_household
from web.streams import Message, Stream, Told
from web.visits import origin_of, visit_of

MISSING_TOKEN: Final = "Missing access token"  # noqa: S105 - a sentence
INVALID_TOKEN: Final = "Invalid access token"  # noqa: S105 - a sentence
REMEMBERED: Final = 200
"""Posts that are not shown a second time in one channel: one is written, and accepted by three areas."""

_CHALLENGE: Final = {"www-authenticate": 'Bearer error="invalid_token"'}


async def recognise(connection: HTTPConnection, *more_bearers: str) -> Caller:
    """Whose stream it is: by header, by `access_token` in the query as browsers have to, or by `more_bearers`.

    Counted by token, or by network without a good one. Raises 401 in Mastodon's words, 404 where apps have nothing to
    look for, 429.
    """
    if not origin_of(connection).is_primary:
        raise HTTPException(404)
    node = node_of(connection)
    now, caller = node.clock(), None
    given = (read_bearer(connection), connection.query_params.get("access_token"), *more_bearers)
    bearer = next((each for each in given if each), None)
    if bearer is not None:
        caller = await node.database.read(find_caller, node.vault, bearer, now)
    who = find_household(visit_of(connection).client) if caller is None else f"token {caller.token.id}"
    node.meter.take(who, (EVERYTHING,), now)
    if bearer is None:
        raise HTTPException(401, MISSING_TOKEN, _CHALLENGE)
    if caller is None or caller.actor is None:
        raise HTTPException(401, INVALID_TOKEN, _CHALLENGE)
    return caller


class Session:
    """The channels of one connection."""

    def __init__(self, node: Node, caller: Caller, client: str) -> None:
        assert caller.actor is not None  # `recognise` has let nobody else in
        self._node, self._caller, self._actor = node, caller, caller.actor
        self._channels: dict[Channel, None] = {}
        self._shown: deque[tuple[Channel, int]] = deque(maxlen=REMEMBERED)
        self.stream = Stream(
            token_id=caller.token.id,
            actor_id=self._actor.id,
            household=find_household(client),
            wants=lambda change: bool(self._asked(change)),
            present=self.present,
        )

    async def subscribe(self, channel: Channel) -> None:
        """Hear a channel too. Raises 401, in Mastodon's words, for one that the token may not hear."""
        channels.demand_scopes(channel, self._caller.token.scopes)
        if channel.list_id:
            try:
                await self._node.database.read(find_list, self._actor.id, channel.list_id)
            except NotFound as fault:
                raise HTTPException(401, channels.FOREIGN_LIST) from fault
        self._channels[channel] = None

    def unsubscribe(self, channel: Channel) -> None:
        """Hear it no more."""
        self._channels.pop(channel, None)

    def __len__(self) -> int:
        return len(self._channels)

    def _asked(self, change: Change) -> list[Channel]:
        scopes = self._caller.token.scopes
        return [each for each in self._channels if channels.wants(each, change, self._actor.id, scopes)]

    async def present(self, told: Told) -> Sequence[Message]:
        """What the app is to be sent of a change. Raises `Revoked`."""
        view = View(self._node, self._caller, self._node.clock())
        listener = Listener(Reader.of(self._actor, view.now), view.token.id, self._asked(told.change))
        found = await view.read(find, listener, told)
        rendered: dict[int, str | None] = {}
        messages = []
        for each in found:
            if self._is_repeated(each) or each.channel not in self._channels:
                continue
            if id(each.thing) not in rendered:
                rendered[id(each.thing)] = await _render(view, each.thing)
            messages.append(Message(each.channel.label, each.event, rendered[id(each.thing)]))
        return messages

    def _is_repeated(self, found: Found) -> bool:
        if found.event != "update" or not isinstance(found.thing, Status):
            return False
        key = (found.channel, found.thing.id)
        if key in self._shown:
            return True
        self._shown.append(key)
        return False


async def _render(
    view: View, thing: "Status | Notification | Conversation | Announcement | Reaction | int | None"
) -> str | None:
    match thing:
        case Status():
            (shown,) = await show_statuses(view, [thing])
        case Notification():
            (shown,) = await show_notifications(view, [thing])
        case Conversation():
            (shown,) = await show_conversations(view, [thing])
        case Announcement():
            shown = announcement(thing, frame_of(view.node))
        case Reaction():
            shown = announcement_reaction(thing)
        case None:
            return None
        case _:
            return str(thing)
    return orjson.dumps(shown).decode()


def open_session(connection: HTTPConnection, caller: Caller) -> Session:
    """A session that hears nothing yet."""
    return Session(node_of(connection), caller, visit_of(connection).client)
