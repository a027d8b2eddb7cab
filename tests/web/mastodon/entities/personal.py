"""Entities that belong to one reader, as native apps decode them: notifications, lists, filters, messages, push.

As `schema`: the strictest that any known client demands.
"""

from tests.web.mastodon.entities.schema import (
    ACCOUNT,
    EMOJI,
    MEDIA_ATTACHMENT,
    MENTION,
    STATUS,
    STATUS_TAG,
    TAG,
    VISIBILITY,
)
from tests.web.mastodon.entities.shapes import (
    DIGITS,
    FLAG,
    ID,
    NUMBER,
    TEXT,
    TIME,
    URL,
    Check,
    entity,
    many,
    null,
    one_of,
    or_null,
    small,
)

NOTIFICATION_TYPE = one_of(
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "severed_relationships",
    "moderation_warning",
    "admin.sign_up",
    "admin.report",
)
_REPORT: dict[str, Check] = {
    "id": ID,
    "action_taken": FLAG,
    "action_taken_at": or_null(TIME),
    "category": one_of("spam", "legal", "violation", "other"),
    "comment": TEXT,
    "forwarded": FLAG,
    "created_at": TIME,
    "status_ids": or_null(many(ID)),
    "rule_ids": or_null(many(DIGITS)),
    "target_account": ACCOUNT,
}
REPORT = entity("Report", _REPORT)
NOTIFICATION = entity(
    "Notification",
    {
        "id": ID,
        "type": NOTIFICATION_TYPE,
        "group_key": TEXT,
        "created_at": TIME,
        "account": ACCOUNT,
        "status": or_null(STATUS),
        "report": or_null(REPORT),
    },
)
NOTIFICATION_GROUP = entity(
    "NotificationGroup",
    {
        "group_key": TEXT,
        "notifications_count": small(),
        "type": NOTIFICATION_TYPE,
        # Ice Cubes reads a number here, and numbers beyond 2^53 are not what a browser reads.
        "most_recent_notification_id": NUMBER,
        "sample_account_ids": many(ID),
        "page_min_id": or_null(ID),
        "page_max_id": or_null(ID),
        "latest_page_notification_at": or_null(TIME),
        "status_id": or_null(ID),
        "report": or_null(REPORT),
    },
)
GROUPED_NOTIFICATIONS = entity(
    "GroupedNotifications",
    {
        "accounts": many(ACCOUNT),
        "statuses": many(STATUS),
        "notification_groups": many(NOTIFICATION_GROUP),
    },
    may={"partial_accounts": many(entity("PartialAccount", {}))},
)
_POLICY = one_of("accept", "filter", "drop")
NOTIFICATION_POLICY = entity(
    "NotificationPolicy",
    {
        "for_not_following": _POLICY,
        "for_not_followers": _POLICY,
        "for_new_accounts": _POLICY,
        "for_private_mentions": _POLICY,
        "for_limited_accounts": _POLICY,
        "summary": entity(
            "summary", {"pending_requests_count": small(), "pending_notifications_count": small()}
        ),
    },
)
NOTIFICATION_POLICY_V1 = entity(
    "V1::NotificationPolicy",
    {
        "filter_not_following": FLAG,
        "filter_not_followers": FLAG,
        "filter_new_accounts": FLAG,
        "filter_private_mentions": FLAG,
        "summary": entity(
            "summary", {"pending_requests_count": small(), "pending_notifications_count": small()}
        ),
    },
)
NOTIFICATION_REQUEST = entity(
    "NotificationRequest",
    {
        "id": ID,
        "created_at": TIME,
        "updated_at": TIME,
        "notifications_count": DIGITS,
        "account": ACCOUNT,
        "last_status": or_null(STATUS),
    },
)
MARKER = entity("Marker", {"last_read_id": ID, "version": small(), "updated_at": TIME})
CONVERSATION = entity(
    "Conversation",
    {"id": ID, "unread": FLAG, "accounts": many(ACCOUNT), "last_status": or_null(STATUS)},
)

LIST = entity(
    "List",
    {
        "id": ID,
        "title": TEXT,
        "replies_policy": one_of("followed", "list", "none"),
        "exclusive": FLAG,
    },
)
_CONTEXT = many(one_of("home", "notifications", "public", "thread", "account"))
FILTER_KEYWORD = entity("FilterKeyword", {"id": ID, "keyword": TEXT, "whole_word": FLAG})
FILTER_STATUS = entity("FilterStatus", {"id": ID, "status_id": ID})
_FILTER: dict[str, Check] = {
    "id": ID,
    "title": TEXT,
    "context": _CONTEXT,
    "expires_at": or_null(TIME),
    # Ice Cubes knows these two: one `blur` breaks its list of filters and every timeline that one applies to.
    "filter_action": one_of("warn", "hide"),
}
FILTER = entity("Filter", {**_FILTER, "keywords": many(FILTER_KEYWORD), "statuses": many(FILTER_STATUS)})
FILTER_V1 = entity(
    "V1::Filter",
    {
        "id": ID,
        "phrase": TEXT,
        "context": _CONTEXT,
        "whole_word": FLAG,
        "expires_at": or_null(TIME),
        "irreversible": FLAG,
    },
)
FILTER_RESULT = entity(
    "FilterResult",
    {
        "filter": entity("FilterResult.filter", _FILTER),
        "keyword_matches": or_null(many(TEXT)),
        "status_matches": or_null(many(ID)),
    },
)

ANNOUNCEMENT = entity(
    "Announcement",
    {
        "id": ID,
        "content": TEXT,
        "starts_at": or_null(TIME),
        "ends_at": or_null(TIME),
        "published": FLAG,
        "all_day": FLAG,
        "published_at": TIME,
        "updated_at": TIME,
        "read": FLAG,
        "mentions": many(MENTION),
        "statuses": many(entity("Announcement.status", {"id": ID, "url": URL})),
        "tags": many(STATUS_TAG),
        "emojis": many(EMOJI),
        "reactions": many(
            entity(
                "Reaction",
                {"name": TEXT, "count": small(), "me": FLAG, "url": or_null(URL), "static_url": or_null(URL)},
            )
        ),
    },
)
SCHEDULED_STATUS = entity(
    "ScheduledStatus",
    {
        "id": ID,
        "scheduled_at": TIME,
        "params": entity(
            "ScheduledStatus.params",
            {
                "text": TEXT,
                "visibility": VISIBILITY,
                "spoiler_text": or_null(TEXT),
                "sensitive": or_null(FLAG),
                "language": or_null(TEXT),
                "media_ids": or_null(many(ID)),
                "poll": or_null(
                    entity(
                        "params.poll",
                        {
                            "options": many(TEXT),
                            "expires_in": small(),
                            "multiple": FLAG,
                            "hide_totals": FLAG,
                        },
                    )
                ),
                "in_reply_to_id": or_null(ID),
                "application_id": or_null(ID),
                "idempotency": or_null(TEXT),
                "scheduled_at": or_null(TIME),
            },
        ),
        "media_attachments": many(MEDIA_ATTACHMENT),
    },
)
SUGGESTION = entity("Suggestion", {"source": TEXT, "sources": many(TEXT), "account": ACCOUNT})
SEARCH = entity("Search", {"accounts": many(ACCOUNT), "statuses": many(STATUS), "hashtags": many(TAG)})
TRANSLATION = entity(
    "Translation",
    {
        "content": TEXT,
        "spoiler_text": TEXT,
        "language": TEXT,
        "detected_source_language": TEXT,
        "provider": TEXT,
        "poll": null,
        "media_attachments": many(entity("Translation.media", {"id": ID, "description": TEXT})),
    },
)
WEB_PUSH_SUBSCRIPTION = entity(
    "WebPushSubscription",
    {
        # Tusky reads 32 bits.
        "id": small(),
        "endpoint": URL,
        "standard": FLAG,
        "policy": one_of("all", "followed", "follower", "none"),
        "alerts": entity(
            "alerts",
            {
                "mention": FLAG,
                "status": FLAG,
                "reblog": FLAG,
                "follow": FLAG,
                "follow_request": FLAG,
                "favourite": FLAG,
                "poll": FLAG,
                "update": FLAG,
                "quote": FLAG,
                "quoted_update": FLAG,
                "admin.sign_up": FLAG,
                "admin.report": FLAG,
            },
        ),
        "server_key": TEXT,
    },
)
