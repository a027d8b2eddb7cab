"""Every entity of the client API as native apps decode it: Tusky and Ice Cubes drop a page for one wrong key.

Types are the strictest that any known client demands; nothing is optional that a client does not miss.
"""

from tests.web.mastodon.entities.shapes import (
    DAY,
    DIGITS,
    FLAG,
    FRACTION,
    ID,
    NUMBER,
    SOCKET_URL,
    TEXT,
    TIME,
    URL,
    Check,
    Entity,
    entity,
    many,
    null,
    of_type,
    one_of,
    or_null,
    small,
)

VISIBILITY = one_of("public", "unlisted", "private", "direct")
NOTHING = many(null)
"""A list that is always empty."""

EMOJI = entity(
    "CustomEmoji",
    {"shortcode": TEXT, "url": URL, "static_url": URL, "visible_in_picker": FLAG, "category": or_null(TEXT)},
)
FIELD = entity("Field", {"name": TEXT, "value": TEXT, "verified_at": or_null(TIME)})
ROLE = entity("AccountRole", {"id": DIGITS, "name": TEXT, "color": TEXT})

_ACCOUNT: dict[str, Check] = {
    "id": ID,
    "username": TEXT,
    "acct": TEXT,
    "display_name": TEXT,
    "locked": FLAG,
    "bot": FLAG,
    "discoverable": FLAG,
    "indexable": FLAG,
    "group": FLAG,
    "created_at": TIME,
    "note": TEXT,
    "url": URL,
    "uri": URL,
    "avatar": URL,
    "avatar_static": URL,
    "avatar_description": TEXT,
    "header": URL,
    "header_static": URL,
    "header_description": TEXT,
    "followers_count": small(),
    "following_count": small(),
    "statuses_count": small(),
    "last_status_at": or_null(DAY),
    "hide_collections": FLAG,
    "noindex": FLAG,
    "memorial": FLAG,
    "suspended": FLAG,
    "limited": FLAG,
    "moved": null,
    "emojis": many(EMOJI),
    "roles": many(ROLE),
    "fields": many(FIELD),
}
ACCOUNT = entity("Account", {**_ACCOUNT, "moved": or_null(entity("Account", _ACCOUNT))})
SOURCE = entity(
    "CredentialAccount.source",
    {
        "privacy": VISIBILITY,
        "sensitive": FLAG,
        "language": or_null(TEXT),
        "note": TEXT,
        "fields": many(FIELD),
        "follow_requests_count": small(),
        "hide_collections": FLAG,
        "discoverable": FLAG,
        "indexable": FLAG,
        "attribution_domains": many(TEXT),
        "quote_policy": one_of("public", "followers", "nobody"),
    },
)
CREDENTIAL_ACCOUNT = entity(
    "CredentialAccount",
    {
        **_ACCOUNT,
        "source": SOURCE,
        "role": entity(
            "Role",
            {"id": TEXT, "name": TEXT, "permissions": DIGITS, "color": TEXT, "highlighted": FLAG},
        ),
    },
)
FEATURED_TAG = entity(
    "FeaturedTag",
    {"id": ID, "name": TEXT, "url": URL, "statuses_count": DIGITS, "last_status_at": or_null(DAY)},
)
PROFILE = entity(
    "Profile",
    {
        "id": ID,
        "display_name": TEXT,
        "note": TEXT,
        "fields": many(FIELD),
        "avatar": or_null(URL),
        "avatar_static": or_null(URL),
        "avatar_description": TEXT,
        "header": or_null(URL),
        "header_static": or_null(URL),
        "header_description": TEXT,
        "locked": FLAG,
        "bot": FLAG,
        "hide_collections": FLAG,
        "discoverable": FLAG,
        "indexable": FLAG,
        "show_media": FLAG,
        "show_media_replies": FLAG,
        "show_featured": FLAG,
        "attribution_domains": many(TEXT),
        "featured_tags": many(FEATURED_TAG),
    },
)
PREFERENCES = entity(
    "Preferences",
    {
        "posting:default:visibility": VISIBILITY,
        "posting:default:sensitive": FLAG,
        "posting:default:language": or_null(TEXT),
        "posting:default:quote_policy": one_of("public", "followers", "nobody"),
        "reading:expand:media": one_of("default", "show_all", "hide_all"),
        "reading:expand:spoilers": FLAG,
        "reading:autoplay:gifs": FLAG,
    },
)
RELATIONSHIP = entity(
    "Relationship",
    {
        "id": ID,
        "following": FLAG,
        "showing_reblogs": FLAG,
        "notifying": FLAG,
        "languages": or_null(many(TEXT)),
        "followed_by": FLAG,
        "blocking": FLAG,
        "blocked_by": FLAG,
        "muting": FLAG,
        "muting_notifications": FLAG,
        "muting_expires_at": or_null(TIME),
        "requested": FLAG,
        "requested_by": FLAG,
        "domain_blocking": FLAG,
        "endorsed": FLAG,
        "note": TEXT,
    },
)
FAMILIAR_FOLLOWERS = entity("FamiliarFollowers", {"id": ID, "accounts": many(ACCOUNT)})

MENTION = entity("Status::Mention", {"id": ID, "username": TEXT, "url": URL, "acct": TEXT})
STATUS_TAG = entity("Status::Tag", {"name": TEXT, "url": URL})
TAG = entity(
    "Tag",
    {
        "id": TEXT,
        "name": TEXT,
        "url": URL,
        "history": many(entity("Tag.history", {"day": DIGITS, "uses": DIGITS, "accounts": DIGITS})),
        "following": FLAG,
        "featuring": FLAG,
    },
)
_SIZE = entity("meta.size", {"width": small(), "height": small(), "size": TEXT, "aspect": FRACTION})
MEDIA_ATTACHMENT = entity(
    "MediaAttachment",
    {
        "id": ID,
        "type": one_of("image", "gifv", "video", "audio", "unknown"),
        "url": URL,
        "preview_url": or_null(URL),
        "remote_url": or_null(URL),
        "preview_remote_url": or_null(URL),
        "text_url": or_null(URL),
        "meta": entity(
            "meta",
            {"focus": entity("meta.focus", {"x": FRACTION, "y": FRACTION})},
            may={"original": _SIZE, "small": _SIZE},
        ),
        "description": or_null(TEXT),
        "blurhash": or_null(TEXT),
    },
)
POLL = entity(
    "Poll",
    {
        "id": ID,
        "expires_at": or_null(TIME),
        "expired": FLAG,
        "multiple": FLAG,
        "votes_count": small(),
        "voters_count": or_null(small()),
        "options": many(entity("Poll.option", {"title": TEXT, "votes_count": or_null(small())})),
        "voted": FLAG,
        "own_votes": many(small()),
        "emojis": many(EMOJI),
    },
)
_STATUS: dict[str, Check] = {
    "id": ID,
    "created_at": TIME,
    "in_reply_to_id": or_null(ID),
    "in_reply_to_account_id": or_null(ID),
    "sensitive": FLAG,
    "spoiler_text": TEXT,
    "visibility": VISIBILITY,
    "language": or_null(TEXT),
    "uri": URL,
    "url": URL,
    "replies_count": small(),
    "reblogs_count": small(),
    "favourites_count": small(),
    "quotes_count": small(),
    "edited_at": or_null(TIME),
    "content": TEXT,
    "quote": null,
    "application": or_null(entity("Application", {"name": TEXT, "website": or_null(URL)})),
    "account": ACCOUNT,
    "media_attachments": many(MEDIA_ATTACHMENT),
    "mentions": many(MENTION),
    "tags": many(STATUS_TAG),
    "emojis": many(EMOJI),
    "card": null,
    "poll": or_null(POLL),
    "favourited": FLAG,
    "reblogged": FLAG,
    "muted": FLAG,
    "bookmarked": FLAG,
    "pinned": FLAG,
    "filtered": NOTHING,
}
STATUS = entity(
    "Status", {**_STATUS, "reblog": or_null(entity("Status.reblog", {**_STATUS, "reblog": null}))}
)
CONTEXT = entity("Context", {"ancestors": many(STATUS), "descendants": many(STATUS)})
STATUS_SOURCE = entity("StatusSource", {"id": ID, "text": TEXT, "spoiler_text": TEXT})
STATUS_EDIT = entity(
    "StatusEdit",
    {
        "content": TEXT,
        "spoiler_text": TEXT,
        "sensitive": FLAG,
        "created_at": TIME,
        "account": ACCOUNT,
        "poll": null,
        "media_attachments": many(MEDIA_ATTACHMENT),
        "emojis": many(EMOJI),
    },
)
OEMBED = entity(
    "OEmbed",
    {
        "type": one_of("rich"),
        "version": one_of("1.0"),
        "title": TEXT,
        "author_name": TEXT,
        "author_url": URL,
        "provider_name": TEXT,
        "provider_url": URL,
        "cache_age": small(),
        "html": TEXT,
        "width": small(),
        "height": or_null(small()),
    },
)

_STATUS_LIMITS = entity(
    "configuration.statuses",
    {
        "max_characters": small(),
        "max_media_attachments": small(),
        "characters_reserved_per_url": small(),
    },
)
_MEDIA_LIMITS = entity(
    "configuration.media_attachments",
    {
        "supported_mime_types": many(TEXT),
        "description_limit": small(),
        "image_size_limit": small(),
        "image_matrix_limit": small(),
        "video_size_limit": small(),
        "video_frame_rate_limit": small(),
        "video_matrix_limit": small(),
    },
)
_POLL_LIMITS = entity(
    "configuration.polls",
    {
        "max_options": small(),
        "max_characters_per_option": small(),
        "min_expiration": small(),
        "max_expiration": small(),
    },
)
RULE = entity("Rule", {"id": DIGITS, "text": TEXT, "hint": TEXT})
INSTANCE = entity(
    "Instance",
    {
        "domain": TEXT,
        "title": TEXT,
        "version": TEXT,
        "source_url": URL,
        "description": TEXT,
        "usage": entity("usage", {"users": entity("usage.users", {"active_month": small()})}),
        "thumbnail": entity(
            "thumbnail",
            {
                "url": URL,
                "blurhash": or_null(TEXT),
                "description": or_null(TEXT),
                "versions": entity("versions", {}),
            },
        ),
        "icon": many(entity("icon", {"src": URL, "size": TEXT})),
        "languages": many(TEXT),
        "configuration": entity(
            "configuration",
            {
                "urls": entity(
                    "configuration.urls",
                    {
                        "streaming": SOCKET_URL,
                        "about": or_null(URL),
                        "privacy_policy": or_null(URL),
                        "terms_of_service": or_null(URL),
                    },
                ),
                "vapid": entity("configuration.vapid", {"public_key": TEXT}),
                "accounts": entity(
                    "configuration.accounts",
                    {
                        "max_featured_tags": small(),
                        "max_pinned_statuses": small(),
                        "max_profile_fields": small(),
                        "profile_field_name_limit": small(),
                        "profile_field_value_limit": small(),
                    },
                ),
                "statuses": _STATUS_LIMITS,
                "media_attachments": _MEDIA_LIMITS,
                "polls": _POLL_LIMITS,
                "translation": entity("configuration.translation", {"enabled": FLAG}),
                "limited_federation": FLAG,
            },
        ),
        "registrations": entity(
            "registrations",
            {
                "enabled": FLAG,
                "approval_required": FLAG,
                "reason_required": FLAG,
                "message": or_null(TEXT),
                "min_age": or_null(NUMBER),
                "url": or_null(URL),
            },
        ),
        "api_versions": entity("api_versions", {"mastodon": small()}),
        "contact": entity("contact", {"email": TEXT, "account": or_null(ACCOUNT)}),
        "rules": many(RULE),
    },
)
INSTANCE_V1 = entity(
    "V1::Instance",
    {
        "uri": TEXT,
        "title": TEXT,
        "short_description": TEXT,
        "description": TEXT,
        "email": TEXT,
        "version": TEXT,
        "urls": entity("urls", {"streaming_api": SOCKET_URL}),
        "stats": entity("stats", {"user_count": small(), "status_count": small(), "domain_count": small()}),
        "thumbnail": URL,
        "languages": many(TEXT),
        "registrations": FLAG,
        "approval_required": FLAG,
        "invites_enabled": FLAG,
        "configuration": entity(
            "configuration",
            {
                "accounts": entity("configuration.accounts", {"max_featured_tags": small()}),
                "statuses": _STATUS_LIMITS,
                "media_attachments": _MEDIA_LIMITS,
                "polls": _POLL_LIMITS,
            },
        ),
        "contact_account": ACCOUNT,
        "rules": many(RULE),
    },
)
EXTENDED_DESCRIPTION = entity("ExtendedDescription", {"updated_at": or_null(TIME), "content": TEXT})
PRIVACY_POLICY = entity("PrivacyPolicy", {"updated_at": TIME, "content": TEXT})
ACTIVITY = entity("Activity", {"week": DIGITS, "statuses": DIGITS, "logins": DIGITS, "registrations": DIGITS})
DOMAIN_BLOCK = entity(
    "DomainBlock",
    {"domain": TEXT, "digest": TEXT, "severity": one_of("silence", "suspend"), "comment": TEXT},
)
LANGUAGE = entity("Language", {"code": TEXT, "name": TEXT})
ERROR = entity("Error", {"error": TEXT}, may={"error_description": TEXT})

ALL: dict[str, Entity] = {
    name: value for name, value in globals().items() if isinstance(value, Entity) and name.isupper()
}
__all__ = ["ALL", "DAY", "FRACTION", "of_type"]

MUTED_ACCOUNT = entity("MutedAccount", {**_ACCOUNT, "mute_expires_at": or_null(TIME)})
