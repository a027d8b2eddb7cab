"""The route table of the client API: each address with the right that it demands. Words in front of ids."""

from typing import Final

from web.guard import BodyLimit
from web.mastodon import (
    accounts,
    announcements,
    apps,
    conversations,
    filters,
    instances,
    lists,
    markers,
    marks,
    media,
    notifications,
    oauth,
    oembed,
    polls,
    posting,
    profiles,
    push,
    relationships,
    reports,
    scheduled,
    searching,
    statuses,
    suggestions,
    tags,
    timelines,
    trends,
)
from web.mastodon.allowances import DELETIONS, EVERYTHING, SIGN_UPS, UPLOADS
from web.mastodon.calls import PUBLIC, app, if_given, user
from web.mastodon.operations import Operation
from web.media.formats import MAX_BYTES

GET: Final = ("GET",)
POST: Final = ("POST",)
PUT: Final = ("PUT", "PATCH")
"""Apps send either where something is changed."""
PATCH: Final = ("PATCH",)
DELETE: Final = ("DELETE",)
READS_STATUSES: Final = if_given("read:statuses")
WRITES_STATUSES: Final = user("write:statuses")
WRITES_ACCOUNTS: Final = user("write:accounts")
WRITES_FAVOURITES: Final = user("write:favourites")
WRITES_FOLLOWS: Final = user("write:follows")
WRITES_LISTS: Final = user("write:lists")
READS_FILTERS: Final = user("read:filters")
WRITES_FILTERS: Final = user("write:filters")
WRITES_BLOCKS: Final = user("write:blocks")
READS_NOTIFICATIONS: Final = user("read:notifications")
WRITES_NOTIFICATIONS: Final = user("write:notifications")
WRITES_CONVERSATIONS: Final = user("write:conversations")
PUSHES: Final = user("push")
WRITES_MEDIA: Final = user("write:media")
MEDIA: Final = (EVERYTHING, UPLOADS)
SIGNING_UP: Final = (EVERYTHING, SIGN_UPS)
TAKING_BACK: Final = (EVERYTHING, DELETIONS)
"""Each is told to every server that got the post."""
PICTURE: Final = BodyLimit(MAX_BYTES + (64 << 10), 120.0)
"""A picture, and what is said of it; two minutes from a telephone at the edge of the net."""
PORTRAITS: Final = BodyLimit(2 * MAX_BYTES + (64 << 10), 120.0)

OPERATIONS: Final = (
    # The node
    Operation(GET, "/api/v2/instance", PUBLIC, instances.show),
    Operation(GET, "/api/v1/instance", PUBLIC, instances.show_v1),
    Operation(GET, "/api/v1/instance/rules", PUBLIC, instances.list_rules_of_node),
    Operation(GET, "/api/v1/instance/peers", PUBLIC, instances.list_known_servers),
    Operation(GET, "/api/v1/instance/activity", PUBLIC, instances.show_activity),
    Operation(GET, "/api/v1/instance/extended_description", PUBLIC, instances.show_description),
    Operation(GET, "/api/v1/instance/privacy_policy", PUBLIC, instances.show_privacy_policy),
    Operation(GET, "/api/v1/instance/terms_of_service", PUBLIC, instances.show_terms),
    Operation(GET, "/api/v1/instance/domain_blocks", PUBLIC, instances.list_domain_blocks),
    Operation(GET, "/api/v1/instance/languages", PUBLIC, instances.list_languages),
    Operation(GET, "/api/v1/instance/translation_languages", PUBLIC, instances.list_translations),
    Operation(GET, "/api/v1/custom_emojis", PUBLIC, instances.list_emojis),
    Operation(GET, "/api/v1/directory", PUBLIC, accounts.show_directory),
    # Apps, and how they are let in
    Operation(GET, "/.well-known/oauth-authorization-server", PUBLIC, oauth.describe_server),
    Operation(POST, "/api/v1/apps", PUBLIC, apps.register),
    Operation(GET, "/api/v1/apps/verify_credentials", app(), apps.verify),
    Operation(POST, "/oauth/token", PUBLIC, oauth.give_token),
    Operation(POST, "/oauth/revoke", PUBLIC, oauth.take_back),
    Operation(GET, "/oauth/userinfo", user("profile", "read", "read:accounts"), oauth.show_user),
    # Accounts
    Operation(
        GET,
        "/api/v1/accounts/verify_credentials",
        user("profile", "read", "read:accounts"),
        accounts.verify_credentials,
    ),
    Operation(
        PATCH,
        "/api/v1/accounts/update_credentials",
        WRITES_ACCOUNTS,
        profiles.update_credentials,
        MEDIA,
        PORTRAITS,
    ),
    Operation(GET, "/api/v1/profile", user("profile", "read", "read:accounts"), profiles.show),
    Operation(PUT, "/api/v1/profile", WRITES_ACCOUNTS, profiles.change, MEDIA, PORTRAITS),
    Operation(DELETE, "/api/v1/profile/avatar", WRITES_ACCOUNTS, profiles.remove_avatar),
    Operation(DELETE, "/api/v1/profile/header", WRITES_ACCOUNTS, profiles.remove_header),
    Operation(GET, "/api/v1/preferences", user("read:accounts"), accounts.show_preferences),
    Operation(GET, "/api/v1/accounts", if_given("read:accounts"), accounts.list_by_id),
    Operation(GET, "/api/v1/accounts/lookup", if_given("read:accounts"), accounts.look_up_handle),
    Operation(GET, "/api/v1/accounts/search", user("read:accounts"), searching.search_accounts),
    Operation(GET, "/api/v1/accounts/relationships", user("read:follows"), accounts.list_relationships),
    Operation(
        GET, "/api/v1/accounts/familiar_followers", user("read:follows"), accounts.list_familiar_followers
    ),
    Operation(GET, "/api/v1/accounts/{id}", if_given("read:accounts"), accounts.show),
    Operation(GET, "/api/v1/accounts/{id}/statuses", if_given("read:statuses"), timelines.show_account),
    Operation(GET, "/api/v1/accounts/{id}/followers", if_given("read:accounts"), accounts.list_followers),
    Operation(GET, "/api/v1/accounts/{id}/following", if_given("read:accounts"), accounts.list_following),
    Operation(GET, "/api/v1/accounts/{id}/featured_tags", PUBLIC, tags.list_featured),
    Operation(GET, "/api/v1/accounts/{id}/lists", user("read:lists"), lists.list_with),
    Operation(
        GET,
        "/api/v1/accounts/{id}/endorsements",
        if_given("read:accounts"),
        relationships.list_endorsements,
    ),
    Operation(POST, "/api/v1/accounts", app("write:accounts"), accounts.sign_up, SIGNING_UP),
    # Looking for something
    Operation(GET, "/api/v2/search", if_given("read:search"), searching.search),
    Operation(GET, "/api/v1/search", if_given("read:search"), searching.search_v1),
    # Posts
    Operation(GET, "/api/v1/statuses", READS_STATUSES, statuses.list_by_id),
    Operation(GET, "/api/v1/statuses/{id}", READS_STATUSES, statuses.show),
    Operation(GET, "/api/v1/statuses/{id}/context", READS_STATUSES, statuses.show_context),
    Operation(GET, "/api/v1/statuses/{id}/history", READS_STATUSES, statuses.list_history),
    Operation(GET, "/api/v1/statuses/{id}/source", user("read:statuses"), statuses.show_source),
    Operation(GET, "/api/v1/statuses/{id}/card", READS_STATUSES, statuses.show_card),
    Operation(GET, "/api/v1/statuses/{id}/quotes", READS_STATUSES, statuses.list_quotes),
    Operation(POST, "/api/v1/statuses/{id}/translate", user("read:statuses"), statuses.translate),
    Operation(
        GET, "/api/v1/statuses/{id}/reblogged_by", if_given("read:accounts"), statuses.list_reblogged_by
    ),
    Operation(
        GET, "/api/v1/statuses/{id}/favourited_by", if_given("read:accounts"), statuses.list_favourited_by
    ),
    Operation(GET, "/api/oembed", PUBLIC, oembed.show),
    # What one does with posts
    Operation(POST, "/api/v1/statuses", WRITES_STATUSES, posting.create),
    Operation(PUT, "/api/v1/statuses/{id}", WRITES_STATUSES, posting.edit),
    Operation(DELETE, "/api/v1/statuses/{id}", WRITES_STATUSES, posting.delete, TAKING_BACK),
    Operation(POST, "/api/v1/statuses/{id}/favourite", WRITES_FAVOURITES, marks.favourite),
    Operation(POST, "/api/v1/statuses/{id}/unfavourite", WRITES_FAVOURITES, marks.unfavourite),
    Operation(POST, "/api/v1/statuses/{id}/reblog", WRITES_STATUSES, marks.reblog),
    Operation(POST, "/api/v1/statuses/{id}/unreblog", WRITES_STATUSES, marks.unreblog, TAKING_BACK),
    Operation(POST, "/api/v1/statuses/{id}/bookmark", user("write:bookmarks"), marks.bookmark),
    Operation(POST, "/api/v1/statuses/{id}/unbookmark", user("write:bookmarks"), marks.unbookmark),
    Operation(POST, "/api/v1/statuses/{id}/mute", user("write:mutes"), marks.mute),
    Operation(POST, "/api/v1/statuses/{id}/unmute", user("write:mutes"), marks.unmute),
    Operation(POST, "/api/v1/statuses/{id}/pin", WRITES_ACCOUNTS, marks.pin),
    Operation(POST, "/api/v1/statuses/{id}/unpin", WRITES_ACCOUNTS, marks.unpin),
    Operation(GET, "/api/v1/polls/{id}", READS_STATUSES, polls.show),
    Operation(POST, "/api/v1/polls/{id}/votes", WRITES_STATUSES, polls.vote),
    Operation(GET, "/api/v1/favourites", user("read:favourites"), marks.list_favourites),
    Operation(GET, "/api/v1/bookmarks", user("read:bookmarks"), marks.list_bookmarks),
    # What one does to others
    Operation(POST, "/api/v1/accounts/{id}/follow", WRITES_FOLLOWS, relationships.follow),
    Operation(POST, "/api/v1/accounts/{id}/unfollow", WRITES_FOLLOWS, relationships.unfollow),
    Operation(
        POST, "/api/v1/accounts/{id}/remove_from_followers", WRITES_FOLLOWS, relationships.remove_follower
    ),
    Operation(GET, "/api/v1/follow_requests", user("read:follows"), relationships.list_of_requests),
    Operation(POST, "/api/v1/follow_requests/{id}/authorize", WRITES_FOLLOWS, relationships.authorize),
    Operation(POST, "/api/v1/follow_requests/{id}/reject", WRITES_FOLLOWS, relationships.reject),
    Operation(POST, "/api/v1/accounts/{id}/block", WRITES_BLOCKS, relationships.block),
    Operation(POST, "/api/v1/accounts/{id}/unblock", WRITES_BLOCKS, relationships.unblock),
    Operation(GET, "/api/v1/blocks", user("read:blocks"), relationships.list_blocks),
    Operation(POST, "/api/v1/accounts/{id}/mute", user("write:mutes"), relationships.mute),
    Operation(POST, "/api/v1/accounts/{id}/unmute", user("write:mutes"), relationships.unmute),
    Operation(GET, "/api/v1/mutes", user("read:mutes"), relationships.list_mutes),
    Operation(POST, "/api/v1/accounts/{id}/note", WRITES_ACCOUNTS, relationships.write_note),
    Operation(GET, "/api/v1/endorsements", user("read:accounts"), relationships.list_own_endorsements),
    Operation(POST, "/api/v1/accounts/{id}/endorse", WRITES_ACCOUNTS, relationships.endorse),
    Operation(POST, "/api/v1/accounts/{id}/unendorse", WRITES_ACCOUNTS, relationships.unendorse),
    Operation(POST, "/api/v1/accounts/{id}/pin", WRITES_ACCOUNTS, relationships.endorse),
    Operation(POST, "/api/v1/accounts/{id}/unpin", WRITES_ACCOUNTS, relationships.unendorse),
    Operation(GET, "/api/v2/suggestions", user("read"), suggestions.list_all),
    Operation(GET, "/api/v1/suggestions", user("read"), suggestions.list_accounts),
    Operation(DELETE, "/api/v1/suggestions/{id}", user("write"), suggestions.dismiss),
    Operation(GET, "/api/v1/domain_blocks", user("read:blocks"), relationships.list_hosts),
    Operation(POST, "/api/v1/domain_blocks", WRITES_BLOCKS, relationships.block_host),
    Operation(DELETE, "/api/v1/domain_blocks", WRITES_BLOCKS, relationships.unblock_host),
    # What one is told
    Operation(GET, "/api/v1/notifications", READS_NOTIFICATIONS, notifications.list_all),
    Operation(GET, "/api/v1/notifications/unread_count", READS_NOTIFICATIONS, notifications.count_unread),
    Operation(POST, "/api/v1/notifications/clear", WRITES_NOTIFICATIONS, notifications.clear),
    Operation(POST, "/api/v1/notifications/dismiss", WRITES_NOTIFICATIONS, notifications.dismiss_named),
    Operation(GET, "/api/v1/notifications/policy", READS_NOTIFICATIONS, notifications.show_policy_v1),
    Operation(PUT, "/api/v1/notifications/policy", WRITES_NOTIFICATIONS, notifications.change_policy_v1),
    Operation(GET, "/api/v1/notifications/requests", READS_NOTIFICATIONS, notifications.list_requests),
    Operation(GET, "/api/v1/notifications/requests/merged", READS_NOTIFICATIONS, notifications.tell_merged),
    Operation(
        POST, "/api/v1/notifications/requests/accept", WRITES_NOTIFICATIONS, notifications.accept_requests
    ),
    Operation(
        POST, "/api/v1/notifications/requests/dismiss", WRITES_NOTIFICATIONS, notifications.dismiss_requests
    ),
    Operation(GET, "/api/v1/notifications/requests/{id}", READS_NOTIFICATIONS, notifications.show_request),
    Operation(
        POST, "/api/v1/notifications/requests/{id}/accept", WRITES_NOTIFICATIONS, notifications.accept_request
    ),
    Operation(
        POST,
        "/api/v1/notifications/requests/{id}/dismiss",
        WRITES_NOTIFICATIONS,
        notifications.dismiss_request,
    ),
    Operation(GET, "/api/v1/notifications/{id}", READS_NOTIFICATIONS, notifications.show),
    Operation(POST, "/api/v1/notifications/{id}/dismiss", WRITES_NOTIFICATIONS, notifications.dismiss),
    Operation(GET, "/api/v2/notifications", READS_NOTIFICATIONS, notifications.list_groups),
    Operation(
        GET, "/api/v2/notifications/unread_count", READS_NOTIFICATIONS, notifications.count_unread_groups
    ),
    Operation(GET, "/api/v2/notifications/policy", READS_NOTIFICATIONS, notifications.show_policy),
    Operation(PUT, "/api/v2/notifications/policy", WRITES_NOTIFICATIONS, notifications.change_policy),
    Operation(GET, "/api/v2/notifications/{group_key}", READS_NOTIFICATIONS, notifications.show_group),
    Operation(
        GET,
        "/api/v2/notifications/{group_key}/accounts",
        READS_NOTIFICATIONS,
        notifications.list_accounts_of_group,
    ),
    Operation(
        POST,
        "/api/v2/notifications/{group_key}/dismiss",
        WRITES_NOTIFICATIONS,
        notifications.dismiss_group,
    ),
    Operation(GET, "/api/v1/conversations", user("read:statuses"), conversations.list_all),
    Operation(POST, "/api/v1/conversations/{id}/read", WRITES_CONVERSATIONS, conversations.mark_read),
    Operation(DELETE, "/api/v1/conversations/{id}", WRITES_CONVERSATIONS, conversations.remove),
    Operation(GET, "/api/v1/markers", user("read:statuses"), markers.show),
    Operation(POST, "/api/v1/markers", WRITES_STATUSES, markers.change),
    Operation(GET, "/api/v1/announcements", user("read", "read:accounts"), announcements.list_all),
    Operation(POST, "/api/v1/announcements/{id}/dismiss", WRITES_ACCOUNTS, announcements.dismiss),
    Operation(PUT, "/api/v1/announcements/{id}/reactions/{name}", WRITES_FAVOURITES, announcements.react),
    Operation(
        DELETE, "/api/v1/announcements/{id}/reactions/{name}", WRITES_FAVOURITES, announcements.unreact
    ),
    # What one keeps: lists, filters, tags, what waits
    Operation(GET, "/api/v1/lists", user("read:lists"), lists.list_all),
    Operation(POST, "/api/v1/lists", WRITES_LISTS, lists.create),
    Operation(GET, "/api/v1/lists/{id}", user("read:lists"), lists.show),
    Operation(PUT, "/api/v1/lists/{id}", WRITES_LISTS, lists.change),
    Operation(DELETE, "/api/v1/lists/{id}", WRITES_LISTS, lists.remove),
    Operation(GET, "/api/v1/lists/{id}/accounts", user("read:lists"), lists.list_members),
    Operation(POST, "/api/v1/lists/{id}/accounts", WRITES_LISTS, lists.add_members),
    Operation(DELETE, "/api/v1/lists/{id}/accounts", WRITES_LISTS, lists.take_members_off),
    Operation(GET, "/api/v1/timelines/list/{id}", user("read:lists"), lists.show_list_timeline),
    Operation(GET, "/api/v2/filters", READS_FILTERS, filters.list_all),
    Operation(POST, "/api/v2/filters", WRITES_FILTERS, filters.create),
    Operation(GET, "/api/v2/filters/keywords/{id}", READS_FILTERS, filters.show_keyword),
    Operation(PUT, "/api/v2/filters/keywords/{id}", WRITES_FILTERS, filters.change_keyword),
    Operation(DELETE, "/api/v2/filters/keywords/{id}", WRITES_FILTERS, filters.remove_keyword),
    Operation(GET, "/api/v2/filters/statuses/{id}", READS_FILTERS, filters.show_post),
    Operation(DELETE, "/api/v2/filters/statuses/{id}", WRITES_FILTERS, filters.remove_post),
    Operation(GET, "/api/v2/filters/{id}", READS_FILTERS, filters.show),
    Operation(PUT, "/api/v2/filters/{id}", WRITES_FILTERS, filters.change),
    Operation(DELETE, "/api/v2/filters/{id}", WRITES_FILTERS, filters.remove),
    Operation(GET, "/api/v2/filters/{id}/keywords", READS_FILTERS, filters.list_keywords),
    Operation(POST, "/api/v2/filters/{id}/keywords", WRITES_FILTERS, filters.add_keyword),
    Operation(GET, "/api/v2/filters/{id}/statuses", READS_FILTERS, filters.list_posts),
    Operation(POST, "/api/v2/filters/{id}/statuses", WRITES_FILTERS, filters.add_post),
    Operation(GET, "/api/v1/filters", READS_FILTERS, filters.list_all_v1),
    Operation(POST, "/api/v1/filters", WRITES_FILTERS, filters.create_v1),
    Operation(GET, "/api/v1/filters/{id}", READS_FILTERS, filters.show_v1),
    Operation(PUT, "/api/v1/filters/{id}", WRITES_FILTERS, filters.change_v1),
    Operation(DELETE, "/api/v1/filters/{id}", WRITES_FILTERS, filters.remove_v1),
    Operation(GET, "/api/v1/followed_tags", user("read:follows"), tags.list_followed),
    Operation(POST, "/api/v1/tags/{hashtag}/follow", WRITES_FOLLOWS, tags.follow),
    Operation(POST, "/api/v1/tags/{hashtag}/unfollow", WRITES_FOLLOWS, tags.unfollow),
    Operation(POST, "/api/v1/tags/{hashtag}/feature", WRITES_ACCOUNTS, tags.feature_named),
    Operation(POST, "/api/v1/tags/{hashtag}/unfeature", WRITES_ACCOUNTS, tags.unfeature_named),
    Operation(GET, "/api/v1/featured_tags", user("read:accounts"), tags.list_own_featured),
    Operation(POST, "/api/v1/featured_tags", WRITES_ACCOUNTS, tags.feature),
    Operation(GET, "/api/v1/featured_tags/suggestions", user("read:accounts"), tags.suggest),
    Operation(DELETE, "/api/v1/featured_tags/{id}", WRITES_ACCOUNTS, tags.unfeature),
    Operation(GET, "/api/v1/scheduled_statuses", user("read:statuses"), scheduled.list_all),
    Operation(GET, "/api/v1/scheduled_statuses/{id}", user("read:statuses"), scheduled.show),
    Operation(PUT, "/api/v1/scheduled_statuses/{id}", WRITES_STATUSES, scheduled.put_off),
    Operation(DELETE, "/api/v1/scheduled_statuses/{id}", WRITES_STATUSES, scheduled.cancel),
    Operation(POST, "/api/v1/reports", user("write:reports"), reports.file),
    Operation(GET, "/api/v1/reports", user("read"), reports.list_own),
    Operation(GET, "/api/v1/push/subscription", PUSHES, push.show),
    Operation(POST, "/api/v1/push/subscription", PUSHES, push.subscribe),
    Operation(PUT, "/api/v1/push/subscription", PUSHES, push.change),
    Operation(DELETE, "/api/v1/push/subscription", PUSHES, push.unsubscribe),
    # Timelines
    Operation(GET, "/api/v1/timelines/home", user("read:statuses"), timelines.show_home),
    Operation(GET, "/api/v1/timelines/public", READS_STATUSES, timelines.show_public),
    Operation(GET, "/api/v1/timelines/tag/{hashtag}", READS_STATUSES, timelines.show_tag),
    Operation(GET, "/api/v1/timelines/link", READS_STATUSES, timelines.show_link),
    Operation(GET, "/api/v1/trends/tags", PUBLIC, trends.list_tags),
    Operation(GET, "/api/v1/trends", PUBLIC, trends.list_tags),
    Operation(GET, "/api/v1/trends/statuses", READS_STATUSES, trends.list_statuses),
    Operation(GET, "/api/v1/trends/links", PUBLIC, trends.list_links),
    Operation(GET, "/api/v1/tags/{hashtag}", if_given("read"), tags.show),
    # Pictures
    Operation(POST, "/api/v2/media", WRITES_MEDIA, media.upload, MEDIA, PICTURE),
    Operation(POST, "/api/v1/media", WRITES_MEDIA, media.upload_and_wait, MEDIA, PICTURE),
    Operation(GET, "/api/v1/media/{id}", WRITES_MEDIA, media.find),
    Operation(PUT, "/api/v1/media/{id}", WRITES_MEDIA, media.describe),
    Operation(DELETE, "/api/v1/media/{id}", WRITES_MEDIA, media.take_back),
)

ROUTES: Final = tuple(operation.to_route() for operation in OPERATIONS)

BODY_LIMITS: Final[dict[tuple[str, str], BodyLimit]] = {
    (method, operation.path): operation.body
    for operation in OPERATIONS
    if operation.body is not None
    for method in operation.methods
}
"""What the guard lets through beyond its usual bound; addresses without parameters only."""
