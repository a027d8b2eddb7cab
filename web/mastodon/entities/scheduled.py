"""`ScheduledStatus`."""

from collections.abc import Sequence

from areas.compose.scheduling import Scheduled
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


def scheduled(found: Scheduled, answered_id: int | None, pictures: Sequence[Json]) -> Json:
    """`ScheduledStatus`: what will be posted, and when."""
    draft, poll = found.draft, found.draft.poll
    return {
        "id": str(found.id),
        "scheduled_at": write_time(found.due_at),
        "params": {
            "text": draft.text,
            "visibility": draft.visibility,
            "spoiler_text": draft.summary,
            "sensitive": draft.sensitive,
            "language": draft.language,
            "media_ids": [str(each) for each in draft.media_ids] or None,
            "poll": None
            if poll is None
            else {
                "options": list(poll.options),
                "expires_in": poll.milliseconds // 1000,
                "multiple": poll.multiple,
                "hide_totals": poll.hide_totals,
            },
            "in_reply_to_id": None if answered_id is None else str(answered_id),
            "application_id": None if draft.app_id is None else str(draft.app_id),
            "idempotency": draft.key,
            "scheduled_at": None,
        },
        "media_attachments": list(pictures),
    }
