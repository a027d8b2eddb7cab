"""`Announcement`, its `Reaction`s, and the reaction that streams tell."""

from areas.announcements.reading import Announcement, Reaction
from federation.vocabulary import Millis
from web.mastodon.entities.frame import Frame, Json
from web.mastodon.entities.statuses import mention, tag
from web.mastodon.times import write_time


def announcement(found: Announcement, frame: Frame) -> Json:
    """`Announcement`. It is in force, and so it is published."""
    record, text = found.record, found.text
    return {
        "id": str(record.id),
        "content": text.content,
        "starts_at": _write(record.starts_at),
        "ends_at": _write(record.ends_at),
        "all_day": record.all_day,
        "published": True,
        "published_at": write_time(record.published_at),
        "updated_at": write_time(record.updated_at),
        "read": found.has_read,
        "mentions": [mention(actor, frame) for actor in text.mentioned],
        "statuses": [] if found.post is None else [{"id": str(found.post[0]), "url": found.post[1]}],
        "tags": [tag(name, frame) for name in text.tags],
        "emojis": [],
        "reactions": [_reaction(each) for each in found.reactions],
    }


def _reaction(found: Reaction) -> Json:
    """`Reaction`: an emoji that everybody has, so that there is no picture of it."""
    return {"name": found.name, "count": found.count, "me": found.me, "url": None, "static_url": None}


def announcement_reaction(found: Reaction) -> Json:
    """What the event `announcement.reaction` tells everybody."""
    return {"name": found.name, "count": found.count, "announcement_id": str(found.announcement_id)}


def _write(millis: Millis | None) -> str | None:
    return None if millis is None else write_time(millis)
