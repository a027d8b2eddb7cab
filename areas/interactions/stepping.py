"""Steps of posts that have states, and what replies to them count for: by the author, or by whoever replied.

Each step is a line of the kind's table. What others see of it is an edit of the post: its text says the state.
"""

from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from actors.records import ActorRecord
from areas import compose, kinds, posts
from areas.interactions.saying import require_post
from areas.kinds import Facts, responses
from areas.kinds.kind import OPEN
from areas.kinds.responses import Response
from areas.kinds.states import NONE, Role, Step, find_step, is_taken
from areas.locks import lock_author
from areas.records import Draft, PostRecord, Revision
from federation.errors import NotFound, Refused
from federation.vocabulary import Millis

ADMITS: Final = "admit"
"""The step by which a reply from anywhere counts as an application, or as taking part."""
PICKS: Final = "choose"
"""The step of a reply that is a step of the post as well."""


class Full(Refused):
    """As many take part as can come."""


def step(tx: sa.Connection, actor: ActorRecord, post_id: int, name: str, now: Millis) -> None:
    """Take a step of one's own post; a second press changes nothing. Raises `NotFound`, `Refused`."""
    post, facts = _find(tx, post_id)
    if post.actor_id != actor.id or name == PICKS:
        raise NotFound(f"there is no step {name!r} of post {post_id} for {actor.handle}")
    _step(tx, post, facts, name, now)


def _step(tx: sa.Connection, post: PostRecord, facts: Facts, name: str, now: Millis) -> None:
    chosen = responses.has_chosen(tx, post.id)
    found = find_step(facts.kind.steps, name, facts.state, chosen=chosen)
    if found is None:
        if is_taken(facts.kind.steps, name, facts.state):
            return
        raise Refused(f"a post that is {facts.state!r} cannot take the step {name!r}")
    if found.frees:
        _free(tx, post, facts, now)
    kinds.move(tx, post.id, facts, found.after)
    compose.edit(tx, post.id, Revision(), now)


def _free(tx: sa.Connection, post: PostRecord, facts: Facts, now: Millis) -> None:
    """Who was chosen is what she was before."""
    before = next(each.before[0] for each in facts.kind.replies if each.name == PICKS)
    for each in responses.list_of(tx, post.id):
        if each.state == "chosen":
            responses.put(tx, replace(each, state=before), now)


def step_reply(tx: sa.Connection, actor: ActorRecord, reply_id: int, name: str, now: Millis) -> PostRecord:
    """Let a reply count for something, or no more: by the author of the post, or of the reply. Returns the post.

    Raises `NotFound`, `Refused`.
    """
    reply = require_post(tx, actor, reply_id, now)
    if reply.in_reply_to_id is None:
        raise NotFound(f"post {reply_id} answers nothing")
    post, facts = _find(tx, reply.in_reply_to_id)
    role = role_of(actor.id, post, reply)
    current = responses.find_of(tx, post.id, reply.actor_id)
    state = NONE if current is None else current.state
    counted = Response(post.id, reply.actor_id, reply.id if current is None else current.reply_id, state)
    found = find_step(facts.kind.replies, name, state, chosen=responses.has_chosen(tx, post.id))
    if role is None or not any(each.name == name and each.by == role for each in facts.kind.replies):
        raise NotFound(f"there is no step {name!r} of reply {reply_id} for {actor.handle}")
    if found is not None:
        _count(tx, Counted(post, facts, counted), found, now)
    elif not is_taken(facts.kind.replies, name, state):
        raise Refused(f"a reply that is {state!r} cannot take the step {name!r}")
    return post


@dataclass(frozen=True, slots=True)
class Counted:
    """A response, and the post to which it belongs."""

    post: PostRecord
    facts: Facts
    response: Response


def _count(tx: sa.Connection, counted: Counted, found: Step, now: Millis) -> None:
    post, facts = counted.post, counted.facts
    if found.name == PICKS and find_step(facts.kind.steps, PICKS, facts.state, chosen=False) is None:
        raise Refused(f"for a post that is {facts.state!r} nobody can be chosen")
    if found.name == ADMITS:
        _require_room(tx, post, facts)
    was_chosen = counted.response.state == "chosen"
    responses.put(tx, replace(counted.response, state=found.after), now)
    if found.name == PICKS:
        _step(tx, post, facts, PICKS, now)
    elif was_chosen and find_step(facts.kind.steps, "release", facts.state, chosen=False) is not None:
        _step(tx, post, facts, "release", now)


def _require_room(tx: sa.Connection, post: PostRecord, facts: Facts) -> None:
    """Raise `Full` where nobody more can come. Whoever counts holds the author's lock until she has joined."""
    most = facts.capacity
    if most is not None and len(responses.list_of(tx, post.id)) >= most:
        raise Full(f"満員です（定員{most}人）。 All {most} places are taken.")


def role_of(actor_id: int, post: PostRecord, reply: PostRecord) -> Role | None:
    """What somebody is to a reply; the author of the post does not respond to herself."""
    if reply.actor_id == post.actor_id:
        return None
    if actor_id == post.actor_id:
        return "author"
    return "responder" if actor_id == reply.actor_id else None


def _find(tx: sa.Connection, post_id: int) -> tuple[PostRecord, Facts]:
    """A post of ours that has states, with its author's lock. Raises `NotFound`."""
    post = posts.find_post_by_id(tx, post_id)
    if post is not None:
        lock_author(tx, post.actor_id)
        post = posts.find_post_by_id(tx, post_id)
    facts = None if post is None or post.deleted_at is not None else kinds.find(tx, post)
    if post is None or facts is None:
        raise NotFound(f"post {post_id} has no steps")
    return post, facts


def respond(
    tx: sa.Connection, actor: ActorRecord, post_id: int, text: str, key: str, now: Millis
) -> PostRecord:
    """Apply for what is offered or wanted, by a message to its author alone. Raises `NotFound`, `Refused`.

    The same `key` within the hour is one application; who has applied already is not heard twice.
    """
    require_post(tx, actor, post_id, now)
    post, facts = _find(tx, post_id)
    if not may_respond(actor.id, post, facts, now):
        raise Refused("nobody can apply for this post (any more)")
    earlier = responses.find_of(tx, post.id, actor.id)
    if earlier is not None:
        found = posts.find_post_by_id(tx, earlier.reply_id)
        assert found is not None  # posts are never removed
        return found
    _require_room(tx, post, facts)
    draft = Draft(actor.id, text, in_reply_to=post.iri, visibility="direct", key=f"respond {post_id} {key}")
    reply, _ = compose.publish(tx, draft, now)
    responses.put(tx, Response(post.id, actor.id, reply.id, "applied"), now)
    return reply


def may_respond(actor_id: int, post: PostRecord, facts: Facts, now: Millis) -> bool:
    """Whether somebody can apply."""
    takes = any(each.name == ADMITS for each in facts.kind.replies)
    if actor_id == post.actor_id or not takes or facts.is_late(now):
        return False
    return facts.state == OPEN
