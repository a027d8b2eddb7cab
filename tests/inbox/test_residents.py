"""What residents began is finished by jobs."""

import pytest
import sqlalchemy as sa

from actors import follows
from actors.standing import set_standing
from areas import compose, interactions, moderation
from areas.compose.scheduling import page, put_off, schedule
from areas.records import Draft, PollDraft, PostRecord
from areas.tables import posts
from federation.vocabulary import Millis
from tests.inbox.rig import AREA, ORIGIN, Town
from tests.testrig.peers import Peer

ALICE = "https://p.test/users/alice"
HANAKO = f"{ORIGIN}/people/hanako"

pytestmark = pytest.mark.anyio


async def test_follows_end_with_a_host_that_is_blocked(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Follow", ALICE, "f1", HANAKO))
    await town.hear(peer, peer.activity("Follow", ALICE, "f2", AREA))

    def block(tx: sa.Connection) -> None:
        interactions.block_host(tx, town.resident, "p.test", town.clock())

    await town.database.write(block)
    assert await town.work() > 0
    assert await town.follow_of(ALICE, HANAKO) is None
    assert await town.follow_of(ALICE, AREA) is not None
    assert [each["type"] for each in await town.said("Reject")] == ["Reject"]
    assert await town.database.read(follows.count_followers, town.resident.id) == 0


async def test_a_ban_ends_in_time(town: Town, peer: Peer) -> None:
    await town.hear(peer, peer.activity("Follow", ALICE, "f1", AREA))
    alice = await town.actor(ALICE)
    end = Millis(town.clock() + 3_600_000)

    def ban(tx: sa.Connection) -> None:
        moderation.ban(tx, town.area, alice, reason="", until=end, now=town.clock())

    await town.database.write(ban)
    await town.work()
    assert await town.hear(peer, peer.activity("Follow", ALICE, "f2", AREA)) == "done: rejected"
    town.clock.advance(hours=1)
    await town.work()
    assert await town.hear(peer, peer.activity("Follow", ALICE, "f3", AREA)) == "done: accepted"


async def test_votes_are_heard_and_the_counts_told(town: Town, peer: Peer) -> None:
    def ask(tx: sa.Connection) -> PostRecord:
        poll = PollDraft(("yes", "no"), 3_600_000)
        return compose.publish(tx, Draft(town.resident.id, "?", poll=poll), town.clock())[0]

    question = await town.database.write(ask)
    vote = {**peer.note(ALICE, "v1", to=HANAKO, inReplyTo=question.iri), "name": "yes", "content": ""}
    assert await town.hear(peer, peer.create(vote)) == "done: a vote"
    again = {**vote, "id": f"{vote['id']}2", "name": "no"}
    assert await town.hear(peer, peer.create(again)) == "ignored: a vote that does not count"
    assert await town.count(posts) == 1
    await town.work()
    (told,) = await town.said("Update")
    assert told["object"]["votersCount"] == 1
    town.clock.advance(hours=1)
    await town.work()
    assert len(await town.said("Update")) == 2


async def test_a_scheduled_post_is_published_when_it_is_due(town: Town, peer: Peer) -> None:
    due_at = Millis(town.clock() + 3_600_000)
    drafts = [Draft(town.resident.id, text, (town.area.actor_id,)) for text in ("one", "two")]
    made = [await town.database.write(schedule, draft, due_at, town.clock()) for draft in drafts]
    await town.work()
    assert await town.count(posts) == 0
    later = Millis(due_at + 3_600_000)
    await town.database.write(put_off, town.resident.id, made[1].id, later, town.clock())
    town.clock.advance(hours=1)
    await town.work()
    assert [each["object"]["content"] for each in await town.said("Create")] == ["<p>one</p>"]
    await town.database.write(set_standing_of, town.resident.id)
    town.clock.advance(hours=1)
    await town.work()
    assert await town.count(posts) == 1
    (kept,) = (await town.database.read(page, town.resident.id)).items
    assert kept.failure == "hanako@machi.test is suspended and cannot post"


def set_standing_of(tx: sa.Connection, actor_id: int) -> None:
    set_standing(tx, actor_id, "suspended", reason="", now=Millis(0))


async def test_followers_here_go_along_with_who_has_moved(town: Town, peer: Peer) -> None:
    new = peer.actor("alice2")
    peer.documents[new]["alsoKnownAs"] = [ALICE]
    peer.documents[ALICE]["movedTo"] = new
    await town.services.directory.actor(ALICE)
    target = await town.actor(ALICE)
    await town.database.write(interactions.follow, town.resident, target, town.clock())
    move = peer.activity("Move", ALICE, "m1", ALICE, target=new)
    assert await town.hear(peer, move) == "done: "
    await town.work()
    assert await town.follow_of(HANAKO, ALICE) is None
    follow = await town.follow_of(HANAKO, new)
    assert follow is not None
    assert follow.state == "pending"
