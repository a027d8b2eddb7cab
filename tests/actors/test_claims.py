from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from actors.claims import check_same_key, choose_key, is_below, list_keys, load_key
from federation.errors import SignatureRejected
from federation.signatures.keys import public_pem
from federation.vocabulary import Actor, Iri, PublicKey
from tests.testrig.people import describe, key_pair

ALICE = describe()
MAIN = Iri(f"{ALICE.id}#main-key")


def with_key(**values: object) -> Actor:
    """Alice, her RSA key changed."""
    return replace(ALICE, keys=(replace(ALICE.keys[0], **values), *ALICE.keys[1:]))  # type: ignore[arg-type]


def test_an_actors_own_keys() -> None:
    rsa, ed25519 = list_keys(ALICE)
    assert (rsa.key_id, rsa.algorithm, rsa.public) == (MAIN, "rsa", public_pem(key_pair().rsa))
    assert (ed25519.key_id, ed25519.algorithm) == (f"{ALICE.id}#ed25519-key", "ed25519")
    assert public_pem(load_key(rsa.algorithm, rsa.public)) == rsa.public
    assert load_key(ed25519.algorithm, ed25519.public) == key_pair().ed25519.public_key()


def test_other_encodings_are_stored_as_ours() -> None:
    pkcs1 = key_pair().rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert choose_key(with_key(pem=pkcs1), MAIN) == choose_key(ALICE, MAIN)
    spki = public_pem(key_pair().ed25519)
    assert choose_key(with_key(pem=spki), MAIN).algorithm == "ed25519"
    assert choose_key(with_key(pem=spki), MAIN).public == list_keys(ALICE)[1].public


@pytest.mark.parametrize(
    "key_id",
    [
        f"{ALICE.id}#other",
        ALICE.id,
        f"{ALICE.id}#main-key ",
        f"{ALICE.id}#MAIN-KEY",
        "https://p.test/users/bob#main-key",
    ],
)
def test_a_key_id_must_be_listed_exactly(key_id: str) -> None:
    with pytest.raises(SignatureRejected, match="does not list"):
        choose_key(ALICE, Iri(key_id))


@pytest.mark.parametrize(
    "owner", [None, "https://p.test/users/bob", "https://e.test/users/alice", f"{ALICE.id}/"]
)
def test_a_key_must_name_its_owner(owner: str | None) -> None:
    with pytest.raises(SignatureRejected, match="another owner"):
        choose_key(with_key(owner=owner), MAIN)
    assert [key.key_id for key in list_keys(with_key(owner=owner))] == [f"{ALICE.id}#ed25519-key"]


@pytest.mark.parametrize(
    "key_id", ["https://e.test/users/alice#main-key", "http://p.test/users/alice#main-key"]
)
def test_a_key_must_be_on_its_owners_origin(key_id: str) -> None:
    with pytest.raises(SignatureRejected, match="another origin"):
        choose_key(with_key(id=Iri(key_id)), Iri(key_id))


def test_one_id_for_two_keys_is_nobodys() -> None:
    other = replace(ALICE.keys[0], pem=public_pem(key_pair(1).rsa))
    with pytest.raises(SignatureRejected, match="two keys"):
        choose_key(replace(ALICE, keys=(ALICE.keys[0], other)), MAIN)
    assert choose_key(replace(ALICE, keys=(ALICE.keys[0], ALICE.keys[0])), MAIN) == choose_key(ALICE, MAIN)


def weak() -> str:
    return public_pem(generate_private_key(public_exponent=65537, key_size=1024))


def elliptic() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("pem", [weak(), elliptic(), "garbage", public_pem(key_pair().rsa) * 2])
def test_keys_that_prove_nothing_are_refused(pem: str) -> None:
    with pytest.raises(SignatureRejected):
        choose_key(with_key(pem=pem), MAIN)


@pytest.mark.parametrize("multibase", [None, "", "zgarbage", "uAAAA"])
def test_multikeys_that_prove_nothing_are_refused(multibase: str | None) -> None:
    with pytest.raises(SignatureRejected):
        choose_key(with_key(pem=None, multibase=multibase), MAIN)


def test_a_key_document_must_be_what_its_owner_lists() -> None:
    served = ALICE.keys[0]
    check_same_key(served, ALICE)
    for other in (
        replace(served, pem=public_pem(key_pair(1).rsa)),
        replace(served, id=Iri(f"{ALICE.id}/key")),
        PublicKey(id=served.id, owner=served.owner, multibase=ALICE.keys[1].multibase),
    ):
        with pytest.raises(SignatureRejected, match="does not list"):
            check_same_key(other, ALICE)


@pytest.mark.parametrize(
    ("key_id", "actor"),
    [
        ("https://p.test/users/alice#main-key", "https://p.test/users/alice"),
        ("https://p.test/users/alice/main-key", "https://p.test/users/alice"),
        ("https://p.test/user/alice/#main-key", "https://p.test/user/alice"),
        ("https://p.test/actor/#main-key", "https://p.test/actor/"),
        ("https://p.test/channel/alice?operation=getkey", "https://p.test/channel/alice"),
        ("https://p.test/?author=0#main-key", "https://p.test/?author=0"),
        ("https://p.test/#main-key", "https://p.test/"),
    ],
)
def test_key_ids_within_an_actors_address(key_id: str, actor: str) -> None:
    assert is_below(Iri(key_id), Iri(actor))


@pytest.mark.parametrize(
    "key_id",
    [
        "https://p.test/users/alice2#main-key",
        "https://p.test/users/bob#main-key",
        "https://p.test//users/alice#main-key",
        "https://p.test/users/#main-key",
        "https://e.test/users/alice#main-key",
    ],
)
def test_key_ids_beside_it(key_id: str) -> None:
    assert not is_below(Iri(key_id), ALICE.id)
    assert not is_below(Iri(key_id), Iri("https://p.test/"))
