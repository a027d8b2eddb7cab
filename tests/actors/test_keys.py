from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from actors.keys import Keyring, Vault, find_keys
from actors.tables import actor_keys
from federation.errors import LocalFault, NotFound, Refused
from federation.signatures.keys import public_pem, to_multibase
from tests.testrig.people import VAULT, key_pair, meet, settle
from web.database import Database

OTHER = Vault(b"the secret of quite another node, as long as it must be")


def test_a_short_secret_is_refused() -> None:
    Vault(b"x" * 32)
    with pytest.raises(Refused, match="32 bytes"):
        Vault(b"x" * 31)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_can_be_opened(data: bytes, purpose: str) -> None:
    sealed = VAULT.seal(data, purpose)
    assert VAULT.open(sealed, purpose) == data
    assert VAULT.seal(data, purpose) != sealed


@given(st.data())
def test_one_flipped_bit_breaks_the_seal(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(b"private", "key"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(LocalFault, match="not sealed with this node's secret"):
        VAULT.open(bytes(sealed), "key")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + b"0" * 12, b"\x02" + b"0" * 40])
def test_what_was_never_sealed_cannot_be_opened(sealed: bytes) -> None:
    with pytest.raises(LocalFault):
        VAULT.open(sealed, "key")


def test_secret_and_purpose_must_be_the_same() -> None:
    sealed = VAULT.seal(b"private", "key")
    with pytest.raises(LocalFault):
        OTHER.open(sealed, "key")
    with pytest.raises(LocalFault):
        VAULT.open(sealed, "another key")


def test_hashes_depend_on_secret_purpose_and_text() -> None:
    hashes = {
        VAULT.hash("a", "mail"),
        VAULT.hash("b", "mail"),
        VAULT.hash("a", "token"),
        OTHER.hash("a", "mail"),
    }
    assert len(hashes) == 4
    assert VAULT.hash("a", "mail") in hashes


@pytest.mark.anyio
async def test_a_local_actor_has_two_keys_and_signs_with_them(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        actor = settle(tx)
        rsa, ed25519 = find_keys(tx, actor.id)
        assert (rsa.key_id, rsa.algorithm) == (f"{actor.iri}#main-key", "rsa")
        assert (ed25519.key_id, ed25519.algorithm) == (f"{actor.iri}#ed25519-key", "ed25519")
        keyring = Keyring(VAULT)
        assert keyring.known_signer(actor.id) is None
        assert keyring.known_prover(actor.id) is None
        signer, prover = keyring.signer(tx, actor.id), keyring.prover(tx, actor.id)
        assert (signer.key_id, prover.key_id) == (rsa.key_id, ed25519.key_id)
        assert public_pem(signer.private_key) == rsa.public
        assert to_multibase(prover.private_key.public_key()) == ed25519.public
        assert keyring.known_signer(actor.id) is signer is keyring.signer(tx, actor.id)
        assert keyring.known_prover(actor.id) is prover is keyring.prover(tx, actor.id)

    await database.write(check)


@pytest.mark.anyio
async def test_nobody_signs_for_a_remote_actor(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        remote = meet(tx)
        assert len(find_keys(tx, remote.id)) == 2
        for ask in (Keyring(VAULT).signer, Keyring(VAULT).prover):
            with pytest.raises(NotFound):
                ask(tx, remote.id)
            with pytest.raises(NotFound):
                ask(tx, 12345)

    await database.write(check)


@pytest.mark.anyio
async def test_private_keys_are_sealed_and_bound_to_their_id(database: Database) -> None:
    """A row copied under another key id, or the database opened with another secret, signs nothing."""

    def check(tx: sa.Connection) -> None:
        first, second = settle(tx, "hanako"), settle(tx, "taro", keys=key_pair(1))
        sealed = tx.execute(sa.select(actor_keys.c.private).order_by(actor_keys.c.id)).scalars().all()
        der_of_rsa = b"\x30\x82"
        assert all(der_of_rsa not in bytes(value)[:20] for value in sealed)
        with pytest.raises(LocalFault):
            Keyring(OTHER).signer(tx, first.id)
        moved = sa.update(actor_keys).where(actor_keys.c.key_id == f"{second.iri}#main-key")
        tx.execute(moved.values(private=sealed[0]))
        with pytest.raises(LocalFault):
            Keyring(VAULT).signer(tx, second.id)
        assert replace(first, id=0) != second

    await database.write(check)
