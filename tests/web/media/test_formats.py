"""What a file is, told by its first bytes."""

import pytest

from tests.testrig import pictures
from web.media.formats import HEAD_BYTES, find_format, is_sound_or_film

FILM = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"


@pytest.mark.parametrize("name", sorted(pictures.WITH_METADATA))
def test_pictures_are_told_by_their_first_bytes(name: str) -> None:
    assert find_format(pictures.WITH_METADATA[name]("secret")[:HEAD_BYTES]) == name


def test_an_avif_that_begins_like_a_heif_is_one() -> None:
    head = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf"
    assert find_format(head) == "AVIF"
    assert find_format(head.replace(b"avif", b"heic")) == "HEIF"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>",
        b"%PDF-1.7",
        b'{"type": "Create"}',
        b"II*\x00",
        b"MM\x00*",
        b"8BPS",
        b"BLP2",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"SIMPLE  =",
        b"icns",
        b"BM",
        b"\xd7\xcd\xc6\x9a",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\x00\x00\x00\x0cjP  \r\n\x87\n",
        FILM,
    ],
)
def test_everything_else_is_no_picture(head: bytes) -> None:
    assert find_format(head) is None


@pytest.mark.parametrize(
    "head", [FILM, b"\x1a\x45\xdf\xa3", b"OggS", b"ID3\x04", b"RIFF\x00\x00\x00\x00WAVEfmt "]
)
def test_films_and_recordings_are_known_for_what_they_are(head: bytes) -> None:
    assert is_sound_or_film(head)
    assert not is_sound_or_film(b"%PDF-1.7")
