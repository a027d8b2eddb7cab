"""Pictures as `MediaAttachment`: what hangs on a post, and what was uploaded for one.

What we do not show ourselves is a link to where it is: `unknown`.
"""

from typing import Any, Final

from areas.media import attaching
from areas.media.attaching import Attached
from areas.media.records import MediaRecord
from areas.records import PostRecord
from web.mastodon.entities.frame import Frame, Json

_FIXED: Final[Json] = {"preview_remote_url": None, "text_url": None}


def attachments(post: PostRecord, frame: Frame) -> list[Json]:
    """Render what hangs on a post, in order. The id is unique within the post."""
    return [_attachment(each, frame) for each in attaching.read(post)]


def _attachment(found: Attached, frame: Frame) -> Json:
    """A preview of our own comes with the picture; for those of others there is a small copy."""
    is_ours = found.preview_url is not None
    shown = frame.picture(found.url, "full") if found.is_picture else None
    preview = None if shown is None else found.preview_url or frame.picture(found.url, "small")
    return {
        "id": str(found.id),
        "type": "unknown" if shown is None else "image",
        "url": shown or found.url,
        "preview_url": preview,
        "remote_url": None if is_ours else found.url,
        **_FIXED,
        "meta": _describe(found),
        "description": found.name,
        "blurhash": found.blurhash,
    }


def uploaded(record: MediaRecord, origin: str) -> Json:
    """Render a picture of ours that waits for a post; it has no addresses while it is being read."""
    made = record.made
    return {
        "id": str(record.id),
        "type": "image",
        "url": None if made is None else record.address(origin),
        "preview_url": None if made is None else record.preview_address(origin),
        "remote_url": None,
        **_FIXED,
        "meta": _focus(record.details.focus)
        if made is None
        else {
            "original": _measure(made.width, made.height),
            "small": _measure(made.preview_width, made.preview_height),
            **_focus(record.details.focus),
        },
        "description": record.details.description,
        "blurhash": None if made is None else made.blurhash,
    }


def _describe(found: Attached) -> dict[str, Any]:
    width, height = found.width, found.height
    if not width or not height:
        return _focus(found.focus)
    small = _measure(found.preview_width or width, found.preview_height or height)
    return {"original": _measure(width, height), "small": small, **_focus(found.focus)}


def _measure(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}


def _focus(focus: tuple[float, float] | None) -> dict[str, Any]:
    """Always there: apps that crop ask for it without looking."""
    x, y = focus or (0.0, 0.0)
    return {"focus": {"x": x, "y": y}}
