"""What belongs to a host name and goes with it, table by table; a test asks that every table is here.

The actors that were born on the host are the beginning. A row goes along when one of its deciding columns is of what
goes along: an actor, an area, a post, an entry of the log, or a row of another table here.
"""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

import areas.announcements.tables
import areas.filters.tables
import areas.kinds.tables
import areas.lists.tables
import areas.media.tables
import areas.notifications.tables
import areas.personal_tables
import areas.polls.tables
import areas.search.tables
import areas.tables
import areas.zones.tables  # noqa: F401 - each adds its tables to the metadata
import inbox.tables  # noqa: F401
import outbox.tables  # noqa: F401
from actors.tables import metadata

_PERSONAL: Final = (
    *("area_lists", "bookmarks", "conversations", "dismissed_suggestions", "domain_blocks", "endorsements"),
    *("featured_tags", "filters", "followed_tags", "lists", "media", "mutes", "notes"),
    *("markers", "notification_permissions", "notification_policies", "notifications", "pins", "preferences"),
    *("profile_sources", "scheduled_posts", "thread_mutes", "unwanted_notifications", "account_actors"),
)
_OF_AREAS: Final = (
    *("agreements", "announcements", "bans", "boosts", "decisions", "places", "placements", "reports"),
    *("roles", "zone_posts"),
)
CONTENT: Final = (
    *(
        "events",
        "notices",
        "offers",
        "originals",
        "polls",
        "post_edits",
        "post_recipients",
        "post_sources",
        "post_tags",
    ),
    *("post_texts", "questions", "reviews", "zone_marks", "poll_options", "group_submissions"),
)
"""What a post says: it comes with the post, or not at all where the post is known already."""

DECIDING: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_PERSONAL, ("actor_id",)),
    **dict.fromkeys(_OF_AREAS, ("area_id",)),
    **dict.fromkeys(CONTENT, ("post_id",)),
    "areas": ("actor_id",),
    "block_signals": ("peer_id",),
    "blocks": ("actor_id", "target_id"),
    "credentials": ("account_id",),
    "follows": ("follower_id", "target_id"),
    "outbox_log": ("actor_id",),
    "outbox_reaches": ("log_id",),
    "outbox_recipients": ("log_id",),
    "subscriptions": ("target_id",),
    "filter_keywords": ("filter_id",),
    "filter_posts": ("filter_id",),
    "list_members": ("list_id",),
    "memberships": ("actor_id",),
    "poll_votes": ("post_id",),
    "reactions": ("post_id", "actor_id"),
    "shares": ("post_id", "actor_id"),
    "report_routes": ("report_id",),
    "responses": ("post_id",),
    "thread_locks": ("group_id",),
    "announcement_reactions": ("announcement_id",),
    "announcement_readers": ("announcement_id",),
    "announcement_texts": ("announcement_id",),
    "receipts": ("placement_id",),
    "unfinished_posts": ("author_id",),
}
"""Deciding columns by table."""

SPECIAL: Final = ("accounts", "actor_keys", "actors", "parked", "posts", "seen", "servers", "tombstones")
"""What `collecting` has a rule of its own for."""

STAYS: Final[Mapping[str, str]] = {
    "access_tokens": "apps know the old node's name, and sign in anew at the new one",
    "apps": "of the node",
    "authorization_codes": "as access_tokens",
    "catch_ups": "peers are asked anew, for a week back",
    "cursors": "the old node sends what it owes",
    "destinations": "of the node",
    "draft_keys": "of minutes",
    "gaps": "the old node sends what it owes",
    "group_moderators": "read anew, as groups act",
    "group_numbers": "of the node",
    "indexed_posts": "the new node makes its own index",
    "invitations": "of the node",
    "jobs": "planned anew",
    "localities": "read anew, with the document that says so",
    "mail_codes": "of minutes",
    "media_copies": "fetched anew",
    "media_debris": "of the node",
    "node_keys": "of the node",
    "origins": "the manifest says which",
    "outbox_sequence": "of the node",
    "push_subscriptions": "as access_tokens",
    "remote_groups": "as group_moderators",
    "search_cursors": "of the node",
    "server_rules": "each node decides for itself",
    "sessions": "people sign in anew, at the new node",
    "throttles": "of the node",
}
"""What does not, with the reason."""

FIRST: Final = ("servers", "actors")
FINALLY: Final = ("markers", "scheduled_posts", "unfinished_posts")
"""They name rows of others inside of texts, or without a foreign key."""

ORDER: Final[tuple[sa.Table, ...]] = (
    *(metadata.tables[name] for name in FIRST),
    *(
        table
        for table in metadata.sorted_tables
        if (table.name in DECIDING or table.name in SPECIAL) and table.name not in {*FIRST, *FINALLY}
    ),
    *(metadata.tables[name] for name in FINALLY),
)
"""The tables in an order in which references find what they name."""

WHOLE: Final = ("notifications",)
"""Rows that say nothing without all that they name."""

SELF: Final = {"posts": ("in_reply_to_id", "thread_id")}
"""References within a table that may name a later row."""

SOFT: Final = {("conversations", "last_id"): "posts"}
"""Columns that name a row without a foreign key."""


def references(table: sa.Table) -> dict[str, str]:
    """Return the columns of a table that name rows of others, with the table that they name."""
    found = {column.name: target.column.table.name for column in table.c for target in column.foreign_keys}
    soft = {column: target for (name, column), target in SOFT.items() if name == table.name}
    return {column: "posts" if target == "polls" else target for column, target in (found | soft).items()}
