"""What is known of a post: counts, what the reader did, whom it names, who brought it; and ids of three kinds."""

import pytest

from actors.records import ActorRecord
from areas import reactions
from areas.personal_tables import bookmarks, pins, thread_mutes
from areas.reading import statuses
from areas.reading.statuses import Mine, Seen
from areas.records import AreaRecord
from federation.vocabulary import Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def see(town: Town, reader: ActorRecord | None, iri: str) -> Seen:
    stored = await town.stored(iri)
    found = await town.do(statuses.load, None if reader is None else town.reader(reader), [stored.id])
    return found[stored.id]


async def test_counts_are_of_people_and_of_what_anyone_may_read(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """The area's own boost, a Group's, a private answer and a deleted one count for nothing."""
    post, _ = await town.publish(hanako, "post", area)
    group = await town.stranger("machi", "g.test", type="Group")
    for actor in (alice, bob, group):
        await town.share(actor, post)
    like = Iri("https://p.test/likes/1")
    await town.do(reactions.record, actor=alice, iri=like, object_iri=post.iri, kind="Like", now=town.now)
    for slug, to in (("open", None), ("closed", hanako.iri), ("deleted", None)):
        values = {"to": (to,)} if to else {}
        await town.send(alice, town.note(alice, slug, in_reply_to=post.iri, **values))
    await town.delete(alice, "https://p.test/notes/deleted")
    seen = await see(town, None, post.iri)
    assert (seen.replies, seen.favourites, seen.shares) == (1, 1, 2)


async def test_what_the_reader_did_is_hers_alone(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    taro = await town.resident("taro")
    post, _ = await town.publish(taro, "post", area)
    like = Iri(f"{hanako.iri}/likes/1")
    await town.do(reactions.record, actor=hanako, iri=like, object_iri=post.iri, kind="Like", now=town.now)
    await town.share(hanako, post)
    for table in (bookmarks, pins):
        await town.insert(table, actor_id=hanako.id, post_id=post.id, id=1)
    await town.insert(thread_mutes, actor_id=hanako.id, thread_id=post.id, created_at=town.now)
    assert (await see(town, hanako, post.iri)).mine == Mine(
        favourited=True, shared=True, bookmarked=True, muted=True, pinned=True
    )
    assert (await see(town, taro, post.iri)).mine == Mine()
    assert (await see(town, None, post.iri)).mine == Mine()


async def test_mentions_stand_in_order_and_whom_it_answers_is_known(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "post", area)
    reply = town.note(
        alice, "reply", in_reply_to=post.iri, mentions=(hanako.iri, area.iri, "https://x.test/u")
    )
    await town.send(alice, reply)
    seen = await see(town, hanako, reply.id)
    assert [each.username for each in seen.mentions] == ["hanako", "megumino"]
    assert seen.answered_id == hanako.id
    assert seen.author == alice


async def test_three_kinds_of_ids_find_their_status(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "post", area)
    share = await town.share(alice, post)
    position = (await town.placements(post.iri))["megumino"].position
    assert position is not None
    for status_id, via in ((post.id, None), (share, "alice"), (position, "megumino")):
        for reader in (None, town.reader(hanako)):
            found = await town.do(statuses.find, reader, status_id)
            assert found is not None
            assert (found.id, found.seen.post.id) == (status_id, post.id)
            assert (found.via.username if found.via else None) == via
    assert await town.do(statuses.find, None, post.id + 2) is None
    assert await town.do(statuses.find, None, share + 4) is None


async def test_a_boost_for_followers_is_found_by_them_alone(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    taro = await town.resident("taro")
    post, _ = await town.publish(taro, "post", area)
    share = await town.share(alice, post, "private")
    found = [
        await town.do(statuses.find, reader, share)
        for reader in (town.reader(hanako), town.reader(taro), None)
    ]
    assert [each is not None for each in found] == [True, False, False]


async def test_what_a_suspended_actor_boosted_is_not_found_by_its_id(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "post", area)
    share = await town.share(alice, post)
    await town.judge(alice, "suspended")
    assert await town.do(statuses.find, town.reader(hanako), share) is None


async def test_nothing_is_read_of_what_may_not_be_read(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    taro = await town.resident("taro")
    secret = town.note(alice, "secret", to=(hanako.iri,))
    await town.send(alice, secret)
    stored = await town.stored(secret.id)
    for reader in (None, town.reader(taro)):
        assert await town.do(statuses.find, reader, stored.id) is None
    assert await town.do(statuses.load, None, []) == {}
