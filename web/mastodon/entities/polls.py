"""`Poll`."""

from areas.polls.options import Poll
from federation.vocabulary import Millis
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


def poll(found: Poll, now: Millis, *, is_own: bool) -> Json:
    """`Poll`, its id that of its post. Counts that nobody is told yet are null; an author counts as having voted."""
    shown = found.shown(now)
    counts = [option.votes for option in shown if option.votes is not None]
    return {
        "id": str(found.post_id),
        "expires_at": None if found.ends_at is None else write_time(found.ends_at),
        "expired": found.is_over(now),
        "multiple": found.multiple,
        "votes_count": sum(counts),
        "voters_count": found.voters,
        "options": [{"title": option.name, "votes_count": option.votes} for option in shown],
        "voted": is_own or bool(found.own),
        "own_votes": list(found.own),
        "emojis": [],
    }
