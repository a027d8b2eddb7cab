"""The node as `Instance`, in both versions, and the texts around it."""

from dataclasses import dataclass
from typing import Final

from areas.compose import TEXT_LENGTH
from areas.counts import Usage
from areas.interactions.marking import MOST_PINS
from areas.interactions.tagging import MOST_FEATURED
from areas.media.attaching import MOST as MOST_MEDIA
from areas.media.uploads import DESCRIPTION_LENGTH
from areas.polls import options
from areas.profiles import FIELD_LENGTH, MOST_FIELDS
from web.mastodon.entities.frame import Frame, Json
from web.media.formats import ACCEPTED, MAX_BYTES, MAX_PIXELS

COMPATIBLE: Final = "4.3.0"
"""Apps read features from it: from 4.3 on they use grouped notifications and their policy; 4.4 is not claimed."""
API_VERSION: Final = 2
"""Mastodon 4.3. The numbers above it stand for what is not here: terms of service, quotes, collections."""
URL_LENGTH: Final = 23
"""What apps count for an address; here it counts for its letters, so nothing that they let pass is too long."""


@dataclass(frozen=True, slots=True)
class Town:
    """What a node says of itself. `contact` is an account, as rendered; `version` our own."""

    title: str
    description: str
    version: str
    email: str
    contact: Json | None
    open_registrations: bool
    is_limited: bool
    usage: Usage


def instance(town: Town, frame: Frame) -> Json:
    """`Instance` (v2)."""
    return {
        "domain": frame.host,
        "title": town.title,
        "version": write_version(town.version),
        "source_url": frame.origin,
        "description": town.description,
        "usage": {"users": {"active_month": town.usage.active_month}},
        "thumbnail": {"url": frame.header, "blurhash": None, "description": None, "versions": {}},
        "icon": [],
        "languages": ["ja", "en"],
        "configuration": {
            "urls": {
                "streaming": frame.streaming,
                "about": frame.origin,
                "privacy_policy": None,
                "terms_of_service": None,
            },
            "vapid": {"public_key": frame.push_key},
            "accounts": {
                "max_featured_tags": MOST_FEATURED,
                "max_pinned_statuses": MOST_PINS,
                "max_profile_fields": MOST_FIELDS,
                "profile_field_name_limit": FIELD_LENGTH,
                "profile_field_value_limit": FIELD_LENGTH,
            },
            **_configuration(),
            "translation": {"enabled": False},
            "limited_federation": town.is_limited,
        },
        "registrations": {
            "enabled": town.open_registrations,
            "approval_required": False,
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": town.email, "account": town.contact},
        "rules": [],
    }


def instance_v1(town: Town, frame: Frame) -> Json:
    """`V1::Instance`; `uri` is a bare domain."""
    return {
        "uri": frame.host,
        "title": town.title,
        "short_description": town.description,
        "description": town.description,
        "email": town.email,
        "version": write_version(town.version),
        "urls": {"streaming_api": frame.streaming},
        "stats": {
            "user_count": town.usage.people,
            "status_count": town.usage.posts,
            "domain_count": town.usage.servers,
        },
        "thumbnail": frame.header,
        "languages": ["ja", "en"],
        "registrations": town.open_registrations,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": {"accounts": {"max_featured_tags": MOST_FEATURED}, **_configuration()},
        "contact_account": town.contact,
        "rules": [],
    }


def write_version(version: str) -> str:
    """`4.3.0 (compatible; Kairanban 0.1.0)`."""
    return f"{COMPATIBLE} (compatible; Kairanban {version})"


def _configuration() -> Json:
    return {
        "statuses": {
            "max_characters": TEXT_LENGTH,
            "max_media_attachments": MOST_MEDIA,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": {
            "supported_mime_types": list(ACCEPTED),
            "description_limit": DESCRIPTION_LENGTH,
            "image_size_limit": MAX_BYTES,
            "image_matrix_limit": MAX_PIXELS,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": options.MOST,
            "max_characters_per_option": options.OPTION_LENGTH,
            "min_expiration": options.SHORTEST // 1000,
            "max_expiration": options.LONGEST // 1000,
        },
    }


def extended_description(content: str, updated_at: str | None) -> Json:
    """`ExtendedDescription`."""
    return {"updated_at": updated_at, "content": content}


def week(start: int, statuses: int, logins: int, registrations: int) -> Json:
    """A week of `activity`; `start` in seconds. All of them are texts."""
    return {
        "week": str(start),
        "statuses": str(statuses),
        "logins": str(logins),
        "registrations": str(registrations),
    }


def domain_block(host: str, digest: str, comment: str) -> Json:
    """`DomainBlock` of the whole node."""
    return {"domain": host, "digest": digest, "severity": "suspend", "comment": comment}


def language(code: str, name: str) -> Json:
    """A language that this node speaks."""
    return {"code": code, "name": name}
