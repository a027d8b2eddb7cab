"""What somebody is told, one by one and in groups; what waits in requests, and the policy that lets it wait."""

from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa
from starlette.exceptions import HTTPException

from actors.records import ActorRecord
from areas import markers
from areas.notifications import TYPES, reading, requests
from areas.notifications.policy import Policy
from areas.notifications.reading import Group, Notification, Which
from areas.notifications.requests import Request
from areas.reading.slices import Page
from areas.reading.statuses import Seen, original
from areas.reading.visibility import Reader
from web.mastodon.answers import Answer
from web.mastodon.calls import Call, View
from web.mastodon.entities import notifications as entities
from web.mastodon.entities.frame import Json
from web.mastodon.paging import ACCOUNTS, link, read_slice
from web.mastodon.showing import show_accounts, show_statuses

USUAL: Final = (40, 80)
"""Notifications of a page by default, and at most; as Mastodon."""
MOST_UNREAD: Final = (100, 1_000)

_LINES: Final = {
    "for_not_following": "not_following",
    "for_not_followers": "not_followers",
    "for_new_accounts": "new_accounts",
    "for_private_mentions": "private_mentions",
    "for_limited_accounts": "limited_accounts",
}
_FLAGS: Final = {
    "filter_not_following": "not_following",
    "filter_not_followers": "not_followers",
    "filter_new_accounts": "new_accounts",
    "filter_private_mentions": "private_mentions",
}


async def list_all(call: Call) -> Answer:
    """`GET /api/v1/notifications`."""
    page = await call.read(reading.page, _reader(call), read_slice(call.params, USUAL), _which(call))
    return Answer(await show_notifications(call, page.items), headers=link(call.request, page))


async def show(call: Call) -> Json:
    """`GET /api/v1/notifications/:id`."""
    found = await call.read(reading.find, _reader(call), call.path_id())
    return (await show_notifications(call, [found]))[0]


async def dismiss(call: Call) -> Json:
    """`POST /api/v1/notifications/:id/dismiss`."""
    await call.write(reading.dismiss, _reader(call), call.path_id())
    return {}


async def dismiss_named(call: Call) -> Json:
    """`POST /api/v1/notifications/dismiss?id=`: the old address of the same."""
    notification_id = call.params.id("id")
    if notification_id is None:
        raise HTTPException(404)
    await call.write(reading.dismiss, _reader(call), notification_id)
    return {}


async def clear(call: Call) -> Json:
    """`POST /api/v1/notifications/clear`."""
    await call.write(reading.clear, _reader(call))
    return {}


async def count_unread(call: Call) -> Json:
    """`GET /api/v1/notifications/unread_count`: what is newer than the marker."""

    def count(tx: sa.Connection) -> int:
        reader = _reader(call)
        return reading.count_unread(
            tx, reader, _find_read(tx, reader), _which(call), limit=_most_unread(call)
        )

    return {"count": await call.read(count)}


async def count_unread_groups(call: Call) -> Json:
    """`GET /api/v2/notifications/unread_count`: the groups in which something is newer than the marker."""

    def count(tx: sa.Connection) -> int:
        reader = _reader(call)
        return reading.count_unread_groups(
            tx,
            reader,
            _find_read(tx, reader),
            _which(call),
            grouped=_grouped(call),
            limit=_most_unread(call),
        )

    return {"count": await call.read(count)}


def _find_read(tx: sa.Connection, reader: Reader) -> int:
    return markers.find(tx, reader.id, ("notifications",))["notifications"].last_read_id


def _most_unread(call: Call) -> int:
    usual, most = MOST_UNREAD
    return min(max(call.params.number("limit") or usual, 1), most)


def _grouped(call: Call) -> tuple[str, ...] | None:
    return call.params.texts("grouped_types") if "grouped_types" in call.params else None


async def list_groups(call: Call) -> Answer:
    """`GET /api/v2/notifications`: `grouped_types[]` are those that the app shows as one."""

    def read(tx: sa.Connection) -> Page[Group]:
        return reading.groups(
            tx, _reader(call), read_slice(call.params, USUAL), _which(call), grouped=_grouped(call)
        )

    page = await call.read(read)
    return Answer(await _show_groups(call, page.items), headers=link(call.request, page))


async def show_group(call: Call) -> Json:
    """`GET /api/v2/notifications/:group_key`."""
    return await _show_groups(call, [await call.read(reading.find_group, _reader(call), _key(call))])


async def list_accounts_of_group(call: Call) -> list[Json]:
    """`GET /api/v2/notifications/:group_key/accounts`."""
    return await show_accounts(call, await call.read(reading.accounts_of, _reader(call), _key(call)))


async def dismiss_group(call: Call) -> Json:
    """`POST /api/v2/notifications/:group_key/dismiss`."""
    await call.write(reading.dismiss_group, _reader(call), _key(call))
    return {}


async def list_requests(call: Call) -> Answer:
    """`GET /api/v1/notifications/requests`."""
    page = await call.read(requests.page, _reader(call), read_slice(call.params, ACCOUNTS))
    return Answer(await _show_requests(call, page.items), headers=link(call.request, page))


async def show_request(call: Call) -> Json:
    """`GET /api/v1/notifications/requests/:id`."""
    found = await call.read(requests.find, _reader(call), call.path_id())
    return (await _show_requests(call, [found]))[0]


async def accept_request(call: Call) -> Json:
    """`POST /api/v1/notifications/requests/:id/accept`."""
    await call.write(_end_request, _reader(call), call.path_id(), requests.accept)
    return {}


async def dismiss_request(call: Call) -> Json:
    """`POST /api/v1/notifications/requests/:id/dismiss`."""
    await call.write(_end_request, _reader(call), call.path_id(), requests.dismiss)
    return {}


def _end_request(tx: sa.Connection, reader: Reader, sender_id: int, end: Callable[..., None]) -> None:
    requests.find(tx, reader, sender_id)
    end(tx, reader, [sender_id])


async def accept_requests(call: Call) -> Json:
    """`POST /api/v1/notifications/requests/accept?id[]=`."""
    await call.write(requests.accept, _reader(call), call.params.ids("id"))
    return {}


async def dismiss_requests(call: Call) -> Json:
    """`POST /api/v1/notifications/requests/dismiss?id[]=`."""
    await call.write(requests.dismiss, _reader(call), call.params.ids("id"))
    return {}


async def tell_merged(_call: Call) -> Json:
    """`GET /api/v1/notifications/requests/merged`: what was accepted is merged at once."""
    return {"merged": True}


async def show_policy(call: Call) -> Json:
    """`GET /api/v2/notifications/policy`."""
    return entities.policy(*await call.read(_read_policy, _reader(call)))


async def change_policy(call: Call) -> Json:
    """`PATCH /api/v2/notifications/policy`."""
    changes = {_LINES[name]: call.params.word(name) or "" for name in call.params if name in _LINES}
    await call.write(requests.change_policy, call.actor.id, changes)
    return await show_policy(call)


async def show_policy_v1(call: Call) -> Json:
    """`GET /api/v1/notifications/policy`."""
    return entities.policy_v1(*await call.read(_read_policy, _reader(call)))


async def change_policy_v1(call: Call) -> Json:
    """`PUT /api/v1/notifications/policy`."""
    changes = {
        _FLAGS[name]: "filter" if call.params.flag(name) else "accept"
        for name in call.params
        if name in _FLAGS
    }
    await call.write(requests.change_policy, call.actor.id, changes)
    return await show_policy_v1(call)


def _read_policy(tx: sa.Connection, reader: Reader) -> tuple[Policy, int, int]:
    return requests.policy_of(tx, reader.id), *requests.count(tx, reader)


async def show_notifications(view: View, found: Sequence[Notification]) -> list[Json]:
    """`Notification`, many; each account and post is rendered once."""
    accounts = await _show_people(view, [each.by for each in found])
    shown = await _show_posts(view, [each.seen for each in found])
    return [
        entities.notification(
            each, accounts[each.by.id], None if each.seen is None else shown[each.seen.post.id]
        )
        for each in found
    ]


async def _show_groups(view: View, groups: Sequence[Group]) -> Json:
    accounts = await _show_people(view, [actor for each in groups for actor in each.sample])
    shown = await _show_posts(view, [each.latest.seen for each in groups])
    return entities.grouped(groups, list(accounts.values()), list(shown.values()))


async def _show_requests(view: View, found: Sequence[Request]) -> list[Json]:
    accounts = await _show_people(view, [each.sender for each in found])
    shown = await _show_posts(view, [each.last for each in found])
    return [
        entities.request(
            each, accounts[each.sender.id], None if each.last is None else shown[each.last.post.id]
        )
        for each in found
    ]


async def _show_people(view: View, people: Sequence[ActorRecord]) -> dict[int, Json]:
    once = {actor.id: actor for actor in people}
    return dict(zip(once, await show_accounts(view, list(once.values())), strict=True))


async def _show_posts(view: View, seen: Sequence[Seen | None]) -> dict[int, Json]:
    once = {each.post.id: original(each) for each in seen if each is not None}
    return dict(zip(once, await show_statuses(view, list(once.values())), strict=True))


def _reader(call: Call) -> Reader:
    return Reader.of(call.actor, call.now)


def _which(call: Call) -> Which:
    params = call.params
    types = params.texts("types")
    return Which(
        types=[each for each in types if each in TYPES] if types else None,
        without=params.texts("exclude_types"),
        by_id=params.id("account_id"),
        filtered=params.flag("include_filtered") or False,
    )


def _key(call: Call) -> str:
    key = call.request.path_params["group_key"]
    assert isinstance(key, str)  # the route's converter makes it one
    return key
