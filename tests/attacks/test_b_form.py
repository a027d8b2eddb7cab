"""B36 to B41: signatures within documents raise no trust, and a document says what its plain terms say, once."""

import json
from collections.abc import Iterator
from typing import Any

from tests.attacks.rig import Rig
from tests.attacks.rig.clock import timestamp
from tests.attacks.rig.ours import article
from tests.attacks.rig.peers import CONTEXT, PUBLIC, Actor, Json, unique

REFUSED = {401, 403}
NOTHING = {202, 400, 413, *REFUSED}
UNREADABLE = {400}


async def test_B36_linked_data_signature_alone(rig: Rig) -> None:
    """In the place of a signature of the request, and within a request that another has signed."""
    alice, mallory = rig.p.actor(), rig.e.actor()
    signature = {
        "type": "RsaSignature2017",
        "creator": alice.key_id,
        "created": timestamp(),
        "signatureValue": "AAAA" * 86,
    }
    signed = {**alice.create(), "@context": CONTEXT, "signature": signature}
    async with rig.no_effect():
        assert (await rig.send(alice.unsigned(signed))).status == 401
        assert (await rig.post(mallory, signed)).status in REFUSED


def proofs(alice: Actor, mallory: Actor) -> Iterator[Json]:
    """Proofs of integrity (FEP-8b32) that prove nothing about alice."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{alice.id}#ed25519-key",
        "proofPurpose": "assertionMethod",
        "created": timestamp(),
        "proofValue": "z" + "2" * 87,
    }
    yield proof
    yield {**proof, "verificationMethod": f"{mallory.id}#ed25519-key"}
    yield {**proof, "verificationMethod": mallory.key_id}
    yield {**proof, "cryptosuite": "none"}
    yield {**proof, "cryptosuite": 7, "verificationMethod": {}}
    yield {**proof, "created": "2001-01-01T00:00:00Z", "expires": "2001-01-02T00:00:00Z"}
    yield {**proof, "proofValue": ""}


async def test_B37_proofs(rig: Rig) -> None:
    """They make nobody a sender; who is one is not hindered by a proof that is wrong."""
    alice, mallory = rig.p.actor(), rig.e.actor()
    async with rig.no_effect():
        for proof in proofs(alice, mallory):
            activity = {**alice.create(), "proof": proof}
            assert (await rig.post(mallory, activity)).status in REFUSED
            assert (await rig.send(alice.unsigned(activity))).status == 401
            assert (await rig.post(mallory, {**activity, "proof": [proof, proof]})).status in REFUSED
    note = alice.note()
    broken: list[Any] = [*proofs(alice, mallory), "proof", [], 7]
    for each in broken:
        assert (await rig.post(alice, {**alice.create(note), "proof": each})).status in {202, 400}
    await rig.has_effect(note)


def misshapen(alice: Actor) -> Iterator[Json]:
    """Activities whose parts have shapes that they cannot have."""
    create, note = alice.create(), alice.note()
    for actor in ([alice.id], {"id": alice.id}, [{"id": alice.id}], 7, None, [], {}, True, [[alice.id]]):
        yield {**create, "actor": actor}
    for kind in ([], {}, 7, None, [["Create"]], {"Create": 1}, "create", "", [None]):
        yield {**create, "type": kind}
    for thing in (
        [note["id"]] * 10_000,
        [],
        {},
        7,
        None,
        [[note]],
        "",
        [note, note],
        {"type": "Note"},
        f" {note['id']}",
    ):
        yield {**create, "object": thing}
    for iri in ({"id": note["id"]}, [note["id"]], 7, None, {}, "note"):
        yield {**create, "object": {**note, "id": iri}}
    yield {**create, "object": {**note, "to": [[PUBLIC]], "cc": [[alice.peer.area]]}}
    yield {**create, "object": {**note, "to": {"to": PUBLIC}, "cc": 7}}
    yield {**create, "object": {**note, "to": [PUBLIC] * 5000}}
    yield {**create, "object": {**note, "type": 7}}
    yield {**create, "object": {**note, "type": []}}
    yield {**create, "object": {**note, "inReplyTo": 7}}
    yield {**create, "object": {**note, "inReplyTo": [[note["id"]]]}}


async def test_B38_shapes(rig: Rig) -> None:
    alice = rig.p.actor()
    async with rig.no_effect():
        for activity in misshapen(alice):
            assert (await rig.post(alice, activity)).status in NOTHING, str(activity)[:300]
        for body in (b"[]", b"null", b"7", b'"Create"', b"{}", json.dumps([alice.create()]).encode()):
            assert (await rig.post(alice, body)).status in UNREADABLE, body[:100]


async def test_B39_context_elsewhere(rig: Rig) -> None:
    """Nothing is asked of the host that a context names, in an activity, a post or an actor."""
    context = f"{rig.e.origin}/{unique('context')}"
    mallory = rig.e.actor()
    mallory.document["@context"] = [context, {"@import": context, "@vocab": context}]
    rig.e.documents[context] = {"@context": {"actor": "as:attributedTo"}}
    notes = []
    for given in (
        context,
        [context],
        [{"x": {"@id": "x:y", "@context": context}}, context],
        {"@vocab": context},
    ):
        notes.append({**mallory.note(), "@context": given})
        assert (await rig.post(mallory, {**mallory.create(notes[-1]), "@context": given})).status == 202
    for note in notes:
        await rig.has_effect(note)
    assert not rig.e.asked(context)


AS = "https://www.w3.org/ns/activitystreams#"


async def test_B40_keywords_and_expanded_terms(rig: Rig) -> None:
    """What another reading of JSON-LD would find beside the plain terms counts for nothing; graphs are refused."""
    alice, bob = rig.p.actor(), rig.p.actor()
    note = alice.note()
    beside: Json = {
        "@id": f"{bob.id}/notes/1",
        "@type": "as:Delete",
        "as:actor": bob.id,
        f"{AS}actor": [{"@id": bob.id}],
        "as:attributedTo": bob.id,
        f"{AS}attributedTo": [{"@id": bob.id}],
        "as:content": "<p>ほかの文</p>",
        f"{AS}content": [{"@value": "<p>ほかの文</p>"}],
    }
    assert (await rig.post(alice, {**alice.create({**note, **beside}), **beside})).status == 202
    await rig.has_effect(note)
    found = await article(rig, note)
    assert bob.id.rpartition("/")[2] not in found.text
    assert "ほかの文" not in found.text
    async with rig.no_effect():
        private = alice.note(
            to=[], cc=[], **{"as:to": PUBLIC, f"{AS}to": [{"@id": PUBLIC}], "as:cc": [alice.peer.area]}
        )
        assert (await rig.post(alice, alice.create(private))).status == 202
        unnamed = {**{f"as:{key}": value for key, value in alice.create().items()}, "@type": "as:Create"}
        assert (await rig.post(alice, unnamed)).status in NOTHING
        for keyword in ("@graph", "@included", "@reverse"):
            for activity in (
                {**alice.create(), keyword: [bob.create()]},
                alice.create({**alice.note(), keyword: {}}),
                alice.create({**alice.note(), "tag": [{"type": "Mention", keyword: []}]}),
            ):
                assert (await rig.post(alice, activity)).status in UNREADABLE, keyword


async def test_B41_keys_twice(rig: Rig) -> None:
    """In either order, however spelt, at any depth: two programs would read two things."""
    alice, bob = rig.p.actor(), rig.p.actor()
    async with rig.no_effect():
        for activity in (alice.create(), {**alice.create(), "actor": bob.id}):
            text = json.dumps(activity, ensure_ascii=False)
            for more in (f'"actor": "{alice.id}"', f'"actor": "{bob.id}"', f'"\\u0061ctor": "{alice.id}"'):
                for body in (f"{{{more}, {text[1:]}", f"{text[:-1]}, {more}}}"):
                    assert (await rig.post(alice, body.encode())).status in UNREADABLE
        text = json.dumps(
            alice.create(alice.note(tag=[{"type": "Mention", "href": bob.id}])), ensure_ascii=False
        )
        for old, new in (
            ('"attributedTo": ', f'"attributedTo": "{bob.id}", "attributedTo": '),
            ('"href": ', f'"href": "{alice.id}", "href": '),
            ('"type": "Note"', '"type": "Note", "type": "Note"'),
        ):
            assert (await rig.post(alice, text.replace(old, new).encode())).status in UNREADABLE, new
