"""FEP-8b32 object integrity proofs with `eddsa-jcs-2022`: a signature that travels inside the document.

A proof says that a key signed the document, no more: whether the key's owner may speak for the
document's `actor` or `attributedTo` is left to the caller, who compares them for equality.
Source: FEP-8b32; https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation import iris
from federation.errors import SignatureRejected
from federation.reader import load_object, parse_time
from federation.signatures import base58
from federation.signatures.claims import WINDOW, check_key_id
from federation.signatures.keys import PublicKeyObject
from federation.vocabulary import Iri, Millis

_TYPE: Final = "DataIntegrityProof"
_SUITE: Final = "eddsa-jcs-2022"
_PURPOSE: Final = "assertionMethod"
_UNSIGNED: Final = frozenset({"proof", "signature"})
"""`signature` is a linked-data signature, made after the proof and over it (FEP-8b32)."""

MAX_PROOFS: Final = 8
"""FEP-8b32 advises one; longer lists are not searched."""


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What a proof claims: that the key `key_id` signed one of `bases`, the hashes of the document, at `created`."""

    key_id: Iri
    bases: tuple[bytes, ...]
    signature: bytes
    created: Millis


def add_proof(
    document: Mapping[str, object],
    private_key: Ed25519PrivateKey,
    verification_method: Iri,
    now: Millis,
) -> dict[str, object]:
    """Return a copy of `document` with a proof; an earlier proof is replaced.

    `@context` must define the terms of a proof for readers of JSON-LD. Raises `KeyError` where there is none,
    `ValueError` for what JCS cannot write, such as an integer beyond ±2^53.
    """
    options: dict[str, object] = {
        "@context": document["@context"],
        "type": _TYPE,
        "cryptosuite": _SUITE,
        "verificationMethod": verification_method,
        "proofPurpose": _PURPOSE,
        "created": _format_time(now),
    }
    signature = private_key.sign(_hash(options) + _hash(_strip(document)))
    proof = {**options, "proofValue": "z" + base58.encode(signature)}
    return {**document, "proof": proof}


def read_proof(document: Mapping[str, object], *, now: Millis) -> ProofClaim | None:
    """Judge the first `eddsa-jcs-2022` proof of a document without its key; `None` when it has none.

    Raises `SignatureRejected` for a proof that is malformed, expired, for another purpose, part of a chain,
    by a key of another origin than the document's id, or made for another `@context`.
    """
    proof = _find(document.get("proof"))
    if proof is None:
        return None
    created = _check_options(proof, now)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        return ProofClaim(
            key_id=_read_key_id(proof.get("verificationMethod"), document.get("id")),
            bases=_build_bases(options, document),
            signature=_read_signature(proof.get("proofValue")),
            created=created,
        )
    except (ValueError, RecursionError) as error:
        raise SignatureRejected("the proof or its document cannot be canonicalised") from error


def read_proof_of(data: bytes, *, now: Millis) -> ProofClaim | None:
    """`read_proof` of a document that was received. Raises `MalformedDocument` too."""
    return read_proof(load_object(data).values, now=now)


def verify_proof(claim: ProofClaim, key: PublicKeyObject) -> None:
    """Raise `SignatureRejected` unless `key` made the proof."""
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureRejected("the proof needs an Ed25519 key")
    if not any(_is_signed(base, claim.signature, key) for base in claim.bases):
        raise SignatureRejected("the proof does not match the document")


def _is_signed(base: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, base)
    except InvalidSignature:
        return False
    return True


def _find(value: object) -> dict[str, object] | None:
    candidates = value[:MAX_PROOFS] if isinstance(value, list) else [value]
    for proof in candidates:
        if isinstance(proof, dict) and proof.get("type") == _TYPE and proof.get("cryptosuite") == _SUITE:
            return proof
    return None


def _check_options(proof: Mapping[str, object], now: Millis) -> Millis:
    """Return when the proof says that it was made."""
    if proof.get("proofPurpose") != _PURPOSE:
        raise SignatureRejected("the proof is for another purpose")
    if "previousProof" in proof:
        raise SignatureRejected("the proof is part of a chain")
    created = _read_time(proof.get("created"))
    if created > now + WINDOW * 1000:
        raise SignatureRejected("the proof is from the future")
    if "expires" in proof and _read_time(proof["expires"]) < now:
        raise SignatureRejected("the proof has expired")
    return created


def _read_key_id(method: object, document_id: object) -> Iri:
    key_id = check_key_id(method if isinstance(method, str) else None)
    if document_id is not None and not (
        isinstance(document_id, str) and iris.same_origin(key_id, document_id)
    ):
        raise SignatureRejected("the key of the proof is not of the document's origin")
    return key_id


def _read_signature(value: object) -> bytes:
    if not isinstance(value, str) or not value.startswith("z"):
        raise SignatureRejected("the proof value is not base58btc")
    return base58.decode(value[1:])


def _build_bases(options: Mapping[str, object], document: Mapping[str, object]) -> tuple[bytes, ...]:
    """Return what may have been signed: hash of the options, then hash of the document.

    The proof's `@context` must equal the document's. The W3C allows the document's to have grown; what is
    added later could change a signed document's meaning for those who read JSON-LD, so we refuse it, as
    Mitra does. A proof without one was hashed as it stands (the FEP's first test vector, Mitra) or with the
    document's (Fedify); both bind the whole document.
    """
    payload = _hash(_strip(document))
    context = {name: value for name, value in document.items() if name == "@context"}
    if "@context" not in options:
        return _hash(options) + payload, _hash({**options, **context}) + payload
    if _canonicalise(context) != _canonicalise({"@context": options["@context"]}):
        raise SignatureRejected("the proof was made for another @context")
    return (_hash(options) + payload,)


def _strip(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in _UNSIGNED}


def _hash(value: Mapping[str, object]) -> bytes:
    return sha256(_canonicalise(value)).digest()


def _canonicalise(value: object) -> bytes:
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # it refuses what is not JSON with a ValueError


def _format_time(now: Millis) -> str:
    """Return whole seconds: Fedify hashes the time as it would write it itself, without trailing zeros."""
    return datetime.fromtimestamp(now // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(value: object) -> Millis:
    time = parse_time(value) if isinstance(value, str) else None
    if time is None:
        raise SignatureRejected("a time of the proof is missing or malformed")
    return time
