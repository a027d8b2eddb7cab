"""Proofs at the end of what we say."""

import json

import pytest

from actors.keys import Prover
from federation.rendering import quote, render
from federation.signatures.keys import generate_ed25519
from federation.signatures.proofs import read_proof, verify_proof
from federation.vocabulary import Iri, Millis
from outbox.sealing import seal
from tests.outbox.world import START, World

AREA = "https://here.test/areas/megumino"
PROVER = Prover(Iri(f"{AREA}#ed25519-key"), generate_ed25519())
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"]
AS_RECEIVED = b'{ "type" : "Create",\n "actor":"https://one.test/users/a", "x": 1.0e0 }'


def body(**facts: object) -> bytes:
    return render({"@context": CONTEXT, "id": f"{AREA}/1", "type": "Announce", "actor": AREA, **facts})


def sealed(data: bytes, created: int = START) -> bytes:
    return seal(data, PROVER, Millis(created))


def test_the_proof_is_true() -> None:
    document = json.loads(sealed(body(object="https://one.test/1")))
    claim = read_proof(document, now=Millis(START))
    assert claim is not None
    assert claim.key_id == PROVER.key_id
    verify_proof(claim, PROVER.private_key.public_key())


def test_the_body_stays_byte_for_byte_before_it() -> None:
    data = body(object=quote(AS_RECEIVED))
    assert AS_RECEIVED in data
    assert sealed(data).startswith(data[:-1] + b',"proof":{')


def test_the_same_entry_always_has_the_same_proof() -> None:
    assert sealed(body()) == sealed(body())
    assert sealed(body()) != sealed(body(), START + 1000)


@pytest.mark.parametrize(
    "data",
    [
        body(actor="https://one.test/users/a"),
        body(proof={"type": "DataIntegrityProof"}),
        body(signature={"type": "RsaSignature2017"}),
        b'{"actor":"https://here.test/areas/megumino"}',
        b"not json",
        b"[]",
    ],
)
def test_what_is_not_ours_to_prove_stays_as_it_is(data: bytes) -> None:
    assert sealed(data) == data


@pytest.mark.anyio
async def test_what_is_sent_carries_a_proof(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    await world.deliver()
    document = json.loads(world.inboxes.posts[0].body)
    claim = read_proof(document, now=world.clock())
    assert claim is not None
    public = (await world.database.read(world.keyring.prover, area.id)).private_key.public_key()
    verify_proof(claim, public)
