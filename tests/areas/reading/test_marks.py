"""Favourites and bookmarks by when they were marked; who likes and boosts a post."""

import pytest

from actors.records import ActorRecord
from areas import reactions
from areas.personal_tables import bookmarks
from areas.reading import marks
from areas.reading.slices import Slice
from areas.records import AreaRecord, PostRecord
from federation.vocabulary import Iri
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def like(town: Town, actor: ActorRecord, post: PostRecord) -> None:
    town.pass_time()
    iri = Iri(f"{actor.iri}/likes/{post.id}")
    await town.do(reactions.record, actor=actor, iri=iri, object_iri=post.iri, kind="Like", now=town.now)


async def test_favourites_page_by_when_they_were_marked(
    town: Town, area: AreaRecord, hanako: ActorRecord
) -> None:
    made = [(await town.publish(hanako, text))[0] for text in ("one", "two", "three")]
    for place in (1, 0, 2):
        await like(town, hanako, made[place])
    await town.insert(bookmarks, actor_id=hanako.id, post_id=made[0].id, id=7)
    reader = town.reader(hanako)
    first = await town.do(marks.favourites, reader, Slice(limit=2))
    assert [each.post.content for each in first.items] == ["<p>three</p>", "<p>one</p>"]
    rest = await town.do(marks.favourites, reader, Slice(limit=2, before=first.older))
    assert [each.post.content for each in rest.items] == ["<p>two</p>"]
    assert rest.older is None
    assert all(each.mine.favourited for each in (*first.items, *rest.items))
    kept = await town.do(marks.bookmarked, reader)
    assert [each.post.id for each in kept.items] == [made[0].id]


async def test_what_can_no_longer_be_read_is_not_listed(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await town.send(alice, town.note(alice, "post"))
    post = await town.stored("https://p.test/notes/post")
    await town.insert(bookmarks, actor_id=hanako.id, post_id=post.id, id=1)
    await town.judge(alice, "suspended")
    assert (await town.do(marks.bookmarked, town.reader(hanako))).items == ()


async def test_who_likes_and_who_boosts(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """Areas and Groups are not listed; a boost for followers by them alone; nor is who is suspended."""
    post, _ = await town.publish(hanako, "post", area)
    group = await town.stranger("machi", "g.test", type="Group")
    for actor in (alice, bob):
        await like(town, actor, post)
    await town.share(bob, post)
    town.pass_time()
    await town.share(alice, post, "private")
    await town.share(group, post)
    liked = await town.do(marks.favourited_by, post.id)
    assert [each.username for each in liked.items] == ["bob", "alice"]
    for reader, expected in ((None, ["bob"]), (hanako, ["alice", "bob"])):
        known = None if reader is None else town.reader(reader)
        shared = await town.do(marks.shared_by, known, post.id)
        assert [each.username for each in shared.items] == expected
    await town.judge(bob, "suspended")
    assert [each.username for each in (await town.do(marks.favourited_by, post.id)).items] == ["alice"]
