"""Follows, requests, blocks, mutes, whole hosts: what they change here, and what other servers are told."""

import pytest

from actors.follows import find_follow, record_follow
from actors.records import ActorRecord
from actors.relations import Relation, relate
from actors.tables import actors
from areas import interactions
from areas.interactions import shutting
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri
from outbox.subscriptions import subscribe
from outbox.tables import subscriptions
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


@pytest.fixture
async def locked(town: Town, taro: ActorRecord) -> ActorRecord:
    """Somebody who answers by hand."""
    await town.do(lambda tx: tx.execute(actors.update().where(actors.c.id == taro.id).values(locked=True)))
    return await town.actor(taro.iri)


async def relation(town: Town, one: ActorRecord, other: ActorRecord) -> Relation:
    return (await town.do(relate, one.id, [other.id], town.now))[other.id]


async def hear(town: Town, follower: ActorRecord, target: ActorRecord, state: str = "accepted") -> None:
    """A remote follow as its handler stores it."""
    iri = Iri(f"{follower.iri}/follows/{target.username}")
    await town.do(record_follow, iri=iri, follower=follower, target=target, state=state, now=town.now)  # type: ignore[arg-type]
    if state == "accepted":
        await town.do(subscribe, subscriber=follower, target_id=target.id, dialect="object", now=town.now)


async def test_flags_are_kept_until_they_are_changed(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    made = await town.do(interactions.follow, hanako, taro, town.now, notify=True)
    assert (made.state, made.reblogs, made.notify) == ("accepted", True, True)
    changed = await town.do(interactions.follow, hanako, taro, town.now, reblogs=False)
    assert (changed.id, changed.reblogs, changed.notify) == (made.id, False, True)
    assert (await relation(town, hanako, taro)).showing_reblogs is False


async def test_who_answers_by_hand_lets_in_or_turns_away(
    town: Town, hanako: ActorRecord, locked: ActorRecord
) -> None:
    made = await town.do(interactions.follow, hanako, locked, town.now)
    assert made.state == "pending"
    assert (await relation(town, hanako, locked)).requested
    await town.do(interactions.reject_request, locked, hanako, town.now)
    assert await relation(town, hanako, locked) == Relation()
    with pytest.raises(NotFound, match="has not asked"):
        await town.do(interactions.accept_request, locked, hanako, town.now)
    await town.do(interactions.follow, hanako, locked, town.now)
    await town.do(interactions.accept_request, locked, hanako, town.now)
    assert (await relation(town, hanako, locked)).following
    with pytest.raises(NotFound, match="has not asked"):
        await town.do(interactions.reject_request, locked, hanako, town.now)


async def test_a_remote_request_is_answered_with_its_follow(
    town: Town, locked: ActorRecord, bob: ActorRecord
) -> None:
    await hear(town, bob, locked, "pending")
    await town.do(interactions.accept_request, locked, bob, town.now)
    (accept,) = await town.said()
    assert (accept.type, accept.to, accept.body["object"]["id"]) == (
        "Accept",
        ("bob",),
        f"{bob.iri}/follows/taro",
    )
    assert await town.count(subscriptions) == 1
    carol = await town.stranger("carol", "r.test")
    await hear(town, carol, locked, "pending")
    await town.do(interactions.reject_request, locked, carol, town.now)
    assert (await town.said())[-1].type == "Reject"
    assert await town.count(subscriptions) == 1


async def test_an_area_never_answers_by_hand(town: Town, area: AreaRecord, hanako: ActorRecord) -> None:
    await town.do(
        lambda tx: tx.execute(actors.update().where(actors.c.id == area.actor_id).values(locked=True))
    )
    made = await town.do(interactions.follow, hanako, await town.actor(area.iri), town.now)
    assert made.state == "accepted"


async def test_a_follower_is_removed_and_gets_nothing_more(
    town: Town, hanako: ActorRecord, taro: ActorRecord, bob: ActorRecord
) -> None:
    await hear(town, bob, hanako)
    await town.follow(taro, hanako)
    assert await town.do(interactions.remove_follower, hanako, bob, town.now)
    assert await town.do(interactions.remove_follower, hanako, taro, town.now)
    assert not await town.do(interactions.remove_follower, hanako, bob, town.now)
    (reject,) = await town.said()
    assert (reject.type, reject.to, reject.body["object"]["type"]) == ("Reject", ("bob",), "Follow")
    closed = await town.do(lambda tx: tx.execute(subscriptions.select()).one().closed)
    assert closed


async def test_a_block_ends_follows_both_ways_and_is_told(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await hear(town, alice, hanako)
    before = await town.last()
    for _ in range(2):
        await town.do(interactions.block, hanako, alice, town.now)
    said = await town.said(after=before)
    assert [each.type for each in said] == ["Undo", "Reject", "Block"]
    assert said[2].body["object"] == alice.iri
    assert (said[2].to, said[2].public) == (("alice",), False)
    found = await relation(town, hanako, alice)
    assert (found.blocking, found.following, found.followed_by) == (True, False, False)
    with pytest.raises(Refused, match="cannot follow"):
        await town.do(interactions.follow, alice, hanako, town.now)
    assert await town.do(interactions.unblock, hanako, alice, town.now)
    assert not await town.do(interactions.unblock, hanako, alice, town.now)
    undo = (await town.said(after=said[2].id))[0]
    assert (undo.type, undo.body["object"]["id"], undo.body["object"]["type"]) == (
        "Undo",
        said[2].iri,
        "Block",
    )


async def test_a_block_between_neighbours_is_told_to_nobody(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await town.follow(hanako, taro)
    await town.follow(taro, hanako)
    await town.do(interactions.block, hanako, taro, town.now)
    assert await town.said() == []
    assert await town.do(find_follow, (hanako.id, taro.id)) is None
    assert await town.do(find_follow, (taro.id, hanako.id)) is None


async def test_a_mute_lasts_as_long_as_it_should(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    await town.do(interactions.mute, hanako, taro, town.now, milliseconds=1_000)
    found = await relation(town, hanako, taro)
    assert (found.muting, found.muting_notifications, found.mutes_until) == (True, True, town.now + 1_000)
    await town.do(interactions.mute, hanako, taro, town.now, notifications=False)
    found = await relation(town, hanako, taro)
    assert (found.muting, found.muting_notifications, found.mutes_until) == (True, False, None)
    assert await town.do(interactions.unmute, hanako, taro)
    assert not await town.do(interactions.unmute, hanako, taro)
    with pytest.raises(Refused, match="before it begins"):
        await town.do(interactions.mute, hanako, taro, town.now, milliseconds=-1)


async def test_nobody_shuts_herself_out(town: Town, hanako: ActorRecord) -> None:
    for act in (interactions.block, interactions.mute, interactions.follow):
        with pytest.raises(Refused, match="themselves"):
            await town.do(act, hanako, hanako, town.now)
    with pytest.raises(Refused, match="where you live"):
        await town.do(interactions.block_host, hanako, hanako.host, town.now)


async def test_a_blocked_host_ends_follows_both_ways_in_parts(
    town: Town, hanako: ActorRecord, alice: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutting, "PARTED_AT_ONCE", 1)
    bob = await town.stranger("bob", "p.test")
    other = await town.stranger("carol", "r.test")
    for follower in (bob, other):
        await hear(town, follower, hanako)
    assert await town.do(interactions.block_host, hanako, " P.test ", town.now) == "p.test"
    rounds = 1
    while await town.do(shutting.part_from_host, hanako, "p.test", town.now):
        rounds += 1
    assert rounds == 3
    for one, target in ((hanako, alice), (bob, hanako)):
        assert await town.do(find_follow, (one.id, target.id)) is None
    assert await town.do(find_follow, (other.id, hanako.id)) is not None
    assert (await relation(town, hanako, alice)).domain_blocking
    assert await town.do(interactions.unblock_host, hanako, "p.test")
    assert not await town.do(interactions.unblock_host, hanako, "p.test")
    for wrong in ("a b", "x@y", ""):
        with pytest.raises(Refused, match="no host name"):
            await town.do(interactions.block_host, hanako, wrong, town.now)


async def test_a_host_let_in_again_meanwhile_keeps_its_follows(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await town.do(interactions.block_host, hanako, "p.test", town.now)
    await town.do(interactions.unblock_host, hanako, "p.test")
    assert await town.do(shutting.part_from_host, hanako, "p.test", town.now) is False
    assert await town.do(find_follow, (hanako.id, alice.id)) is not None
