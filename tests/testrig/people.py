"""Local actors with ready keys, and remote ones as their documents say they are."""

from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa

from actors.keys import KeyPair, Vault, generate_keys
from actors.origins import add_origin, find_origins
from actors.records import ActorKind, ActorRecord, OriginRecord
from actors.registration import create_local
from actors.remote import save_remote
from federation.signatures.keys import public_pem, to_multibase
from federation.vocabulary import Actor, Iri, PublicKey
from tests.testrig.clock import NOON

ORIGIN = "https://machi.test"
VAULT = Vault(b"a secret of the tests' own node, never used elsewhere")


@cache
def key_pair(number: int = 0) -> KeyPair:
    """One of a few pairs, made once for all tests: RSA takes its time."""
    return generate_keys()


def serve(tx: sa.Connection, origin: str = ORIGIN) -> OriginRecord:
    """Serve an origin, the first as the primary one."""
    return add_origin(tx, origin, primary=not find_origins(tx), now=NOON)


def settle(
    tx: sa.Connection, username: str = "hanako", kind: ActorKind = "resident", **values: Any
) -> ActorRecord:
    """Make a local actor on `ORIGIN`."""
    given = {"name": "", "summary": "", "keys": key_pair(), "now": NOON, **values}
    origin = given.pop("origin", None) or serve(tx)
    return create_local(tx, VAULT, kind=kind, username=username, origin=origin, **given)


def describe(
    username: str = "alice", host: str = "p.test", *, pair: KeyPair | None = None, **values: Any
) -> Actor:
    """The document of a remote actor with an RSA and an Ed25519 key."""
    iri = Iri(f"https://{host}/users/{username}")
    actor = Actor(
        id=iri,
        type="Person",
        preferred_username=username,
        inbox=Iri(f"{iri}/inbox"),
        outbox=Iri(f"{iri}/outbox"),
        followers=Iri(f"{iri}/followers"),
        shared_inbox=Iri(f"https://{host}/inbox"),
        keys=publish(iri, pair or key_pair()),
    )
    return replace(actor, **values)


def publish(iri: str, pair: KeyPair) -> tuple[PublicKey, PublicKey]:
    """The public halves as an actor document shows them."""
    owner = Iri(iri)
    return (
        PublicKey(id=Iri(f"{iri}#main-key"), owner=owner, pem=public_pem(pair.rsa)),
        PublicKey(
            id=Iri(f"{iri}#ed25519-key"), owner=owner, multibase=to_multibase(pair.ed25519.public_key())
        ),
    )


def meet(tx: sa.Connection, username: str = "alice", host: str = "p.test", **values: Any) -> ActorRecord:
    """Store a remote actor as if its document had just been fetched."""
    return save_remote(tx, describe(username, host, **values), NOON)
