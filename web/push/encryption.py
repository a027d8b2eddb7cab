"""Messages that only the app can read: `aes128gcm` (RFC 8291), and `aesgcm`, the draft that many apps still decrypt.

Pure but for chance. One record holds a whole message. Sources: RFC 8188, RFC 8291; draft-ietf-webpush-encryption-04
with draft-ietf-httpbis-encryption-encoding-03 for the older form.
"""

import os
import struct
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from actors.push import Door

RECORD_BYTES: Final = 4_096
"""What every push service takes (RFC 8030 §7.2), and the record size that both forms mean by default."""
MOST_BYTES: Final = 3_800
"""Of a message: beside it there are 86 bytes of head, 16 of tag and 2 of padding, and Apple takes a little less."""
SALT_BYTES: Final = 16
_KEY_BYTES: Final = 16
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A body, and the headers that say how it was made."""

    body: bytes
    headers: dict[str, str]


def encrypt(
    message: bytes, door: Door, *, key: EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> Encrypted:
    """Encrypt a message of at most `MOST_BYTES`; `key` and `salt`, else made by chance, serve for one message only."""
    if len(message) > MOST_BYTES:
        raise ValueError(f"a message has at most {MOST_BYTES} bytes")
    key, salt = key or generate_private_key(SECP256R1()), salt or os.urandom(SALT_BYTES)
    public = write_point(key.public_key())
    shared = key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), door.p256dh))
    return (_encrypt_standard if door.standard else _encrypt_draft)(message, door, shared, public, salt)


def _encrypt_standard(message: bytes, door: Door, shared: bytes, public: bytes, salt: bytes) -> Encrypted:
    """RFC 8291 §3.4; the head and the delimiter are those of RFC 8188 §2."""
    secret = _derive(shared, door.auth, b"WebPush: info\0" + door.p256dh + public, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", _KEY_BYTES)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", _NONCE_BYTES)
    head = salt + struct.pack("!IB", RECORD_BYTES, len(public)) + public
    body = head + AESGCM(key).encrypt(nonce, message + b"\x02", None)
    return Encrypted(body, {"content-encoding": "aes128gcm"})


def _encrypt_draft(message: bytes, door: Door, shared: bytes, public: bytes, salt: bytes) -> Encrypted:
    """Keys travel in headers, and the padding, none, stands in front."""
    secret = _derive(shared, door.auth, b"Content-Encoding: auth\0", 32)
    context = b"P-256\0" + b"".join(struct.pack("!H", len(each)) + each for each in (door.p256dh, public))
    key = _derive(secret, salt, b"Content-Encoding: aesgcm\0" + context, _KEY_BYTES)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0" + context, _NONCE_BYTES)
    headers = {
        "content-encoding": "aesgcm",
        "encryption": f"salt={write_base64(salt)}",
        "crypto-key": f"dh={write_base64(public)}",
    }
    return Encrypted(AESGCM(key).encrypt(nonce, b"\0\0" + message, None), headers)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def write_point(key: EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point: 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def write_base64(data: bytes) -> str:
    """The alphabet of URLs, without padding, as everything of web push is written."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
