"""What is made of a picture, in this process; that it is made apart and bounded is `test_sandbox`."""

import warnings
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, UnidentifiedImageError

from tests.testrig import pictures
from web.media import decoding
from web.media.formats import MAX_FRAMES, Shape, find_format

KEPT = Shape(4096, 4096)
PLAIN_PARTS = {
    "image/jpeg": {"E0", "DB", "C0", "C2", "C4", "DA"},
    "image/png": {"IHDR", "IDAT", "IEND"},
    "image/webp": {"VP8", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"},
}
"""JFIF, tables, frames; pixels and nothing else."""


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    with warnings.catch_warnings():
        decoding.warm_up()


def make(data: bytes, shape: Shape = KEPT) -> tuple[dict[str, Any], bytes, bytes]:
    name = find_format(data[:256])
    assert name is not None
    full, preview = BytesIO(), BytesIO()
    facts = decoding.make(BytesIO(data), name, shape, full, preview)
    return facts, full.getvalue(), preview.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(decoding.Unfit) as caught:
        make(data)
    return str(caught.value)


def is_near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=False))


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(pictures.WITH_METADATA)),
    secret=st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=40),
    orientation=st.integers(1, 8),
)
def test_nothing_of_the_original_but_its_pixels_gets_out(name: str, secret: str, orientation: int) -> None:
    """No byte pattern of the metadata survives, and no part of a file in which it could."""
    original = pictures.WITH_METADATA[name](secret, orientation)
    assert secret.encode() in original
    facts, full, preview = make(original)
    for data in (full, preview):
        for pattern in (secret[:8].encode(), secret[:8].encode("utf-16-be"), secret[:8].encode("utf-16-le")):
            assert pattern not in data
        assert b"Exif" not in data
        assert b"alert(1)" not in data
    assert set(pictures.list_parts(full)) <= PLAIN_PARTS[facts["media_type"]]
    assert set(pictures.list_parts(preview)) <= PLAIN_PARTS["image/webp"]
    with Image.open(BytesIO(full)) as image:
        assert not set(image.info) & {
            "exif",
            "xmp",
            "icc_profile",
            "comment",
            "photoshop",
            "XML:com.adobe.xmp",
        }
        assert not image.getexif()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "upper_left", "size"),
    [
        (1, pictures.RED, (64, 48)),
        (2, pictures.GREEN, (64, 48)),
        (3, pictures.BLUE, (64, 48)),
        (6, pictures.BLUE, (48, 64)),
        (8, pictures.GREEN, (48, 64)),
    ],
)
def test_pictures_are_turned_as_their_camera_was(
    name: str, orientation: int, upper_left: tuple[int, int, int], size: tuple[int, int]
) -> None:
    facts, full, preview = make(pictures.WITH_METADATA[name]("secret", orientation))
    assert (facts["width"], facts["height"]) == size
    for data in (full, preview):
        with Image.open(BytesIO(data)) as image:
            assert image.size == size
            assert is_near(image.convert("RGB").getpixel((8, 8)), upper_left)


def test_a_profile_is_applied_before_it_is_dropped() -> None:
    """A profile that swaps red and green: what was stored as green is red."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    swapped = pictures.encode(Image.new("RGB", (20, 20), (250, 0, 0)), "PNG", icc_profile=bytes(data))
    with Image.open(BytesIO(make(swapped)[1])) as image:
        red_part, green_part, _blue = image.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert green_part > 200 > red_part


@pytest.mark.parametrize("profile", [b"", b"x" * 200, pictures.profile("x")[:300]])
def test_a_profile_that_cannot_be_read_costs_nothing(profile: bytes) -> None:
    facts, full, _ = make(pictures.encode(pictures.quarters(), "JPEG", icc_profile=profile))
    assert facts["width"] == 64
    with Image.open(BytesIO(full)) as image:
        assert is_near(image.getpixel((8, 8)), pictures.RED)


@pytest.mark.parametrize(
    ("mode", "name", "options"),
    [
        ("L", "JPEG", {}),
        ("CMYK", "JPEG", {}),
        ("1", "PNG", {}),
        ("P", "PNG", {}),
        ("LA", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("RGBA", "WEBP", {}),
        ("P", "GIF", {"transparency": 3}),
        ("L", "AVIF", {"speed": 10}),
    ],
)
def test_every_kind_of_colour_becomes_plain(mode: str, name: str, options: dict[str, Any]) -> None:
    _, full, _ = make(pictures.encode(pictures.quarters(mode=mode), name, **options))
    with Image.open(BytesIO(full)) as image:
        assert image.mode in {"RGB", "RGBA"}
        assert image.size == (64, 48)


def test_sixteen_bits_are_scaled_and_not_cut() -> None:
    grey = Image.frombytes("I;16", (10, 10), (0x8000).to_bytes(2, "little") * 100)
    _, full, _ = make(pictures.encode(grey, "PNG"))
    with Image.open(BytesIO(full)) as image:
        assert image.convert("L").getpixel((5, 5)) == 0x80


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("RGBA", (30, 30), (255, 0, 0, 0))
    for name in ("PNG", "WEBP"):
        facts, full, _ = make(pictures.encode(clear, name))
        assert facts["media_type"] in {"image/png", "image/webp"}
        with Image.open(BytesIO(full)) as image:
            assert image.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_large_ones_are_kept_smaller_and_small_ones_as_they_are() -> None:
    facts, full, preview = make(pictures.jpeg(5000, 200))
    assert (facts["width"], facts["height"]) == (4096, 164)
    assert (facts["preview_width"], facts["preview_height"]) == (640, 26)
    assert (facts["size"], facts["preview_size"]) == (len(full), len(preview))
    facts, _, _ = make(pictures.jpeg(30, 20))
    assert (facts["width"], facts["preview_width"]) == (30, 30)


def test_a_face_is_the_middle_of_its_picture() -> None:
    wide = Image.new("RGB", (900, 300), pictures.BLUE)
    wide.paste(pictures.RED, (300, 0, 600, 300))
    facts, full, _ = make(pictures.encode(wide, "PNG"), Shape(100, 100, cropped=True))
    assert (facts["width"], facts["height"]) == (100, 100)
    with Image.open(BytesIO(full)) as image:
        assert is_near(image.convert("RGB").getpixel((3, 50)), pictures.RED)
        assert is_near(image.convert("RGB").getpixel((96, 50)), pictures.RED)


def test_photographs_that_came_as_png_become_what_photographs_are() -> None:
    noise = Image.effect_noise((1200, 1200), 90).convert("RGB")
    assert make(pictures.encode(noise, "PNG", compress_level=1))[0]["media_type"] == "image/jpeg"
    assert make(pictures.encode(pictures.quarters(), "PNG"))[0]["media_type"] == "image/png"


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG"])
def test_short_animations_go_on_moving(name: str) -> None:
    facts, full, preview = make(pictures.moving(name))
    assert facts["media_type"] == "image/webp"
    with Image.open(BytesIO(full)) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
        image.seek(1)
        assert is_near(image.convert("RGB").getpixel((5, 5)), pictures.GREEN)
    with Image.open(BytesIO(preview)) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_a_face_does_not_move() -> None:
    _, full, _ = make(pictures.moving("GIF"), Shape(20, 20, cropped=True))
    with Image.open(BytesIO(full)) as image:
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (pictures.huge_png(13_000, 13_000), "pixels"),
        (pictures.huge_png(20_000, 20_000), "pixels"),
        (pictures.huge_png(1_000_000, 1), "pixels"),
        (pictures.huge_png(1, 1_000_000), "pixels"),
        (pictures.lying_png(100_000, 100_000), "pixels"),
        (pictures.long_gif(10_000), "frames"),
        (pictures.long_gif(MAX_FRAMES + 1), "frames"),
        (pictures.long_gif(20, 2_000), "frames"),
    ],
    ids=["169 Mpx", "400 Mpx", "wide", "tall", "lying", "10000 frames", "frames", "large frames"],
)
def test_what_is_too_large_is_refused_by_its_header(
    data: bytes, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_image: Image.Image) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert refusal(data) == word


@pytest.mark.parametrize("other", ["BMP", "TIFF", "PPM", "PCX", "TGA", "ICO", "PNG"])
def test_no_other_decoder_is_ever_tried(other: str) -> None:
    """Whatever a file pretends to be: Pillow itself would look through all that it knows."""
    data = pictures.encode(pictures.quarters(), other)
    with pytest.raises(UnidentifiedImageError):
        decoding.make(BytesIO(data), "JPEG", KEPT, BytesIO(), BytesIO())


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_file_that_is_cut_off_is_refused(name: str) -> None:
    whole = pictures.encode(Image.effect_noise((200, 200), 90).convert("RGB"), name)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever its decoder says; `main` names it
        make(whole[: len(whole) // 2])


def test_a_blurhash_is_of_the_colours() -> None:
    assert (
        make(pictures.encode(Image.new("RGB", (90, 90), (255, 255, 255)), "PNG"))[0]["blurhash"][2:6]
        == "TSUA"
    )
