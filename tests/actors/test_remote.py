import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from actors.directory import find_actor, find_actor_by_id, find_by_handle, find_local, mark_gone, save_remote
from actors.keys import find_keys
from actors.servers import find_server, find_server_by_id
from actors.standing import block_actor, find_block, set_standing
from actors.tables import localities
from federation.errors import Unauthorized
from federation.vocabulary import Iri, Locality, Millis, PublicKey
from tests.testrig.clock import NOON
from tests.testrig.people import describe, key_pair, meet, publish, serve, settle
from web.database import Database

pytestmark = pytest.mark.anyio

LATER = Millis(NOON + 1_000)
ALICE = Iri("https://p.test/users/alice")
BOB = Iri("https://p.test/users/bob")


async def test_a_document_becomes_a_record(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        made = meet(tx)
        assert (made.iri, made.type, made.handle, made.local) == (ALICE, "Person", "alice@p.test", False)
        assert (made.inbox, made.shared_inbox) == (f"{ALICE}/inbox", "https://p.test/inbox")
        assert (made.outbox, made.followers) == (f"{ALICE}/outbox", f"{ALICE}/followers")
        assert (made.fetched_at, made.created_at, made.gone_at) == (NOON, NOON, None)
        assert made == find_actor(tx, ALICE) == find_actor_by_id(tx, made.id)
        assert made.server_id is not None
        server = find_server_by_id(tx, made.server_id)
        assert server is not None
        assert (server.host, server.first_seen_at) == ("p.test", NOON)
        assert {key.key_id for key in find_keys(tx, made.id)} == {f"{ALICE}#main-key", f"{ALICE}#ed25519-key"}

    await database.write(check)


async def test_profile_is_cleaned(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        values: dict[str, Any] = {
            "name": "Ali\u202ece " * 100,
            "summary": "<p onclick='x'>hi<script>alert(1)</script></p>",
            "also_known_as": (BOB,),
            "moved_to": BOB,
            "discoverable": True,
            "published": Millis(5),
        }
        made = save_remote(tx, describe(**values), NOON)
        assert "\u202e" not in made.name
        assert len(made.name) <= 100
        assert "script" not in made.summary
        assert "onclick" not in made.summary
        assert (made.also_known_as, made.moved_to, made.published_at) == ((BOB,), BOB, 5)
        assert made.discoverable
        assert not made.indexable

    await database.write(check)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://victim.test/inbox",
        "https://machi.test/inbox",
        "https://192.0.2.1/inbox",
        "http://p.test/inbox",
        "https://p.test:8443/inbox",
    ],
)
async def test_an_inbox_elsewhere_is_none(database: Database, elsewhere: str) -> None:
    def check(tx: sa.Connection) -> None:
        serve(tx)
        shared = meet(tx, "alice", shared_inbox=Iri(elsewhere))
        assert (shared.inbox, shared.shared_inbox) == (f"{ALICE}/inbox", None)
        own = meet(tx, "bob", inbox=Iri(elsewhere))
        assert (own.inbox, own.shared_inbox) == (None, None)
        rooms = meet(tx, "carol", outbox=Iri(elsewhere), followers=Iri(elsewhere))
        assert (rooms.outbox, rooms.followers) == (None, None)

    await database.write(check)


async def test_nobody_elsewhere_is_one_of_ours(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        ours = settle(tx, "alice")
        for iri in (ours.iri, Iri("https://machi.test/people/new")):
            with pytest.raises(Unauthorized, match="this node"):
                save_remote(tx, describe("alice", "machi.test", id=iri), NOON)
        assert find_actor(tx, ours.iri) == ours

    await database.write(check)


async def test_an_actor_without_a_name_is_called_like_its_host(database: Database) -> None:
    made = await database.write(lambda tx: meet(tx, preferred_username=None))
    assert made.handle == "p.test@p.test"


async def test_a_later_document_replaces_the_profile(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        before = meet(tx, summary="<p>old</p>")
        set_standing(tx, before.id, "limited", reason="new here", now=NOON)
        after = save_remote(tx, describe(type="Service", name="Alice", inbox=None), LATER)
        assert (after.id, after.created_at) == (before.id, NOON)
        assert (after.type, after.name, after.summary, after.inbox) == ("Service", "Alice", "", None)
        assert (after.fetched_at, after.updated_at) == (LATER, LATER)
        assert (after.standing, after.standing_reason) == ("limited", "new here")

    await database.write(check)


async def test_keys_are_replaced(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        before = meet(tx)
        old = {key.public for key in find_keys(tx, before.id)}
        save_remote(tx, describe(pair=key_pair(1)), LATER)
        new = find_keys(tx, before.id)
        assert old.isdisjoint(key.public for key in new)
        assert {key.fetched_at for key in new} == {LATER}
        save_remote(tx, describe(keys=publish(ALICE, key_pair(1))[:1]), LATER)
        assert [key.key_id for key in find_keys(tx, before.id)] == [f"{ALICE}#main-key"]
        save_remote(tx, describe(keys=()), LATER)
        assert find_keys(tx, before.id) == ()

    await database.write(check)


async def test_nobody_takes_a_neighbours_key_id(database: Database) -> None:
    """On one host, bob lists alice's key id as his own: before and after she is known it stays hers."""

    def check(tx: sa.Connection) -> None:
        stolen = PublicKey(id=Iri(f"{ALICE}#main-key"), owner=BOB, pem=publish(BOB, key_pair(1))[0].pem)
        bob = meet(tx, "bob", keys=(stolen, *publish(BOB, key_pair(1))))
        assert f"{ALICE}#main-key" not in {key.key_id for key in find_keys(tx, bob.id)}
        alice = meet(tx)
        meet(tx, "bob", keys=(stolen,))
        assert {key.actor_id for key in find_keys(tx, alice.id)} == {alice.id}
        assert len(find_keys(tx, alice.id)) == 2
        assert find_keys(tx, bob.id) == ()

    await database.write(check)


async def test_nobody_takes_the_key_id_of_an_actor_below(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        iri = Iri(f"{ALICE}/blog")
        blog = meet(tx, "blog", id=iri, keys=publish(iri, key_pair(1)))
        stolen = PublicKey(id=Iri(f"{iri}#main-key"), owner=ALICE, pem=publish(ALICE, key_pair())[0].pem)
        alice = meet(tx, keys=(stolen,))
        assert len(find_keys(tx, blog.id)) == 2
        assert find_keys(tx, alice.id) == ()

    await database.write(check)


async def test_an_odd_key_id_counts_once_it_was_fetched(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        odd = Iri("https://p.test//users/alice#main-key")
        document = describe(keys=(PublicKey(id=odd, owner=ALICE, pem=publish(ALICE, key_pair())[0].pem),))
        assert find_keys(tx, save_remote(tx, document, NOON).id) == ()
        made = save_remote(tx, document, NOON, confirmed=odd)
        assert [key.key_id for key in find_keys(tx, made.id)] == [odd]
        bob = describe("bob", keys=(PublicKey(id=odd, owner=BOB, pem=publish(BOB, key_pair(1))[0].pem),))
        bobs = save_remote(tx, bob, NOON, confirmed=odd)
        assert [key.actor_id for key in find_keys(tx, bobs.id)] == [bobs.id]
        assert find_keys(tx, made.id) == ()

    await database.write(check)


async def test_what_an_actor_says_of_its_server_is_kept(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        meet(tx, implements=("https://w3id.org/fep/1b12",))
        server = find_server(tx, "p.test")
        assert server is not None
        assert server.dialect == "activity"
        meet(tx, "bob")
        assert find_server(tx, "p.test") == server

    await database.write(check)


async def test_who_is_gone_stays_gone(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        made, hanako = meet(tx, name="Alice", summary="<p>me</p>", also_known_as=(BOB,)), settle(tx)
        block_actor(tx, iri=Iri("https://p.test/1"), actor_id=made.id, target_id=hanako.id, now=NOON)
        mark_gone(tx, made.id, NOON)
        mark_gone(tx, made.id, LATER)
        gone = find_actor(tx, ALICE)
        assert gone is not None
        assert (gone.gone_at, gone.name, gone.summary, gone.also_known_as) == (NOON, "", "", ())
        assert (gone.handle, gone.inbox) == (made.handle, made.inbox)
        assert find_block(tx, actor_id=made.id, target_id=hanako.id) is None
        assert len(find_keys(tx, made.id)) == 2
        again = save_remote(tx, describe(name="Alice", pair=key_pair(1)), LATER)
        assert again == find_actor(tx, ALICE)
        assert (again.gone_at, again.name) == (NOON, "")
        assert {key.fetched_at for key in find_keys(tx, made.id)} == {NOON}

    await database.write(check)


async def test_a_name_taken_again_is_another_actor(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        old = meet(tx)
        new = save_remote(tx, describe(id=Iri("https://p.test/users/2"), keys=()), LATER)
        assert (old.handle, old.id) == (new.handle, find_actor(tx, ALICE).id)  # type: ignore[union-attr]
        assert find_by_handle(tx, "alice", "p.test") == new
        assert find_by_handle(tx, "ALICE", "p.test") == new
        mark_gone(tx, new.id, NOON)
        assert find_by_handle(tx, "alice", "p.test") == old
        mark_gone(tx, old.id, NOON)
        assert find_by_handle(tx, "alice", "p.test").gone_at == NOON  # type: ignore[union-attr]
        assert find_by_handle(tx, "alice", "q.test") is None
        assert find_local(tx, "alice", "p.test") is None

    await database.write(check)


async def test_the_shown_host_is_the_one_of_the_id(database: Database) -> None:
    """Whatever its document calls itself, nobody gets the handle of another host."""
    made = await database.write(lambda tx: meet(tx, preferred_username="admin", webfinger="admin@bank.test"))
    assert made.handle == "admin@p.test"


async def test_ports_are_part_of_the_host(database: Database) -> None:
    made = await database.write(lambda tx: meet(tx, host="p.test:8443"))
    assert made.handle == "alice@p.test:8443"
    assert await database.read(find_by_handle, "alice", "p.test") is None


async def test_twenty_at_once_are_one(database: Database) -> None:
    documents = [describe(pair=key_pair(number % 2), name=str(number)) for number in range(20)]
    made = await asyncio.gather(*(database.write(save_remote, document, NOON) for document in documents))
    assert len({record.id for record in made}) == 1
    assert len(await database.read(find_keys, made[0].id)) == 2


async def test_where_an_area_lies_is_kept_as_it_says_last(database: Database) -> None:
    def check(tx: sa.Connection) -> None:
        def stored() -> list[tuple[Any, ...]]:
            query = sa.select(localities.c.region, localities.c.locality, localities.c.latitude)
            return [tuple(row) for row in tx.execute(query)]

        made = save_remote(
            tx, describe(type="Group", location=Locality("a", "北海道", "恵庭市", 1.0, 2.0)), NOON
        )
        assert stored() == [("北海道", "恵庭市", 1.0)]
        save_remote(tx, describe(type="Group", location=Locality("a", "北海道", "千歳市")), LATER)
        assert stored() == [("北海道", "千歳市", None)]
        save_remote(tx, describe(type="Group"), LATER)
        assert stored() == []
        save_remote(tx, describe(type="Group", location=Locality("a", "北海道", "千歳市")), LATER)
        mark_gone(tx, made.id, LATER)
        assert stored() == []

    await database.write(check)
