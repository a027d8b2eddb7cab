"""Who acts for a Group of another server: whom it lists itself, and nobody whom another Group lists."""

from typing import Any

import pytest
import sqlalchemy as sa

from actors import moderators
from actors.tables import group_moderators, remote_groups
from areas import compose, interactions
from areas.personal_tables import pins
from areas.records import Draft, PostRecord, Revision
from areas.tables import thread_locks
from federation.errors import Refused
from federation.vocabulary import Iri
from tests.inbox.rig import ORIGIN, Town
from tests.inbox.test_boosts import CAROL, SNOW, announce, at_home, follow
from tests.testrig.peers import Peer

pytestmark = pytest.mark.anyio

GROUP = "https://p.test/users/machi"
LIST = f"{GROUP}/moderators"
MIKA = "https://m.test/users/mika"
STRANGER = "https://m.test/users/stranger"
REMOVED: list[str] = []
THERE = ["machi: <p>snow</p>"]
LATER = "done: to be judged when the Group's moderators were read"
NOBODY = "ignored: by nobody who moderates the Group"


def enlist(peer: Peer, *who: str, at: str = LIST, **more: Any) -> None:
    """Serve a list of moderators."""
    peer.documents[at] = {"id": at, "type": "OrderedCollection", "orderedItems": list(who), **more}


@pytest.fixture
async def group(town: Town, peer: Peer) -> str:
    """A Group whom the resident follows, with one moderator, on a third server."""
    more = {"attributedTo": LIST, "featured": f"{GROUP}/featured"}
    peer.actor("machi", "Group", **more)
    enlist(peer, MIKA)
    await follow(town, GROUP)
    return GROUP


@pytest.fixture
async def snow(town: Town, peer: Peer, group: str) -> dict[str, Any]:
    """A post that the Group has passed on."""
    other = town.peer("q.test")
    other.actor("carol")
    note = other.note(CAROL, "snow")
    await town.hear(peer, announce(peer, group, "a1", other.create(note)))
    await town.work()
    return note


def act(who: str, kind: str, thing: Any, **more: Any) -> dict[str, Any]:
    return {"id": f"https://m.test/acts/{kind}", "type": kind, "actor": who, "object": thing, **more}


async def pass_on(town: Town, peer: Peer, inner: dict[str, Any], name: str, group: str = GROUP) -> str:
    """What becomes of it at once; then what is due is done."""
    verdict = await town.hear(peer, announce(peer, group, name, inner))
    await town.work()
    return verdict


def removal(who: str) -> dict[str, Any]:
    return act(who, "Delete", SNOW, summary="spam")


def asked(peer: Peer) -> int:
    return peer.requests.count(("GET", "/users/machi/moderators"))


async def test_a_listed_moderator_acts_and_nobody_else(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    hanako = f"{ORIGIN}/people/hanako"
    acts = (
        removal(STRANGER),
        act(STRANGER, "Lock", SNOW),
        act(STRANGER, "Add", SNOW, target=f"{GROUP}/featured"),
        act(STRANGER, "Block", hanako, target=GROUP),
    )
    for number, inner in enumerate(acts):
        assert await pass_on(town, peer, inner, f"s{number}") in {LATER, NOBODY}
    assert await at_home(town) == THERE
    assert [await town.count(table) for table in (thread_locks, pins)] == [0, 0]
    found = await town.follow_of(hanako, GROUP)
    assert found is not None
    assert found.state == "accepted"
    for number, inner in enumerate(acts):
        assert await pass_on(town, peer, {**inner, "actor": MIKA}, f"m{number}") == "done: "
    assert await at_home(town) == REMOVED
    assert [await town.count(table) for table in (thread_locks, pins)] == [1, 1]
    found = await town.follow_of(hanako, GROUP)
    assert found is not None
    assert found.state == "rejected"


async def test_what_a_moderator_does_is_undone_by_a_moderator(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    lock = act(MIKA, "Lock", SNOW)
    await pass_on(town, peer, lock, "a2")
    await pass_on(town, peer, removal(MIKA), "a3")
    await pass_on(town, peer, act(STRANGER, "Undo", lock), "a4")
    await pass_on(town, peer, act(STRANGER, "Undo", removal(MIKA)), "a5")
    assert (await at_home(town), await town.count(thread_locks)) == (REMOVED, 1)
    await pass_on(town, peer, act(MIKA, "Undo", lock), "a6")
    await pass_on(town, peer, act(MIKA, "Undo", removal(MIKA)), "a7")
    assert (await at_home(town), await town.count(thread_locks)) == (THERE, 0)


async def test_a_moderator_of_another_group_is_none_of_this_one(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    other = "https://p.test/users/other"
    peer.actor("other", "Group", attributedTo=f"{other}/moderators")
    enlist(peer, STRANGER, at=f"{other}/moderators")
    await follow(town, other)
    await pass_on(town, peer, act(STRANGER, "Lock", "https://q.test/notes/none"), "o1", other)
    await pass_on(town, peer, removal(STRANGER), "a2")
    await pass_on(town, peer, removal(STRANGER), "a3", other)
    assert await at_home(town) == THERE
    assert await town.count(group_moderators) == 2


async def test_who_is_added_or_removed_is_read_at_the_group(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    await pass_on(town, peer, removal(STRANGER), "a2")
    for number, kind in enumerate(("Add", "Remove")):
        change = act(STRANGER, kind, STRANGER, target=LIST)
        said = await pass_on(town, peer, change, f"forged{number}")
        assert said == "done: the moderators are to be read again", (
            "whoever says so: its list says who they are"
        )
    await pass_on(town, peer, removal(STRANGER), "a3")
    assert await at_home(town) == THERE
    enlist(peer, MIKA, STRANGER)
    await pass_on(town, peer, act(MIKA, "Add", STRANGER, target=LIST), "a4")
    assert await pass_on(town, peer, removal(STRANGER), "a5") == "done: "
    assert await at_home(town) == REMOVED
    enlist(peer, MIKA)
    await pass_on(town, peer, act(MIKA, "Remove", STRANGER, target=LIST), "a6")
    assert await pass_on(town, peer, act(STRANGER, "Lock", SNOW), "a7") == NOBODY


async def test_of_what_waits_the_last_word_counts(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    for name, inner in (("a2", removal(MIKA)), ("a3", act(MIKA, "Undo", removal(MIKA)))):
        assert await town.hear(peer, announce(peer, GROUP, name, inner)) == LATER
    await town.work()
    assert await at_home(town) == THERE
    assert asked(peer) == 1


async def test_a_list_grows_old(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    """Who stands on it is believed for a day, who does not for ten minutes."""
    await pass_on(town, peer, act(MIKA, "Lock", SNOW), "a2")
    assert asked(peer) == 1
    town.clock.advance(minutes=9)
    await pass_on(town, peer, removal(STRANGER), "a3")
    town.clock.advance(hours=23)
    await pass_on(town, peer, act(MIKA, "Undo", act(MIKA, "Lock", SNOW)), "a4")
    assert (asked(peer), await town.count(thread_locks)) == (1, 0)
    enlist(peer, STRANGER)
    await pass_on(town, peer, removal(STRANGER), "a5")
    assert (asked(peer), await at_home(town)) == (2, REMOVED)
    town.clock.advance(hours=25)
    await pass_on(town, peer, act(STRANGER, "Lock", SNOW), "a6")
    assert (asked(peer), await town.count(thread_locks)) == (3, 1)


async def test_a_list_that_is_not_there_leaves_the_groups_word(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    peer.statuses[LIST] = 404
    assert await pass_on(town, peer, removal(STRANGER), "a2") == LATER
    assert await at_home(town) == REMOVED


async def test_a_list_that_cannot_be_had_is_waited_for_and_not_for_ever(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    peer.statuses[LIST] = 503
    await pass_on(town, peer, removal(STRANGER), "a2")
    town.clock.advance(minutes=2)
    await town.work()
    assert await at_home(town) == THERE
    town.clock.advance(minutes=5)
    await town.work()
    assert await at_home(town) == REMOVED, "the Group has signed it"


@pytest.mark.parametrize(
    "page",
    [
        {"type": "Note", "attributedTo": GROUP, "content": "x"},
        {"type": "OrderedCollection", "first": "https://m.test/moderators"},
    ],
)
async def test_what_is_no_list_of_the_group_is_none(
    town: Town, peer: Peer, snow: dict[str, Any], page: dict[str, Any]
) -> None:
    there = town.peer("m.test")
    enlist(there, STRANGER, at="https://m.test/moderators")
    peer.documents[LIST] = {"id": LIST, **page}
    await pass_on(town, peer, removal(STRANGER), "a2")
    assert await town.count(group_moderators) == 0
    assert there.requests == []


async def test_a_list_on_another_server_is_not_believed(town: Town, peer: Peer) -> None:
    peer.actor("machi", "Group", attributedTo="https://m.test/moderators")
    await follow(town, GROUP)
    machi = await town.actor(GROUP)
    assert await town.database.read(moderators.find_list, machi.id) is None


async def test_a_long_list_is_read_page_by_page(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    pages = [f"{LIST}-{number}" for number in range(2)]
    peer.documents[LIST] = {"id": LIST, "type": "OrderedCollection", "first": pages[0]}
    enlist(peer, MIKA, at=pages[0], type="OrderedCollectionPage", next=pages[1])
    embedded = {"id": STRANGER, "type": "Person", "inbox": f"{STRANGER}/inbox"}
    enlist(peer, at=pages[1], type="OrderedCollectionPage", orderedItems=[embedded, 7])
    await pass_on(town, peer, removal(STRANGER), "a2")
    assert await at_home(town) == REMOVED
    assert await town.count(group_moderators) == 2


async def test_of_a_group_that_nobody_follows_nothing_is_read(town: Town, peer: Peer) -> None:
    other = "https://p.test/users/other"
    peer.actor("other", "Group", attributedTo=f"{other}/moderators")
    await town.services.directory.actor(other)
    await pass_on(town, peer, removal(STRANGER), "a1", other)
    await pass_on(town, peer, act(STRANGER, "Add", STRANGER, target=f"{other}/moderators"), "a2", other)
    assert ("GET", "/users/other/moderators") not in peer.requests


async def test_the_list_is_read_when_a_follow_is_accepted_and_when_the_group_changes(
    town: Town, peer: Peer, group: str
) -> None:
    machi = await town.actor(group)
    await town.database.write(lambda tx: interactions.unfollow(tx, town.resident, machi, town.clock()))
    await town.database.write(lambda tx: interactions.follow(tx, town.resident, machi, now=town.clock()))
    (sent,) = await town.said("Follow")
    await town.hear(peer, peer.activity("Accept", group, "acc", sent))
    await town.work()
    assert (asked(peer), await town.count(group_moderators)) == (1, 1)
    enlist(peer, MIKA, STRANGER)
    await pass_on(town, peer, act(MIKA, "Update", group), "a2")
    assert (asked(peer), await town.count(group_moderators)) == (2, 2)


async def test_a_group_that_is_gone_leaves_no_list(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    await pass_on(town, peer, act(MIKA, "Lock", SNOW), "a2")
    assert await town.count(group_moderators) == 1
    await town.hear(peer, peer.activity("Delete", GROUP, "end", GROUP))
    assert [await town.count(table) for table in (group_moderators, remote_groups)] == [0, 0]


async def write(town: Town, text: str, reply_to: str | None = None) -> PostRecord:
    draft = Draft(town.resident.id, text, in_reply_to=None if reply_to is None else Iri(reply_to))
    post, _ = await town.database.write(compose.publish, draft, town.clock())
    return post


async def restrict(town: Town, peer: Peer) -> None:
    peer.documents[GROUP]["postingRestrictedToMods"] = True
    await pass_on(town, peer, act(MIKA, "Update", GROUP), "restricted")


async def test_in_a_group_for_moderators_only_they_post(town: Town, peer: Peer, snow: dict[str, Any]) -> None:
    await write(town, "@machi@p.test こんにちは")
    await restrict(town, peer)
    with pytest.raises(Refused, match=r"@machi@p\.test に投稿できるのは"):
        await write(town, "@machi@p.test おはようございます")
    plain = await write(town, "おはようございます")
    named = Revision(text="@machi@p.test おはようございます")
    with pytest.raises(Refused, match="管理する人"):
        await town.database.write(compose.edit, plain.id, named, town.clock())
    await write(town, "ここも降りました", SNOW)
    enlist(peer, MIKA, f"{ORIGIN}/people/hanako")
    await pass_on(town, peer, act(MIKA, "Add", f"{ORIGIN}/people/hanako", target=LIST), "added")
    await write(town, "@machi@p.test お知らせです")


async def test_what_was_sent_before_a_group_was_closed_can_be_edited(
    town: Town, peer: Peer, snow: dict[str, Any]
) -> None:
    before = await write(town, "@machi@p.test こんにちは")
    await restrict(town, peer)
    text = "@machi@p.test こんばんは"
    edited = await town.database.write(compose.edit, before.id, Revision(text=text), town.clock())
    assert "こんばんは" in edited.content


async def test_the_list_has_an_end(
    town: Town, peer: Peer, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderators, "MOST", 1)
    machi = await town.actor(group)
    listed = [Iri(MIKA), Iri(MIKA), Iri(STRANGER)]
    await town.database.write(moderators.keep_list, machi.id, listed, town.clock())

    def read(tx: sa.Connection) -> list[str]:
        return list(tx.execute(sa.select(group_moderators.c.iri)).scalars())

    assert await town.database.read(read) == [MIKA]
