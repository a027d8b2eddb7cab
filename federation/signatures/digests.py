"""Body digests: `Digest` (RFC 3230, with draft-cavage) and `Content-Digest` (RFC 9530, with RFC 9421).

Only SHA-256 proves anything here: every peer sends it, and other algorithms beside it are left alone.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from federation.errors import SignatureRejected

_ALGORITHM: Final = "sha-256"


def build_digest(body: bytes) -> str:
    """Return the value of a `Digest` header for `body`."""
    return f"SHA-256={_hash(body)}"


def build_content_digest(body: bytes) -> str:
    """Return the value of a `Content-Digest` header for `body`."""
    return f"{_ALGORITHM}=:{_hash(body)}:"


def check_digest(value: str, body: bytes) -> None:
    """Raise `SignatureRejected` unless a `Digest` header has one SHA-256 value, and it is that of `body`.

    The algorithm's name may be in any case (RFC 3230 §4.1.1).
    """
    _compare([(name.lower(), encoded) for name, encoded in _split(value)], _hash(body))


def check_content_digest(value: str, body: bytes) -> None:
    """Raise `SignatureRejected` unless a `Content-Digest` header has one SHA-256 value, that of `body`."""
    _compare(_split(value), f":{_hash(body)}:")


def _split(value: str) -> list[tuple[str, str]]:
    parts = [part.strip(" \t").partition("=") for part in value.split(",")]
    return [(name, encoded) for name, _, encoded in parts]


def _compare(members: list[tuple[str, str]], expected: str) -> None:
    found = [encoded for name, encoded in members if name == _ALGORITHM]
    if len(found) != 1:
        raise SignatureRejected("the digest header has not one SHA-256 value")
    if found[0] != expected:
        raise SignatureRejected("the digest is not that of the body")


def _hash(body: bytes) -> str:
    return b64encode(sha256(body).digest()).decode("ascii")
