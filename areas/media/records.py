"""Frozen values about pictures; sizes in pixels and bytes, times in milliseconds UTC."""

from dataclasses import dataclass
from typing import Final, Literal

from federation.vocabulary import Iri, Millis

Purpose = Literal["attachment", "avatar", "header"]
MediaState = Literal["waiting", "ready", "failed", "quarantined"]
CopyState = Literal["fetching", "ready", "failed"]

EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""What we serve, by type; whatever comes in is made into one of these. Some servers go by the name alone."""
PREVIEW_TYPE: Final = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made of a picture: the whole one, and a small one (WebP)."""

    media_type: str
    width: int
    height: int
    size: int
    preview_width: int
    preview_height: int
    preview_size: int
    blurhash: str


@dataclass(frozen=True, slots=True)
class Details:
    """What its owner says of a picture: alternative text, and what must stay in sight, each from -1 to 1."""

    description: str | None = None
    focus: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRecord:
    """A picture of this node. `made` is there as soon as there is something to see."""

    id: int
    actor_id: int
    purpose: Purpose
    state: MediaState
    reason: str
    post_id: int | None
    place: int | None
    details: Details
    name: str
    preview_name: str
    made: Made | None
    created_at: Millis

    def address(self, origin: str) -> Iri:
        """Where the whole picture is served."""
        assert self.made is not None  # of what is ready
        return Iri(f"{origin}/media/{self.name}.{EXTENSIONS[self.made.media_type]}")

    def preview_address(self, origin: str) -> Iri:
        """Where the small one is served."""
        return Iri(f"{origin}/media/{self.preview_name}.{EXTENSIONS[PREVIEW_TYPE]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRecord:
    """A copy of another server's picture, or why there is none."""

    url: Iri
    state: CopyState
    reason: str
    name: str
    preview_name: str
    made: Made | None
    tried_at: Millis
    used_at: Millis


@dataclass(frozen=True, slots=True)
class Served:
    """A file that may be seen. `is_public`: anyone may keep it for ever."""

    name: str
    media_type: str
    size: int
    is_public: bool
