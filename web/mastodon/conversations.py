"""Threads of messages."""

from collections.abc import Sequence

from areas.reading import conversations
from areas.reading.conversations import Conversation
from areas.reading.statuses import original
from areas.reading.visibility import Reader
from web.mastodon.answers import Answer
from web.mastodon.calls import Call, View
from web.mastodon.entities.frame import Json
from web.mastodon.entities.notifications import conversation
from web.mastodon.paging import link, read_slice
from web.mastodon.showing import show_accounts, show_statuses


async def list_all(call: Call) -> Answer:
    """`GET /api/v1/conversations`: the latest first; pages go by the newest message of each."""
    page = await call.read(conversations.page, _reader(call), read_slice(call.params))
    return Answer(await show_conversations(call, page.items), headers=link(call.request, page))


async def mark_read(call: Call) -> Json:
    """`POST /api/v1/conversations/:id/read`."""
    read = await call.write(conversations.mark_read, _reader(call), call.path_id())
    return (await show_conversations(call, [read]))[0]


async def remove(call: Call) -> Json:
    """`DELETE /api/v1/conversations/:id`: until the next message."""
    await call.write(conversations.remove, _reader(call), call.path_id())
    return {}


async def show_conversations(view: View, found: Sequence[Conversation]) -> list[Json]:
    """`Conversation`, many."""
    people = {actor.id: actor for each in found for actor in each.people}
    accounts = dict(zip(people, await show_accounts(view, list(people.values())), strict=True))
    shown = await show_statuses(view, [original(each.last) for each in found])
    return [
        conversation(each, [accounts[actor.id] for actor in each.people], last)
        for each, last in zip(found, shown, strict=True)
    ]


def _reader(call: Call) -> Reader:
    return Reader.of(call.actor, call.now)
