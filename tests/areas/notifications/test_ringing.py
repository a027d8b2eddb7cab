"""Who is told of what, once, with its effect; and what is taken back."""

from dataclasses import replace

import pytest

from actors.records import ActorRecord
from actors.standing import set_standing
from actors.tables import actors, mutes
from areas import compose, interactions, reactions, shares
from areas.notifications import Event, requests, ring
from areas.notifications.tables import conversations, notifications
from areas.records import AreaRecord, Draft
from federation.vocabulary import PUBLIC, Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


async def test_a_mention_rings_for_people_here_alone(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    note = town.note(alice, "hello", cc=(hanako.iri, area.iri, "https://x.test/u"), mentions=(hanako.iri,))
    await town.send(alice, note)
    await town.publish(taro, "@hanako @alice@p.test hi")
    assert await town.told(hanako) == ["mention taro: @hanako @alice hi", "mention alice: hello"]
    assert await town.told(taro) == []
    assert await town.count(notifications) == 2


async def test_nobody_is_told_by_herself(town: Town, hanako: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "@hanako")
    await town.do(interactions.favourite, hanako, post.id, town.now)
    await town.do(interactions.boost, hanako, post.id, town.now)
    assert await town.told(hanako) == []


async def test_a_reply_rings_for_whom_it_answers(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "post")
    await town.publish(taro, "answer", in_reply_to=post.iri)
    assert await town.told(hanako) == ["mention taro: answer"]


async def test_what_waits_for_an_area_rings_when_it_is_out(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    post, _ = await town.publish(hanako, "@taro hi", strict)
    assert await town.told(taro) == []
    await town.decide("approve", (await town.placements(post.iri))["shimamatsu"])
    assert await town.told(taro) == ["mention hanako: @taro hi"]
    assert await town.told(hanako) == ["reblog shimamatsu: @taro hi"]


async def test_what_is_for_members_rings_for_members_alone_and_once(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    jiro = await town.resident("jiro")
    for member in (hanako, taro):
        await town.do(interactions.join, member, strict, town.now)
    draft = Draft(hanako.id, "@taro @jiro for us", visibility="private", members_of=strict.actor_id)
    post, _ = await town.do(compose.publish, draft, town.now)
    for act in ("approve", "remove", "restore"):
        await town.decide(act, (await town.placements(post.iri))["shimamatsu"])
    reply = Draft(taro.id, "はい", in_reply_to=post.iri, visibility="private")
    await town.do(compose.publish, reply, town.now)
    assert await town.told(taro) == ["mention hanako: @taro @jiro for us"]
    assert await town.told(jiro) == []
    assert await town.told(hanako) == ["mention taro: はい"]


async def test_likes_boosts_and_follows_ring_and_are_taken_back(
    town: Town, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "post")
    await town.do(interactions.favourite, taro, post.id, town.now)
    await town.do(interactions.boost, taro, post.id, town.now)
    await town.do(interactions.follow, taro, hanako, town.now)
    like = Iri("https://p.test/likes/1")
    await town.do(reactions.record, actor=alice, iri=like, object_iri=post.iri, kind="Like", now=town.now)
    await town.do(
        reactions.record, actor=alice, iri=like, object_iri=post.iri, kind="EmojiReact", now=town.now
    )
    assert await town.told(hanako) == [
        "favourite alice: post",
        "follow taro",
        "reblog taro: post",
        "favourite taro: post",
    ]
    for _ in range(2):  # again rings no more
        await town.do(interactions.favourite, taro, post.id, town.now)
        await town.do(interactions.boost, taro, post.id, town.now)
    assert len(await town.told(hanako)) == 4
    await town.do(reactions.undo, actor=alice, iri=like)
    await town.do(interactions.unfavourite, taro, post.id, town.now)
    await town.do(interactions.unboost, taro, post.id, town.now)
    assert await town.told(hanako) == ["follow taro"]


async def test_an_areas_boost_rings_once_and_counts_for_nothing(
    town: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "post", area)
    placement = (await town.placements(post.iri))["megumino"]
    for act in ("remove", "restore"):
        await town.decide(act, placement)
        placement = (await town.placements(post.iri))["megumino"]
    assert await town.told(hanako) == ["reblog megumino: post"]
    assert await town.do(shares.count, post.id) == 0


async def test_who_asked_for_every_post_hears_of_each_once(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    """Of an author, and of an area; where one goes on, but not of answers to others, nor of messages."""
    await town.follow(hanako, alice, notify=True)
    await town.follow(hanako, area, notify=True)
    await town.follow(hanako, taro, notify=True)
    await town.send(alice, town.note(alice, "to-the-area", cc=(area.iri,)))
    await town.send(alice, town.note(alice, "alone"))
    root, _ = await town.publish(taro, "root", area)
    await town.publish(taro, "goes on", in_reply_to=root.iri)
    own = town.note(alice, "alone-goes-on", in_reply_to="https://p.test/notes/alone")
    await town.send(alice, own)
    await town.send(alice, town.note(alice, "answer", in_reply_to=root.iri))
    await town.publish(taro, "message", visibility="direct")
    bob = await town.stranger("bob", "q.test")
    await town.send(bob, town.note(bob, "through-the-area", cc=(area.iri,)))
    assert await town.told(hanako) == [
        "status megumino: through-the-area",
        "status alice: alone-goes-on",
        "status taro: goes on",
        "status taro: root",
        "status alice: alone",
        "status alice: to-the-area",
    ]


async def test_an_approved_post_rings_for_who_hears_of_the_area(
    town: Town, hanako: ActorRecord, bob: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    await town.follow(hanako, strict, notify=True)
    await town.send(bob, town.note(bob, "post", cc=(strict.iri,)))
    assert await town.told(hanako) == []
    await town.decide("approve", (await town.placements("https://q.test/notes/post"))["shimamatsu"])
    assert await town.told(hanako) == ["status shimamatsu: post"]


async def test_an_edit_rings_for_who_boosted_it_where_it_reads_differently(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    note = town.note(alice, "post", cc=(area.iri,))
    await town.send(alice, note)
    stored = await town.stored(note.id)
    await town.do(interactions.boost, taro, stored.id, town.now)
    await town.edit(alice, note)
    assert await town.told(taro) == []
    await town.edit(alice, replace(note, content="<p>other</p>"))
    own, _ = await town.publish(hanako, "own")
    await town.do(interactions.boost, taro, own.id, town.now)
    await town.rewrite(own, "changed")
    assert await town.told(taro) == ["update hanako: changed", "update alice: other"]


async def test_the_blocked_the_muted_and_blocked_hosts_ring_nothing(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    carol = await town.stranger("carol", "r.test")
    dave = await town.stranger("dave", "s.test")
    await town.do(interactions.block, hanako, alice, town.now)
    await town.do(interactions.mute, hanako, bob, town.now)
    await town.do(interactions.mute, hanako, dave, town.now, notifications=False)
    await town.do(interactions.block_host, hanako, "r.test", town.now)
    for author in (alice, bob, carol, dave):
        note = town.note(author, author.username, to=(PUBLIC, hanako.iri), cc=(area.iri,))
        await town.send(author, note)
    assert await town.told(hanako) == ["mention dave: dave"]
    town.pass_time()
    await town.insert(mutes, actor_id=taro.id, target_id=bob.id, until=town.now, created_at=town.now)
    await town.send(bob, town.note(bob, "later", cc=(taro.iri,)))
    assert await town.told(taro) == ["mention bob: later"], "that mute has ended"


async def test_a_muted_thread_rings_no_bell(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "post")
    await town.do(interactions.mute_thread, hanako, post.id, town.now)
    await town.publish(taro, "answer", in_reply_to=post.iri)
    await town.do(interactions.favourite, taro, post.id, town.now)
    await town.do(interactions.follow, taro, hanako, town.now)
    assert await town.told(hanako) == ["follow taro"]
    await town.do(interactions.unmute_thread, hanako, post.id, town.now)
    await town.publish(taro, "again", in_reply_to=post.iri)
    assert await town.told(hanako) == ["mention taro: again", "follow taro"]


async def test_messages_of_strangers_wait_answers_to_ones_own_do_not(
    town: Town, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.send(bob, town.note(bob, "unasked", to=(hanako.iri,)))
    assert await town.told(hanako) == []
    assert await town.told(hanako, filtered=True) == ["mention bob: unasked"]
    mine, _ = await town.publish(hanako, "@bob@q.test", visibility="direct")
    await town.send(bob, town.note(bob, "answer", to=(hanako.iri,), in_reply_to=mine.iri))
    assert await town.told(hanako) == ["mention bob: answer"]
    reader = town.reader(hanako)
    (waiting,) = (await town.do(requests.page, reader)).items
    assert (waiting.sender.username, waiting.count) == ("bob", 1)
    assert waiting.last is not None
    assert await town.do(requests.count, reader) == (1, 1)
    await town.do(requests.accept, reader, [bob.id])
    assert await town.do(requests.count, reader) == (0, 0)
    await town.send(bob, town.note(bob, "once more", to=(hanako.iri,)))
    assert len(await town.told(hanako)) == 3


async def test_strangers_who_name_many_wait_until_an_area_has_taken_something(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    bob = await town.stranger("bob", "q.test")
    crowd = (taro.iri, *(f"https://x.test/u{number}" for number in range(3)))
    few = town.note(bob, "few", cc=(area.iri, *crowd[:3]), mentions=crowd[:3])
    many = town.note(bob, "many", cc=(area.iri, *crowd), mentions=crowd)
    await town.send(bob, many)
    assert await town.told(taro) == []
    assert (await town.do(requests.count, town.reader(taro)))[0] == 1
    await town.send(bob, few)
    assert await town.told(taro) == ["mention bob: few"]
    await town.send(bob, replace(many, id=Iri("https://q.test/notes/again")))
    await town.do(ring, taro.id, Event("follow", bob), town.now)
    assert (await town.told(taro))[1:] == ["mention bob: many", "mention bob: few"]
    await town.do(set_standing, bob.id, "suspended", reason="", now=town.now)
    assert await town.told(taro) == []
    assert (await town.do(requests.count, town.reader(taro)))[0] == 0


async def test_what_waits_is_put_away_and_waits_again(
    town: Town, hanako: ActorRecord, bob: ActorRecord
) -> None:
    reader = town.reader(hanako)
    for slug in ("one", "two"):
        await town.send(bob, town.note(bob, slug, to=(hanako.iri,)))
        found = await town.do(requests.find, reader, bob.id)
        assert found.count == 1
        await town.do(requests.dismiss, reader, [bob.id])
        assert (await town.do(requests.page, reader)).items == ()


async def test_nothing_rings_for_what_may_not_be_read(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await town.follow(taro, hanako, notify=True)
    await town.do(interactions.join, hanako, area, town.now)
    draft = Draft(hanako.id, "for us", visibility="private", members_of=area.actor_id)
    await town.do(compose.publish, draft, town.now)
    assert await town.count(notifications) == 1, "of the follow alone"
    await town.publish(hanako, "private", visibility="private")
    assert await town.told(taro) == ["status hanako: private"]


async def test_notifications_end_with_the_post(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "@taro")
    await town.do(compose.delete, post.id, town.now)
    assert await town.count(notifications) == 0


async def test_new_followers_of_who_answers_by_hand_ask(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    await town.do(lambda tx: tx.execute(actors.update().where(actors.c.id == hanako.id).values(locked=True)))
    locked = await town.actor(hanako.iri)
    await town.do(interactions.follow, taro, locked, town.now)
    assert await town.told(hanako) == ["follow_request taro"]
    await town.do(interactions.accept_request, locked, taro, town.now)
    assert await town.told(hanako) == ["follow taro"]


async def test_messages_make_conversations(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    first, _ = await town.publish(hanako, "@taro hi", visibility="direct")
    await town.publish(taro, "hello", visibility="direct", in_reply_to=first.iri)
    await town.publish(hanako, "public @taro")
    assert await town.count(conversations) == 2
