"""The pipeline from a request to its answer: who is heard, what is refused, and that nothing happens twice."""

import asyncio
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actors.standing import allow_server, block_server, set_standing
from actors.tables import actors, jobs
from areas.tables import boosts, posts
from federation.signatures.keys import public_pem
from inbox.tables import parked, seen
from outbox.tables import destinations
from tests.inbox.rig import AREA, ORIGIN, SHARED, Town, open_town, sign
from tests.testrig.peers import Peer, rsa_key
from web.database import Database, SqliteDatabase

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"

pytestmark = pytest.mark.anyio


def create(peer: Peer, name: str = "snow", author: str = ALICE) -> dict[str, object]:
    return peer.create(peer.note(author, name, cc=AREA))


async def test_a_signed_post_is_boosted_before_it_is_answered(town: Town, peer: Peer) -> None:
    answer = await town.post(sign(peer, create(peer), signer=ALICE))
    assert (answer.status, dict(answer.body)) == (202, {})
    assert [boost["object"] for boost in await town.said("Announce")] == ["https://p.test/notes/snow"]
    assert await town.count(seen) == 1
    assert town.nudges.count == 1


async def test_one_line_is_logged_and_never_the_text(town: Town, peer: Peer) -> None:
    await town.post(sign(peer, create(peer, "secret-words"), signer=ALICE))
    (line,) = town.lines
    assert line == {
        "event": "activity",
        "type": "Create",
        "id_host": "p.test",
        "actor": ALICE,
        "outcome": "done",
        "reason": "accepted: accepted",
        "ms": 0,
    }


async def test_without_a_signature_nothing_happens(town: Town, peer: Peer) -> None:
    """A1, B8: and the id is not used up for its owner."""
    request = sign(peer, create(peer), signer=ALICE)
    unsigned = tuple(field for field in request.headers if field[0] != "signature")
    answer = await town.post(replace(request, headers=unsigned))
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert peer.requests == []
    assert [await town.count(table) for table in (seen, parked, posts)] == [0, 0, 0]
    assert (await town.post(request)).status == 202
    assert await town.count(boosts) == 1


@pytest.mark.parametrize("change", ["body", "target", "origin"])
async def test_what_was_not_signed_is_refused(town: Town, peer: Peer, change: str) -> None:
    """A4, A9, A10."""
    request = sign(peer, create(peer), signer=ALICE)
    changed = {
        "body": replace(request, body=(request.body or b"").replace(b"snow", b"rain")),
        "target": replace(request, target="/areas/megumino/inbox"),
        "origin": replace(request, origin="https://other.test"),
    }[change]
    assert (await town.post(changed)).status == 401
    assert await town.count(posts) == 0


async def test_an_origin_that_is_not_served_is_refused_before_any_fetch(town: Town, peer: Peer) -> None:
    """A10: even where the Host header agrees with it."""
    request = sign(peer, create(peer), "https://other.test/inbox", signer=ALICE)
    assert (await town.post(replace(request, origin="https://other.test", target="/inbox"))).status == 401
    assert peer.requests == []


async def test_anothers_key_is_refused_with_one_fetch_at_most(town: Town, peer: Peer) -> None:
    """A3, A27."""
    for number in range(10):
        forged = sign(peer, create(peer, f"n{number}"), signer=BOB, key_id=f"{ALICE}#main-key")
        assert (await town.post(forged)).status == 401
    assert [path for _, path in peer.requests] == ["/users/alice"]
    assert await town.count(posts) == 0


async def test_a_key_changed_silently_is_fetched_once_more(town: Town, peer: Peer) -> None:
    """A26: after 5 minutes; then the old key is worth nothing."""
    assert (await town.post(sign(peer, create(peer, "one"), signer=ALICE))).status == 202
    old = peer.actors[ALICE]
    change_key(peer)
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 401
    town.clock.advance(minutes=6)
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 202
    peer.actors[ALICE] = old
    assert (await town.post(sign(peer, create(peer, "three"), signer=ALICE))).status == 401
    assert [path for _, path in peer.requests].count("/users/alice") == 2


def change_key(peer: Peer) -> None:
    peer.actors[ALICE] = rsa_key(5)
    key = {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": public_pem(rsa_key(5))}
    peer.documents[ALICE] = {**peer.documents[ALICE], "publicKey": key}


async def test_a_key_that_was_read_again_for_another_reason_counts_at_once(town: Town, peer: Peer) -> None:
    """An Update of the actor brings the new key; the one in memory is not the last word."""
    assert (await town.post(sign(peer, create(peer, "one"), signer=ALICE))).status == 202
    change_key(peer)
    town.clock.advance(minutes=6)
    await town.services.directory.key(f"{ALICE}#main-key")
    await town.services.directory.actor(ALICE, max_age=0, fresh=True)
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 202


@pytest.mark.parametrize("signer", [BOB, "https://e.test/users/eve"])
async def test_nobody_speaks_for_another(town: Town, peer: Peer, signer: str) -> None:
    """A19, A22, B7: neither a neighbour nor a stranger, and the id stays free for its owner."""
    eve = town.peer("e.test")
    eve.actor("eve")
    activity = create(peer)
    answer = await town.post(sign(peer if signer == BOB else eve, activity, signer=signer))
    assert (answer.status, await town.count(posts), await town.count(seen)) == (403, 0, 0)
    assert town.lines[-1]["outcome"] == "refused"
    assert (await town.post(sign(peer, activity, signer=ALICE))).status == 202
    assert await town.count(boosts) == 1


async def test_an_id_on_our_own_host_is_refused(town: Town, peer: Peer) -> None:
    """B6."""
    activity = {**create(peer), "id": f"{ORIGIN}/areas/megumino/activities/1"}
    assert (await town.post(sign(peer, activity, signer=ALICE))).status == 403
    assert await town.count(posts) == 0


async def test_our_own_key_is_refused_without_asking_ourselves(town: Town, peer: Peer) -> None:
    """A23."""
    forged = sign(peer, create(peer), signer=ALICE, key_id=f"{AREA}#main-key")
    assert (await town.post(forged)).status == 401
    assert town.network.carried == []


async def test_a_replay_has_one_effect(town: Town, peer: Peer) -> None:
    """A32, A43: to the shared inbox, and to a personal one."""
    activity = create(peer)
    for _ in range(3):
        assert (await town.post(sign(peer, activity, signer=ALICE))).status == 202
    assert (await town.post(sign(peer, activity, f"{AREA}/inbox", signer=ALICE))).status == 202
    assert await town.count(boosts) == 1
    assert [line["reason"] for line in town.lines[1:]] == ["heard before"] * 3


async def test_the_same_activity_at_once_has_one_effect(town: Town, peer: Peer) -> None:
    """D14."""
    request = sign(peer, create(peer), signer=ALICE)
    answers = await asyncio.gather(*(town.post(request) for _ in range(20)))
    assert {answer.status for answer in answers} == {202}
    assert [await town.count(table) for table in (seen, posts, boosts)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"type": "Create"}', "$.id"),
        (b"[]", "$"),
        (b"\xff", "$"),
        (b'{"a": 1, "a": 2}', "$"),
        (b'{"type": "Person", "id": "https://p.test/users/alice"}', "$.type"),
    ],
)
async def test_what_cannot_be_read_is_told_where(town: Town, peer: Peer, body: bytes, path: str) -> None:
    answer = await town.post(sign(peer, body, signer=ALICE))
    assert (answer.status, answer.body["path"]) == (400, path)
    assert answer.body["rule"]


async def test_only_what_is_signed_is_read(town: Town, peer: Peer) -> None:
    request = replace(sign(peer, b"[]", signer=ALICE), headers=())
    assert (await town.post(request)).status == 401


async def test_an_activity_that_is_not_understood_leaves_no_trace(town: Town, peer: Peer) -> None:
    view = peer.activity("View", ALICE, "v1", "https://p.test/notes/1")
    assert (await town.post(sign(peer, view, signer=ALICE))).status == 202
    assert await town.count(seen) == 0
    assert (town.lines[-1]["type"], town.lines[-1]["outcome"]) == ("View", "ignored")


# Blocked, suspended, gone.


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ("p.test", "p.test"),
        ("p.test", "P.TEST."),
        ("sub.p.test", "p.test"),
        ("a.b.c.d.e.f.example", "example"),
        ("xn--r8jz45g.example", "例え.example"),
    ],
)
async def test_a_blocked_server_is_not_even_asked_for_its_key(town: Town, host: str, rule: str) -> None:
    """G6: the host itself or anything above it, however it is written."""
    bad = town.peer(host)
    mallory = bad.actor("mallory")
    await town.database.write(lambda tx: block_server(tx, rule, reason="", until=None, now=town.clock()))
    activity = create(bad, author=mallory)
    assert (await town.post(sign(bad, activity, signer=mallory))).status == 403
    assert bad.requests == []
    assert await town.count(parked) == 0


async def test_a_block_holds_at_once_for_a_key_in_memory(town: Town, peer: Peer) -> None:
    assert (await town.post(sign(peer, create(peer, "one"), signer=ALICE))).status == 202
    await town.database.write(lambda tx: block_server(tx, "p.test", reason="", until=None, now=town.clock()))
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 403
    assert await town.count(posts) == 1
    assert await town.count(seen) == 1


async def test_a_suspended_actor_is_not_heard(town: Town, peer: Peer) -> None:
    """G8."""
    assert (await town.post(sign(peer, create(peer, "one"), signer=ALICE))).status == 202
    alice = await town.actor(ALICE)
    await town.database.write(lambda tx: set_standing(tx, alice.id, "suspended", reason="", now=town.clock()))
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 403
    end = peer.activity("Delete", ALICE, "end", ALICE)
    assert (await town.post(sign(peer, end, signer=ALICE))).status == 403
    assert await town.count(posts) == 1


async def test_closed_mode_hears_only_whom_it_knows(database: Database) -> None:
    town = await open_town(database, mode="allowlist")
    peer, other = town.peer(), town.peer("q.test")
    peer.actor("alice")
    carol = other.actor("carol")
    await database.write(lambda tx: allow_server(tx, "p.test", reason="", until=None, now=town.clock()))
    assert (await town.post(sign(peer, create(peer), signer=ALICE))).status == 202
    refused = other.create(other.note(carol, "x", cc=AREA))
    assert (await town.post(sign(other, refused, signer=carol))).status == 403
    assert other.requests == []
    await town.client.aclose()


async def test_who_is_gone_is_not_heard_but_may_say_so_again(town: Town, peer: Peer) -> None:
    end = peer.activity("Delete", ALICE, "end", ALICE)
    assert (await town.post(sign(peer, create(peer), signer=ALICE))).status == 202
    assert (await town.post(sign(peer, end, signer=ALICE))).status == 202
    assert (await town.post(sign(peer, create(peer, "two"), signer=ALICE))).status == 403
    again = peer.activity("Delete", ALICE, "end-again", ALICE)
    assert (await town.post(sign(peer, again, signer=ALICE))).status == 202


# The end of strangers.


async def test_the_end_of_a_stranger_costs_nothing(town: Town, peer: Peer) -> None:
    """G5, A30: no fetch, no write, not even a signature is looked at."""
    before = await town.count(actors)
    end = peer.activity("Delete", ALICE, "end", ALICE)
    peer.statuses[ALICE] = 410
    for request in (sign(peer, end, signer=ALICE), replace(sign(peer, end, signer=ALICE), headers=())):
        assert (await town.post(request)).status == 202
    assert peer.requests == []
    assert [await town.count(table) for table in (seen, parked, jobs)] == [0, 0, 0]
    assert await town.count(actors) == before


async def test_the_end_of_somebody_known_must_be_signed(town: Town, peer: Peer) -> None:
    assert (await town.post(sign(peer, create(peer), signer=ALICE))).status == 202
    end = peer.activity("Delete", ALICE, "end", ALICE)
    assert (await town.post(replace(sign(peer, end, signer=ALICE), headers=()))).status == 401
    assert (await town.actor(ALICE)).gone_at is None


async def test_the_deletion_of_a_strangers_post_must_be_signed(town: Town, peer: Peer) -> None:
    deletion = peer.activity("Delete", ALICE, "d1", "https://p.test/notes/1")
    assert (await town.post(replace(sign(peer, deletion, signer=ALICE), headers=()))).status == 401


@pytest.mark.parametrize("status", [404, 410])
async def test_a_key_that_is_not_there_proves_the_signature_wrong(
    town: Town, peer: Peer, status: int
) -> None:
    """A31: for anything else than the end of its owner."""
    peer.statuses[ALICE] = status
    assert (await town.post(sign(peer, create(peer), signer=ALICE))).status == 401
    assert await town.count(parked) == 0


# Load.


async def test_a_full_database_asks_to_come_back(town: Town, peer: Peer) -> None:
    """R4: 429 with Retry-After, no 202, and afterwards as if nothing had been."""
    if not isinstance(town.database, SqliteDatabase):
        pytest.skip("only SQLite can be told how large it may grow")
    await town.services.directory.key(f"{ALICE}#main-key")
    request = sign(peer, {**create(peer), "filler": "x" * 200_000}, signer=ALICE)
    await town.database.write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1").close())
    answer = await town.post(request)
    assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (429, True)
    await town.database.write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1000000").close())
    assert (await town.post(request)).status == 202
    assert await town.count(boosts) == 1


async def test_a_storm_of_follows_is_slowed_and_others_are_not(town: Town, peer: Peer) -> None:
    """G4: by host, not by actor."""
    other = town.peer("q.test")
    carol = other.actor("carol")
    statuses = []
    for number in range(130):
        follow = peer.activity("Follow", (ALICE, BOB)[number % 2], f"f{number}", AREA)
        statuses.append((await town.post(sign(peer, follow, signer=str(follow["actor"])))).status)
    assert statuses == [202] * 120 + [429] * 10
    follow = other.activity("Follow", carol, "f", AREA)
    assert (await town.post(sign(other, follow, signer=carol))).status == 202
    town.clock.advance(minutes=1)
    again = peer.activity("Follow", ALICE, "f129", AREA)
    assert (await town.post(sign(peer, again, signer=ALICE))).status == 202


# What hearing somebody tells of their server.


async def test_being_heard_closes_the_circuit_breaker(town: Town, peer: Peer) -> None:
    """Whatever it is that was heard."""
    await break_circuit(town, peer)
    view = peer.activity("View", ALICE, "v1", "https://p.test/notes/1")
    assert (await town.post(sign(peer, view, signer=ALICE))).status == 202
    assert await failures(town) == 0
    assert town.nudges.count == 1


async def test_what_is_refused_closes_nothing(town: Town, peer: Peer) -> None:
    await break_circuit(town, peer)
    view = peer.activity("View", ALICE, "v1", "https://p.test/notes/1")
    assert (await town.post(sign(peer, view, signer=BOB))).status == 403
    assert await failures(town) == 5
    assert town.nudges.count == 0


async def break_circuit(town: Town, peer: Peer) -> None:
    """The server of a follower has failed five times."""
    follow = peer.activity("Follow", ALICE, "f1", AREA)
    await town.post(sign(peer, follow, signer=ALICE))
    broken = {"failures": 5, "paused_until": town.clock() + 600_000, "failing_since": town.clock()}
    await town.database.write(lambda tx: tx.execute(sa.update(destinations).values(broken)).close())
    town.nudges.count = 0


async def failures(town: Town) -> int:
    return await town.database.read(lambda tx: tx.execute(sa.select(destinations.c.failures)).scalar_one())


async def test_a_new_server_is_asked_what_it_is(town: Town, peer: Peer) -> None:
    """Its followers get the dialect that it understands."""
    peer.software = "lemmy"
    follow = peer.activity("Follow", ALICE, "f1", AREA)
    await town.post(sign(peer, follow, signer=ALICE))
    assert await town.dialects() == ["object"]
    assert await town.work() == 1
    assert await town.dialects() == ["activity"]
    assert town.lines[-1] == {
        "event": "job",
        "kind": "classify",
        "key": "p.test",
        "outcome": "activity",
        "reason": "",
    }
    town.clock.advance(minutes=2)
    await town.post(sign(peer, peer.activity("Follow", BOB, "f2", AREA), signer=BOB))
    assert await town.dialects() == ["activity", "activity"]
    assert await town.work() == 0


async def test_headers_may_repeat_what_nobody_signs(town: Town, peer: Peer) -> None:
    request = sign(peer, create(peer), signer=ALICE)
    more = (*request.headers, ("accept", "*/*"), ("accept", "text/html"))
    assert (await town.post(replace(request, headers=more))).status == 202


async def test_it_is_heard_on_the_network_too(town: Town, peer: Peer) -> None:
    answer = await peer.send({"type": "Create"}, SHARED, signer=ALICE)
    assert (answer.status_code, json.loads(answer.content)["path"]) == (400, "$.id")
