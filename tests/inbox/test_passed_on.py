"""What a Group elsewhere passes on of its moderators' acts, and what it makes of posts from here."""

from typing import Any

import pytest
import sqlalchemy as sa

from areas import compose, elsewhere
from areas.personal_tables import pins
from areas.records import Draft, PostRecord
from areas.tables import shares, thread_locks
from federation.errors import Refused
from federation.vocabulary import Iri
from tests.inbox.rig import ORIGIN, Town
from tests.inbox.test_boosts import CAROL, SNOW, announce, at_home, follow
from tests.testrig.peers import Peer, stamp

ALICE = "https://p.test/users/alice"

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(town: Town) -> Peer:
    """A second server, where posts are."""
    other = town.peer("q.test")
    other.actor("carol")
    return other


@pytest.fixture
async def group(town: Town, peer: Peer) -> str:
    """A Group whom the resident follows."""
    iri = peer.actor("machi", "Group", featured="https://p.test/users/machi/featured")
    await follow(town, iri)
    return iri


@pytest.fixture
async def snow(town: Town, peer: Peer, other: Peer, group: str) -> dict[str, Any]:
    """A post that the Group has passed on."""
    note = other.note(CAROL, "snow")
    await town.hear(peer, announce(peer, group, "a1", other.create(note)))
    await town.work()
    return note


def act(peer: Peer, kind: str, thing: Any, **more: Any) -> dict[str, Any]:
    return {"id": f"https://p.test/acts/{kind}", "type": kind, "actor": ALICE, "object": thing, **more}


async def pass_on(town: Town, peer: Peer, group: str, inner: dict[str, Any], name: str) -> str:
    return await town.hear(peer, announce(peer, group, name, inner))


async def publish(town: Town, text: str, reply_to: str | None = None) -> PostRecord:
    draft = Draft(town.resident.id, text, in_reply_to=None if reply_to is None else Iri(reply_to))

    def write(tx: sa.Connection) -> PostRecord:
        return compose.publish(tx, draft, town.clock())[0]

    return await town.database.write(write)


async def states(town: Town, post: PostRecord) -> list[str]:
    return [each.state for each in await town.database.read(elsewhere.list_submitted, post.id)]


async def test_a_lock_counts_for_the_groups_threads(
    town: Town, peer: Peer, group: str, snow: dict[str, Any]
) -> None:
    lock = act(peer, "Lock", SNOW)
    assert (await town.hear(peer, {**lock, "id": "https://p.test/l/0"})).startswith("ignored"), "not its own"
    assert await pass_on(town, peer, group, lock, "a2") == "done: "
    with pytest.raises(Refused, match="締め切られました"):
        await publish(town, "返信です", SNOW)
    assert await pass_on(town, peer, group, act(peer, "Undo", lock), "a3") == "done: "
    assert await town.count(thread_locks) == 0
    await publish(town, "返信です", SNOW)
    unknown = act(peer, "Lock", "https://q.test/notes/none")
    assert (await pass_on(town, peer, group, unknown, "a4")).startswith("ignored")


async def test_what_stands_first_in_a_group(town: Town, peer: Peer, group: str, snow: dict[str, Any]) -> None:
    featured = f"{group}/featured"
    wrong = act(peer, "Add", SNOW, target=f"{group}/moderators")
    assert (await pass_on(town, peer, group, wrong, "a2")).startswith("ignored")
    await pass_on(town, peer, group, act(peer, "Add", SNOW, target=featured), "a3")
    assert await town.count(pins) == 1
    await pass_on(town, peer, group, act(peer, "Remove", SNOW, target=featured), "a4")
    assert await town.count(pins) == 0


async def test_a_removal_is_undone(town: Town, peer: Peer, group: str, snow: dict[str, Any]) -> None:
    removal = act(peer, "Delete", SNOW, summary="spam")
    await pass_on(town, peer, group, removal, "a2")
    assert await at_home(town) == []
    assert await pass_on(town, peer, group, act(peer, "Undo", removal), "a3") == "done: "
    assert await at_home(town) == ["machi: <p>snow</p>"]


async def test_what_is_removed_before_it_was_read_is_not_kept(
    town: Town, peer: Peer, other: Peer, group: str
) -> None:
    note = other.note(CAROL, "snow")
    create = announce(peer, group, "a1", other.create(note))
    assert await town.hear(peer, create) == "done: to be fetched"
    removal = act(peer, "Delete", SNOW, summary="spam")
    assert await pass_on(town, peer, group, removal, "a2") == "done: "
    await town.work()
    assert await town.count(shares) == 0
    plain = announce(peer, group, "a3", SNOW)
    await town.hear(peer, plain)
    assert await town.hear(peer, peer.activity("Undo", group, "u1", plain)) == "done: "
    await town.work()
    assert await town.count(shares) == 0


async def test_a_deletion_by_the_author_is_asked_for_at_her_server(
    town: Town, peer: Peer, other: Peer, group: str, snow: dict[str, Any]
) -> None:
    """The Group's word ends its boost; only her own server's word ends the post."""
    deletion = act(peer, "Delete", SNOW)
    assert await pass_on(town, peer, group, deletion, "a2") == "done: to be read again"
    await town.work()
    stored = await town.post_of(SNOW)
    assert stored is not None
    assert stored.deleted_at is None
    other.statuses[SNOW] = 410
    town.clock.advance(hours=1)
    await pass_on(town, peer, group, {**deletion, "id": "https://p.test/acts/again"}, "a3")
    await town.work()
    stored = await town.post_of(SNOW)
    assert stored is not None
    assert stored.deleted_at is not None


async def test_who_is_banned_from_a_group_follows_it_no_more(town: Town, peer: Peer, group: str) -> None:
    hanako = f"{ORIGIN}/people/hanako"
    elsewhere_block = act(peer, "Block", hanako, target="https://p.test/users/another")
    assert (await pass_on(town, peer, group, elsewhere_block, "a1")).startswith("ignored")
    assert await pass_on(town, peer, group, act(peer, "Block", hanako, target=group), "a2") == "done: "
    found = await town.follow_of(hanako, group)
    assert found is not None
    assert found.state == "rejected"


async def test_a_change_of_the_group_is_read_at_the_group(town: Town, peer: Peer, group: str) -> None:
    peer.documents[group]["name"] = "となり町"
    forged = {**peer.documents[group], "name": "forged"}
    assert await pass_on(town, peer, group, act(peer, "Update", forged), "a1") == "done: "
    await town.work()
    assert (await town.actor(group)).name == "となり町"


async def test_a_post_waits_until_the_group_announces_it_and_hears_of_its_end(
    town: Town, peer: Peer, group: str
) -> None:
    post = await publish(town, "@machi@p.test 除雪はいつですか。")
    assert await states(town, post) == ["waiting"]
    (create,) = await town.said("Create")
    assert create["object"]["audience"] == group
    assert group in create["object"]["to"]
    stranger = peer.actor("noise", "Group")
    await town.hear(peer, announce(peer, stranger, "a0", post.iri))
    assert await states(town, post) == ["waiting"], "another group's word"
    assert await pass_on(town, peer, group, create, "a1") == "done: "
    assert await states(town, post) == ["announced"]
    await pass_on(town, peer, group, act(peer, "Delete", post.iri, summary="off topic"), "a2")
    assert await states(town, post) == ["removed"]


async def test_a_post_that_a_group_does_not_take(town: Town, peer: Peer, group: str) -> None:
    one, two = [await publish(town, f"@machi@p.test {text}") for text in ("一つ目です", "二つ目です")]
    creates = await town.said("Create")
    await pass_on(town, peer, group, act(peer, "Delete", one.iri, summary="off topic"), "a1")
    assert await states(town, one) == ["refused"]
    forged = peer.activity("Reject", ALICE, "r0", creates[1]["id"])
    assert (await town.hear(peer, forged)).startswith("ignored")
    assert await states(town, two) == ["waiting"]
    assert await town.hear(peer, peer.activity("Reject", group, "r1", creates[1])) == "done: "
    assert await states(town, two) == ["refused"]


async def test_a_reply_in_a_groups_thread_goes_to_the_group(
    town: Town, peer: Peer, other: Peer, group: str, snow: dict[str, Any]
) -> None:
    """Nobody else passes it on to the others who read there."""
    reply = await publish(town, "ここも降りました", SNOW)
    create = (await town.said("Create"))[-1]
    assert {CAROL, group} <= {*create["object"]["to"], *create["object"]["cc"]}
    assert await states(town, reply) == ["waiting"]
    assert await pass_on(town, peer, group, create, "a5") == "done: "
    assert await states(town, reply) == ["announced"]
    boosted = [line for line in await at_home(town) if line.startswith("machi:")]
    assert boosted == ["machi: <p>snow</p>"], "a reply is no boost"


async def test_a_boost_that_was_made_again_counts_from_then(
    town: Town, peer: Peer, group: str, snow: dict[str, Any], other: Peer
) -> None:
    """Its end was not heard: the Group and we are to know the same of each day."""
    when = sa.select(shares.c.id, shares.c.created_at)
    before = await town.database.read(lambda tx: tx.execute(when).one())
    town.clock.advance(hours=3)
    again = {**announce(peer, group, "a9", other.create(snow)), "published": stamp(town.clock())}
    await town.hear(peer, again)
    after = await town.database.read(lambda tx: tx.execute(when).one())
    assert (after.id, after.created_at) == (before.id, town.clock())
    old = {**again, "id": f"{again['id']}-old", "published": stamp(before.created_at)}
    await town.hear(peer, old)
    assert (await town.database.read(lambda tx: tx.execute(when).one())) == after
