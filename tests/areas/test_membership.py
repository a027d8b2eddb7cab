"""Membership: one home, joining follows, leaving unfollows, unfollowing ends nothing."""

import asyncio

import pytest

from actors.follows import find_follow
from actors.records import ActorRecord
from actors.standing import block_actor
from areas import interactions, membership
from areas.records import AreaRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hanako(rig: Rig, area: AreaRecord) -> ActorRecord:
    return await rig.resident("hanako")


async def follows(rig: Rig, actor: ActorRecord, area: AreaRecord) -> bool:
    return await rig.do(find_follow, (actor.id, area.actor_id)) is not None


async def test_joining_follows_and_leaving_unfollows(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    made = await rig.do(interactions.join, hanako, area, rig.now)
    assert (made.home, made.level, made.since) == (False, 0, rig.now)
    assert await follows(rig, hanako, area)
    assert await rig.do(membership.count, area.actor_id) == 1
    assert await rig.do(interactions.leave, hanako, area, rig.now)
    assert not await follows(rig, hanako, area)
    assert await rig.do(membership.find, hanako.id, area.actor_id) is None
    assert not await rig.do(interactions.leave, hanako, area, rig.now)


async def test_unfollowing_ends_no_membership_and_following_makes_none(
    rig: Rig, area: AreaRecord, hanako: ActorRecord
) -> None:
    group = await rig.actor(area.iri)
    await rig.do(interactions.join, hanako, area, rig.now)
    await rig.do(interactions.unfollow, hanako, group, rig.now)
    assert await rig.do(membership.find, hanako.id, area.actor_id) is not None
    taro = await rig.resident("taro")
    await rig.do(interactions.follow, taro, group, rig.now)
    assert await rig.do(membership.find, taro.id, area.actor_id) is None


async def test_joining_again_changes_no_date(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    first = await rig.do(interactions.join, hanako, area, rig.now)
    rig.pass_time()
    assert await rig.do(interactions.join, hanako, area, rig.now) == first


async def test_one_lives_in_one_place(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    other = await rig.area("kashiwagi")
    assert await rig.do(membership.find_home, hanako.id) is None
    await rig.do(interactions.join, hanako, area, rig.now, home=True)
    await rig.do(interactions.join, hanako, other, rig.now, home=True)
    homes = {each.area_id: each.home for each in await rig.do(membership.list_of, hanako.id)}
    assert homes == {other.actor_id: True, area.actor_id: False}
    found = await rig.do(membership.find_home, hanako.id)
    assert found is not None
    assert found.username == "kashiwagi"


async def test_two_moves_at_once_leave_one_home(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    others = [area, await rig.area("kashiwagi"), await rig.area("shimamatsu")]
    await asyncio.gather(*(rig.do(interactions.join, hanako, each, rig.now, home=True) for each in others))
    assert [each.home for each in await rig.do(membership.list_of, hanako.id)] == [True, False, False]


async def test_only_residents_of_this_node_are_members(
    rig: Rig, area: AreaRecord, alice: ActorRecord
) -> None:
    with pytest.raises(Refused, match="residents of this node"):
        await rig.do(interactions.join, alice, area, rig.now)


async def test_who_is_shut_out_cannot_join(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    await rig.ban(area, hanako)
    with pytest.raises(Refused, match="cannot follow"):
        await rig.do(interactions.join, hanako, area, rig.now)
    assert await rig.do(membership.find, hanako.id, area.actor_id) is None


async def test_whom_an_area_blocks_cannot_join(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    iri = Iri(f"{area.iri}/blocks/1")
    await rig.do(block_actor, iri=iri, actor_id=area.actor_id, target_id=hanako.id, now=rig.now)
    with pytest.raises(Refused, match="cannot follow"):
        await rig.do(interactions.join, hanako, area, rig.now)


async def test_nobody_is_a_member_of_endlessly_many(
    rig: Rig, area: AreaRecord, hanako: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "MOST_AREAS", 1)
    await rig.do(interactions.join, hanako, area, rig.now)
    with pytest.raises(Refused, match="member of 1 areas"):
        await rig.do(interactions.join, hanako, await rig.area("kashiwagi"), rig.now)


async def test_a_level_says_how_well_it_is_proved(rig: Rig, area: AreaRecord, hanako: ActorRecord) -> None:
    with pytest.raises(NotFound):
        await rig.do(membership.prove, hanako.id, area.actor_id, 1)
    await rig.do(interactions.join, hanako, area, rig.now)
    assert (await rig.do(membership.prove, hanako.id, area.actor_id, 2)).level == 2
    with pytest.raises(Refused, match="level 3"):
        await rig.do(membership.prove, hanako.id, area.actor_id, 3)
