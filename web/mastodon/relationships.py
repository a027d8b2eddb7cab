"""What somebody does to others: follow, let in, shut out; and the lists of whom one has done that to."""

from collections.abc import Callable
from typing import Final, Protocol

import sqlalchemy as sa

from actors.listing import require_actor
from actors.records import ActorRecord
from actors.relations import relate
from areas import interactions
from areas.interactions import noting
from areas.reading.people import list_blocked, list_blocked_hosts, list_endorsed, list_muted, list_requests
from areas.reading.slices import Page
from federation.vocabulary import Millis
from web.mastodon.answers import Answer
from web.mastodon.calls import Call, Handler
from web.mastodon.entities.accounts import muted_account
from web.mastodon.entities.frame import Json
from web.mastodon.paging import ACCOUNTS, link, read_slice
from web.mastodon.showing import show_accounts, show_relationships

HOSTS: Final = (100, 200)
"""Blocked hosts by default, and at most; as Mastodon."""


class Act(Protocol):
    """`act(tx, actor, target, now)`."""

    def __call__(self, tx: sa.Connection, actor: ActorRecord, target: ActorRecord, now: Millis, /) -> object:
        """Do it. Doing it again changes nothing."""


def make(act: Act) -> Handler:
    """Return the operation that does it to the account in the path, and says what one is to it then."""

    async def answer(call: Call) -> Json:
        target = await call.read(require_actor, call.path_id())
        await call.write(act, call.actor, target, call.now)
        return await _relate(call, target)

    return answer


def _unmute(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, _now: Millis) -> bool:
    return interactions.unmute(tx, actor, target)


def _unendorse(tx: sa.Connection, actor: ActorRecord, target: ActorRecord, _now: Millis) -> None:
    noting.unendorse(tx, actor.id, target.id)


unfollow: Final = make(interactions.unfollow)
remove_follower: Final = make(interactions.remove_follower)
block: Final = make(interactions.block)
unblock: Final = make(interactions.unblock)
unmute: Final = make(_unmute)
authorize: Final = make(interactions.accept_request)
reject: Final = make(interactions.reject_request)
endorse: Final = make(noting.endorse)
unendorse: Final = make(_unendorse)


async def follow(call: Call) -> Json:
    """`POST /api/v1/accounts/:id/follow`: what is not said stays as it is."""
    target = await call.read(require_actor, call.path_id())
    reblogs, notify = call.params.flag("reblogs"), call.params.flag("notify")

    def act(tx: sa.Connection) -> None:
        interactions.follow(tx, call.actor, target, call.now, reblogs=reblogs, notify=notify)

    await call.write(act)
    return await _relate(call, target)


async def mute(call: Call) -> Json:
    """`POST /api/v1/accounts/:id/mute`: with their notifications unless said otherwise; `duration` in seconds."""
    target = await call.read(require_actor, call.path_id())
    notifications = call.params.flag("notifications") is not False
    milliseconds = (call.params.number("duration") or 0) * 1000

    def act(tx: sa.Connection) -> None:
        interactions.mute(
            tx, call.actor, target, call.now, notifications=notifications, milliseconds=milliseconds
        )

    await call.write(act)
    return await _relate(call, target)


async def write_note(call: Call) -> Json:
    """`POST /api/v1/accounts/:id/note`: `comment`, for oneself; an empty one takes it away."""
    target = await call.read(require_actor, call.path_id())
    await call.write(noting.note, call.actor, target, call.params.text("comment") or "")
    return await _relate(call, target)


async def _relate(call: Call, target: ActorRecord) -> Json:
    return (await show_relationships(call, [target.id]))[0]


async def list_own_endorsements(call: Call) -> Answer:
    """`GET /api/v1/endorsements`: whom one recommends."""
    return await _list(call, list_endorsed)


async def list_endorsements(call: Call) -> Answer:
    """`GET /api/v1/accounts/:id/endorsements`: whom somebody here recommends on her page."""
    actor = await call.read(require_actor, call.path_id())
    page = await call.read(list_endorsed, actor.id, read_slice(call.params, ACCOUNTS))
    return Answer(await show_accounts(call, page.items), headers=link(call.request, page))


async def list_of_requests(call: Call) -> Answer:
    """`GET /api/v1/follow_requests`: who waits to be let in."""
    return await _list(call, list_requests)


async def list_blocks(call: Call) -> Answer:
    """`GET /api/v1/blocks`."""
    return await _list(call, list_blocked)


async def _list(call: Call, read: Callable[..., Page[ActorRecord]]) -> Answer:
    page = await call.read(read, call.actor.id, read_slice(call.params, ACCOUNTS))
    return Answer(await show_accounts(call, page.items), headers=link(call.request, page))


async def list_mutes(call: Call) -> Answer:
    """`GET /api/v1/mutes`: each with the end of its mute."""
    page = await call.read(list_muted, call.actor.id, read_slice(call.params, ACCOUNTS), call.now)
    shown = await show_accounts(call, page.items)
    relations = await call.read(relate, call.actor.id, [actor.id for actor in page.items], call.now)
    ends = [relations[actor.id].mutes_until for actor in page.items]
    body = [muted_account(account, end) for account, end in zip(shown, ends, strict=True)]
    return Answer(body, headers=link(call.request, page))


async def list_hosts(call: Call) -> Answer:
    """`GET /api/v1/domain_blocks`."""
    page = await call.read(list_blocked_hosts, call.actor.id, read_slice(call.params, HOSTS))
    return Answer([host for _, host in page.items], headers=link(call.request, page))


async def block_host(call: Call) -> Json:
    """`POST /api/v1/domain_blocks`."""
    await call.write(interactions.block_host, call.actor, call.params.word("domain") or "", call.now)
    return {}


async def unblock_host(call: Call) -> Json:
    """`DELETE /api/v1/domain_blocks`."""
    await call.write(interactions.unblock_host, call.actor, call.params.word("domain") or "")
    return {}
