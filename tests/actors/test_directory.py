import asyncio

import pytest

from actors.directory import (
    INSPECTION_LIFETIME,
    INSPECTION_PAUSE,
    Directory,
    find_actor,
    mark_gone,
)
from actors.servers import save_inspection
from actors.standing import block_server
from federation.client import Purpose
from federation.errors import Gone, MalformedDocument, NotFound, Unauthorized, Unreachable
from federation.nodeinfo import Software
from federation.vocabulary import Iri, Millis, Post
from federation.webfinger import Jrd
from tests.testrig.clock import HOUR, NOON, ManualClock
from tests.testrig.people import describe, meet, settle
from tests.testrig.web_of_actors import WebOfActors
from web.database import Database

pytestmark = pytest.mark.anyio

ALICE = Iri("https://p.test/users/alice")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def web() -> WebOfActors:
    return WebOfActors(documents={ALICE: describe()})


@pytest.fixture
def directory(database: Database, web: WebOfActors, clock: ManualClock) -> Directory:
    return Directory(database, web, clock)


async def test_an_unknown_actor_is_fetched_once(
    database: Database, directory: Directory, web: WebOfActors
) -> None:
    found = await directory.actor("https://P.test:443/users/alice")
    assert found == await database.read(find_actor, ALICE) == await directory.actor(ALICE)
    assert (web.asked, web.purposes) == ([ALICE], [Purpose.FETCH])


async def test_an_old_record_is_read_again(
    database: Database, directory: Directory, web: WebOfActors, clock: ManualClock
) -> None:
    old = await database.write(meet)
    web.documents[ALICE] = describe(summary="<p>new</p>")
    clock.advance(HOUR)
    assert await directory.actor(ALICE) == old
    assert await directory.actor(ALICE, max_age=HOUR) == old
    new = await directory.actor(ALICE, max_age=HOUR - 1)
    assert (new.id, new.summary, new.fetched_at) == (old.id, "<p>new</p>", NOON + HOUR)
    assert await directory.actor(ALICE, max_age=0) == new
    assert web.asked == [ALICE]


async def test_many_who_ask_at_once_cause_one_fetch(directory: Directory, web: WebOfActors) -> None:
    found = await asyncio.gather(*(directory.actor(ALICE) for _ in range(20)))
    assert len(set(found)) == 1
    assert web.asked == [ALICE]


async def test_a_server_is_inspected_by_one_of_many(directory: Directory, web: WebOfActors) -> None:
    web.software["p.test"] = Software("lemmy")
    found = await asyncio.gather(*(directory.server("p.test") for _ in range(20)))
    assert len(set(found)) == 1
    assert web.asked == ["p.test"]


async def test_ours_are_never_fetched(database: Database, directory: Directory, web: WebOfActors) -> None:
    hanako = await database.write(settle)
    assert await directory.actor(hanako.iri, max_age=0) == hanako
    with pytest.raises(NotFound):
        await directory.actor("https://machi.test/people/nobody")
    assert web.asked == []


async def test_blocked_hosts_are_not_fetched(
    database: Database, directory: Directory, web: WebOfActors
) -> None:
    known = await database.write(meet)
    await database.write(lambda tx: block_server(tx, "p.test", reason="", until=None, now=NOON))
    assert await directory.actor(ALICE) == known
    for iri, age in (("https://p.test/users/bob", None), (ALICE, -1)):
        with pytest.raises(Unauthorized, match="blocked"):
            await directory.actor(iri, max_age=age)
    with pytest.raises(Unauthorized, match="blocked"):
        await directory.server("p.test")
    assert web.asked == []


async def test_who_is_gone_is_not_fetched(database: Database, directory: Directory, web: WebOfActors) -> None:
    known = await database.write(meet)
    await database.write(lambda tx: mark_gone(tx, known.id, NOON))
    with pytest.raises(Gone):
        await directory.actor(ALICE, max_age=-1)
    assert web.asked == []


async def test_what_is_no_actor(directory: Directory, web: WebOfActors) -> None:
    web.documents[ALICE] = Post(id=ALICE, type="Note")
    with pytest.raises(MalformedDocument, match="not an actor"):
        await directory.actor(ALICE)
    web.documents[ALICE] = describe(id=Iri("https://v.test/users/alice"))
    with pytest.raises(MalformedDocument, match="another origin"):
        await directory.actor(ALICE)
    with pytest.raises(MalformedDocument):
        await directory.actor("acct:alice@p.test")


async def test_faults_of_the_other_side_are_passed_on(directory: Directory, web: WebOfActors) -> None:
    web.documents[ALICE] = Unreachable("time-out")
    with pytest.raises(Unreachable):
        await directory.actor(ALICE)
    web.documents[ALICE] = Gone("HTTP 410")
    with pytest.raises(Gone):
        await directory.actor(ALICE)


async def test_a_handle_is_asked_of_its_host(directory: Directory, web: WebOfActors) -> None:
    web.handles["alice@p.test"] = Jrd(self_link=ALICE, subject=("alice", "p.test"))
    found = await directory.actor_by_handle("alice", "p.test")
    assert found.iri == ALICE
    assert await directory.actor_by_handle("Alice", "P.test") == found
    assert web.asked == ["alice@p.test", ALICE]


async def test_a_handle_of_another_host_is_shown_as_the_one_of_the_id(
    directory: Directory, web: WebOfActors
) -> None:
    web.handles["admin@bank.test"] = Jrd(self_link=ALICE)
    assert (await directory.actor_by_handle("admin", "bank.test")).handle == "alice@p.test"


async def test_handles_of_ours_and_of_blocked_hosts_are_not_asked_for(
    database: Database, directory: Directory, web: WebOfActors
) -> None:
    hanako = await database.write(settle)
    assert await directory.actor_by_handle("hanako", "machi.test") == hanako
    with pytest.raises(NotFound):
        await directory.actor_by_handle("nobody", "machi.test")
    await database.write(lambda tx: block_server(tx, "p.test", reason="", until=None, now=NOON))
    with pytest.raises(Unauthorized):
        await directory.actor_by_handle("alice", "p.test")
    assert web.asked == []


async def test_a_server_is_asked_once_a_day(
    directory: Directory, web: WebOfActors, clock: ManualClock
) -> None:
    web.software["p.test"] = Software("lemmy", "1.0")
    found = await directory.server("p.test")
    assert (found.software, found.dialect, found.inspected_at) == ("lemmy", "activity", NOON)
    clock.advance(INSPECTION_LIFETIME - 1)
    assert await directory.server("p.test") == found
    assert web.asked == ["p.test"]
    web.software["p.test"] = Software("mastodon")
    clock.advance(1)
    changed = await directory.server("p.test")
    assert (changed.id, changed.dialect) == (found.id, "object")


async def test_what_a_server_implements_counts(directory: Directory, web: WebOfActors) -> None:
    web.software["p.test"] = Software("other", implements=("https://w3id.org/fep/1b12",))
    assert (await directory.server("p.test")).dialect == "activity"


async def test_a_silent_server_is_as_it_was_and_asked_again_in_an_hour(
    database: Database, directory: Directory, web: WebOfActors, clock: ManualClock
) -> None:
    stranger = await directory.server("p.test")
    assert (stranger.software, stranger.dialect, stranger.inspected_at) == (None, None, None)
    clock.advance(INSPECTION_PAUSE - 1)
    assert await directory.server("p.test") == stranger
    assert web.asked == ["p.test"]
    web.software["p.test"] = Software("lemmy")
    clock.advance(1)
    assert (await directory.server("p.test")).dialect == "activity"
    old = Millis(clock() - INSPECTION_LIFETIME)
    await database.write(lambda tx: save_inspection(tx, "q.test", "piefed", (), old))
    assert (await directory.server("q.test")).dialect == "activity"
