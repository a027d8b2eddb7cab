"""Decoding a stranger's picture: a program of its own, run once for each, with everything it may use counted.

It is given open files and nothing else: the picture on descriptor 0, two empty files for what it makes of it, and
writes one JSON object on descriptor 1. Before it looks at the picture it gives up the right to open anything
(`RLIMIT_NOFILE` 0 forbids sockets too), to grow, to run on. What it makes is a fresh canvas in sRGB: nothing of the
original but its pixels can be in there. `web.media.sandbox` starts it and ends it.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, Final

import blurhash
import pillow_heif
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from web.media.formats import MAX_ANIMATED_PIXELS, MAX_FRAMES, MAX_PIXELS, MAX_SIDE, Shape

MEMORY: Final = 1 << 30
"""Bytes of address space, 200 MB of it taken by the libraries; 33 Mpx of a HEIC take about 600 MB in all."""
CPU_SECONDS: Final = 20
OUTPUT_BYTES: Final = 24 << 20
LOSSLESS_BYTES: Final = 2 << 20
"""A drawing or a screenshot stays lossless up to this; a photograph saved as PNG becomes what photographs are."""

LOSSLESS_PIXELS: Final = 9_000_000
"""A screen of 3840 × 2160; trying it with more takes seconds."""

PREVIEW_SIDE: Final = 640
HASHED_SIDE: Final = 32
"""A blurhash has but a dozen numbers; more pixels make it slower, not better."""
FLATTEN: Final = (255, 255, 255)
"""What stands behind what is transparent where that cannot be kept."""
OPAQUE: Final = (255, 255)
"""Least and most of an alpha channel that hides nothing."""
SHORTEST_FRAME: Final = 20
"""Milliseconds; browsers show faster ones at 100."""

PLUGINS: Final = (
    AvifImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
"""All that is ever loaded of Pillow's forty; and it is loaded while files may still be opened."""

_NO_NEW_PRIVILEGES: Final = 38
_PARENT_DEATH_SIGNAL: Final = 1
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What an EXIF orientation asks for (TIFF 6.0 §Orientation)."""
_SWAPPING: Final = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))
"""Width and height change places."""
_ANIMATED: Final = frozenset({"GIF", "WEBP", "PNG"})
"""What moves: a JPEG, HEIC or AVIF of several pictures is its first one."""


class Unfit(Exception):
    """A picture that we do not take; the reason is a word that `web.media.sandbox` turns into a sentence."""


def main() -> None:
    """Read the task from the command line, do it, say what came of it."""
    task = json.loads(sys.argv[1])
    leave_with(task["parent"])
    warm_up()
    give_up_rights(threads=task["format"] == "HEIF")
    full, preview = (os.fdopen(descriptor, "wb") for descriptor in task["outputs"])
    try:
        answer = make(os.fdopen(0, "rb"), task["format"], Shape(**task["shape"]), full, preview)
    except Unfit as unfit:
        answer = {"refused": str(unfit)}
    except MemoryError:
        answer = {"refused": "memory"}
    except Exception:  # noqa: BLE001 - a decoder may raise anything; whatever it was, the file cannot be read
        answer = {"refused": "broken"}
    sys.stdout.write(json.dumps(answer))


def leave_with(parent: int) -> None:
    """End when the server does, be it that it has ended already."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the server is gone")


def warm_up() -> None:
    """Let every decoder and encoder load what it loads at its first use."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # our own caps are lower, and say so
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    dot = Image.new("RGBA", (2, 2))
    for name in ("PNG", "WEBP", "AVIF", "GIF"):
        _reopen(dot, name)
    _reopen(dot.convert("RGB"), "JPEG")
    ImageCms.profileToProfile(dot.convert("RGB"), _srgb(), _srgb())
    _hash(dot)


def _reopen(image: Image.Image, name: str) -> None:
    file = BytesIO()
    image.save(file, name)
    with Image.open(file, formats=[name]) as again:
        again.load()


def give_up_rights(*, threads: bool) -> None:
    """No file, no socket, no more memory, processor time or output than a picture may cost; nothing to gain by exec.

    `threads`: libde265 starts one of its own, and a limit that forbids processes forbids it too.
    """
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    bounds = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 0,
        **({} if threads else {resource.RLIMIT_NPROC: 0}),
    }
    for what, bound in bounds.items():
        resource.setrlimit(what, (bound, bound))


def make(source: IO[bytes], name: str, shape: Shape, full: IO[bytes], preview: IO[bytes]) -> dict[str, Any]:
    """Write both files; returns what is known of them. Raises `Unfit`."""
    with Image.open(source, formats=[name]) as image:
        frames = _check(image, name)
        if frames > 1 and not shape.cropped:
            first, media_type, size = _save_animation(image, shape, full)
        else:
            first = _paint(image, shape)
            media_type, size = _save_still(first, full, lossless=name in {"PNG", "GIF"}), first.size
    small = _fit(first, Shape(PREVIEW_SIDE, PREVIEW_SIDE))
    small.save(preview, "WEBP", quality=78, method=4)
    return {
        "media_type": media_type,
        "width": size[0],
        "height": size[1],
        "size": full.tell(),
        "preview_width": small.width,
        "preview_height": small.height,
        "preview_size": preview.tell(),
        "blurhash": _hash(small),
    }


def _check(image: Image.Image, name: str) -> int:
    """How many frames it shows, told by its header: nothing is decoded yet. Raises `Unfit`."""
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Unfit("pixels")
    if min(width, height) < 1:
        raise Unfit("broken")
    frames = getattr(image, "n_frames", 1) if name in _ANIMATED else 1
    if frames > MAX_FRAMES or (frames > 1 and frames * width * height > MAX_ANIMATED_PIXELS):
        raise Unfit("frames")
    return int(frames)


def _paint(image: Image.Image, shape: Shape) -> Image.Image:
    """The pixels, upright, in sRGB, no larger than kept, on a canvas that has never seen the file."""
    turn = _TURNS.get(_orientation(image))
    image.load()
    if image.width * image.height > MAX_PIXELS:  # HEIF may tell another size once it is decoded
        raise Unfit("pixels")
    wanted = Shape(shape.height, shape.width, shape.cropped) if turn in _SWAPPING else shape
    fitted = _fit(_to_plain_colours(image), wanted)
    if turn is not None:
        fitted = fitted.transpose(turn)
    canvas = Image.new(fitted.mode, fitted.size)
    canvas.paste(fitted)
    return canvas


def _orientation(image: Image.Image) -> int:
    """What EXIF says; 1 where it says nothing that can be read. libheif has turned a HEIF already."""
    if image.format == "HEIF":
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - whatever is wrong with the EXIF, the picture is there
        return 1


def _to_plain_colours(image: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB; a profile that cannot be read is as good as none."""
    profile = image.info.get("icc_profile")
    plain = _to_rgb(image) if image.mode != "CMYK" or not profile else image
    if not profile:
        return plain if plain.mode in {"RGB", "RGBA"} else plain.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = str(source.profile.xcolor_space).strip()
        if {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}[plain.mode] != space:
            return plain.convert("RGB") if plain.mode == "CMYK" else plain
        mode = "RGB" if plain.mode == "CMYK" else plain.mode
        converted = ImageCms.profileToProfile(plain, source, _srgb(), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return plain.convert("RGB") if plain.mode == "CMYK" else plain
    assert converted is not None  # only in place it returns nothing
    return converted


def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # the high bytes: Pillow would cut instead of scale
        high = image.tobytes()[0 if image.mode.endswith("B") else 1 :: 2]
        image = Image.frombytes("L", image.size, high)
    if image.mode in {"RGB", "RGBA"} and "transparency" not in image.info:
        return image
    has_alpha = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _fit(image: Image.Image, shape: Shape) -> Image.Image:
    """Scale down, never up; cut the middle out where the proportion is given."""
    if shape.cropped:
        image = image.crop(_middle(image.size, shape))
    scale = min(shape.width / image.width, shape.height / image.height, 1)
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _middle(size: tuple[int, int], shape: Shape) -> tuple[int, int, int, int]:
    width, height = size
    kept_width = min(width, max(1, round(height * shape.width / shape.height)))
    kept_height = min(height, max(1, round(width * shape.height / shape.width)))
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    return left, top, left + kept_width, top + kept_height


def _save_still(image: Image.Image, file: IO[bytes], *, lossless: bool) -> str:
    """Write a picture; returns its type: PNG for what came lossless and is small, WebP for what is transparent."""
    if lossless and image.width * image.height <= LOSSLESS_PIXELS:
        image.save(file, "PNG")
        if file.tell() <= LOSSLESS_BYTES:
            return "image/png"
        file.seek(0)
        file.truncate()
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != OPAQUE:
        image.save(file, "WEBP", quality=88, method=4)
        return "image/webp"
    image.convert("RGB").save(file, "JPEG", quality=86, progressive=True)
    return "image/jpeg"


def _save_animation(
    image: Image.Image, shape: Shape, file: IO[bytes]
) -> tuple[Image.Image, str, tuple[int, int]]:
    """Write an animated WebP; returns the first frame, the type, the size."""
    durations: list[int] = []
    frames = _list_frames(image, shape, durations)
    first = next(frames)
    rest = list(frames)
    first.save(
        file, "WEBP", save_all=True, append_images=rest, duration=durations, loop=0, quality=75, method=2
    )
    return first, "image/webp", first.size


def _list_frames(image: Image.Image, shape: Shape, durations: list[int]) -> Iterator[Image.Image]:
    """Every frame as it is shown, each on a canvas of its own."""
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        yield _paint(image.copy(), shape)
        durations.append(max(SHORTEST_FRAME, int(image.info.get("duration", 100))))


def _hash(image: Image.Image) -> str:
    """The blurhash (https://blurha.sh), 4 × 3."""
    small = image.copy()
    small.thumbnail((HASHED_SIDE, HASHED_SIDE))
    flat = Image.new("RGB", small.size, FLATTEN)
    flat.paste(small, mask=small if small.mode == "RGBA" else None)
    data = flat.tobytes()
    rows = [
        [tuple(data[at : at + 3]) for at in range(start, start + 3 * flat.width, 3)]
        for start in range(0, len(data), 3 * flat.width)
    ]
    return str(blurhash.encode(rows, components_x=4, components_y=3))


if __name__ == "__main__":
    main()
