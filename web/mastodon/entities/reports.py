"""`Report`: what somebody told the moderators."""

from areas.reports import ReportRecord
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


def report(found: ReportRecord, status_ids: tuple[int, ...], target: Json) -> Json:
    """`Report`."""
    return {
        "id": str(found.id),
        "action_taken": found.closed_at is not None,
        "action_taken_at": None if found.closed_at is None else write_time(found.closed_at),
        "category": found.category,
        "comment": found.text,
        "forwarded": found.forwarded,
        "created_at": write_time(found.received_at),
        "status_ids": [str(each) for each in status_ids],
        "rule_ids": list(found.rules),
        "target_account": target,
    }
