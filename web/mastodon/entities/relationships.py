"""What the reader is to somebody, as `Relationship`."""

from actors.relations import Relation
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


def relationship(actor_id: int, relation: Relation, *, note: str = "", endorsed: bool = False) -> Json:
    """`Relationship`; native apps demand every key. `note` is what the reader wrote down, for herself."""
    return {
        "id": str(actor_id),
        "following": relation.following,
        "showing_reblogs": relation.showing_reblogs,
        "notifying": relation.notifying,
        "languages": None,
        "followed_by": relation.followed_by,
        "blocking": relation.blocking,
        "blocked_by": relation.blocked_by,
        "muting": relation.muting,
        "muting_notifications": relation.muting_notifications,
        "muting_expires_at": None if relation.mutes_until is None else write_time(relation.mutes_until),
        "requested": relation.requested,
        "requested_by": relation.requested_by,
        "domain_blocking": relation.domain_blocking,
        "endorsed": endorsed,
        "note": note,
    }
