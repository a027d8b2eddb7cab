"""Replies: stored in their threads, passed on in the activity dialect alone, adopted where the parent comes later."""

from dataclasses import replace

import pytest

from actors.follows import record_follow
from actors.records import ActorRecord
from areas import compose, timelines
from areas.boosts import wrap_iri
from areas.records import AreaRecord
from federation.vocabulary import Iri, Millis, Post
from outbox.records import ALERT
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def root(rig: Rig, area: AreaRecord, alice: ActorRecord) -> Post:
    """A boosted post of an area that servers of both dialects follow."""
    await rig.follower(area, "lem", "activity")
    await rig.follower(area, "mas", "object")
    root = rig.note(alice, "root", cc=(area.iri,))
    await rig.send(alice, root)
    return root


@pytest.fixture
async def bob(rig: Rig) -> ActorRecord:
    return await rig.stranger("bob", "q.test")


async def shown(rig: Rig, post: Post) -> list[str]:
    stored = await rig.stored(post.id)
    assert stored.thread_id is not None
    return [each.post.iri.rpartition("/")[2] for each in await rig.do(timelines.thread, stored.thread_id)]


async def test_a_reply_is_for_the_activity_dialect_alone(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    before = await rig.last()
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    assert await rig.send(bob, reply) == {}
    (wrap,) = await rig.said(after=before)
    assert (wrap.short, wrap.iri, wrap.to) == ("Announce{Create}/activity", wrap_iri(area, reply.id), ())
    assert wrap.thread == (await rig.said())[0].thread, "it never overtakes the root"
    assert await rig.placements(reply.id) == {}
    assert await shown(rig, root) == ["root", "reply"]


async def test_a_reply_that_names_an_area_is_never_boosted(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", cc=(area.iri,), mentions=(area.iri,), in_reply_to=root.id)
    assert await rig.send(bob, reply) == {}
    assert await rig.edit(bob, reply) == {}
    assert await rig.live(reply.id) == {}
    assert await rig.placements(reply.id) == {}


async def test_a_reply_to_the_unknown_that_names_an_area_is_never_boosted(
    rig: Rig, area: AreaRecord, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", cc=(area.iri,), in_reply_to=Iri("https://r.test/notes/1"))
    assert await rig.send(bob, reply) == {}
    assert (await rig.stored(reply.id)).thread_id is None
    assert await rig.said() == []


async def test_a_reply_to_the_unknown_that_names_nobody_is_not_stored(
    rig: Rig, area: AreaRecord, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=Iri("https://r.test/notes/1"))
    await rig.send(bob, reply)
    assert await rig.post(reply.id) is None


async def test_a_private_reply_is_not_passed_on(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    before = await rig.last()
    reply = rig.note(bob, "reply", to=(area.iri,), in_reply_to=root.id)
    await rig.send(bob, reply)
    assert await rig.said(after=before) == []
    assert await shown(rig, root) == ["root"]


async def test_replies_whose_parent_comes_later_are_adopted(
    rig: Rig, area: AreaRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """The grandchild first, then the child, then the root: all are of one thread, and passed on after it."""
    await rig.follower(area, "lem", "activity")
    root = rig.note(alice, "root", cc=(area.iri,), published=Millis(rig.now - 3))
    child = rig.note(bob, "child", cc=(area.iri,), in_reply_to=root.id, published=Millis(rig.now - 2))
    grandchild = rig.note(
        bob, "grandchild", cc=(area.iri,), in_reply_to=child.id, published=Millis(rig.now - 1)
    )
    await rig.send(bob, grandchild)
    await rig.send(bob, child)
    assert await rig.said() == []
    await rig.send(alice, root)
    stored = [await rig.stored(each.id) for each in (root, child, grandchild)]
    assert {each.thread_id for each in stored} == {stored[0].id}
    assert [each.in_reply_to_id for each in stored] == [None, stored[0].id, stored[1].id]
    assert await shown(rig, root) == ["root", "child", "grandchild"]
    wraps = [each.object_iri for each in await rig.said() if each.dialect == "activity"]
    assert wraps == [root.id, child.id, grandchild.id]


async def test_a_late_link_of_the_chain_brings_what_hangs_on_it(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    before = await rig.last()
    link = rig.note(bob, "link", in_reply_to=root.id)
    leaf = rig.note(bob, "leaf", cc=(area.iri,), in_reply_to=link.id)
    await rig.send(bob, leaf)
    assert await rig.said(after=before) == []
    await rig.send(bob, link)
    assert [each.object_iri for each in await rig.said(after=before)] == [link.id, leaf.id]
    assert sorted(await shown(rig, root)) == ["leaf", "link", "root"]


async def test_posts_that_answer_each_other_belong_to_no_thread(
    rig: Rig, area: AreaRecord, bob: ActorRecord
) -> None:
    first = rig.note(bob, "first", cc=(area.iri,), in_reply_to=Iri("https://q.test/notes/second"))
    second = rig.note(bob, "second", cc=(area.iri,), in_reply_to=first.id)
    itself = rig.note(bob, "itself", cc=(area.iri,), in_reply_to=Iri("https://q.test/notes/itself"))
    for note in (first, second, itself):
        await rig.send(bob, note)
        assert (await rig.stored(note.id)).thread_id is None
    assert (await rig.stored(itself.id)).in_reply_to_id is None
    assert await rig.said() == []


async def test_replies_to_a_held_post_are_passed_on_when_it_is_approved(
    rig: Rig, alice: ActorRecord, bob: ActorRecord
) -> None:
    area = await rig.area("shimamatsu", policy="review")
    await rig.follower(area, "lem", "activity")
    root = rig.note(alice, "root", cc=(area.iri,))
    await rig.send(alice, root)
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    before = await rig.last()
    await rig.decide("approve", (await rig.placements(root.id))["shimamatsu"])
    wraps = [each.object_iri for each in await rig.said(after=before) if each.dialect == "activity"]
    assert wraps == [root.id, reply.id]


async def test_an_edited_reply_follows_the_reply(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    wrap = (await rig.said())[-1]
    await rig.edit(bob, replace(reply, content="<p>new</p>"))
    relayed = (await rig.said())[-1]
    assert (relayed.short, relayed.concerns) == ("Announce{Update}/activity", wrap.id)
    assert (await rig.stored(reply.id)).content == "<p>new</p>"


async def test_a_deleted_reply_goes_from_where_it_went(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    wrap = (await rig.said())[-1]
    await rig.delete(bob, reply.id)
    removal = (await rig.said())[-1]
    assert (removal.short, removal.concerns, removal.cancels) == ("Announce{Delete}/activity", wrap.id, True)
    assert removal.body["object"]["actor"] == bob.iri
    assert await shown(rig, root) == ["root"]


async def test_a_reply_that_is_narrowed_goes_too(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    await rig.edit(bob, replace(reply, to=()))
    removal = (await rig.said())[-1]
    assert (removal.short, removal.cancels) == ("Announce{Delete}/activity", True)
    assert removal.body["object"]["actor"].endswith("_desk")


async def test_a_reply_outlives_its_root_and_can_still_be_deleted(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    wrap = (await rig.said())[-1]
    await rig.delete(alice, root.id)
    assert (await rig.stored(reply.id)).is_shown
    before = await rig.last()
    await rig.delete(bob, reply.id)
    (removal,) = await rig.said(after=before)
    assert (removal.concerns, removal.cancels) == (wrap.id, True)


async def test_a_reply_to_a_deleted_reply_is_still_of_the_thread(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id)
    await rig.send(bob, reply)
    await rig.delete(bob, reply.id)
    answer = rig.note(bob, "answer", in_reply_to=reply.id)
    await rig.send(bob, answer)
    assert await shown(rig, root) == ["root", "answer"]


async def test_replies_of_the_limited_are_neither_shown_nor_passed_on(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    await rig.judge(bob, "limited")
    before = await rig.last()
    await rig.send(bob, rig.note(bob, "reply", in_reply_to=root.id))
    assert await rig.said(after=before) == []
    assert await shown(rig, root) == ["root"]


async def test_replies_of_the_banned_are_not_of_the_thread(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    await rig.ban(area, bob)
    before = await rig.last()
    unnoticed = rig.note(bob, "unnoticed", in_reply_to=root.id)
    await rig.send(bob, unnoticed)
    assert await rig.post(unnoticed.id) is None
    naming = rig.note(bob, "naming", cc=(area.iri,), in_reply_to=root.id)
    await rig.send(bob, naming)
    assert (await rig.stored(naming.id)).thread_id is None
    assert await rig.said(after=before) == []


async def test_a_ban_that_is_over_or_from_one_of_two_areas_leaves_the_thread_open(
    rig: Rig, area: AreaRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    other = await rig.area("shimamatsu")
    await rig.follower(area, "lem", "activity")
    await rig.follower(other, "pie", "activity")
    root = rig.note(alice, "root", cc=(area.iri, other.iri))
    await rig.send(alice, root)
    await rig.ban(area, bob, until=rig.now - 1)
    await rig.ban(other, bob)
    before = await rig.last()
    await rig.send(bob, rig.note(bob, "reply", in_reply_to=root.id))
    assert [each.by for each in await rig.said(after=before)] == ["megumino"]
    assert await shown(rig, root) == ["root", "reply"]


async def test_everything_in_the_thread_of_an_alert_is_in_its_lane(
    rig: Rig, area: AreaRecord, bob: ActorRecord
) -> None:
    await rig.follower(area, "lem", "activity")
    alert = await rig.resident("eniwa_alert", "alert")
    post, placed = await rig.publish(alert, "【レベル4 大雨危険警報】恵庭市", area)
    assert placed == {"megumino": "accepted official"}
    reply = rig.note(bob, "reply", in_reply_to=post.iri)
    await rig.send(bob, reply)
    hanako = await rig.resident("hanako")
    await rig.publish(hanako, "避難しました", in_reply_to=post.iri)
    await rig.edit(bob, reply)
    await rig.delete(bob, reply.id)
    assert {(each.lane, each.thread) for each in await rig.said()} == {(ALERT, f"thread:{post.id}")}


async def test_an_alert_actors_reply_elsewhere_is_no_alert(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: Post
) -> None:
    alert = await rig.resident("eniwa_alert", "alert")
    await rig.publish(alert, "確認しました", in_reply_to=root.id)
    assert ALERT not in {each.lane for each in await rig.said()}


async def test_a_local_reply_goes_to_its_parents_author_and_to_the_activity_dialect(
    rig: Rig, area: AreaRecord, alice: ActorRecord, root: Post
) -> None:
    hanako = await rig.resident()
    before = await rig.last()
    reply, placed = await rig.publish(hanako, "きれいですね", in_reply_to=root.id)
    create, wrap = await rig.said(after=before)
    assert (placed, create.to) == ({}, ("alice",))
    assert create.body["object"]["inReplyTo"] == root.id
    assert {"type": "Mention", "href": alice.iri, "name": "@alice@p.test"} in create.body["object"]["tag"]
    assert (wrap.short, wrap.by, wrap.body["object"]["id"]) == (
        "Announce{Create}/activity",
        "megumino",
        create.iri,
    )
    edited = await rig.rewrite(reply, "とてもきれいですね")
    update, relayed = (await rig.said(after=before))[2:]
    assert (update.to, relayed.concerns) == (("alice",), wrap.id)
    assert update.body["object"]["tag"], "who is answered is still named"
    await rig.do(compose.delete, edited.id, rig.now)
    delete, removal = (await rig.said(after=before))[4:]
    assert (delete.type, delete.to) == ("Delete", ("alice",))
    assert (removal.concerns, removal.cancels) == (wrap.id, True)


async def test_a_reply_is_later_than_its_parent_whatever_its_clock_says(
    rig: Rig, area: AreaRecord, root: Post, bob: ActorRecord
) -> None:
    reply = rig.note(bob, "reply", in_reply_to=root.id, published=Millis(rig.now - 10**9))
    await rig.send(bob, reply)
    stored = await rig.stored(reply.id)
    assert stored.id > (await rig.stored(root.id)).id
    assert stored.published_at == rig.now - 10**9
    assert await shown(rig, root) == ["root", "reply"]


async def test_a_reply_in_a_followed_thread_elsewhere_is_kept_without_an_area(
    rig: Rig, area: AreaRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    hanako = await rig.resident()
    iri = Iri(f"{hanako.iri}/activities/follow-1")
    await rig.do(record_follow, iri=iri, follower=hanako, target=alice, state="accepted", now=rig.now)
    root = rig.note(alice, "root")
    await rig.send(alice, root)
    await rig.send(bob, rig.note(bob, "reply", in_reply_to=root.id))
    assert await rig.said() == []
    assert await shown(rig, root) == ["root", "reply"]
