"""Who may read what: every kind of post, as each kind of reader."""

import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import block_actor
from actors.tables import domain_blocks
from areas import interactions
from areas.records import AreaRecord, PostRecord
from areas.tables import posts
from federation.vocabulary import PUBLIC, Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    """Another resident, who follows nobody."""
    return await town.resident("taro")


async def close(town: Town, post: PostRecord, area: AreaRecord) -> None:
    """Make a post that stands in an area one for its members."""
    values = {"visibility": "private", "members_of": area.actor_id, "log_id": None}
    await town.do(lambda tx: tx.execute(sa.update(posts).where(posts.c.id == post.id).values(values)))


async def test_public_and_unlisted_are_for_anyone(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    public = town.note(alice, "public")
    unlisted = town.note(alice, "unlisted", to=(str(alice.followers),), cc=(PUBLIC,))
    for post in (public, unlisted):
        await town.send(alice, post)
        for reader in (None, hanako, taro):
            assert await town.may_read(reader, post)


async def test_private_is_for_accepted_followers_and_whom_it_names(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    jiro = await town.resident("jiro")
    post = town.note(alice, "private", to=(str(alice.followers),), cc=(jiro.iri,))
    await town.send(alice, post)
    assert [await town.may_read(reader, post) for reader in (hanako, jiro, taro, None)] == [
        True,
        True,
        False,
        False,
    ]


async def test_a_follow_that_waits_opens_nothing(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    await town.do(interactions.follow, taro, alice, town.now)
    post = town.note(alice, "private", to=(str(alice.followers),))
    await town.send(alice, post)
    assert not await town.may_read(taro, post)


async def test_direct_is_for_whom_it_names_not_for_followers(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    post = town.note(alice, "direct", to=(taro.iri,))
    await town.send(alice, post)
    assert [await town.may_read(reader, post) for reader in (taro, hanako, None)] == [True, False, False]


async def test_what_is_for_members_is_for_those_of_that_area_while_it_stands_there(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    """Neither a follower of its author, nor one who follows the area, nor one who is named."""
    other = await town.area("kashiwagi")
    jiro = await town.resident("jiro")
    await town.do(interactions.join, hanako, area, town.now)
    await town.do(interactions.join, taro, other, town.now)
    await town.follow(taro, area)
    writer = await town.resident("saburo")
    await town.follow(taro, writer)
    post, _ = await town.publish(writer, f"@{jiro.username}@{jiro.host} for us", area)
    await close(town, post, area)
    readers = (writer, hanako, taro, jiro, None)
    assert [await town.may_read(each, post) for each in readers] == [True, True, False, False, False]
    placement = (await town.placements(post.iri))["megumino"]
    await town.decide("remove", placement)
    assert [await town.may_read(each, post) for each in readers] == [True, False, False, False, False]


async def test_who_leaves_an_area_reads_no_more_of_its_members(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await town.do(interactions.join, hanako, area, town.now)
    post, _ = await town.publish(taro, "for us", area)
    await close(town, post, area)
    await town.do(interactions.leave, hanako, area, town.now)
    assert not await town.may_read(hanako, post)


async def test_who_is_blocked_by_the_author_reads_nothing_of_hers(
    town: Town, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    post = town.note(alice, "public")
    await town.send(alice, post)
    iri = Iri(f"{alice.iri}/blocks/1")
    await town.do(block_actor, iri=iri, actor_id=alice.id, target_id=hanako.id, now=town.now)
    assert [await town.may_read(each, post) for each in (hanako, taro, None)] == [False, True, True]


async def test_my_own_block_hides_at_home_what_i_may_still_look_up(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post = town.note(alice, "public")
    await town.send(alice, post)
    iri = Iri(f"{hanako.iri}/blocks/1")
    await town.do(block_actor, iri=iri, actor_id=hanako.id, target_id=alice.id, now=town.now)
    assert await town.at_home(hanako) == []
    assert await town.may_read(hanako, post)


async def test_a_blocked_host_is_not_seen_even_where_an_area_boosts(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await town.send(bob, town.note(bob, "post", cc=(area.iri,)))
    assert await town.at_home(hanako) == ["megumino: post"]
    row = {"actor_id": hanako.id, "host": bob.host, "created_at": town.now}
    await town.do(lambda tx: tx.execute(sa.insert(domain_blocks).values(row)))
    assert await town.at_home(hanako) == []


async def test_nothing_of_the_suspended_the_gone_and_the_deleted(
    town: Town, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord, area: AreaRecord
) -> None:
    by_alice, deleted = town.note(alice, "by-alice"), town.note(alice, "deleted")
    for post in (by_alice, deleted):
        await town.send(alice, post)
    await town.delete(alice, deleted.id)
    assert not await town.may_read(hanako, deleted)
    assert await town.may_read(hanako, by_alice)
    await town.judge(alice, "suspended")
    assert not await town.may_read(hanako, by_alice)


async def test_replies_of_the_limited_are_for_their_followers(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, taro: ActorRecord
) -> None:
    root, _ = await town.publish(taro, "root", area)
    reply = town.note(alice, "reply", in_reply_to=root.iri)
    await town.send(alice, reply)
    await town.judge(alice, "limited")
    assert [await town.may_read(each, reply) for each in (hanako, taro, None)] == [True, False, False]


async def test_what_waits_for_an_area_is_its_authors_alone(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    area = await town.area("shimamatsu", policy="review")
    post, placed = await town.publish(hanako, "waiting", area)
    assert placed == {"shimamatsu": "held review"}
    await town.follow(taro, hanako)
    assert [await town.may_read(each, post) for each in (hanako, taro, None)] == [True, False, False]
    assert await town.at_home(taro) == []
    assert await town.at_home(hanako) == ["waiting"]
