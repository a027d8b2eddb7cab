"""Boosts by people and Groups elsewhere whom somebody here follows: fetched from their origin, and seen at home."""

from typing import Any

import pytest
import sqlalchemy as sa

from actors import follows
from actors.standing import block_server, set_standing
from areas.reading import home, statuses
from areas.reading.visibility import Reader
from areas.tables import placements, posts, shares
from federation.vocabulary import Iri
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
BOB = "https://p.test/users/bob"
CAROL = "https://q.test/users/carol"
SNOW = "https://q.test/notes/snow"

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(town: Town) -> Peer:
    """A second server, where the boosted posts are."""
    other = town.peer("q.test")
    other.actor("carol")
    return other


async def follow(town: Town, iri: str) -> None:
    await town.services.directory.actor(iri)
    target = await town.actor(iri)

    def write(tx: sa.Connection) -> None:
        made = Iri(f"{ORIGIN}/people/hanako/follows/{target.id}")
        follows.record_follow(
            tx, iri=made, follower=town.resident, target=target, state="accepted", now=town.clock()
        )

    await town.database.write(write)


async def at_home(town: Town) -> list[str]:
    """Who boosted and the text."""

    def read(tx: sa.Connection) -> list[str]:
        reader = Reader.of(town.resident, town.clock())
        page = statuses.complete(tx, reader, home.home(tx, reader))
        return [f"{each.via.username if each.via else ''}: {each.seen.post.content}" for each in page.items]

    return await town.database.read(read)


def announce(peer: Peer, actor: str, name: str, thing: Any, **more: Any) -> dict[str, Any]:
    return peer.activity("Announce", actor, name, thing, **{"published": "2026-11-20T00:00:00Z", **more})


async def test_what_somebody_boosts_is_fetched_and_seen_by_her_followers(
    town: Town, peer: Peer, other: Peer
) -> None:
    other.note(CAROL, "snow")
    await follow(town, BOB)
    assert await town.hear(peer, announce(peer, BOB, "a1", SNOW)) == "done: to be fetched"
    await town.work()
    assert await at_home(town) == ["bob: <p>snow</p>"]
    assert await town.count(placements) == 0, "never a submission"
    assert (
        await town.hear(peer, peer.activity("Undo", BOB, "u1", announce(peer, BOB, "a1", SNOW))) == "done: "
    )
    assert await at_home(town) == []


async def test_of_an_embedded_post_nothing_is_believed(town: Town, peer: Peer, other: Peer) -> None:
    other.note(CAROL, "snow")
    await follow(town, BOB)
    forged = {"id": SNOW, "type": "Note", "attributedTo": CAROL, "content": "<p>forged</p>", "to": [AREA]}
    await town.hear(peer, announce(peer, BOB, "a1", forged))
    await town.work()
    assert await at_home(town) == ["bob: <p>snow</p>"]


@pytest.mark.parametrize(
    "how",
    ["not for everyone", "another id", "another's server", "two authors", "not a post", "a vote", "gone"],
)
async def test_what_is_no_public_post_of_its_own_server_is_not_kept(
    town: Town, peer: Peer, other: Peer, how: str
) -> None:
    note = other.note(CAROL, "snow")
    changes: dict[str, dict[str, Any]] = {
        "not for everyone": {"to": [f"{CAROL}/followers"]},
        "another id": {"id": "https://q.test/notes/other"},
        "another's server": {"attributedTo": ALICE},
        "two authors": {"attributedTo": [CAROL, "https://q.test/users/dave"]},
        "not a post": {"type": "Person"},
        "a vote": {"name": "yes", "content": "", "inReplyTo": "https://q.test/notes/poll"},
        "gone": {},
    }
    note.update(changes[how])
    if how == "gone":
        other.statuses[SNOW] = 410
    await follow(town, BOB)
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    await town.work()
    assert await town.count(posts) == 0
    assert await town.count(shares) == 0


async def test_a_blocked_author_is_not_seen_through_a_boost(town: Town, peer: Peer, other: Peer) -> None:
    other.note(CAROL, "snow")
    await follow(town, BOB)
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))

    def block(tx: sa.Connection) -> None:
        block_server(tx, "q.test", reason="", until=None, now=town.clock())

    await town.database.write(block)
    await town.work()
    assert await town.count(posts) == 0


@pytest.mark.parametrize("how", ["suspended", "blocked"])
async def test_what_is_known_of_somebody_shut_out_is_not_seen_through_a_boost(
    town: Town, peer: Peer, other: Peer, how: str
) -> None:
    other.note(CAROL, "snow")
    await follow(town, BOB)
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    await town.work()
    carol = await town.actor(CAROL)

    def shut_out(tx: sa.Connection) -> None:
        if how == "suspended":
            set_standing(tx, carol.id, "suspended", reason="", now=town.clock())
        else:
            block_server(tx, "q.test", reason="", until=None, now=town.clock())

    await town.database.write(shut_out)
    assert await town.hear(peer, announce(peer, ALICE, "a2", SNOW)) != "done: "
    assert await town.count(shares) == 1


async def test_nothing_is_fetched_for_whom_nobody_follows(town: Town, peer: Peer, other: Peer) -> None:
    other.note(CAROL, "snow")
    other.requests.clear()
    outcome = await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    assert outcome == "ignored: nothing public that is known here, and nobody here follows"
    assert await town.work() >= 0
    assert other.requests == []


async def test_a_server_that_is_down_is_asked_again(town: Town, peer: Peer, other: Peer) -> None:
    other.note(CAROL, "snow")
    other.statuses[SNOW] = 503
    await follow(town, BOB)
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    await town.work()
    assert await at_home(town) == []
    del other.statuses[SNOW]
    town.clock.advance(minutes=20)
    await town.work()
    assert await at_home(town) == ["bob: <p>snow</p>"]


async def test_a_server_that_is_down_for_a_weekend_is_waited_for(town: Town, peer: Peer, other: Peer) -> None:
    other.note(CAROL, "snow")
    other.statuses[SNOW] = 503
    await follow(town, BOB)
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    for _ in range(60):
        await town.work()
        town.clock.advance(hours=1)
    del other.statuses[SNOW]
    town.clock.advance(hours=40)
    await town.work()
    assert await at_home(town) == ["bob: <p>snow</p>"]


async def test_a_group_passes_on_what_is_fetched_replies_only_into_their_thread(
    town: Town, peer: Peer, other: Peer
) -> None:
    """The activity dialect, as Lemmy and other nodes of ours speak it."""
    group = peer.actor("machi", "Group")
    await follow(town, group)
    snow = other.note(CAROL, "snow")
    reply = other.note(CAROL, "reply", inReplyTo=SNOW)
    for number, note in enumerate((snow, reply)):
        await town.hear(peer, announce(peer, group, f"a{number}", other.create(note)))
        await town.work()
    assert await at_home(town) == ["machi: <p>snow</p>"]
    stored = await town.post_of(str(reply["id"]))
    assert stored is not None
    assert stored.in_reply_to_iri == SNOW
    again = announce(peer, group, "a5", other.create(reply))
    assert await town.hear(peer, again) == "ignored: a reply that is known"


async def test_an_edit_that_a_group_passes_on_is_read_at_its_origin(
    town: Town, peer: Peer, other: Peer
) -> None:
    group = peer.actor("machi", "Group")
    await follow(town, group)
    snow = other.note(CAROL, "snow")
    await town.hear(peer, announce(peer, group, "a1", other.create(snow)))
    await town.work()
    town.clock.advance(minutes=5)
    forged = {**snow, "content": "<p>forged</p>", "updated": "2026-12-01T00:00:00Z"}
    update = {"id": "https://q.test/u/1", "type": "Update", "actor": CAROL, "object": forged}
    snow.update(content="<p>melted</p>", updated="2026-11-24T12:04:00Z")
    assert await town.hear(peer, announce(peer, group, "a2", update)) == "done: to be read again"
    town.clock.advance(minutes=5)
    await town.work()
    assert await at_home(town) == ["machi: <p>melted</p>"]
    unknown = {**update, "object": {**forged, "id": "https://q.test/notes/unknown"}}
    assert (await town.hear(peer, announce(peer, group, "a3", unknown))).startswith("ignored")


async def test_a_removal_that_a_group_passes_on_ends_its_boost_alone(
    town: Town, peer: Peer, other: Peer
) -> None:
    group = peer.actor("machi", "Group")
    await follow(town, group)
    await follow(town, BOB)
    snow = other.note(CAROL, "snow")
    await town.hear(peer, announce(peer, group, "a1", other.create(snow)))
    await town.work()
    await town.hear(peer, announce(peer, BOB, "a2", SNOW))
    delete = {"id": "https://p.test/d/1", "type": "Delete", "actor": ALICE, "object": SNOW, "summary": "spam"}
    assert await town.hear(peer, announce(peer, group, "a3", delete)) == "done: "
    assert await at_home(town) == ["bob: <p>snow</p>"]
    assert (await town.hear(peer, announce(peer, group, "a4", delete))).startswith("ignored")
    assert await town.post_of(SNOW) is not None


async def test_only_a_group_wraps(town: Town, peer: Peer, other: Peer) -> None:
    await follow(town, BOB)
    snow = other.create(other.note(CAROL, "snow"))
    outcome = await town.hear(peer, announce(peer, BOB, "a1", snow))
    assert outcome == "ignored: a wrapped activity of no Group"


async def test_a_boost_in_two_dialects_is_one_and_ends_by_what_it_was_of(
    town: Town, peer: Peer, other: Peer
) -> None:
    group = peer.actor("machi", "Group")
    await follow(town, group)
    snow = other.note(CAROL, "snow")
    await town.hear(peer, announce(peer, group, "a1", other.create(snow)))
    await town.work()
    plain = announce(peer, group, "a2", SNOW)
    assert await town.hear(peer, plain) == "ignored: kept before"
    assert await town.hear(peer, peer.activity("Undo", group, "u1", plain)) == "done: "
    assert await at_home(town) == []


async def test_one_host_is_not_asked_without_end(town: Town, peer: Peer, other: Peer) -> None:
    await follow(town, BOB)
    town.services.budgets._buckets.put(("fetch", "q.test"), (0.0, town.clock()))
    other.note(CAROL, "snow")
    other.requests.clear()
    await town.hear(peer, announce(peer, BOB, "a1", SNOW))
    await town.work()
    assert other.requests == []
    town.clock.advance(minutes=2)
    await town.work()
    assert await at_home(town) == ["bob: <p>snow</p>"]
