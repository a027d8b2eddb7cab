"""Who may say what: the authorization matrix, one table of pure functions over the verified signer.

Each row has two columns. `judge_claim` needs nothing but the signer and the activity, and is asked before the
database; `judge_state` needs what is stored about the thing that the activity speaks of, gathered inside the
same transaction that acts on it. Source: FEP-fe34.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from federation.iris import origin, same_origin
from federation.vocabulary import (
    Accept,
    Activity,
    Actor,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Iri,
    Like,
    Lock,
    Millis,
    Move,
    OtherActivity,
    Post,
    Reject,
    Remove,
    Undo,
    Update,
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """It has, or has had, its effect."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Answered 202, without effect."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Answered 403, without effect."""

    reason: str


Verdict = Allowed | Ignored | Refused
ALLOWED = Allowed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored about the thing that an activity speaks of; the defaults say "nothing".

    `owner` wrote the post, or made the Follow; `target` is whom that Follow follows, or where pins go; `is_pending`
    that it waits for an answer, `is_accepted` that it got one. `is_local`: the follower, or the one who is blocked,
    is ours. `is_followable`: one of our actors that may be followed. `is_known`: any of what is reported is ours, or
    stored here. `is_ended`: deleted, or a tombstone waits for it. `updated` is the post's own time of its last change.
    `is_settling`: the actor has moved lately.
    """

    owner: Iri | None = None
    target: Iri | None = None
    is_local: bool = False
    is_followable: bool = False
    is_known: bool = False
    is_pending: bool = False
    is_accepted: bool = False
    is_ended: bool = False
    is_settling: bool = False
    updated: Millis | None = None


def judge_claim(signer: Iri, activity: Activity, served: Collection[str]) -> Verdict:
    """Judge what needs nothing stored: the row "any", then the row of the activity's type.

    `signer` is the owner of the key that verified, `served` the origins of this node.
    """
    if activity.actor != signer:
        return Refused("the signer is not the actor")
    home = origin(signer)
    if home in served:
        return Refused("an actor of this node does not post to its inbox")
    if origin(activity.id) != home:
        return Refused("the id of the activity is not on its actor's origin")
    return _CLAIMS[type(activity)](signer, activity)


def judge_state(signer: Iri, activity: Activity, stored: Stored) -> Verdict:
    """Judge what depends on `stored`. Only for what `judge_claim` has allowed.

    Anybody may like and announce what is public and known here; an Undo finds only what its own actor made.
    """
    judge = _STATES.get(type(activity))
    return ALLOWED if judge is None else judge(signer, activity, stored)


def _anyone(_signer: Iri, _activity: Activity) -> Verdict:
    return ALLOWED


def _create(signer: Iri, activity: Create) -> Verdict:
    if not isinstance(activity.object, Post):
        return Ignored("not an embedded post")
    return _own_post(signer, activity.object)


def _own_post(signer: Iri, post: Post) -> Verdict:
    if post.attributed_to not in {(), (signer,)}:
        return Ignored("attributed to another, or to several")
    if not same_origin(post.id, signer):
        return Ignored("the post is not on its author's origin")
    return ALLOWED


def _update(signer: Iri, activity: Update) -> Verdict:
    if isinstance(activity.object, Post):
        return _own_post(signer, activity.object)
    changed = activity.object.id if isinstance(activity.object, Actor) else activity.object
    if changed != signer:
        return Ignored("neither a post nor the actor itself")
    return ALLOWED


def _delete(signer: Iri, activity: Delete) -> Verdict:
    if not same_origin(activity.object, signer):
        return Ignored("what is deleted is not on the actor's origin")
    return ALLOWED


def _undo(signer: Iri, activity: Undo) -> Verdict:
    undone = activity.object
    if isinstance(undone, str):
        return ALLOWED if same_origin(undone, signer) else Ignored("what is undone is another's")
    if not isinstance(undone, Follow | Like | Announce | Block):
        return Ignored("nothing that is undone here")
    return ALLOWED if undone.actor == signer else Ignored("what is undone is another's")


def _announce(_signer: Iri, activity: Announce) -> Verdict:
    if isinstance(activity.object, Announce):
        return Ignored("a wrapped boost")
    if not isinstance(activity.object, str | Post | Activity):
        return Ignored("not a post")
    return ALLOWED


def _answer(signer: Iri, activity: Accept | Reject) -> Verdict:
    """An embedded Follow must at least say that it follows who answers. A group may reject a post (FEP-1b12)."""
    if isinstance(activity.object, str):
        return ALLOWED
    if isinstance(activity, Reject) and isinstance(activity.object, Create):
        return ALLOWED
    if not isinstance(activity.object, Follow):
        return Ignored("not the answer to a Follow")
    return ALLOWED if activity.object.object == signer else Ignored("the Follow is of another")


def _block(_signer: Iri, activity: Block) -> Verdict:
    """With a `target` it is a ban from that group (FEP-1b12), and no matter between two actors."""
    return Ignored("a ban from a group elsewhere") if activity.target else ALLOWED


def _lock(_signer: Iri, _activity: Lock) -> Verdict:
    """Only a Group's own word about its threads counts, and that comes in its `Announce`."""
    return Ignored("a lock that no Group announces")


def _move(signer: Iri, activity: Move) -> Verdict:
    if activity.object != signer:
        return Ignored("who moves is another")
    if activity.destination is None or activity.destination == signer:
        return Ignored("no destination")
    return ALLOWED


def _pin(signer: Iri, activity: Add | Remove) -> Verdict:
    pinned = activity.object.id if isinstance(activity.object, Post) else activity.object
    if not isinstance(pinned, str):
        return Ignored("not a post")
    return ALLOWED if same_origin(pinned, signer) else Ignored("the post is another's")


def _other(_signer: Iri, _activity: OtherActivity) -> Verdict:
    return Ignored("not understood")


def _create_state(signer: Iri, _activity: Create, stored: Stored) -> Verdict:
    if stored.is_ended:
        return Ignored("deleted already")
    return _owned(signer, stored)


def _owned(signer: Iri, stored: Stored) -> Verdict:
    return ALLOWED if stored.owner in {None, signer} else Ignored("it belongs to another")


def _update_state(signer: Iri, activity: Update, stored: Stored) -> Verdict:
    """An actor is read again from where it lives; a post must be newer than what is stored.

    A post that is not stored yet may be one whose author names an area only now.
    """
    if not isinstance(activity.object, Post):
        return ALLOWED
    if stored.is_ended:
        return Ignored("deleted already")
    if not _is_newer(activity.object.updated, stored.updated):
        return Ignored("not newer than what is stored")
    return _owned(signer, stored)


def _is_newer(updated: Millis | None, stored: Millis | None) -> bool:
    return stored is None or (updated is not None and updated > stored)


def _delete_state(signer: Iri, _activity: Delete, stored: Stored) -> Verdict:
    """What is not stored leaves a tombstone: `Delete` may arrive before what it deletes."""
    if stored.is_ended:
        return Ignored("deleted already")
    return _owned(signer, stored)


def _follow_state(_signer: Iri, _activity: Follow, stored: Stored) -> Verdict:
    return ALLOWED if stored.is_followable else Ignored("not an actor of this node that can be followed")


def _flag_state(_signer: Iri, _activity: Flag, stored: Stored) -> Verdict:
    return ALLOWED if stored.is_known else Ignored("nothing that is known here")


def _answer_state(signer: Iri, activity: Accept | Reject, stored: Stored) -> Verdict:
    """Only the exact tuple moves: the id, our follower, and the one who answers.

    A `Reject` also ends what was accepted: so Mastodon, and we, remove a follower.
    """
    is_open = stored.is_pending or (stored.is_accepted and isinstance(activity, Reject))
    if not (stored.is_local and is_open and stored.target == signer):
        return Ignored("no Follow of ours waits for this answer")
    if isinstance(activity.object, Follow) and activity.object.actor != stored.owner:
        return Ignored("the Follow is not the one that we sent")
    return ALLOWED


def _pin_state(signer: Iri, activity: Add | Remove, stored: Stored) -> Verdict:
    """Into the one collection that the actor's document names, and what it has written itself."""
    if stored.target is None or stored.target not in activity.target:
        return Ignored("not the collection of what its actor shows first")
    if stored.is_ended or stored.owner != signer:
        return Ignored("not a post of its actor that is known here")
    return ALLOWED


def _move_state(_signer: Iri, _activity: Move, stored: Stored) -> Verdict:
    """Whoever moved every hour would send those who follow about, and have us ask servers of her choice."""
    return Ignored("it has moved lately") if stored.is_settling else ALLOWED


def _block_state(_signer: Iri, _activity: Block, stored: Stored) -> Verdict:
    return ALLOWED if stored.is_local else Ignored("not an actor of this node")


_Claim = Callable[[Iri, Any], Verdict]
_State = Callable[[Iri, Any, Stored], Verdict]

_CLAIMS: dict[type[Activity], _Claim] = {
    Accept: _answer,
    Add: _pin,
    Announce: _announce,
    Block: _block,
    Create: _create,
    Delete: _delete,
    Flag: _anyone,
    Follow: _anyone,
    Like: _anyone,
    Lock: _lock,
    Move: _move,
    OtherActivity: _other,
    Reject: _answer,
    Remove: _pin,
    Undo: _undo,
    Update: _update,
}

_STATES: dict[type[Activity], _State] = {
    Accept: _answer_state,
    Add: _pin_state,
    Block: _block_state,
    Create: _create_state,
    Delete: _delete_state,
    Flag: _flag_state,
    Follow: _follow_state,
    Move: _move_state,
    Reject: _answer_state,
    Remove: _pin_state,
    Update: _update_state,
}
