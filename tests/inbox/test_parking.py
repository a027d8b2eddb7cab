"""Requests whose sender's key cannot be fetched: kept, bounded, verified later, and without effect until then."""

from itertools import pairwise

import httpx
import pytest
import sqlalchemy as sa

from actors.origins import find_origin_by_host, set_leaving
from areas.tables import boosts, posts
from federation.errors import Overloaded
from federation.signatures import Request
from federation.vocabulary import Millis
from inbox import parking
from inbox.tables import parked, seen
from tests.inbox.rig import AREA, ORIGIN, Town, sign
from tests.testrig.clock import DAY, HOUR, MINUTE, NOON
from tests.testrig.peers import Peer
from web.database import Database

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"

pytestmark = pytest.mark.anyio


def create(peer: Peer, name: str = "snow", author: str = ALICE) -> dict[str, object]:
    return peer.create(peer.note(author, name, cc=AREA))


def break_host(town: Town, fault: str | int = "drop", host: str = "p.test") -> None:
    def decide(request: httpx.Request) -> str | int | None:
        return fault if request.url.host == host else None

    town.network.fault = decide


@pytest.mark.parametrize("fault", ["drop", 429, 500, 503])
async def test_an_unknown_sender_waits_until_the_key_can_be_had(
    town: Town, peer: Peer, fault: str | int
) -> None:
    """A29: 202, no effect; then exactly one."""
    break_host(town, fault)
    request = sign(peer, create(peer), signer=ALICE)
    assert (await town.post(request)).status == 202
    assert [await town.count(table) for table in (parked, seen, posts)] == [1, 0, 0]
    assert town.lines[-1]["outcome"] == "parked"
    town.network.fault = None
    town.clock.advance(minutes=1)
    await town.work()
    assert [await town.count(table) for table in (parked, seen, boosts)] == [0, 1, 1]
    assert (await town.post(request)).status == 202
    assert await town.count(boosts) == 1


async def test_the_date_is_judged_as_of_when_it_came(town: Town, peer: Peer) -> None:
    break_host(town)
    await town.post(sign(peer, create(peer), signer=ALICE))
    town.network.fault = None
    town.clock.advance(hours=20)
    await town.work()
    assert await town.count(boosts) == 1


async def test_a_forgery_is_found_out_later(town: Town, peer: Peer) -> None:
    break_host(town)
    forged = sign(peer, create(peer), signer=BOB, key_id=f"{ALICE}#main-key")
    assert (await town.post(forged)).status == 202
    town.network.fault = None
    town.clock.advance(minutes=1)
    await town.work()
    assert [await town.count(table) for table in (parked, seen, posts)] == [0, 0, 0]
    assert "SignatureRejected" in [line["outcome"] for line in town.lines]


async def test_a_forgery_does_not_stand_in_for_the_real_one(town: Town, peer: Peer) -> None:
    """B8: the same body, signed by somebody else."""
    break_host(town)
    activity = create(peer)
    await town.post(sign(peer, activity, signer=BOB, key_id=f"{ALICE}#main-key"))
    await town.post(sign(peer, activity, signer=ALICE))
    town.network.fault = None
    town.clock.advance(minutes=1)
    await town.work()
    assert await town.count(boosts) == 1


async def test_the_same_request_is_kept_once(town: Town, peer: Peer) -> None:
    break_host(town)
    request = sign(peer, create(peer), signer=ALICE)
    for _ in range(3):
        assert (await town.post(request)).status == 202
    assert await town.count(parked) == 1


async def test_what_is_malformed_is_dropped_later(town: Town, peer: Peer) -> None:
    break_host(town)
    assert (await town.post(sign(peer, b"[]", signer=ALICE))).status == 202
    town.network.fault = None
    town.clock.advance(minutes=1)
    await town.work()
    assert [await town.count(table) for table in (parked, posts)] == [0, 0]


async def test_it_is_tried_again_ever_less_often_for_a_day(town: Town, peer: Peer) -> None:
    break_host(town)
    await town.post(sign(peer, create(peer), signer=ALICE))
    began, tries = town.clock(), []
    while await town.count(parked):
        due = await town.database.read(parking.find_next_due)
        assert due is not None
        town.clock.now = due
        tries.append((due - began) // MINUTE)
        await town.work()
    assert tries[:7] == [1, 3, 7, 15, 31, 63, 127]
    assert tries[-1] * MINUTE >= DAY
    assert max(second - first for first, second in pairwise(tries)) == 120
    assert town.lines[-1]["outcome"] == "dropped"
    town.network.fault = None
    town.clock.advance(days=1)
    await town.work()
    assert await town.count(posts) == 0


async def test_a_host_that_is_down_is_asked_once_for_all_that_wait(town: Town, peer: Peer) -> None:
    peer.actor("carol")
    break_host(town)
    for name in ("alice", "bob", "carol"):
        author = f"https://p.test/users/{name}"
        await town.post(sign(peer, create(peer, name, author), signer=author))
    town.network.carried.clear()
    town.clock.advance(minutes=1)
    await town.work()
    assert len([each for each in town.network.carried if each.method == "GET"]) == 1
    assert await town.count(parked) == 3


async def test_a_page_that_is_no_key_holds_up_no_other(town: Town, peer: Peer) -> None:
    """Anybody may claim that a page of the host is a key."""
    peer.documents["https://p.test/about"] = {}
    peer.statuses["https://p.test/about"] = 500
    break_host(town)
    forged = sign(peer, create(peer, "forged"), signer=BOB, key_id="https://p.test/about")
    await town.post(forged)
    await town.post(sign(peer, create(peer), signer=ALICE))
    town.network.fault = None
    town.clock.advance(minutes=1)
    await town.work()
    assert await town.count(boosts) == 1
    assert await town.count(parked) == 1


async def test_a_key_that_fails_is_not_asked_for_by_every_letter(town: Town, peer: Peer) -> None:
    break_host(town, 500)
    for number in range(12):
        await town.post(sign(peer, create(peer, f"n{number}"), signer=ALICE))
    town.network.carried.clear()
    town.clock.advance(minutes=1)
    await town.work()
    assert len([each for each in town.network.carried if each.method == "GET"]) == 2
    assert await town.count(parked) == 12


async def test_another_host_does_not_wait_for_it(town: Town, peer: Peer) -> None:
    other = town.peer("q.test")
    carol = other.actor("carol")
    town.network.fault = lambda _request: "drop"
    await town.post(sign(peer, create(peer), signer=ALICE))
    await town.post(sign(other, create(other, "q", carol), signer=carol))
    break_host(town)
    town.clock.advance(minutes=1)
    await town.work()
    assert await town.count(boosts) == 1
    assert await town.count(parked) == 1


async def test_a_known_sender_whose_new_key_cannot_be_had_waits_too(town: Town, peer: Peer) -> None:
    """The stored key is old, hence the signature is not certainly wrong."""
    assert (await town.post(sign(peer, create(peer, "one"), signer=ALICE))).status == 202
    town.clock.advance(minutes=6)
    break_host(town)
    assert (
        await town.post(sign(peer, create(peer, "two"), signer=BOB, key_id=f"{ALICE}#main-key"))
    ).status == 202
    assert await town.count(parked) == 1
    assert await town.count(posts) == 1


async def test_fifty_of_one_host_then_429(town: Town, peer: Peer) -> None:
    """A28: and other hosts still find room."""
    break_host(town)
    requests = [sign(peer, b"%d" % number, signer=ALICE) for number in range(parking.PER_HOST + 1)]
    answers = [await town.post(request) for request in requests]
    assert [answer.status for answer in answers] == [202] * parking.PER_HOST + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert await town.count(parked) == parking.PER_HOST
    other = town.peer("q.test")
    carol = other.actor("carol")
    break_host(town, host="q.test")
    assert (await town.post(sign(other, create(other, "q", carol), signer=carol))).status == 202


# The bounds, on the table alone.


def request_of(number: int, body: bytes = b"{}") -> Request:
    return Request("POST", ORIGIN, "/inbox", (("date", str(number)),), body)


def park(tx: sa.Connection, number: int, host: str, network: str, body: bytes = b"{}") -> None:
    parking.park(tx, request_of(number, body), host, network, NOON)


async def test_a_network_has_a_bound_of_its_own(database: Database) -> None:
    def fill(tx: sa.Connection) -> None:
        for number in range(parking.PER_NETWORK):
            park(tx, number, f"h{number}.test", "192.0.2.0/24")
        with pytest.raises(Overloaded):
            park(tx, 1_000, "new.test", "192.0.2.0/24")
        park(tx, 1_001, "new.test", "198.51.100.0/24")

    await database.write(fill)


async def test_there_is_a_bound_in_all(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "IN_ALL", 3)

    def fill(tx: sa.Connection) -> None:
        for number in range(3):
            park(tx, number, f"h{number}.test", f"n{number}")
        with pytest.raises(Overloaded):
            park(tx, 4, "h4.test", "n4")

    await database.write(fill)


async def test_there_is_a_bound_of_bytes(database: Database) -> None:
    def fill(tx: sa.Connection) -> None:
        megabyte = b"x" * (1 << 20)
        for number in range(63):
            park(tx, number, f"h{number}.test", f"n{number}", megabyte)
        with pytest.raises(Overloaded):
            park(tx, 64, "h64.test", "n64", megabyte)
        park(tx, 65, "h65.test", "n65")

    await database.write(fill)


async def test_what_one_worker_has_taken_no_other_gets(database: Database) -> None:
    await database.write(park, 1, "p.test", "n")
    later = Millis(NOON + HOUR)
    (taken,) = await database.write(parking.claim, later, 10)
    assert taken.request == request_of(1)
    assert await database.write(parking.claim, later, 10) == []
    again = await database.write(parking.claim, Millis(later + parking.LEASE), 10)
    assert [waiting.id for waiting in again] == [taken.id]


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("unix", "unix"),
    ],
)
def test_who_belongs_together(source: str, network: str) -> None:
    assert parking.find_network(source) == network


async def test_nothing_is_put_aside_for_a_host_that_leaves(
    town: Town, peer: Peer, database: Database
) -> None:
    def leave(tx: sa.Connection) -> None:
        origin = find_origin_by_host(tx, ORIGIN.partition("://")[2])
        assert origin is not None
        set_leaving(tx, origin.id, NOON)

    await database.write(leave)
    break_host(town)
    assert (await town.post(sign(peer, create(peer), signer=ALICE))).status == 429
    assert await town.count(parked) == 0
