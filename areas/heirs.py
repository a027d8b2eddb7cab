"""Areas that have moved here: what still arrives at their old place is theirs too, for as long as it names that one.

The new area follows the old one, which serves on for a year; a post that the old one boosts is read at its own server
and judged here anew, as if it had named the new one. What the old one takes back is no matter of the new one.
"""

import sqlalchemy as sa

from actors.directory import find_actor, find_actor_by_id
from actors.records import ActorRecord
from areas import admissions, creates, facts, posts, registry
from areas.locks import lock_author
from areas.records import AreaRecord, Named, Placed, PostRecord
from federation.vocabulary import Iri, Millis


def take_over(tx: sa.Connection, old: ActorRecord, post: PostRecord, now: Millis) -> tuple[Placed, ...]:
    """The old place boosts a post that names it: the area that has moved here decides about it too, once."""
    area = find_heir(tx, old)
    named = posts.named_by(tx, post.id) if area is not None else ()
    names = {each.iri for each in named}
    if area is None or old.iri not in names:
        return ()
    author = creates.find_author(tx, post)
    lock_author(tx, author.id)
    if area.iri not in names:
        posts.name_also(tx, post.id, area.iri)
    return admissions.admit(tx, facts.describe(tx, author, post, named), [area], now)


def inherit(tx: sa.Connection, named: tuple[Named, ...], post_id: int) -> tuple[Named, ...]:
    """Whom an edited post names, with the areas that have it from an old place which is still named."""
    names = {each.iri for each in named}
    before = [each for each in posts.named_by(tx, post_id) if each.source == "activity"]
    return (
        *named,
        *(each for each in before if each.iri not in names and names & _list_aliases(tx, each.iri)),
    )


def _list_aliases(tx: sa.Connection, iri: Iri) -> set[Iri]:
    group = find_actor(tx, iri)
    return set(group.also_known_as) if group is not None and group.local and group.type == "Group" else set()


def find_heir(tx: sa.Connection, old: ActorRecord) -> AreaRecord | None:
    """Our area where `old` says that it is now, if that one says the same."""
    if old.moved_to is None or old.type != "Group":
        return None
    found = registry.find_named(tx, [old.moved_to])
    group = find_actor_by_id(tx, found[0].actor_id) if found else None
    return found[0] if group is not None and old.iri in group.also_known_as else None
