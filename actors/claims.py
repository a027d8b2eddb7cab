"""Which keys an actor document may claim, and which of them a key id means. Pure: no IO, no storage.

A key belongs to an actor when the actor's own document lists it, the key names the actor as its owner,
and both lie on one origin (reciprocal claims, FEP-fe34).
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from actors.records import Algorithm
from federation import iris
from federation.errors import SignatureRejected
from federation.signatures.keys import (
    PublicKeyObject,
    from_multibase,
    load_public,
    public_pem,
    to_multibase,
)
from federation.vocabulary import Actor, Iri, PublicKey


@dataclass(frozen=True, slots=True)
class ClaimedKey:
    """A usable key of an actor; `public` is in the form in which it is stored."""

    key_id: Iri
    algorithm: Algorithm
    public: str


def choose_key(actor: Actor, key_id: Iri) -> ClaimedKey:
    """Return the key of `actor` that `key_id` names, exactly; raises `SignatureRejected`."""
    named = [key for key in actor.keys if key.id == key_id]
    if not named:
        raise SignatureRejected("the actor does not list the key")
    if any(key != named[0] for key in named):
        raise SignatureRejected("the actor lists two keys under one id")
    _check_owner(actor, named[0])
    return _load(named[0])


def list_keys(actor: Actor) -> tuple[ClaimedKey, ...]:
    """Return every key that `actor` may claim and that can be used; the others are left out."""
    found = []
    for key_id in dict.fromkeys(key.id for key in actor.keys):
        try:
            found.append(choose_key(actor, key_id))
        except SignatureRejected:
            continue
    return tuple(found)


def check_same_key(served: PublicKey, actor: Actor) -> None:
    """Raise `SignatureRejected` unless the key document `served` is a key that its owner lists too."""
    if not any(
        key.id == served.id and (key.pem, key.multibase) == (served.pem, served.multibase)
        for key in actor.keys
    ):
        raise SignatureRejected("the owner does not list the key")


def is_below(key_id: Iri, actor: Iri) -> bool:
    """Whether a key id lies within the actor's own address, so that nobody else can mean it.

    `#main-key` as nearly everybody has it, `/main-key` (GoToSocial), `/#main-key` (BookWyrm), `?…`
    (Hubzilla). Other shapes (lotide has `//communities/12#main-key`) must be fetched to be believed.
    """
    document = iris.without_fragment(key_id)
    inner = actor.rstrip("/") + "/"
    if document == actor or inner == iris.origin(actor) + "/":  # the whole server is nobody's inner address
        return document == actor
    return document.startswith((inner, actor + "?"))


def load_key(algorithm: Algorithm, public: str) -> PublicKeyObject:
    """Return the key object of a stored public key."""
    return load_public(public) if algorithm == "rsa" else from_multibase(public)


def _check_owner(actor: Actor, key: PublicKey) -> None:
    if key.owner != actor.id:
        raise SignatureRejected("the key names another owner")
    if not iris.same_origin(key.id, actor.id):
        raise SignatureRejected("the key is on another origin than its owner")


def _load(key: PublicKey) -> ClaimedKey:
    if key.pem is None:
        return ClaimedKey(key.id, "ed25519", to_multibase(from_multibase(key.multibase or "")))
    loaded = load_public(key.pem)
    if isinstance(loaded, Ed25519PublicKey):
        return ClaimedKey(key.id, "ed25519", to_multibase(loaded))
    return ClaimedKey(key.id, "rsa", public_pem(loaded))
