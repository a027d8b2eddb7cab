"""FEP-8b32 proofs: the published vectors, one that Fedify made, and what never counts as a proof."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import SignatureRejected
from federation.reader import JsonObject, JsonValue, load_json
from federation.signatures import base58, keys, proofs
from federation.signatures.proofs import ProofClaim, add_proof, read_proof, verify_proof
from federation.vocabulary import Iri, Millis
from tests.federation.signatures.samples import NOW, ed25519_key, rsa_key

GOLDEN = Path(__file__).parents[2] / "golden" / "fedify" / "create-with-proof.json"
METHOD = Iri("https://server.example/users/alice#ed25519-key")
VECTOR_KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
VECTOR_SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
VECTOR_TIME = Millis(1_677_281_798_000)
"""2023-02-24T23:36:38Z"""

CONTEXT: JsonValue = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]
VECTOR: JsonObject = {
    "@context": CONTEXT,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": "https://server.example/users/alice",
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": "https://server.example/users/alice",
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
    },
}
VECTOR_HASH = (
    "cf63e2308ce7d1137667192c5c5e751ba7b1c6e3d5e746a7b717d309654ad198"
    "0793e8d97e2de4b989b2b2d7a5fae8cf941f102a03c0ecab00f03eaa2330c650"
)
VECTOR_VALUE = "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"

FIRST_VALUE = "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2"
FIRST_VECTOR: JsonObject = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
    "type": "Create",
    "actor": "https://server.example/users/alice",
    "object": {"type": "Note", "content": "Hello world"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": "https://server.example/users/alice#ed25519-key",
        "proofPurpose": "assertionMethod",
        "proofValue": FIRST_VALUE,
        "created": "2023-02-24T23:36:38Z",
    },
}
"""The vector of FEP-8b32 before the proof repeated the context."""


def vector_key() -> Ed25519PrivateKey:
    secret = base58.decode(VECTOR_SECRET[1:])
    return Ed25519PrivateKey.from_private_bytes(secret[2:])


def signed() -> JsonObject:
    value = json.loads(json.dumps(add_proof(VECTOR, vector_key(), METHOD, VECTOR_TIME)))
    assert isinstance(value, dict)
    return value


def proof_of(document: JsonObject) -> JsonObject:
    proof = document["proof"]
    assert isinstance(proof, dict)
    return proof


def claim_of(document: JsonObject, now: Millis = NOW) -> ProofClaim:
    claim = read_proof(document, now=now)
    assert claim is not None
    return claim


def accept(document: JsonObject, multibase: str = VECTOR_KEY, now: Millis = NOW) -> None:
    verify_proof(claim_of(document, now), keys.from_multibase(multibase))


def refuse(document: JsonObject, reason: str = ".") -> None:
    with pytest.raises(SignatureRejected, match=reason):
        accept(document)


def resign(change: Callable[[JsonObject], None]) -> JsonObject:
    """Return the vector with changed proof options, properly signed as they are."""
    document = signed()
    proof = proof_of(document)
    change(proof)
    proof.pop("proofValue")
    (base,) = proofs._build_bases(proof, document)
    proof["proofValue"] = "z" + base58.encode(vector_key().sign(base))
    return document


def test_makes_the_vector_of_the_fep() -> None:
    document = signed()
    assert proof_of(document) == {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "created": "2023-02-24T23:36:38Z",
        "proofValue": VECTOR_VALUE,
    }
    assert {name: value for name, value in document.items() if name != "proof"} == VECTOR


def test_verifies_the_vector_of_the_fep() -> None:
    claim = claim_of(signed())
    assert claim.key_id == METHOD
    assert claim.bases == (bytes.fromhex(VECTOR_HASH),)
    verify_proof(claim, keys.from_multibase(VECTOR_KEY))


def test_verifies_a_proof_without_a_context() -> None:
    accept(FIRST_VECTOR)
    with_documents_context = signed()
    proof_of(with_documents_context).pop("@context")
    accept(with_documents_context)


def test_verifies_what_fedify_makes() -> None:
    """Written by Fedify 2.3: a context of its own, nanoseconds without trailing zeros, emoji."""
    golden = load_json(GOLDEN.read_bytes())
    assert isinstance(golden, dict)
    document, multibase = golden["document"], golden["publicKeyMultibase"]
    assert isinstance(document, dict)
    assert isinstance(multibase, str)
    now = Millis(round(datetime(2026, 11, 23, 23, tzinfo=UTC).timestamp() * 1000))
    accept(document, multibase, now)
    with pytest.raises(SignatureRejected):
        accept({**document, "actor": "https://fedify.test/users/other"}, multibase, now)


def test_a_linked_data_signature_beside_it_is_no_part_of_it() -> None:
    accept({**signed(), "signature": {"type": "RsaSignature2017", "signatureValue": "AAAA"}})


def test_an_earlier_proof_is_replaced() -> None:
    again = add_proof(signed(), vector_key(), METHOD, VECTOR_TIME)
    assert again == signed()


def test_the_document_is_not_changed() -> None:
    before = copy.deepcopy(VECTOR)
    add_proof(VECTOR, vector_key(), METHOD, VECTOR_TIME)
    assert before == VECTOR


def test_our_times_have_whole_seconds() -> None:
    """A reader that writes the time anew (Fedify) must come to the same text."""
    document = add_proof(VECTOR, vector_key(), METHOD, Millis(VECTOR_TIME + 120))
    proof = document["proof"]
    assert isinstance(proof, dict)
    assert proof["created"] == "2023-02-24T23:36:38Z"


def test_a_document_without_context_cannot_be_signed() -> None:
    with pytest.raises(KeyError):
        add_proof({"id": "https://a.test/1"}, vector_key(), METHOD, NOW)
    with pytest.raises(ValueError, match="safe integer"):
        add_proof({"@context": CONTEXT, "size": 2**53}, vector_key(), METHOD, NOW)


@pytest.mark.parametrize("proof", [None, [], "z", 7, {}, [1], {"type": "DataIntegrityProof"}])
def test_no_proof_is_no_claim(proof: JsonValue) -> None:
    assert read_proof({**VECTOR, "proof": proof}, now=NOW) is None
    assert read_proof(VECTOR, now=NOW) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("cryptosuite", "ecdsa-jcs-2019"),
        ("cryptosuite", ["eddsa-jcs-2022"]),
        ("cryptosuite", None),
        ("type", "RsaSignature2017"),
        ("type", ["DataIntegrityProof"]),
    ],
)
def test_unknown_suites_are_no_claim(name: str, value: JsonValue) -> None:
    document = signed()
    proof_of(document)[name] = value
    assert read_proof(document, now=NOW) is None


def test_the_first_known_proof_of_a_list_counts() -> None:
    document = signed()
    proof = document["proof"]
    accept({**document, "proof": [proof]})
    accept({**document, "proof": [{"type": "DataIntegrityProof", "cryptosuite": "x"}, proof]})
    other = {**proof_of(document), "proofValue": "z" + base58.encode(b"\1" * 64)}
    accept({**document, "proof": [proof, other]})
    refuse({**document, "proof": [other, proof]}, "does not match")
    assert read_proof({**document, "proof": [1, 2, 3, 4, 5, 6, 7, 8, proof]}, now=NOW) is None


def test_refuses_an_altered_document() -> None:
    document = signed()
    refuse({**document, "actor": "https://server.example/users/bob"}, "does not match")
    refuse({**document, "to": []}, "does not match")
    refuse({name: value for name, value in document.items() if name != "type"}, "does not match")


@pytest.mark.parametrize("name", ["created", "verificationMethod", "domain"])
def test_refuses_altered_options(name: str) -> None:
    document = signed()
    proof_of(document)[name] = {
        "created": "2023-02-24T23:36:39Z",
        "verificationMethod": "https://server.example/users/bob#ed25519-key",
        "domain": "server.example",
    }[name]
    refuse(document, "does not match")


def test_refuses_another_key() -> None:
    claim = claim_of(signed())
    with pytest.raises(SignatureRejected, match="does not match"):
        verify_proof(claim, ed25519_key().public_key())
    with pytest.raises(SignatureRejected, match="Ed25519"):
        verify_proof(claim, rsa_key().public_key())


@pytest.mark.parametrize(
    "method",
    [
        None,
        7,
        "",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "http://server.example/users/alice#ed25519-key",
        "acct:alice@server.example",
        ["https://server.example/users/alice#ed25519-key"],
    ],
)
def test_refuses_methods_that_are_no_https_urls(method: JsonValue) -> None:
    refuse(resign(lambda proof: proof.update(verificationMethod=method)), "key id")


def test_refuses_a_key_of_another_origin_than_the_document() -> None:
    foreign = "https://e.test/users/mallory#key"
    refuse(resign(lambda proof: proof.update(verificationMethod=foreign)), "origin")
    refuse({**signed(), "id": 7}, "origin")


@pytest.mark.parametrize("purpose", ["authentication", None, ["assertionMethod"], ""])
def test_refuses_other_purposes(purpose: JsonValue) -> None:
    refuse(resign(lambda proof: proof.update(proofPurpose=purpose)), "purpose")


def test_refuses_a_chain_of_proofs() -> None:
    refuse(resign(lambda proof: proof.update(previousProof="urn:uuid:1")), "chain")


@pytest.mark.parametrize("created", [None, 7, "", "yesterday", "2023-13-24T23:36:38Z", "2023-02-24"])
def test_refuses_without_a_time(created: JsonValue) -> None:
    refuse(resign(lambda proof: proof.update(created=created)), "time of the proof")


def test_judges_the_time() -> None:
    accept(resign(lambda proof: proof.update(created="2026-11-22T10:31:20Z")))
    refuse(resign(lambda proof: proof.update(created="2026-11-22T12:31:20Z")), "future")
    accept(resign(lambda proof: proof.update(expires="2026-11-22T09:31:20Z")))
    refuse(resign(lambda proof: proof.update(expires="2026-11-22T09:31:19Z")), "expired")
    refuse(resign(lambda proof: proof.update(expires=None)), "time of the proof")


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "z",
        VECTOR_VALUE[1:],
        VECTOR_VALUE[:-1],
        VECTOR_VALUE + "1",
        VECTOR_VALUE + "0",
        "u" + VECTOR_VALUE[1:],
        "z" + "1" * 100_000,
        "z" + base58.encode(b"\1" * 63),
        "z" + base58.encode(b"\1" * 65),
    ],
)
def test_refuses_values_that_are_no_signature(value: JsonValue) -> None:
    document = signed()
    proof_of(document)["proofValue"] = value
    refuse(document, "proof")


def test_refuses_a_proof_made_for_another_context() -> None:
    """A longer context leaves the signed bytes alone and may change what they mean to others."""
    document = signed()
    longer: JsonValue = [
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/data-integrity/v2",
        {"a": "b"},
    ]
    refuse({**document, "@context": longer}, "another @context")
    refuse({name: value for name, value in document.items() if name != "@context"}, "another @context")
    proof_of(document)["@context"] = None
    refuse(document, "another @context")


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", {"\ud800": 1}])
def test_refuses_what_cannot_be_canonicalised(value: JsonValue) -> None:
    refuse({**signed(), "size": value}, "canonicalised")


def test_refuses_bottomless_documents() -> None:
    deep: JsonValue = []
    for _ in range(100_000):
        deep = [deep]
    refuse({**signed(), "deep": deep}, "canonicalised")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
@settings(max_examples=150, deadline=None)
def test_what_is_signed_verifies_after_a_journey(more: JsonObject) -> None:
    document = {**more, "@context": CONTEXT, "id": "https://server.example/1"}
    sent = json.dumps(add_proof(document, vector_key(), METHOD, NOW)).encode()
    received = json.loads(sent)
    accept(received)
    refuse({**received, "id": "https://server.example/2"}, "does not match")


@given(
    st.dictionaries(
        st.sampled_from(
            ["@context", "created", "expires", "proofPurpose", "proofValue", "verificationMethod"]
        ),
        JSON,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_proof_is_read_or_refused(changes: JsonObject) -> None:
    document = signed()
    changes = {name: value for name, value in changes.items() if proof_of(document).get(name) != value}
    proof_of(document).update(changes)
    if changes:
        refuse(document)
