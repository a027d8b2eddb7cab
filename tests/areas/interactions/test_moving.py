"""Who follows somebody that has moved follows her there, with flags and lists; who had shut her out still does."""

import pytest

from actors.follows import find_follow
from actors.records import ActorRecord
from actors.relations import relate
from actors.standing import block_actor
from areas import interactions
from areas.interactions import moving
from areas.lists import own
from areas.lists.own import ListRecord
from areas.records import AreaRecord
from federation.vocabulary import Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def test_followers_go_along_in_parts(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "MOVED_AT_ONCE", 1)
    taro = await town.resident("taro")
    new = await town.stranger("alice2", "r.test")
    await town.follow(hanako, alice, notify=True, reblogs=False)
    await town.follow(taro, alice)
    made = await town.do(own.create, hanako, ListRecord(0, 0, "friends"), town.now)
    await town.do(own.add, made, [alice.id], town.now)
    before = await town.last()
    rounds = 1
    while await town.do(moving.follow_along, alice, new, town.now):
        rounds += 1
    assert rounds == 3
    for follower, flags in ((hanako, (False, True)), (taro, (True, False))):
        assert await town.do(find_follow, (follower.id, alice.id)) is None
        follow = await town.do(find_follow, (follower.id, new.id))
        assert follow is not None
        assert (follow.state, follow.reblogs, follow.notify) == ("pending", *flags)
    assert sorted(each.type for each in await town.said(after=before)) == ["Follow", "Follow", "Undo", "Undo"]
    assert [each.id for each in (await town.do(own.members, made)).items] == [new.id]


async def test_who_shut_her_out_does_so_there(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    taro = await town.resident("taro")
    new = await town.stranger("bob2", "r.test")
    await town.do(interactions.block, hanako, bob, town.now)
    await town.do(interactions.mute, taro, bob, town.now, notifications=False)
    assert await town.do(moving.follow_along, bob, new, town.now) is False
    assert (await town.do(relate, hanako.id, [new.id], town.now))[new.id].blocking
    found = (await town.do(relate, taro.id, [new.id], town.now))[new.id]
    assert (found.muting, found.muting_notifications) == (True, False)


async def test_where_one_is_unwelcome_the_old_follow_ends_all_the_same(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    new = await town.stranger("alice2", "r.test")
    iri = Iri(f"{new.iri}/blocks/1")
    await town.do(block_actor, iri=iri, actor_id=new.id, target_id=hanako.id, now=town.now)
    assert await town.do(moving.follow_along, alice, new, town.now) is False
    assert await town.do(find_follow, (hanako.id, alice.id)) is None
    assert await town.do(find_follow, (hanako.id, new.id)) is None
