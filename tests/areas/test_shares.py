"""Boosts by people: one of a post by each, ids that come after the post, and only one's own are taken back."""

import pytest

from actors.records import ActorRecord
from areas import ids, shares
from areas.records import AreaRecord, PostRecord
from federation.vocabulary import Iri, Millis
from tests.areas.rig import Rig

pytestmark = pytest.mark.anyio


@pytest.fixture
async def post(rig: Rig, area: AreaRecord, alice: ActorRecord) -> PostRecord:
    note = rig.note(alice, "post", cc=(area.iri,))
    await rig.send(alice, note)
    return await rig.stored(note.id)


async def share(rig: Rig, actor: ActorRecord, post: PostRecord, slug: str = "1") -> shares.ShareRecord | None:
    iri = Iri(f"{actor.iri}/shares/{slug}")
    return await rig.do(shares.record, actor=actor, post=post, iri=iri, visibility="public", at=rig.now)


async def test_each_boosts_a_post_once(rig: Rig, alice: ActorRecord, post: PostRecord) -> None:
    bob = await rig.stranger("bob", "q.test")
    made = await share(rig, bob, post)
    assert made is not None
    assert made == await rig.do(shares.find_by_id, made.id)
    assert await share(rig, bob, post, slug="2") is None
    assert await share(rig, alice, post) is not None
    assert await rig.do(shares.count, post.id) == 2


async def test_what_a_group_boosts_counts_for_nothing(rig: Rig, post: PostRecord) -> None:
    group = await rig.stranger("machi", "q.test", type="Group")
    assert await share(rig, group, post) is not None
    assert await rig.do(shares.count, post.id) == 0


async def test_only_its_own_actor_takes_a_boost_back(rig: Rig, alice: ActorRecord, post: PostRecord) -> None:
    bob = await rig.stranger("bob", "q.test")
    made = await share(rig, bob, post)
    assert made is not None
    assert await rig.do(shares.remove_by_iri, alice.id, made.iri) is None
    assert await rig.do(shares.remove, alice.id, post.id) is None
    assert await rig.do(shares.remove_by_iri, bob.id, made.iri) == made
    assert await rig.do(shares.remove, bob.id, post.id) is None


async def test_a_boost_comes_after_its_post_whatever_the_clocks_say(rig: Rig, post: PostRecord) -> None:
    bob = await rig.stranger("bob", "q.test")
    rig.pass_time(-3_600_000)
    made = await share(rig, bob, post)
    assert made is not None
    assert made.id > post.id


async def test_an_id_tells_what_it_names() -> None:
    for at in range(64):
        post = ids.mint_post(rig_time(at))
        assert ids.find_kind(post) == "post"
        assert ids.find_kind(ids.mint_share(rig_time(at), post)) == "share"
        assert ids.find_kind(ids.mint_position(rig_time(at), post)) == "placement"
        assert ids.first_at(rig_time(at)) <= post < ids.first_at(rig_time(at + 1))


def rig_time(at: int) -> Millis:
    return Millis(1_795_521_600_000 + at)
