import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from actors.directory import Directory, find_actor, mark_gone
from actors.keys import Keyring, find_keys
from actors.records import FederationMode
from actors.registration import create_node
from actors.senders import KEY_DEADLINE, REFRESH_INTERVAL, REJECTION_LIFETIME
from actors.standing import allow_server, block_server, set_standing
from federation.client import Purpose
from federation.errors import (
    Fault,
    Gone,
    MalformedDocument,
    SignatureRejected,
    Unauthorized,
    Unreachable,
)
from federation.signatures.keys import public_pem
from federation.vocabulary import Actor, Iri, Post, PublicKey, Thing, Unrecognized
from tests.testrig.clock import HOUR, MINUTE, NOON, SECOND, ManualClock
from tests.testrig.people import VAULT, describe, key_pair, meet, publish, serve, settle
from tests.testrig.web_of_actors import WebOfActors
from web.database import Database

pytestmark = pytest.mark.anyio

R = TypeVar("R")

ALICE = Iri("https://p.test/users/alice")
BOB = Iri("https://p.test/users/bob")
MAIN = f"{ALICE}#main-key"


@dataclass
class Scene:
    database: Database
    web: WebOfActors
    clock: ManualClock
    directory: Directory

    def publish(self, actor: Actor) -> None:
        self.web.documents[actor.id] = actor

    def open(self, mode: FederationMode = "open", keyring: Keyring | None = None) -> Directory:
        """Another process, or the same after a restart: nothing remembered."""
        return Directory(self.database, self.web, self.clock, mode=mode, keyring=keyring)


class SlowStorage:
    """A database whose answer arrives after something else has happened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.between: Callable[[], None] = lambda: None

    async def read(self, function: Callable[..., R], *args: Any) -> R:
        found = await self._database.read(function, *args)
        self.between()
        return found

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        done = await self._database.write(function, *args)
        self.between()
        return done


@pytest.fixture
def scene(database: Database) -> Scene:
    web, clock = WebOfActors(), ManualClock()
    return Scene(database, web, clock, Directory(database, web, clock))


async def test_an_unknown_key_is_fetched_once_and_kept(scene: Scene) -> None:
    scene.publish(describe())
    found = await scene.directory.key(MAIN)
    assert (found.key_id, found.actor.iri, found.fetched_at) == (MAIN, ALICE, NOON)
    assert public_pem(found.public_key) == public_pem(key_pair().rsa)
    assert scene.web.asked == [ALICE]
    assert scene.web.purposes == [Purpose.VERIFY]
    assert await scene.directory.key(MAIN) is found
    assert await scene.open().key(MAIN) == found
    assert scene.web.asked == [ALICE]
    stored = await scene.database.read(find_actor, ALICE)
    assert stored == found.actor


async def test_the_cache_answers_without_waiting(scene: Scene) -> None:
    await scene.database.write(meet)
    assert scene.directory.cached(MAIN) is None
    found = await scene.directory.key(MAIN)
    assert scene.directory.cached(MAIN) is found
    scene.clock.advance(MINUTE - 1)
    assert scene.directory.cached(MAIN) is found
    scene.clock.advance(1)
    assert scene.directory.cached(MAIN) is None
    assert await scene.directory.key(MAIN) == found
    assert scene.web.asked == []


async def test_a_change_of_standing_is_seen_after_forgetting(scene: Scene) -> None:
    actor = await scene.database.write(meet)
    await scene.directory.key(MAIN)
    await scene.database.write(lambda tx: set_standing(tx, actor.id, "suspended", reason="", now=NOON))
    scene.directory.forget()
    assert scene.directory.cached(MAIN) is None
    assert (await scene.directory.key(MAIN)).actor.standing == "suspended"


async def test_what_was_read_before_forgetting_is_not_kept(database: Database) -> None:
    """Somebody is suspended while her key is being read: the cache must not keep the older record."""
    clock = ManualClock()
    slow = SlowStorage(database)
    directory = Directory(slow, WebOfActors(), clock)
    await database.write(meet)
    slow.between = directory.forget
    await directory.key(MAIN)
    assert directory.cached(MAIN) is None
    slow.between = lambda: None
    await directory.key(MAIN)
    assert directory.cached(MAIN) is not None


async def test_many_who_ask_at_once_cause_one_fetch(scene: Scene) -> None:
    scene.web.gate = asyncio.Event()
    scene.publish(describe())
    waiting = [asyncio.create_task(scene.directory.key(MAIN)) for _ in range(50)]
    await scene.web.was_asked.wait()
    scene.web.gate.set()
    assert {key.fetched_at for key in await asyncio.gather(*waiting)} == {NOON}
    assert scene.web.asked == [ALICE]


@pytest.mark.parametrize(
    "key_id",
    [
        "acct:alice@p.test",
        "http://p.test/users/alice#main-key",
        "ftp://p.test/a",
        "/users/alice",
        "",
        "https://u:p@p.test/a",
        "https://p.test/" + "a" * 10_000,
        "https://p\u00ad.test/a",
    ],
)
async def test_a_key_id_that_is_no_address_is_not_fetched(scene: Scene, key_id: str) -> None:
    for ask in (scene.directory.key, scene.directory.refresh_key):
        with pytest.raises(SignatureRejected, match="keyId"):
            await ask(key_id)
    assert scene.web.asked == []


@pytest.mark.parametrize(
    "name",
    ["people/hanako#main-key", "people/hanako#ed25519-key", "people/nobody#main-key", "actor#main-key"],
)
async def test_our_own_keys_are_nobodys_and_not_fetched(scene: Scene, name: str) -> None:
    await scene.database.write(lambda tx: settle(tx, "hanako"))
    for ask in (scene.directory.key, scene.directory.refresh_key):
        with pytest.raises(SignatureRejected, match="this node's own"):
            await ask(f"https://machi.test/{name}")
    assert scene.web.asked == []


@pytest.mark.parametrize("host", ["bad.test", "sub.bad.test", "bad.test:8443", "BAD.test"])
async def test_blocked_hosts_are_not_fetched(scene: Scene, host: str) -> None:
    await scene.database.write(lambda tx: block_server(tx, "bad.test", reason="", until=None, now=NOON))
    with pytest.raises(Unauthorized, match="blocked"):
        await scene.directory.key(f"https://{host}/users/alice#main-key")
    assert scene.web.asked == []


async def test_a_stored_key_of_a_host_blocked_later_is_refused(scene: Scene) -> None:
    await scene.database.write(meet)
    await scene.database.write(lambda tx: block_server(tx, "p.test", reason="", until=None, now=NOON))
    with pytest.raises(Unauthorized):
        await scene.directory.key(MAIN)
    with pytest.raises(Unauthorized):
        await scene.directory.refresh_key(MAIN)


async def test_the_federation_mode_counts(scene: Scene) -> None:
    scene.publish(describe())
    for mode in ("allowlist", "off"):
        with pytest.raises(Unauthorized):
            await scene.open(mode).key(MAIN)
    assert scene.web.asked == []
    await scene.database.write(lambda tx: allow_server(tx, "p.test", reason="", until=None, now=NOON))
    assert (await scene.open("allowlist").key(MAIN)).actor.iri == ALICE


async def test_fetches_are_signed_by_the_node(scene: Scene) -> None:
    def make(tx: sa.Connection) -> None:
        for origin in ("https://machi.test", "https://megumino.test"):
            create_node(tx, VAULT, origin=serve(tx, origin), name="", keys=key_pair(), now=NOON)

    await scene.database.write(make)
    directory = scene.open(keyring=Keyring(VAULT))
    scene.publish(describe())
    scene.publish(describe("bob"))
    await directory.key(MAIN)
    await directory.actor(BOB)
    assert [signer and signer.key_id for signer in scene.web.signers] == [
        "https://machi.test/actor#main-key"
    ] * 2


async def test_without_a_node_actor_fetches_are_not_signed(scene: Scene) -> None:
    scene.publish(describe())
    await scene.open(keyring=Keyring(VAULT)).key(MAIN)
    assert scene.web.signers == [None]


RSA = publish(ALICE, key_pair())[0]


@pytest.mark.parametrize(
    "served",
    [
        pytest.param(describe(keys=()), id="no key"),
        pytest.param(describe(keys=(replace(RSA, id=Iri(f"{ALICE}#other")),)), id="another key id"),
        pytest.param(describe(keys=(replace(RSA, owner=BOB),)), id="another owner"),
        pytest.param(describe(keys=(replace(RSA, owner=None),)), id="no owner"),
        pytest.param(describe(keys=(replace(RSA, pem="garbage"),)), id="no key material"),
        pytest.param(replace(describe(), id=Iri("https://e.test/users/alice")), id="id elsewhere"),
        pytest.param(replace(describe(), id=BOB), id="another actor"),
        pytest.param(Post(id=ALICE, type="Note"), id="a note"),
        pytest.param(Unrecognized(ALICE, "Thing"), id="a thing"),
        pytest.param(MalformedDocument("the id is elsewhere"), id="refused by the client"),
        pytest.param(Unreachable("HTTP 404", status=404), id="404"),
        pytest.param(Unreachable("refused address", permanent=True), id="where we may not go"),
    ],
)
async def test_what_is_certainly_nobodys_key(scene: Scene, served: Thing | Fault) -> None:
    scene.web.documents[ALICE] = served
    with pytest.raises(SignatureRejected):
        await scene.directory.key(MAIN)
    assert await scene.database.read(find_actor, ALICE) is None
    with pytest.raises(SignatureRejected):
        await scene.directory.key(MAIN)
    assert scene.web.asked == [ALICE], "refused again without asking"
    scene.publish(describe())
    scene.clock.advance(REJECTION_LIFETIME)
    assert (await scene.directory.key(MAIN)).actor.iri == ALICE


async def test_a_refusal_can_be_asked_again_on_purpose(scene: Scene) -> None:
    scene.web.documents[ALICE] = Unreachable("HTTP 404", status=404)
    with pytest.raises(SignatureRejected):
        await scene.directory.key(MAIN)
    scene.publish(describe())
    assert (await scene.directory.key(MAIN, fresh=True)).actor.iri == ALICE
    assert scene.web.fresh == [False, True]


@pytest.mark.parametrize(
    "fault",
    [
        Unreachable("time-out"),
        Unreachable("HTTP 429", status=429),
        Unreachable("HTTP 503", status=503),
        Unreachable("HTTP 401", status=401),
    ],
)
async def test_what_may_be_a_key_another_time(scene: Scene, fault: Fault) -> None:
    scene.web.documents[ALICE] = fault
    with pytest.raises(Unreachable):
        await scene.directory.key(MAIN)
    scene.publish(describe())
    assert (await scene.directory.key(MAIN)).actor.iri == ALICE


async def test_a_gone_key_is_gone(scene: Scene) -> None:
    scene.web.documents[ALICE] = Gone("HTTP 410")
    with pytest.raises(Gone):
        await scene.directory.key(MAIN)


async def test_the_deadline_holds_for_all_requests_together(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEY_DEADLINE <= 5
    monkeypatch.setattr("actors.senders.KEY_DEADLINE", 0.01)
    scene.web.gate = asyncio.Event()
    with pytest.raises(Unreachable, match="not found within"):
        await scene.directory.key(MAIN)


KEY_PAGE = Iri(f"{ALICE}/main-key")


def on_a_page_of_its_own(**values: object) -> Actor:
    return describe(keys=(replace(RSA, id=KEY_PAGE, **values),))  # type: ignore[arg-type]


async def test_an_actor_served_at_its_keys_address(scene: Scene) -> None:
    """GoToSocial's key id has no fragment; the client follows it to the actor's own id."""
    scene.web.documents[KEY_PAGE] = on_a_page_of_its_own()
    assert (await scene.directory.key(KEY_PAGE)).actor.iri == ALICE


async def test_a_key_document_whose_owner_lists_it(scene: Scene) -> None:
    actor = on_a_page_of_its_own()
    scene.web.documents[KEY_PAGE] = actor.keys[0]
    scene.publish(actor)
    assert (await scene.directory.key(KEY_PAGE)).actor.iri == ALICE
    assert scene.web.asked == [KEY_PAGE, ALICE]


@pytest.mark.parametrize(
    ("served", "actor"),
    [
        pytest.param({"owner": BOB}, on_a_page_of_its_own(), id="another owner on the host"),
        pytest.param({"owner": None}, on_a_page_of_its_own(), id="no owner"),
        pytest.param(
            {"owner": Iri("https://v.test/users/carol")}, on_a_page_of_its_own(), id="owner elsewhere"
        ),
        pytest.param({"id": Iri(f"{ALICE}#main-key")}, on_a_page_of_its_own(), id="another key"),
        pytest.param(
            {"id": RSA.id},
            describe(keys=(RSA, replace(RSA, id=KEY_PAGE))),
            id="another key of the same owner",
        ),
        pytest.param({}, describe(), id="not listed by the owner"),
        pytest.param({"pem": public_pem(key_pair(1).rsa)}, on_a_page_of_its_own(), id="other material"),
    ],
)
async def test_a_key_document_that_its_owner_does_not_confirm(
    scene: Scene, served: dict[str, object], actor: Actor
) -> None:
    key = PublicKey(id=KEY_PAGE, owner=ALICE, pem=RSA.pem)
    scene.web.documents[KEY_PAGE] = replace(key, **served)  # type: ignore[arg-type]
    scene.publish(actor)
    scene.publish(describe("bob"))
    scene.publish(describe("carol", "v.test"))
    with pytest.raises(SignatureRejected):
        await scene.directory.key(KEY_PAGE)
    assert not any("v.test" in iri for iri in scene.web.asked)


async def test_an_odd_key_id_is_believed_where_it_leads(scene: Scene) -> None:
    odd = Iri("https://p.test//users/alice#main-key")
    scene.web.documents["https://p.test//users/alice"] = describe(keys=(replace(RSA, id=odd),))
    assert (await scene.directory.key(odd)).actor.iri == ALICE


async def rotate(scene: Scene) -> None:
    """Alice is stored with her first key, and by now publishes another."""
    await scene.database.write(meet)
    scene.publish(describe(pair=key_pair(1)))
    scene.clock.advance(HOUR)


async def test_a_rotated_key_is_fetched_anew(scene: Scene) -> None:
    await rotate(scene)
    old = await scene.directory.key(MAIN)
    new = await scene.directory.refresh_key(MAIN)
    assert new is not None
    assert public_pem(old.public_key) != public_pem(new.public_key) == public_pem(key_pair(1).rsa)
    assert new.fetched_at == NOON + HOUR
    assert scene.directory.cached(MAIN) is new
    assert [key.fetched_at for key in await scene.database.read(find_keys, new.actor.id)] == [
        new.fetched_at
    ] * 2


async def test_a_key_that_its_owner_no_longer_names_is_forgotten_with_her_old_document(scene: Scene) -> None:
    scene.publish(describe())
    await scene.directory.key(MAIN)
    scene.publish(replace(describe(), keys=()))
    await scene.directory.actor(ALICE, max_age=-1)
    assert scene.directory.cached(MAIN) is None
    with pytest.raises(SignatureRejected):
        await scene.directory.key(MAIN)


async def test_a_key_is_refreshed_once_in_five_minutes(scene: Scene) -> None:
    await rotate(scene)
    for _ in range(50):
        await scene.directory.refresh_key(MAIN)
        scene.clock.advance(SECOND)
    assert scene.web.asked == [ALICE]
    assert await scene.directory.refresh_key(MAIN) is None
    assert await scene.open().refresh_key(MAIN) is None, "the time it was fetched is stored"
    scene.clock.advance(REFRESH_INTERVAL)
    assert await scene.directory.refresh_key(MAIN) is not None
    assert scene.web.asked == [ALICE] * 2


async def test_many_refreshes_at_once_are_one(scene: Scene) -> None:
    await rotate(scene)
    scene.web.gate = asyncio.Event()
    waiting = [asyncio.create_task(scene.directory.refresh_key(MAIN)) for _ in range(50)]
    await scene.web.was_asked.wait()
    scene.web.gate.set()
    assert all(found is not None for found in await asyncio.gather(*waiting))
    assert scene.web.asked == [ALICE]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Unreachable("time-out"), Unreachable),
        (Unreachable("HTTP 404", status=404), SignatureRejected),
        (Gone("HTTP 410"), Gone),
    ],
)
async def test_a_failed_refresh_fails_alike_for_five_minutes(
    scene: Scene, fault: Fault, raised: type[Fault]
) -> None:
    await rotate(scene)
    scene.web.documents[ALICE] = fault
    for _ in range(3):
        with pytest.raises(raised):
            await scene.directory.refresh_key(MAIN)
    assert scene.web.asked == [ALICE]
    assert (await scene.open().key(MAIN)).actor.iri == ALICE, "the stored key stays"
    scene.publish(describe())
    scene.clock.advance(REFRESH_INTERVAL)
    assert await scene.directory.refresh_key(MAIN) is not None


@pytest.mark.parametrize(
    "served",
    [
        describe(keys=()),
        describe(keys=publish(ALICE, key_pair())[1:]),
        describe(keys=(replace(RSA, owner=BOB),)),
        describe(keys=(replace(RSA, id=Iri(f"{ALICE}#new-key")),)),
    ],
)
async def test_a_key_that_its_owner_dropped_is_dropped(scene: Scene, served: Actor) -> None:
    await rotate(scene)
    await scene.directory.key(MAIN)
    scene.publish(served)
    with pytest.raises(SignatureRejected):
        await scene.directory.refresh_key(MAIN)
    assert scene.directory.cached(MAIN) is None
    with pytest.raises(SignatureRejected):
        await scene.open().key(MAIN)


async def test_a_gone_actors_stored_key_is_found(scene: Scene) -> None:
    """Its own `Delete` may still be on the way."""
    actor = await scene.database.write(meet)
    await scene.database.write(lambda tx: mark_gone(tx, actor.id, NOON))
    assert (await scene.directory.key(MAIN)).actor.gone_at == NOON


async def test_a_gone_actor_does_not_come_back_with_a_key(scene: Scene) -> None:
    def delete(tx: sa.Connection) -> None:
        mark_gone(tx, meet(tx, keys=()).id, NOON)

    await scene.database.write(delete)
    scene.publish(describe())
    with pytest.raises(Gone):
        await scene.directory.key(MAIN)


async def test_memories_are_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.key_cache.CAPACITY", 3)
    directory = scene.open()

    def fill(tx: sa.Connection) -> None:
        for number in range(5):
            meet(tx, f"p{number}")

    await scene.database.write(fill)
    for number in range(5):
        await directory.key(f"https://p.test/users/p{number}#main-key")
    cached = [directory.cached(f"https://p.test/users/p{number}#main-key") for number in range(5)]
    assert [found is not None for found in cached] == [False, False, True, True, True]
