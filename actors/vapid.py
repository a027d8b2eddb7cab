"""The key by which push services know this node (RFC 8292): made once, sealed in the database, the same for ever.

A subscription is bound to it: with another key every app would have to subscribe anew.
"""

from typing import Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from actors.keys import Vault
from actors.statements import insert_into
from actors.tables import node_keys
from federation.vocabulary import Millis

_NAME: Final = "vapid"
_PURPOSE: Final = "the key of web push"


def find_key(tx: sa.Connection, vault: Vault) -> EllipticCurvePrivateKey | None:
    """Return the key, once there is one. Raises `LocalFault` where it was sealed with another secret."""
    sealed = tx.execute(sa.select(node_keys.c.private).where(node_keys.c.name == _NAME)).scalar()
    if sealed is None:
        return None
    key = load_der_private_key(vault.open(sealed, _PURPOSE), None)
    assert isinstance(key, EllipticCurvePrivateKey)  # nothing else is sealed for this
    return key


def create_key(tx: sa.Connection, vault: Vault, now: Millis) -> None:
    """Make the key, unless another process was faster."""
    data = generate_private_key(SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    row = {"name": _NAME, "private": vault.seal(data, _PURPOSE), "created_at": now}
    tx.execute(insert_into(tx, node_keys).values(row).on_conflict_do_nothing())
