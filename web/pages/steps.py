"""Buttons of posts that have states, and of what replies to them count for: who may press them, what they do."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.records import ActorRecord
from areas import interactions, kinds, posts
from areas.interactions.stepping import PICKS, Full, may_respond, role_of
from areas.kinds import Facts, responses
from areas.kinds.event import Event
from areas.kinds.offers import Offer
from areas.kinds.states import NONE, find_step, list_open
from areas.reading.visibility import Reader
from areas.records import SHOWN, PostRecord
from areas.timelines import ShownPost
from federation.errors import Refused
from federation.vocabulary import Millis
from web.accounts.doors import PRIVATE
from web.accounts.onward import read_onward
from web.accounts.visitors import Visitor
from web.forms import read_form
from web.node import node_of
from web.pages.acts import require_id, require_speaker
from web.pages.notices import with_notice

KEY_BYTES: Final = 12
NOT_NOW: Final = "not-now"
"""Somebody was quicker, or the page was old: it is shown as it is now, and says so."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a reply counts for, as far as the reader may know, and what she can make of it."""

    reply_id: int
    state: str
    steps: tuple[str, ...]
    may_write: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A post that has states, for one reader; `key` makes one application of two presses."""

    post_id: int
    kind: str
    state: str
    is_own: bool
    steps: tuple[str, ...]
    may_respond: bool
    is_late: bool
    is_full: bool
    coming: int | None
    capacity: int | None
    key: str
    replies: Mapping[int, Counted]


def describe(
    tx: sa.Connection,
    root: PostRecord,
    shown: Sequence[ShownPost],
    reader: Reader | None,
    now: Millis,
) -> Panel | None:
    """What stands below a post and its replies; None where it has no states."""
    facts = kinds.find(tx, root)
    if facts is None or not facts.kind.steps:
        return None
    counted = {each.actor_id: each for each in responses.list_of(tx, root.id)}
    chosen = any(each.state == "chosen" for each in counted.values())
    is_own = reader is not None and reader.id == root.actor_id
    capacity = facts.data.capacity if isinstance(facts.data, Event) else None
    can_apply = reader is not None and reader.id not in counted and may_respond(reader.id, root, facts, now)
    steps = list_open(facts.kind.steps, facts.state, "author", chosen=chosen) if is_own else ()
    answers = [each.post for each in shown if each.post.in_reply_to_id == root.id]
    replies = (_count(facts, each, root, counted.get(each.actor_id), reader) for each in answers)
    return Panel(
        post_id=root.id,
        kind=facts.kind.name,
        state=facts.state,
        is_own=is_own,
        steps=tuple(each for each in steps if each != PICKS),
        may_respond=can_apply,
        is_late=isinstance(facts.data, Offer | Event) and facts.data.is_late(now),
        is_full=capacity is not None and len(counted) >= capacity,
        coming=len(counted) if isinstance(facts.data, Event) else None,
        capacity=capacity,
        key=secrets.token_urlsafe(KEY_BYTES),
        replies={each.reply_id: each for each in replies if each is not None},
    )


def _count(
    facts: Facts, reply: PostRecord, root: PostRecord, found: responses.Response | None, reader: Reader | None
) -> Counted | None:
    """Who applied and who was chosen is for both sides; the answer that helped is for everybody who reads it.

    Where somebody has replied twice, the first one counts.
    """
    if reply.actor_id == root.actor_id or (found is not None and found.reply_id != reply.id):
        return None
    state = NONE if found is None else found.state
    role = None if reader is None else role_of(reader.id, root, reply)
    is_told = facts.kind.name == "question" and state == "chosen" and reply.visibility in SHOWN
    if role is None:
        return Counted(reply.id, state, (), may_write=False) if is_told else None
    steps = list_open(facts.kind.replies, state, role, chosen=False)
    can_pick = isinstance(facts.data, Event) or can_be_picked(facts)
    open_steps = tuple(each for each in steps if can_pick or each in {"leave", "dismiss", "restore"})
    if state == NONE and not open_steps:
        return None
    is_agreed = state == "chosen" and isinstance(facts.data, Offer)
    return Counted(reply.id, state, open_steps, may_write=role == "author" and is_agreed)


def can_be_picked(facts: Facts) -> bool:
    """Whether somebody can be chosen now."""
    return find_step(facts.kind.steps, PICKS, facts.state, chosen=False) is not None


async def take_step(request: Request, visitor: Visitor) -> Response:
    """A button below one's own post."""
    form = await read_form(request)
    post_id, name, node = require_id(request, "post_id"), request.path_params["step"], node_of(request)
    try:
        await node.database.write(_step, visitor, post_id, name, node.clock())
    except Refused:
        return _go_on(form, NOT_NOW, post_id)
    node.nudge()
    return _go_on(form, f"post-{name}", post_id)


def _step(tx: sa.Connection, visitor: Visitor, post_id: int, name: str, now: Millis) -> None:
    """As whichever of hers has written the post."""
    interactions.step(tx, _choose_speaker(tx, visitor, post_id), post_id, name, now)


def _choose_speaker(tx: sa.Connection, visitor: Visitor, post_id: int) -> ActorRecord:
    post = posts.find_post_by_id(tx, post_id)
    own = (each for each in visitor.speakers if post is not None and each.id == post.actor_id)
    return next(own, require_speaker(visitor))


async def respond(request: Request, visitor: Visitor) -> Response:
    """Somebody applies. What has meanwhile become of the post is shown on its page."""
    form = await read_form(request)
    post_id, node, text = require_id(request, "post_id"), node_of(request), form.get("text", "")
    back = {"next": f"/posts/{post_id}"}
    if not text.strip():
        return _go_on(back, "no-words", post_id)
    try:
        kind, reply_id = await node.database.write(
            _respond, require_speaker(visitor), post_id, text, form.get("key", ""), node.clock()
        )
    except Full:
        return _go_on(back, "full", post_id)
    except Refused:
        return _go_on(back, NOT_NOW, post_id)
    node.nudge()
    return _go_on(back, _say(kind, "applied"), reply_id)


def _respond(
    tx: sa.Connection, actor: ActorRecord, post_id: int, text: str, key: str, now: Millis
) -> tuple[str, int]:
    reply = interactions.respond(tx, actor, post_id, text, key, now)
    post = posts.find_post_by_id(tx, post_id)
    assert post is not None  # it has just been answered
    return post.kind, reply.id


def _say(kind: str, name: str) -> str:
    return f"event-{name}" if kind == "event" else f"reply-{name}"


async def step_reply(request: Request, visitor: Visitor) -> Response:
    """A button below a reply."""
    form = await read_form(request)
    reply_id, name, node = require_id(request, "post_id"), request.path_params["step"], node_of(request)
    try:
        kind, post_id = await node.database.write(_step_reply, visitor, reply_id, name, node.clock())
    except Full:
        return _go_on(form, "full", reply_id)
    except Refused:
        return _go_on(form, NOT_NOW, reply_id)
    node.nudge()
    if name == PICKS:
        return _go_on(form, "reply-helped" if kind == "question" else "reply-chosen", post_id)
    return _go_on(form, _say(kind, name), reply_id)


def _step_reply(
    tx: sa.Connection, visitor: Visitor, reply_id: int, name: str, now: Millis
) -> tuple[str, int]:
    reply = posts.find_post_by_id(tx, reply_id)
    parent_id = None if reply is None else reply.in_reply_to_id
    actor = require_speaker(visitor) if parent_id is None else _choose_speaker(tx, visitor, parent_id)
    post = interactions.step_reply(tx, actor, reply_id, name, now)
    return post.kind, post.id


def _go_on(form: Mapping[str, str], what: str, about: int) -> Response:
    where = with_notice(read_onward(form.get("next") or f"/posts/{about}"), what, about)
    return RedirectResponse(f"{where}#p{about}", 303, headers=PRIVATE)
