"""Private keys of local actors: made, sealed with the node's secret, and opened for those who sign."""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from actors.records import Algorithm, KeyRecord
from actors.tables import actor_keys
from federation.client import Signer
from federation.client.recent import Recent
from federation.errors import LocalFault, NotFound, Refused
from federation.signatures.keys import generate_ed25519, generate_rsa, public_pem, to_multibase
from federation.vocabulary import Iri, Millis

MIN_SECRET_BYTES: Final = 32
"""A secret shorter than the keys made from it would be the weaker part."""

KEPT_KEYS: Final = 1_000
"""Opened keys in memory: more actors than one town's node signs for in a day."""

RSA_FRAGMENT: Final = "#main-key"
ED25519_FRAGMENT: Final = "#ed25519-key"

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
"""As NIST SP 800-38D recommends for random nonces; a node seals thousands of times, not 2^32."""

_HEAD_BYTES: Final = 1 + _NONCE_BYTES


class Vault:
    """Seals what must not be read from a stolen database: AES-256-GCM, keys made of the node's secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise Refused(f"the secret has fewer than {MIN_SECRET_BYTES} bytes")
        self._sealing = AESGCM(_derive(secret, b"kairanban seal"))
        self._hashing = _derive(secret, b"kairanban hash")

    def seal(self, data: bytes, purpose: str) -> bytes:
        """Encrypt; `purpose` (whose, and what it is) must be given again to open."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._sealing.encrypt(nonce, data, _VERSION + purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt what `seal` made; `LocalFault` when the secret or the purpose is another."""
        version, nonce, encrypted = sealed[:1], sealed[1:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        try:
            return self._sealing.decrypt(nonce, encrypted, version + purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise LocalFault(f"{purpose} was not sealed with this node's secret") from error

    def hash(self, text: str, purpose: str) -> bytes:
        """Return a keyed hash (HMAC-SHA256) by which `text` can be found again, but not read."""
        return hmac.digest(self._hashing, f"{purpose}\0{text}".encode(), sha256)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two private keys of a local actor: RSA for HTTP signatures, Ed25519 for proofs."""

    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Prover:
    """In whose name a proof is made (FEP-8b32); `key_id` is its `verificationMethod`."""

    key_id: Iri
    private_key: Ed25519PrivateKey


def generate_keys() -> KeyPair:
    """Make the keys of one actor. Takes about 0.1 s: never within a transaction."""
    return KeyPair(generate_rsa(), generate_ed25519())


def create_keys(
    tx: sa.Connection, vault: Vault, *, actor_id: int, iri: Iri, keys: KeyPair, now: Millis
) -> tuple[KeyRecord, KeyRecord]:
    """Store the keys of a new local actor under `#main-key` and `#ed25519-key` of its id."""
    rsa = KeyRecord(
        key_id=Iri(iri + RSA_FRAGMENT),
        actor_id=actor_id,
        algorithm="rsa",
        public=public_pem(keys.rsa),
        fetched_at=now,
    )
    ed25519 = KeyRecord(
        key_id=Iri(iri + ED25519_FRAGMENT),
        actor_id=actor_id,
        algorithm="ed25519",
        public=to_multibase(keys.ed25519.public_key()),
        fetched_at=now,
    )
    return _store(tx, vault, rsa, keys.rsa), _store(tx, vault, ed25519, keys.ed25519)


def find_keys(tx: sa.Connection, actor_id: int) -> tuple[KeyRecord, ...]:
    """Return the public keys of an actor, in the order in which they were stored."""
    query = sa.select(*_PUBLIC_COLUMNS).where(actor_keys.c.actor_id == actor_id).order_by(actor_keys.c.id)
    return tuple(KeyRecord(**row._mapping) for row in tx.execute(query))  # noqa: SLF001


def check_keys(tx: sa.Connection, vault: Vault) -> int:
    """Open every private key, and return how many there are; `LocalFault` when one was sealed otherwise."""
    query = sa.select(actor_keys.c.key_id, actor_keys.c.private).where(actor_keys.c.private.is_not(None))
    rows = tx.execute(query).all()
    for row in rows:
        vault.open(row.private, row.key_id)
    return len(rows)


class Keyring:
    """Opened private keys, kept in memory. Any thread may ask."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lock = Lock()
        self._signers: Recent[int, Signer] = Recent(KEPT_KEYS)
        self._provers: Recent[int, Prover] = Recent(KEPT_KEYS)

    def signer(self, tx: sa.Connection, actor_id: int) -> Signer:
        """Return what signs requests for a local actor; `NotFound` for any other."""
        found = self.known_signer(actor_id)
        if found is None:
            key_id, key = self._open(tx, actor_id, "rsa")
            assert isinstance(key, RSAPrivateKey)  # the algorithm's column says so
            found = Signer(key_id, key)
            with self._lock:
                self._signers.put(actor_id, found)
        return found

    def known_signer(self, actor_id: int) -> Signer | None:
        """Return the signer if it was opened before: no transaction needed."""
        with self._lock:
            return self._signers.get(actor_id)

    def prover(self, tx: sa.Connection, actor_id: int) -> Prover:
        """Return what makes proofs for a local actor; `NotFound` for any other."""
        found = self.known_prover(actor_id)
        if found is None:
            key_id, key = self._open(tx, actor_id, "ed25519")
            assert isinstance(key, Ed25519PrivateKey)  # the algorithm's column says so
            found = Prover(key_id, key)
            with self._lock:
                self._provers.put(actor_id, found)
        return found

    def known_prover(self, actor_id: int) -> Prover | None:
        """Return the prover if it was opened before: no transaction needed."""
        with self._lock:
            return self._provers.get(actor_id)

    def _open(self, tx: sa.Connection, actor_id: int, algorithm: Algorithm) -> tuple[Iri, object]:
        query = sa.select(actor_keys.c.key_id, actor_keys.c.private).where(
            actor_keys.c.actor_id == actor_id, actor_keys.c.algorithm == algorithm
        )
        row = tx.execute(query).first()
        if row is None or row.private is None:
            raise NotFound(f"actor {actor_id} has no private {algorithm} key here")
        data = self._vault.open(row.private, row.key_id)
        # What the seal vouches for need not be tested for primes again: 0.04 ms in place of 35.
        return row.key_id, load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)


_PUBLIC_COLUMNS = (
    actor_keys.c.key_id,
    actor_keys.c.actor_id,
    actor_keys.c.algorithm,
    actor_keys.c.public,
    actor_keys.c.fetched_at,
)


def _store(
    tx: sa.Connection, vault: Vault, record: KeyRecord, key: RSAPrivateKey | Ed25519PrivateKey
) -> KeyRecord:
    data = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    values = {column.name: getattr(record, column.name) for column in _PUBLIC_COLUMNS}
    tx.execute(sa.insert(actor_keys).values(**values, private=vault.seal(data, record.key_id)))
    return record


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
