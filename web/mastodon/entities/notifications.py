"""What somebody is told: `Notification`, groups of them, requests, and the policy behind those; conversations."""

from collections.abc import Sequence

from areas.notifications.policy import Policy
from areas.notifications.reading import Group, Notification
from areas.notifications.requests import Request
from areas.reading.conversations import Conversation
from web.mastodon.entities.frame import Json
from web.mastodon.times import write_time


def notification(found: Notification, account: Json, status: Json | None) -> Json:
    """`Notification`. What is about a post has it, or is not shown at all."""
    return {
        "id": str(found.id),
        "type": found.type,
        "group_key": found.group_key,
        "created_at": write_time(found.created_at),
        "account": account,
        "status": status,
        "report": None,
    }


def group(found: Group) -> Json:
    """`NotificationGroup`. `most_recent_notification_id` is a number, as some apps demand; the ends are texts."""
    return {
        "group_key": found.key,
        "notifications_count": found.count,
        "type": found.type,
        "most_recent_notification_id": found.latest.id,
        "page_min_id": str(found.oldest_id),
        "page_max_id": str(found.latest.id),
        "latest_page_notification_at": write_time(found.latest.created_at),
        "sample_account_ids": [str(actor.id) for actor in found.sample],
        "status_id": None if found.latest.seen is None else str(found.latest.seen.post.id),
        "report": None,
    }


def grouped(groups: Sequence[Group], accounts: Sequence[Json], statuses: Sequence[Json]) -> Json:
    """`GroupedNotificationsResults`: each account and post once, however many groups name it."""
    return {
        "accounts": list(accounts),
        "partial_accounts": [],
        "statuses": list(statuses),
        "notification_groups": [group(each) for each in groups],
    }


def request(found: Request, account: Json, status: Json | None) -> Json:
    """`NotificationRequest`; its id is that of the sender."""
    return {
        "id": str(found.sender.id),
        "created_at": write_time(found.created_at),
        "updated_at": write_time(found.updated_at),
        "notifications_count": str(found.count),
        "account": account,
        "last_status": status,
    }


def policy(chosen: Policy, requests: int, notifications: int) -> Json:
    """`NotificationPolicy` of API v2."""
    return {
        "for_not_following": chosen.not_following,
        "for_not_followers": chosen.not_followers,
        "for_new_accounts": chosen.new_accounts,
        "for_private_mentions": chosen.private_mentions,
        "for_limited_accounts": chosen.limited_accounts,
        "summary": {"pending_requests_count": requests, "pending_notifications_count": notifications},
    }


def policy_v1(chosen: Policy, requests: int, notifications: int) -> Json:
    """`V1::NotificationPolicy`, which knows only whether something is filtered."""
    return {
        "filter_not_following": chosen.not_following != "accept",
        "filter_not_followers": chosen.not_followers != "accept",
        "filter_new_accounts": chosen.new_accounts != "accept",
        "filter_private_mentions": chosen.private_mentions != "accept",
        "summary": {"pending_requests_count": requests, "pending_notifications_count": notifications},
    }


def conversation(found: Conversation, accounts: Sequence[Json], last: Json) -> Json:
    """`Conversation`."""
    return {"id": str(found.id), "unread": found.unread, "accounts": list(accounts), "last_status": last}
