"""Integrity proofs (FEP-8b32) for what we say, made when it is first sent or served.

The proof's time is the entry's own, so the same entry always has the same proof; and it is written behind the
body as it stands, so that what was kept as received inside stays byte for byte.
"""

import orjson
import sqlalchemy as sa

from actors.keys import Keyring, Prover
from federation.errors import NotFound
from federation.iris import without_fragment
from federation.signatures.proofs import add_proof
from federation.vocabulary import Iri, Millis
from outbox.loading import Raw


def seal(body: bytes, prover: Prover, created: Millis) -> bytes:
    """Return `body` with a proof by `prover` at its end.

    A body that is not the prover's own (what another signed and we pass on), that carries a signature
    already, or that is no JSON-LD is returned as it is.
    """
    document = _read(body)
    if document is None or document.get("actor") != without_fragment(prover.key_id):
        return body
    if not document.keys().isdisjoint({"proof", "signature"}) or "@context" not in document:
        return body
    sealed = add_proof(document, prover.private_key, Iri(prover.key_id), created)
    return body.rstrip().removesuffix(b"}") + b',"proof":' + orjson.dumps(sealed["proof"]) + b"}"


def seal_entry(tx: sa.Connection, keyring: Keyring, raw: Raw) -> bytes | None:
    """Return the body of an entry with its actor's proof; without where the actor has no key for it."""
    if raw.body is None:
        return None
    try:
        prover = keyring.prover(tx, raw.actor_id)
    except NotFound:
        return raw.body
    return seal(raw.body, prover, raw.created_at)


def _read(body: bytes) -> dict[str, object] | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None
