"""A push service, and the app behind it, which reads both encodings as their documents say: no code of ours."""

import hashlib
import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid01, Vapid02
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TAG = 16


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class App:
    """The keys of one subscription, and what they open."""

    def __init__(self, number: int = 1) -> None:
        self._key = derive_private_key(10**40 + number, SECP256R1())
        self.p256dh = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = hashlib.sha256(b"auth%d" % number).digest()[:16]

    def keys(self) -> dict[str, str]:
        """As it sends them when it subscribes."""
        return {"p256dh": to_text(self.p256dh), "auth": to_text(self.auth)}

    def open(self, headers: dict[str, str], body: bytes) -> Any:
        """The message in a request of a push service."""
        read = self.read_standard if headers["content-encoding"] == "aes128gcm" else self.read_draft
        return json.loads(read(headers, body))

    def read_standard(self, _headers: dict[str, str], body: bytes) -> bytes:
        """RFC 8188 §2, RFC 8291 §3.3 and §3.4."""
        salt, record_size, length = body[:16], *struct.unpack("!IB", body[16:21])
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= record_size
        prk_key = mac(self.auth, self._agree(sender))
        ikm = mac(prk_key, b"WebPush: info\x00" + self.p256dh + sender + b"\x01")
        prk = mac(salt, ikm)
        key = mac(prk, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = mac(prk, b"Content-Encoding: nonce\x00\x01")[:12]
        text = decrypt(key, nonce, record).rstrip(b"\x00")
        assert text.endswith(b"\x02")
        return text[:-1]

    def read_draft(self, headers: dict[str, str], body: bytes) -> bytes:
        """The drafts before: draft-ietf-webpush-encryption-04."""
        salt = to_bytes(fields(headers["encryption"])["salt"])
        sender = to_bytes(fields(headers["crypto-key"])["dh"])
        ikm = mac(mac(self.auth, self._agree(sender)), b"Content-Encoding: auth\x00\x01")
        prk = mac(salt, ikm)
        context = b"P-256\x00\x00\x41" + self.p256dh + b"\x00\x41" + sender
        key = mac(prk, b"Content-Encoding: aesgcm\x00" + context + b"\x01")[:16]
        nonce = mac(prk, b"Content-Encoding: nonce\x00" + context + b"\x01")[:12]
        padded = decrypt(key, nonce, body)
        (padding,) = struct.unpack("!H", padded[:2])
        assert not padded[2 : 2 + padding].strip(b"\x00")
        return padded[2 + padding :]

    def _agree(self, sender: bytes) -> bytes:
        return self._key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def decrypt(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    opened = Cipher(AES(key), GCM(nonce, sealed[-TAG:])).decryptor()
    return opened.update(sealed[:-TAG]) + opened.finalize()


def fields(header: str) -> dict[str, str]:
    """`dh=…;p256ecdsa=…`"""
    parts = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in parts}


def read_identity(headers: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Who sends by its own word, proved by a library of Mozilla's: the node's public key, and the claims."""
    scheme, _, rest = headers["authorization"].partition(" ")
    if scheme == "vapid":
        assert Vapid02.verify(headers["authorization"].replace(", ", ","))
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        token, key = parts["t"], parts["k"]
    else:
        assert scheme == "WebPush"
        token, key = rest, fields(headers["crypto-key"])["p256ecdsa"]
        assert Vapid01.verify(key, headers["authorization"])
    return key, json.loads(to_bytes(token.split(".")[1]))


@dataclass
class PushService:
    """An ASGI application that takes messages; `status` is how it answers from now on."""

    status: int = 201
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        assert request.method == "POST"
        self.received.append((request.url.path, dict(request.headers), await request.body()))
        await Response(status_code=self.status)(scope, receive, send)
