"""Who is to read a draft: as its author chose, and no wider than what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from actors.origins import find_origins
from actors.records import ActorRecord
from areas import membership, registry
from areas.addressing import narrower
from areas.compose.texts import Text, find_handles
from areas.errors import StaysInArea
from areas.records import SHOWN, Draft, PostRecord, Visibility
from federation.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class Audience:
    """`members_of`: a private post for the members of this area."""

    visibility: Visibility
    members_of: int | None = None


def choose(tx: sa.Connection, author: ActorRecord, draft: Draft, parent: PostRecord | None) -> Audience:
    """Raises `Refused`, `StaysInArea` where an answer to members would leave them, `NotFound` for no area."""
    if draft.area_ids and parent is not None:
        raise Refused("a reply cannot be posted to an area")
    if parent is not None and parent.members_of is not None:
        return _answer_members(draft, parent)
    if draft.members_of is not None:
        return _for_members(tx, author, draft, parent)
    if draft.area_ids and draft.visibility not in SHOWN:
        raise Refused("only public and unlisted posts reach an area; choose its members, or no area")
    if parent is None or parent.visibility in SHOWN:
        return Audience(draft.visibility)
    return Audience(narrower(draft.visibility, parent.visibility))


def _answer_members(draft: Draft, parent: PostRecord) -> Audience:
    """What is said among members stays among them; a message to some of them may be narrower."""
    if draft.visibility in SHOWN or draft.members_of not in {None, parent.members_of}:
        raise StaysInArea("an answer to a post for the members of an area is for them as well")
    if draft.visibility == "direct":
        return Audience("direct")
    return Audience("private", parent.members_of)


def _for_members(tx: sa.Connection, author: ActorRecord, draft: Draft, parent: PostRecord | None) -> Audience:
    assert draft.members_of is not None
    if draft.visibility != "private":
        raise Refused("a post for the members of an area is private")
    if parent is not None:
        raise Refused("an answer is for those who read what it answers")
    if registry.find_area(tx, draft.members_of) is None:
        raise NotFound(f"there is no area {draft.members_of}")
    if set(draft.area_ids) - {draft.members_of}:
        raise StaysInArea("a post for the members of an area goes to no other area")
    if membership.find(tx, author.id, draft.members_of) is None:
        raise Refused("only members of an area write for its members")
    return Audience("private", draft.members_of)


def check_named(tx: sa.Connection, audience: Audience, parent: PostRecord | None, text: Text) -> None:
    """Raise `StaysInArea` when what is for members names somebody elsewhere, known or not."""
    is_closed = audience.members_of is not None or (parent is not None and parent.members_of is not None)
    if is_closed and (_elsewhere(text.mentioned) or _names_hosts(tx, text)):
        raise StaysInArea("what is for the members of an area names nobody on another server")


def _elsewhere(named: Sequence[ActorRecord]) -> bool:
    return any(not actor.local for actor in named)


def _names_hosts(tx: sa.Connection, text: Text) -> bool:
    ours = {origin.host for origin in find_origins(tx)}
    return any(host.lower() not in ours for _, host in find_handles(text.source))
