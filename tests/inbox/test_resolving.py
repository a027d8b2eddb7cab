"""What is behind an address that somebody looks for: known, read on its own server, or nothing."""

from typing import Any

import pytest

from actors.records import ActorRecord
from actors.standing import block_server, set_standing
from areas.records import PostRecord
from federation.errors import Fault, Gone, MalformedDocument, NotFound, Overloaded, Unauthorized, Unreachable
from inbox import budgets
from inbox.budgets import Allowance
from inbox.resolving import resolve
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

pytestmark = pytest.mark.anyio


@pytest.fixture
def alice(peer: Peer) -> str:
    return next(iter(peer.actors))


async def look(town: Town, address: str) -> ActorRecord | PostRecord:
    return await resolve(address, town.services, town.clock())


async def test_an_actor_by_its_id_and_by_its_page(town: Town, peer: Peer, alice: str) -> None:
    peer.documents[f"{peer.origin}/@alice"] = peer.documents[alice]
    for address in (f"{peer.origin}/@alice", alice, f"{alice}#main-key"):
        found = await look(town, address)
        assert isinstance(found, ActorRecord)
        assert found.iri == alice


async def test_a_post_by_its_id_and_by_its_page(town: Town, peer: Peer, alice: str) -> None:
    note = peer.note(alice, "hello")
    peer.documents[f"{peer.origin}/@alice/1"] = note
    found = await look(town, f"{peer.origin}/@alice/1")
    assert isinstance(found, PostRecord)
    assert (found.iri, found.content) == (note["id"], "<p>hello</p>")
    asked = len(peer.requests)
    again = await look(town, note["id"])
    assert (again.id, len(peer.requests)) == (found.id, asked)
    assert await town.placements() == []
    assert await town.said() == []


async def test_a_page_is_no_proof_of_what_it_shows(town: Town, peer: Peer, alice: str) -> None:
    """What another address of the server says of a post is not believed."""
    note = peer.note(alice, "hello")
    peer.documents[f"{peer.origin}/page"] = {**note, "content": "<p>forged</p>"}
    found = await look(town, f"{peer.origin}/page")
    assert isinstance(found, PostRecord)
    assert found.content == "<p>hello</p>"


async def test_nobody_is_shown_by_another_server(town: Town, peer: Peer, alice: str) -> None:
    evil = town.peer("evil.test")
    evil.documents["https://evil.test/a"] = {**peer.documents[alice], "name": "forged"}
    evil.documents["https://evil.test/b"] = peer.note(alice, "hello")
    for address in evil.documents:
        with pytest.raises(MalformedDocument):
            await look(town, address)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"to": ["https://p.test/users/alice/followers"]}, NotFound),
        ({"to": [f"{ORIGIN}/people/hanako"]}, NotFound),
        ({"attributedTo": "https://q.test/users/mallory"}, MalformedDocument),
        ({"attributedTo": []}, MalformedDocument),
        ({"type": "Like", "object": AREA, "actor": "https://p.test/users/alice"}, MalformedDocument),
        ({"type": "Tombstone"}, Gone),
    ],
)
async def test_what_is_nothing_for_here(
    town: Town, peer: Peer, alice: str, values: dict[str, Any], fault: type[Fault]
) -> None:
    note = peer.note(alice, "hello")
    peer.documents[note["id"]] = {**note, **values}
    with pytest.raises(fault):
        await look(town, note["id"])
    assert await town.post_of(note["id"]) is None


async def test_who_is_not_heard_is_not_asked(town: Town, peer: Peer, alice: str) -> None:
    note = peer.note(alice, "hello")
    known = await look(town, alice)
    now = town.clock()
    await town.database.write(lambda tx: set_standing(tx, known.id, "suspended", reason="", now=now))
    with pytest.raises(Unauthorized):
        await look(town, note["id"])
    blocked = town.peer("blocked.test")
    away = blocked.note(blocked.actor("ken"), "hello")
    await town.database.write(lambda tx: block_server(tx, "blocked.test", reason="", until=None, now=now))
    with pytest.raises(Unauthorized):
        await look(town, away["id"])
    assert blocked.requests == []


async def test_one_server_is_asked_only_so_often(
    town: Town, peer: Peer, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(budgets.ALLOWANCES, "fetch", Allowance(1, 60_000))
    first, second = peer.note(alice, "a"), peer.note(alice, "b")
    await look(town, first["id"])
    with pytest.raises(Overloaded):
        await look(town, second["id"])
    town.clock.advance(minutes=1)
    await look(town, second["id"])


async def test_what_is_not_there(town: Town, peer: Peer) -> None:
    with pytest.raises(Unreachable):
        await look(town, f"{peer.origin}/nothing")
    for wrong in ("https://", "https://127.0.0.1:99999/x", "ftp://p.test/x"):
        with pytest.raises(MalformedDocument):
            await look(town, wrong)


async def test_our_own_pages_and_ids(town: Town, peer: Peer, alice: str) -> None:
    note = peer.note(alice, "hello")
    kept = await look(town, note["id"])
    before = len(town.network.carried)
    addresses = {
        AREA: town.area.actor_id,
        f"{ORIGIN}/@megumino": town.area.actor_id,
        f"{ORIGIN}/@MEGUMINO/": town.area.actor_id,
        town.resident.iri: town.resident.id,
        f"{ORIGIN}/posts/{kept.id}": kept.id,
    }
    for address, wanted in addresses.items():
        assert (await look(town, address)).id == wanted, address
    for address in ("/@nobody", "/posts/1", "/posts/x", "/posts/" + "9" * 30, "/", "/people/nobody"):
        with pytest.raises(NotFound):
            await look(town, ORIGIN + address)
    assert len(town.network.carried) == before
