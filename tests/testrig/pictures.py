"""Pictures made for tests, with everything in them that must not get out; and files that only look like pictures."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pillow_heif
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

pillow_heif.register_heif_opener()

RED, GREEN, BLUE = (210, 30, 30), (30, 160, 60), (40, 60, 200)


def quarters(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Red at the upper left, green at the upper right, blue below: turned or not, it shows."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    return image.convert(mode)


def encode(image: Image.Image, name: str, **options: object) -> bytes:
    """The file of a picture."""
    file = BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def jpeg(width: int = 64, height: int = 48) -> bytes:
    """A plain one."""
    return encode(quarters(width, height), "JPEG", quality=90)


def exif(secret: str, orientation: int = 1) -> bytes:
    """EXIF as a telephone writes it: who, with what, where."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = secret
    found[0x013B] = secret
    gps = found.get_ifd(0x8825)
    gps[1], gps[2] = "N", (42.0, 53.0, 1.25)
    gps[3], gps[4] = "E", (141.0, 34.0, 2.5)
    gps[29] = secret
    return found.tobytes()


def profile(secret: str) -> bytes:
    """An ICC profile with a secret in its description, and colours that differ from sRGB's."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = data.find("sRGB".encode("utf-16-be"))
    hidden = secret.encode("utf-16-be")[:8]
    data[at : at + len(hidden)] = hidden
    return bytes(data)


def xmp(secret: str) -> bytes:
    """An XMP packet."""
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf>{secret}</rdf></x:xmpmeta>'.encode()


def jpeg_with(secret: str, orientation: int = 1) -> bytes:
    """A JPEG with EXIF, GPS, XMP, IPTC, ICC, a comment, a segment nobody knows, and a tail."""
    plain = encode(
        quarters(),
        "JPEG",
        exif=exif(secret, orientation),
        xmp=xmp(secret),
        icc_profile=profile(secret),
        comment=secret.encode(),
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(secret)) + secret.encode()
    extra = _segment(0xED, iptc) + _segment(0xEB, secret.encode())
    return plain[:2] + extra + plain[2:] + secret.encode()


def _segment(kind: int, data: bytes) -> bytes:
    return b"\xff" + bytes([kind]) + struct.pack(">H", len(data) + 2) + data


def png_with(secret: str, orientation: int = 1) -> bytes:
    """A PNG with text chunks of every kind, EXIF, ICC, an unknown chunk, and a ZIP's tail."""
    info = PngInfo()
    info.add_text("Author", secret)
    info.add_text("Comment", secret, zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(secret).decode())
    plain = encode(
        quarters(), "PNG", pnginfo=info, exif=exif(secret, orientation), icc_profile=profile(secret)
    )
    end = plain.rindex(b"IEND") - 4
    return plain[:end] + chunk(b"prVt", secret.encode()) + plain[end:] + b"PK\x03\x04" + secret.encode()


def webp_with(secret: str, orientation: int = 1) -> bytes:
    """A WebP with EXIF, XMP, ICC, and a tail."""
    options = {"exif": exif(secret, orientation), "xmp": xmp(secret), "icc_profile": profile(secret)}
    return encode(quarters(), "WEBP", **options) + secret.encode()


def avif_with(secret: str, orientation: int = 1) -> bytes:
    """An AVIF with EXIF, XMP, ICC, and a tail."""
    options = {"exif": exif(secret, orientation), "xmp": xmp(secret), "icc_profile": profile(secret)}
    return encode(quarters(), "AVIF", speed=10, **options) + secret.encode()


def heic_with(secret: str, orientation: int = 1) -> bytes:
    """A HEIC with EXIF, XMP, ICC, and a tail."""
    options = {"exif": exif(secret, orientation), "xmp": xmp(secret), "icc_profile": profile(secret)}
    return encode(quarters(), "HEIF", **options) + secret.encode()


def gif_with(secret: str, _orientation: int = 1) -> bytes:
    """A moving GIF with a comment and an application's block, and a script for a tail."""
    frames = [quarters(mode="P"), quarters().transpose(Image.Transpose.ROTATE_180).convert("P")]
    plain = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=secret.encode())
    text = secret.encode()[:200]
    block = b"\x21\xff\x0bXMP DataXMP" + bytes([len(text)]) + text + b"\x00"
    return plain[:-1] + block + b";" + b"/*" + secret.encode() + b"*/alert(1)"


WITH_METADATA = {
    "JPEG": jpeg_with,
    "PNG": png_with,
    "WEBP": webp_with,
    "AVIF": avif_with,
    "HEIF": heic_with,
    "GIF": gif_with,
}


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width: int, height: int) -> bytes:
    """Black, one bit a pixel: 20 kB that become hundreds of megabytes."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def lying_png(width: int, height: int) -> bytes:
    """Its header speaks of a size that its data has not."""
    plain = encode(quarters(), "PNG")
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return plain[:8] + chunk(b"IHDR", head) + plain[8 + 25 :]


def long_gif(frames: int, side: int = 10) -> bytes:
    """A GIF of many small frames, written by hand: an encoder would join those that are alike."""
    plain = encode(Image.new("P", (side, side), 0), "GIF")
    at = plain.index(b"\x2c")
    frame = b"\x21\xf9\x04\x00\x05\x00\x00\x00" + plain[at:-1]
    return plain[:at] + frame * frames + b"\x3b"


def moving(name: str, frames: int = 3) -> bytes:
    """An animation of colours."""
    colours = (RED, GREEN, BLUE)
    images = [Image.new("RGB", (40, 30), colours[number % 3]) for number in range(frames)]
    return encode(images[0], name, save_all=True, append_images=images[1:], duration=120)


def list_parts(data: bytes) -> list[str]:
    """The segments of a JPEG, the chunks of a PNG or WebP, in order; `tail` is what comes after its end."""
    if data[:2] == b"\xff\xd8":
        return list(_list_segments(data))
    if data[:4] == b"RIFF":
        return list(_list_riff(data))
    return list(_list_chunks(data))


def _list_segments(data: bytes) -> Iterator[str]:
    at = 2
    while data[at + 1] != 0xDA:
        yield f"{data[at + 1]:02X}"
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if data[data.rindex(b"\xff\xd9") + 2 :]:
        yield "tail"


def _list_chunks(data: bytes) -> Iterator[str]:
    at = 8
    while at < len(data):
        kind = data[at + 4 : at + 8].decode("latin-1")
        yield kind
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == "IEND" and at < len(data):
            yield "tail"
            return


def _list_riff(data: bytes) -> Iterator[str]:
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at < end:
        yield data[at : at + 4].decode("latin-1").strip()
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    if data[end:]:
        yield "tail"
