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
from areas.kinds import KINDS, Facts, responses
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
from web.pages.acts import choose_speaker, require_id, require_speaker
from web.pages.notices import find_said, with_notice

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
    """A post that has states, for one reader; `key` makes one application of two presses.

    `speakers` are those of hers who could answer, none where one of them has already. `coming` is how many take part.
    """

    post_id: int
    kind: str
    state: str
    is_own: bool
    steps: tuple[str, ...]
    speakers: tuple[ActorRecord, ...]
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
    speakers: Sequence[ActorRecord],
    now: Millis,
) -> Panel | None:
    """What stands below a post and its replies; None where it has no states."""
    facts = kinds.find(tx, root)
    if facts is None or not facts.kind.steps:
        return None
    counted = {each.actor_id: each for each in responses.list_of(tx, root.id)}
    chosen = any(each.state == "chosen" for each in counted.values())
    is_own = reader is not None and reader.id == root.actor_id
    has_said = is_own or any(each.id in counted for each in speakers)
    can_apply = () if has_said else tuple(each for each in speakers if may_respond(each.id, root, facts, now))
    steps = list_open(facts.kind.steps, facts.state, "author", chosen=chosen) if is_own else ()
    answers = [each.post for each in shown if each.post.in_reply_to_id == root.id]
    replies = (_count(facts, each, root, counted.get(each.actor_id), reader) for each in answers)
    return Panel(
        post_id=root.id,
        kind=facts.kind.name,
        state=facts.state,
        is_own=is_own,
        steps=tuple(each for each in steps if each != PICKS),
        speakers=can_apply,
        is_late=facts.kind.counts_for is not None and facts.is_late(now),
        is_full=facts.capacity is not None and len(counted) >= facts.capacity,
        coming=len(counted) if facts.kind.counts_for == "part" else None,
        capacity=facts.capacity,
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
    is_told = facts.kind.counts_for == "help" and state == "chosen" and reply.visibility in SHOWN
    if role is None:
        return Counted(reply.id, state, (), may_write=False) if is_told else None
    steps = list_open(facts.kind.replies, state, role, chosen=False)
    is_settled = not (facts.kind.counts_for == "part" or can_be_picked(facts))
    open_steps = tuple(each for each in steps if not is_settled or each in {"leave", "dismiss", "restore"})
    if state == NONE and not open_steps:
        return None
    is_agreed = facts.kind.counts_for == "application" and state == "chosen"
    return Counted(reply.id, state, open_steps, may_write=role == "author" and is_agreed)


def can_be_picked(facts: Facts) -> bool:
    """Whether somebody can be chosen now."""
    return find_step(facts.kind.steps, PICKS, facts.state, chosen=False) is not None


async def take_step(request: Request, visitor: Visitor) -> Response:
    """A button below one's own post."""
    form = await read_form(request)
    post_id, name, node = require_id(request, "post_id"), request.path_params["step"], node_of(request)
    try:
        kind = await node.database.write(_step, visitor, post_id, name, node.clock())
    except Refused:
        return _go_on(form, NOT_NOW, post_id)
    node.nudge()
    return _go_on(form, find_said(f"{kind}-{name}", f"post-{name}"), post_id)


def _step(tx: sa.Connection, visitor: Visitor, post_id: int, name: str, now: Millis) -> str:
    """As whichever of hers has written the post. Returns its kind."""
    post = posts.find_post_by_id(tx, post_id)
    author_id = None if post is None else post.actor_id
    interactions.step(tx, choose_speaker(visitor, author_id), post_id, name, now)
    return "" if post is None else post.kind


async def respond(request: Request, visitor: Visitor) -> Response:
    """Somebody applies, or takes part, as whom she chose. What has meanwhile become of the post its page shows."""
    form = await read_form(request)
    post_id, node, text = require_id(request, "post_id"), node_of(request), form.get("text", "")
    back = {"next": f"/posts/{post_id}"}
    if not text.strip():
        return _go_on(back, "no-words", post_id)
    try:
        speaker = require_speaker(visitor, form.get("speaker") or None)
        said, reply_id = await node.database.write(
            _respond, speaker, post_id, text, form.get("key", ""), node.clock()
        )
    except Full:
        return _go_on(back, "full", post_id)
    except Refused:
        return _go_on(back, NOT_NOW, post_id)
    node.nudge()
    return _go_on(back, said, reply_id)


def _respond(
    tx: sa.Connection, actor: ActorRecord, post_id: int, text: str, key: str, now: Millis
) -> tuple[str, int]:
    reply = interactions.respond(tx, actor, post_id, text, key, now)
    post = posts.find_post_by_id(tx, post_id)
    assert post is not None  # it has just been answered
    return _say(post.kind, "applied"), reply.id


def _say(kind: str, name: str) -> str:
    """What is said of a step of a reply, by what it counts for."""
    return f"{KINDS[kind].counts_for}-{name}"


async def step_reply(request: Request, visitor: Visitor) -> Response:
    """A button below a reply."""
    form = await read_form(request)
    reply_id, name, node = require_id(request, "post_id"), request.path_params["step"], node_of(request)
    try:
        said, post_id = await node.database.write(_step_reply, visitor, reply_id, name, node.clock())
    except Full:
        return _go_on(form, "full", reply_id)
    except Refused:
        return _go_on(form, NOT_NOW, reply_id)
    node.nudge()
    return _go_on(form, said, post_id if name == PICKS else reply_id)


def _step_reply(
    tx: sa.Connection, visitor: Visitor, reply_id: int, name: str, now: Millis
) -> tuple[str, int]:
    """As whichever of hers has written what is answered, or else the answer."""
    reply = posts.find_post_by_id(tx, reply_id)
    parent_id = None if reply is None else reply.in_reply_to_id
    parent = None if parent_id is None else posts.find_post_by_id(tx, parent_id)
    authors = (each.actor_id for each in (parent, reply) if each is not None)
    post = interactions.step_reply(tx, choose_speaker(visitor, *authors), reply_id, name, now)
    return _say(post.kind, name), post.id


def _go_on(form: Mapping[str, str], what: str, about: int) -> Response:
    where = with_notice(read_onward(form.get("next") or f"/posts/{about}"), what, about)
    return RedirectResponse(f"{where}#p{about}", 303, headers=PRIVATE)
