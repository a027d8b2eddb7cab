"""HTTP signatures of requests: read what one claims, verify the claim with a key, sign our own.

Everything is a function of its arguments. Finding the key, and asking whether it belongs to the
`actor`, is left to `actors.directory` and `inbox.checks`.
"""

import re
from email.utils import formatdate
from typing import Final, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation import iris
from federation.errors import LocalFault, SignatureRejected
from federation.signatures import cavage, rfc9421
from federation.signatures.claims import Claim, Request, Scheme, collect_fields
from federation.signatures.keys import PrivateKeyObject, PublicKeyObject
from federation.vocabulary import Iri, Millis

__all__ = ["Claim", "Request", "Scheme", "read", "sign", "verify"]

_PADDING: Final = PKCS1v15()
_HASH: Final = SHA256()
_RSA_NAMES: Final = frozenset({None, "rsa-sha256", "hs2019", rfc9421.RSA})
_ED25519_NAMES: Final = frozenset({None, rfc9421.ED25519})
_TARGET: Final = re.compile(r"https?://[^/?#]+([^#]*)", re.IGNORECASE)


def read(request: Request, *, now: Millis) -> Claim:
    """Judge all that needs no key: form, coverage, digest, host, window, algorithm, key id.

    `Signature-Input` announces RFC 9421; without it a `Signature` is draft-cavage. Raises
    `SignatureRejected`.
    """
    fields = collect_fields(request.headers)
    if "signature-input" in fields:
        return rfc9421.read(request, fields, now)
    if "signature" in fields:
        return cavage.read(request, fields, now)
    raise SignatureRejected("the request is not signed")


def verify(claim: Claim, key: PublicKeyObject) -> None:
    """Raise `SignatureRejected` unless `key` made the signature.

    The key decides the algorithm; the header's parameter may only confirm it. About 25 µs with RSA-2048.
    """
    names = _ED25519_NAMES if isinstance(key, Ed25519PublicKey) else _RSA_NAMES
    if claim.algorithm not in names or (names is _ED25519_NAMES and claim.scheme == "cavage"):
        raise SignatureRejected("the key is not of the algorithm")
    if not any(_is_signed(base, claim.signature, key) for base in claim.bases):
        raise SignatureRejected("the signature does not match")


def _is_signed(base: bytes, signature: bytes, key: PublicKeyObject) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, base)
        else:
            key.verify(signature, base, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True


def sign(
    scheme: Scheme,
    *,
    private_key: PrivateKeyObject,
    key_id: Iri,
    method: str,
    url: str,
    body: bytes | None,
    now: Millis,
    accept: str | None = None,
    content_type: str = "application/activity+json",
) -> dict[str, str]:
    """Return the headers of a signed request, `Host` and `Date` among them; sign anew for every attempt.

    `url` must be written as it will leave: its path and query are signed byte for byte. With a body the
    content type is signed, without one `accept`. Raises `MalformedDocument` for an impossible URL.
    """
    host = iris.host(url)
    headers = {"Host": host, "Date": formatdate(now / 1000, usegmt=True)}
    if body is not None:
        headers["Content-Type"] = content_type
    elif accept is not None:
        headers["Accept"] = accept
    fields = tuple((name.lower(), value) for name, value in headers.items())
    request = Request(method, iris.origin(url), _get_target(url), fields, body)
    match scheme:
        case "cavage":
            if not isinstance(private_key, RSAPrivateKey):
                raise LocalFault("draft-cavage signatures need an RSA key")
            return headers | cavage.sign(request, private_key=private_key, key_id=key_id)
        case "rfc9421":
            return headers | rfc9421.sign(request, private_key=private_key, key_id=key_id, now=now)
        case _:
            assert_never(scheme)


def _get_target(url: str) -> str:
    match = _TARGET.match(url)
    assert match is not None  # `iris.origin` has accepted the URL
    target = match[1]
    return target if target.startswith("/") else f"/{target}"
