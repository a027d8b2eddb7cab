"""Public and private keys: RSA for HTTP signatures, Ed25519 for FEP-8b32 proofs, as PEM and as Multikey.

A public key comes from a stranger's document: it is judged here, quickly, before anything is verified
with it. Which key belongs to whom is the business of `actors.directory`.
"""

import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from federation.errors import LocalFault, SignatureRejected
from federation.signatures import base58

PublicKeyObject = RSAPublicKey | Ed25519PublicKey
PrivateKeyObject = RSAPrivateKey | Ed25519PrivateKey

MAX_PEM_LENGTH: Final = 2048
"""Characters: SPKI of RSA-8192 takes 1,500, one of 16,384 bits 2,900 and is refused unread."""

MIN_RSA_BITS: Final = 2048
"""The floor of the fediverse's HTTP-signature report and of NIST SP 800-131A."""

MAX_RSA_BITS: Final = 8192
"""A verification costs the square of the size: 22 µs at 2,048 bits, 0.3 ms at 8,192."""

MAX_RSA_EXPONENT: Final = 65537
"""What every program generates; a larger one only costs us time."""

_OWN_RSA_BITS: Final = 2048
_ED25519_MULTICODEC: Final = b"\xed\x01"
_PUBLIC_PEM: Final = re.compile(
    r"\s*-----BEGIN ((?:RSA )?PUBLIC KEY)-----\s[A-Za-z0-9+/=\s]+-----END \1-----\s*",
    re.ASCII,
)


def load_public(pem: str) -> PublicKeyObject:
    """Load a `publicKeyPem`: RSA of 2048 to 8192 bits (SPKI or PKCS#1) or Ed25519 (SPKI).

    Raises `SignatureRejected` for any other kind, weak or oversized keys, text around the key, and more
    than one key.
    """
    if len(pem) > MAX_PEM_LENGTH:
        raise SignatureRejected("the public key is too long")
    if _PUBLIC_PEM.fullmatch(pem) is None:
        raise SignatureRejected("the public key is not one PEM public key")
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureRejected("the public key cannot be read") from error
    if isinstance(key, RSAPublicKey):
        return _check_rsa(key)
    if isinstance(key, Ed25519PublicKey):
        return key
    raise SignatureRejected("the public key is neither RSA nor Ed25519")


def _check_rsa(key: RSAPublicKey) -> RSAPublicKey:
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise SignatureRejected(f"the RSA key has not {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
    if key.public_numbers().e > MAX_RSA_EXPONENT:  # the library has refused 1 and even ones
        raise SignatureRejected("the RSA key has an unusual exponent")
    return key


def from_multibase(text: str) -> Ed25519PublicKey:
    """Load a `publicKeyMultibase` (FEP-521a): base58btc of an Ed25519 key, else `SignatureRejected`."""
    if not text.startswith("z"):
        raise SignatureRejected("the Multikey is not base58btc")
    try:
        data = base58.decode(text[1:])
        if not data.startswith(_ED25519_MULTICODEC):
            raise SignatureRejected("the Multikey is not Ed25519")
        return Ed25519PublicKey.from_public_bytes(data.removeprefix(_ED25519_MULTICODEC))
    except ValueError as error:
        raise SignatureRejected("the Multikey cannot be read") from error


def to_multibase(key: Ed25519PublicKey) -> str:
    """Return the `publicKeyMultibase` of a key (FEP-521a)."""
    return "z" + base58.encode(_ED25519_MULTICODEC + key.public_bytes_raw())


def generate_rsa() -> RSAPrivateKey:
    """Make a key for HTTP signatures: RSA-2048, which every peer accepts. Takes about 0.1 s."""
    return generate_private_key(public_exponent=65537, key_size=_OWN_RSA_BITS)


def generate_ed25519() -> Ed25519PrivateKey:
    """Make a key for FEP-8b32 proofs."""
    return Ed25519PrivateKey.generate()


def private_pem(key: PrivateKeyObject) -> str:
    """Return a private key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def load_private(pem: str) -> PrivateKeyObject:
    """Load what `private_pem` wrote; `LocalFault` when our own store holds anything else."""
    try:
        key = load_pem_private_key(pem.encode("utf-8"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LocalFault("a stored private key cannot be read") from error
    if isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        return key
    raise LocalFault("a stored private key is neither RSA nor Ed25519")


def public_pem(key: PublicKeyObject | PrivateKeyObject) -> str:
    """Return the public half as SPKI PEM, the form of `publicKeyPem` that every peer reads."""
    public = key.public_key() if isinstance(key, RSAPrivateKey | Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
