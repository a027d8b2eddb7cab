"""Which files are pictures that we take, told by their first bytes alone; and what each is called. Pure.

A name or a `Content-Type` is what somebody says of a file; the first bytes are what a decoder goes by.
"""

from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 256
"""As many first bytes as a decision needs: the list of brands of an ISO file."""

MAX_BYTES: Final = 16 << 20
"""Of one picture, uploaded or fetched; as Mastodon."""
MAX_PIXELS: Final = 33_177_600
"""Width × height, 7680 × 4320; as Mastodon. Decoded it is 133 MB."""
MAX_SIDE: Final = 16_383
"""What WebP can hold; a longer strip is no picture."""
MAX_FRAMES: Final = 150
MAX_ANIMATED_PIXELS: Final = 50_000_000
"""Of all frames together: about five seconds of work."""

ACCEPTED: Final = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
)
"""What may be uploaded, as clients are told."""

READABLE: Final = "JPEG, PNG, WebP, AVIF, GIF, HEIC"

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SOUND_OR_FILM: Final = (
    b"\x1a\x45\xdf\xa3",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"\xff\xfb",
    b"\xff\xf1",
    b"\xff\xf3",
    b"FLV\x01",
)
_PREFIXES: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a picture is kept, in pixels; `cropped`: cut to exactly this proportion."""

    width: int
    height: int
    cropped: bool = False


def find_format(head: bytes) -> str | None:
    """Return the decoder's name for a file that begins so; None for what is no picture that we read."""
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    brands = _list_brands(head)
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def is_sound_or_film(head: bytes) -> bool:
    """Whether a file that begins so, and is no picture, is a video or a recording: people are told so."""
    is_riff = head[:4] == b"RIFF" and head[8:12] in {b"WAVE", b"AVI "}
    return is_riff or head.startswith(_SOUND_OR_FILM) or bool(_list_brands(head))


def _list_brands(head: bytes) -> frozenset[bytes]:
    """The brands in the first box of an ISO base media file (ISO/IEC 14496-12 §4.3)."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return frozenset((head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))))
