"""What a Group passes on is believed without a fetch where its author has proved it (FEP-8b32), and not otherwise."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from areas.tables import posts as post_table
from federation.signatures import base58
from federation.signatures.keys import generate_ed25519, to_multibase
from federation.signatures.proofs import add_proof
from federation.vocabulary import Iri, Millis
from inbox import proving
from tests.inbox.rig import Town
from tests.inbox.test_boosts import CAROL, SNOW, announce, at_home, follow
from tests.testrig.peers import Peer, stamp

pytestmark = pytest.mark.anyio

GROUP = "https://p.test/users/machi"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"]
HOUR = 3_600_000
Json = dict[str, Any]


class Scene:
    """A Group that the resident follows, and Carol on a third server, who proves what she does."""

    def __init__(self, town: Town, peer: Peer) -> None:
        self.town, self.peer = town, peer
        self.other = town.peer("q.test")
        self.keys: dict[str, Ed25519PrivateKey] = {}
        for name in ("carol", "mallory"):
            self.enrol(self.other, name)
        self.count = 0

    def enrol(self, peer: Peer, name: str) -> None:
        key = self.keys[f"{peer.origin}/users/{name}"] = generate_ed25519()
        iri = f"{peer.origin}/users/{name}"
        multikey = {
            "type": "Multikey",
            "controller": iri,
            "publicKeyMultibase": to_multibase(key.public_key()),
        }
        peer.actor(name, assertionMethod=[{"id": f"{iri}#ed25519-key", **multikey}])

    async def open(self) -> "Scene":
        self.peer.actor("machi", "Group")
        await follow(self.town, GROUP)
        return self

    def prove(self, activity: Json, by: str = CAROL, method: str | None = None, age: int = 0) -> Json:
        made = Millis(self.town.clock() - age)
        document = {**activity, "@context": CONTEXT}
        proved = add_proof(document, self.keys[by], Iri(method or f"{by}#ed25519-key"), made)
        return dict(json.loads(json.dumps(proved)))

    def create(self, **more: Any) -> Json:
        """Carol's Create; what her server serves at the post's address says something else."""
        note = self.other.note(CAROL, "snow", **more)
        self.other.documents[SNOW] = {**note, "content": "<p>served</p>"}
        return self.other.create(note)

    async def pass_on(self, inner: Json) -> list[str]:
        """What the resident then sees of the Group."""
        self.count += 1
        await self.town.hear(self.peer, announce(self.peer, GROUP, f"a{self.count}", inner))
        await self.town.work()
        return await at_home(self.town)

    @property
    def was_asked(self) -> bool:
        """Whether the post's own address was."""
        return ("GET", "/notes/snow") in self.other.requests


@pytest.fixture
async def scene(town: Town, peer: Peer) -> Scene:
    return await Scene(town, peer).open()


async def test_what_its_author_has_proved_is_not_asked_for(scene: Scene) -> None:
    assert await scene.pass_on(scene.prove(scene.create())) == ["machi: <p>snow</p>"]
    assert not scene.was_asked
    post = await scene.town.post_of(SNOW)
    assert post is not None
    assert (await scene.town.actor(CAROL)).id == post.actor_id


def change_text(create: Json) -> Json:
    return {**create, "object": {**create["object"], "content": "<p>forged</p>"}}


def change_proof(**values: Any) -> Callable[[Json], Json]:
    return lambda create: {**create, "proof": {**create["proof"], **values}}


@pytest.mark.parametrize(
    "spoil",
    [
        change_text,
        change_proof(proofValue="z" + "1" * 88),
        change_proof(proofValue=7),
        change_proof(proofPurpose="authentication"),
        change_proof(cryptosuite="eddsa-rdfc-2022"),
        change_proof(created=None),
        change_proof(verificationMethod="https://q.test/users/carol#another"),
        change_proof(verificationMethod="https://q.test/users/carol#main-key"),
        change_proof(verificationMethod="did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
        lambda create: {**create, "proof": {}},
        lambda create: {**create, "@context": CONTEXT[0]},
    ],
)
async def test_a_wrong_proof_is_none(scene: Scene, spoil: Callable[[Json], Json]) -> None:
    assert await scene.pass_on(spoil(scene.prove(scene.create()))) == ["machi: <p>served</p>"]
    assert scene.was_asked


MALLORY, EVE = "https://q.test/users/mallory", "https://p.test/users/eve"


@pytest.mark.parametrize(
    ("by", "method", "more"),
    [
        (MALLORY, None, {}),
        (MALLORY, f"{CAROL}#ed25519-key", {}),
        (EVE, None, {}),
        (MALLORY, None, {"actor": MALLORY}),
        (EVE, None, {"actor": EVE, "id": "https://p.test/a/1"}),
    ],
)
async def test_nobody_proves_for_another(scene: Scene, by: str, method: str | None, more: Json) -> None:
    """Neither a neighbour on the same server, nor anybody of another one, whatever the key is called."""
    scene.enrol(scene.peer, "eve")
    forged = {**change_text(scene.create()), **more}
    assert await scene.pass_on(scene.prove(forged, by, method)) == ["machi: <p>served</p>"]
    assert scene.was_asked


async def test_the_proof_is_for_the_post_that_is_announced(scene: Scene) -> None:
    """The author of a post on another server is only whom that server names."""
    eve = "https://p.test/users/eve"
    scene.enrol(scene.peer, "eve")
    create = scene.create()
    stolen = {**create, "actor": eve, "id": "https://p.test/a/1"}
    stolen["object"] = {**create["object"], "attributedTo": eve, "content": "<p>forged</p>"}
    assert await scene.pass_on(scene.prove(stolen, eve)) == ["machi: <p>served</p>"]


@pytest.mark.parametrize(("age", "asked"), [(HOUR - 1000, False), (HOUR + 1000, True), (-2 * HOUR, True)])
async def test_a_proof_is_of_lately(scene: Scene, age: int, asked: bool) -> None:
    """What is older may have been changed or deleted since, and what is of tomorrow was not made by an honest clock."""
    await scene.pass_on(scene.prove(scene.create(), age=age))
    assert scene.was_asked == asked


@pytest.mark.parametrize(("hours", "asked"), [(1, False), (-1, True)])
async def test_a_proof_ends_when_it_says(scene: Scene, hours: int, asked: bool) -> None:
    proved = scene.prove(scene.create())
    options = {name: value for name, value in proved.pop("proof").items() if name != "proofValue"}
    options["expires"] = stamp(Millis(scene.town.clock() + hours * HOUR))
    hashes = sha256(rfc8785.dumps(options)).digest() + sha256(rfc8785.dumps(proved)).digest()
    value = "z" + base58.encode(scene.keys[CAROL].sign(hashes))
    await scene.pass_on({**proved, "proof": {**options, "proofValue": value}})
    assert scene.was_asked == asked


async def test_what_is_not_for_everyone_is_not_kept(scene: Scene) -> None:
    create = scene.create(to=f"{CAROL}/followers")
    assert await scene.pass_on(scene.prove(create)) == []
    assert await scene.town.count(post_table) == 0


async def test_what_is_long_is_read_at_its_origin(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "LONGEST", 500)
    assert await scene.pass_on(scene.prove(scene.create())) == ["machi: <p>served</p>"]


async def test_an_edit_and_a_deletion_that_are_proved_count_at_once(scene: Scene) -> None:
    create = scene.create()
    await scene.pass_on(scene.prove(create))
    scene.town.clock.advance(minutes=5)
    edited = {**create["object"], "content": "<p>edited</p>", "updated": stamp(scene.town.clock())}
    update = scene.other.activity("Update", CAROL, "u1", edited)
    assert await scene.pass_on(scene.prove(update)) == ["machi: <p>edited</p>"]
    older = {**edited, "content": "<p>old</p>", "updated": stamp(Millis(scene.town.clock() - 60_000))}
    again = scene.other.activity("Update", CAROL, "u0", older)
    assert await scene.pass_on(scene.prove(again)) == ["machi: <p>edited</p>"]
    assert not scene.was_asked
    delete = scene.other.activity("Delete", CAROL, "d1", SNOW)
    assert await scene.pass_on(scene.prove(delete)) == []
    assert not scene.was_asked, "PieFed answers 200 for what its author has deleted"
    post = await scene.town.post_of(SNOW)
    assert post is not None
    assert post.deleted_at is not None
    await scene.pass_on(scene.prove({**create, "id": "https://q.test/a/again"}))
    post = await scene.town.post_of(SNOW)
    assert post is not None
    assert post.deleted_at is not None, "what is deleted stays so"


async def test_a_neighbour_deletes_nothing(scene: Scene) -> None:
    await scene.pass_on(scene.prove(scene.create()))
    mallory = "https://q.test/users/mallory"
    delete = scene.other.activity("Delete", mallory, "d1", SNOW)
    await scene.pass_on(scene.prove(delete, mallory))
    post = await scene.town.post_of(SNOW)
    assert post is not None
    assert post.deleted_at is None
    assert scene.was_asked
