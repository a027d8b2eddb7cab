"""Polls: looking at one, and voting."""

from areas import interactions
from federation.errors import NotFound
from web.mastodon.calls import Call
from web.mastodon.entities.frame import Json
from web.mastodon.showing import show_poll
from web.mastodon.statuses import find


async def show(call: Call) -> Json:
    """`GET /api/v1/polls/:id`: its id is that of its post."""
    shown = show_poll(call, (await find(call)).seen)
    if shown is None:
        raise NotFound("the post has no poll")
    return shown


async def vote(call: Call) -> Json:
    """`POST /api/v1/polls/:id/votes`: `choices[]` count from 0."""
    question = (await find(call)).seen
    if question.poll is None:
        raise NotFound("the post has no poll")
    await call.write(interactions.vote, call.actor, question.post.id, call.params.ids("choices"), call.now)
    return await show(call)
