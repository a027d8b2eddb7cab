"""Who follows somebody that has moved follows her there, with flags and lists; who had shut her out still does."""

import pytest

from actors.follows import accept, find_follow
from actors.records import ActorRecord
from actors.relations import relate
from actors.standing import block_actor
from areas import interactions, registry
from areas.bans import is_banned
from areas.interactions import moving
from areas.lists import own
from areas.lists.own import ListRecord
from areas.moderation import banning
from areas.records import AreaRecord
from areas.zones import agreements
from areas.zones.records import Terms
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


async def test_who_shut_the_new_account_out_does_not_follow_it(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    taro, new = await town.resident("taro"), await town.stranger("alice2", "r.test")
    await town.do(interactions.block, hanako, new, town.now)
    await town.do(interactions.block_host, taro, "r.test", town.now)
    for follower in (hanako, taro):
        await town.follow(follower, alice)
    assert await town.do(moving.follow_along, alice, new, town.now) is False
    for follower in (hanako, taro):
        assert await town.do(find_follow, (follower.id, alice.id)) is None
        assert await town.do(find_follow, (follower.id, new.id)) is None


async def test_a_ban_goes_along_and_a_role_does_not(
    town: Town, area: AreaRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """Nobody gets rid of a ban by moving, nor hands a role to an account that others control."""
    new, newer = await town.stranger("alice2", "r.test"), await town.stranger("bob2", "r.test")
    await town.do(banning.ban, area, alice, reason="spam", until=None, now=town.now)
    await town.do(registry.grant_role, bob.id, "moderator", area_id=area.actor_id, until=None, now=town.now)
    for old, other in ((alice, new), (bob, newer)):
        await town.do(moving.follow_along, old, other, town.now)
    assert await town.do(is_banned, area_id=area.actor_id, actor_id=new.id, now=town.now)
    assert not await town.do(is_banned, area_id=area.actor_id, actor_id=newer.id, now=town.now)
    assert not await town.do(registry.may_moderate, newer.id, area.actor_id, town.now)


async def test_what_was_agreed_on_is_asked_for_anew(town: Town, area: AreaRecord) -> None:
    """No agreement moves by itself: the same terms are asked for, and people answer."""
    old = await town.stranger("chitose", "o.test", type="Group")
    new = await town.stranger("chitose", "r.test", type="Group")
    terms = Terms(Iri("https://zone.test/areas/ken"), ("alert",), 7)
    asked = await town.do(agreements.ask, area, old, terms, town.now)
    await town.do(agreements.answered, asked.iri, "accept", town.now)
    follow = await town.do(find_follow, (area.actor_id, old.id))
    assert follow is not None
    await town.do(accept, iri=follow.iri, follower_id=area.actor_id, target_id=old.id, now=town.now)
    before = await town.last()
    await town.do(moving.follow_along, old, new, town.now)
    ended = await town.do(agreements.find, area.actor_id, old.id, "in")
    begun = await town.do(agreements.find, area.actor_id, new.id, "in")
    assert ended is not None
    assert begun is not None
    assert (ended.state, begun.state, begun.terms) == ("ended", "requested", terms)
    said = await town.said(after=before)
    assert [each.type for each in said] == ["Undo", "Follow"]
    assert said[1].body["peering"]["accepts"] == ["alert"]
