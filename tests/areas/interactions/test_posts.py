"""Likes, boosts, bookmarks, pins: what they change here, and what other servers are told."""

import pytest

from actors.follows import record_follow
from actors.records import ActorRecord
from areas import compose, interactions, reactions, shares
from areas.errors import StaysInArea
from areas.interactions.marking import MOST_PINS
from areas.reading import marks, profiles
from areas.records import AreaRecord, Draft, PostRecord
from federation.errors import NotFound, Refused
from federation.vocabulary import PUBLIC, Iri
from outbox.records import LIKES
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def snow(town: Town, alice: ActorRecord) -> PostRecord:
    """A post of somebody elsewhere, whom the reader follows."""
    await town.send(alice, town.note(alice, "snow"))
    return await town.stored("https://p.test/notes/snow")


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


async def test_a_like_is_told_to_the_author_and_taken_back(
    town: Town, hanako: ActorRecord, snow: PostRecord
) -> None:
    before = await town.last()
    for _ in range(2):
        await town.do(interactions.favourite, hanako, snow.id, town.now)
    (like,) = await town.said(after=before)
    assert (like.type, like.to, like.audience, like.lane, like.public) == (
        "Like",
        ("alice",),
        None,
        LIKES,
        False,
    )
    assert (like.body["object"], like.body["to"]) == (snow.iri, ["https://p.test/users/alice"])
    assert await town.do(reactions.counts, snow.id) == {"Like": 1}
    for _ in range(2):
        await town.do(interactions.unfavourite, hanako, snow.id, town.now)
    undo = (await town.said(after=like.id))[0]
    assert (undo.type, undo.to, undo.lane) == ("Undo", ("alice",), LIKES)
    assert undo.body["object"] == {
        key: like.body[key] for key in ("id", "type", "actor", "to", "cc", "object")
    }
    assert await town.do(reactions.counts, snow.id) == {}
    assert len(await town.said(after=before)) == 2


async def test_a_like_of_a_neighbours_post_leaves_nothing_to_say(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post, _ = await town.publish(taro, "post")
    before = await town.last()
    await town.do(interactions.favourite, hanako, post.id, town.now)
    assert await town.said(after=before) == []


async def test_a_moderators_like_from_here_lets_a_held_post_in(
    town: Town, hanako: ActorRecord, bob: ActorRecord
) -> None:
    strict = await town.area("shimamatsu", policy="review")
    await town.moderator(strict, hanako)
    await town.send(bob, town.note(bob, "post", cc=(strict.iri,)))
    post = await town.stored("https://q.test/notes/post")
    await town.do(interactions.favourite, hanako, post.id, town.now)
    assert (await town.states(post.iri))["shimamatsu"].startswith("accepted")


@pytest.mark.parametrize(
    ("visibility", "to", "cc"),
    [
        ("public", [PUBLIC], ["{author}", "{followers}"]),
        ("unlisted", ["{followers}"], [PUBLIC, "{author}"]),
        ("private", ["{followers}"], ["{author}"]),
    ],
)
async def test_a_boost_goes_to_followers_and_the_author(
    town: Town,
    hanako: ActorRecord,
    alice: ActorRecord,
    snow: PostRecord,
    visibility: str,
    to: list[str],
    cc: list[str],
) -> None:
    await town.follower(hanako, "fan")
    before = await town.last()
    made = await town.do(interactions.boost, hanako, snow.id, town.now, visibility=visibility)  # type: ignore[arg-type]
    again = await town.do(interactions.boost, hanako, snow.id, town.now)
    assert again.id == made.id
    (said,) = await town.said(after=before)
    assert (said.short, said.audience, said.to) == ("Announce/both", "hanako", ("alice",))
    assert said.public is (visibility != "private")
    names = {"author": alice.iri, "followers": hanako.followers}
    assert said.body["to"] == [each.format(**names) for each in to]
    assert said.body["cc"] == [each.format(**names) for each in cc]
    assert (said.body["object"], said.body["id"]) == (snow.iri, made.iri)
    await town.do(interactions.unboost, hanako, snow.id, town.now)
    await town.do(interactions.unboost, hanako, snow.id, town.now)
    (undo,) = await town.said(after=said.id)
    assert (undo.type, undo.concerns, undo.cancels, undo.to) == ("Undo", said.id, True, ("alice",))
    assert undo.body["object"] == {
        "id": made.iri,
        "type": "Announce",
        "actor": hanako.iri,
        "object": snow.iri,
    }
    assert (undo.body["to"], undo.body["cc"]) == (said.body["to"], said.body["cc"])
    assert await town.do(shares.find, hanako.id, snow.id) is None


async def test_ones_own_private_post_is_boosted_whole_to_followers(town: Town, hanako: ActorRecord) -> None:
    post, _ = await town.publish(hanako, "post", visibility="private")
    made = await town.do(interactions.boost, hanako, post.id, town.now)
    said = (await town.said())[-1]
    assert (made.visibility, said.public, said.to) == ("private", False, ())
    assert said.body["object"]["id"] == post.iri
    assert PUBLIC not in {
        *said.body["to"],
        *said.body["cc"],
        *said.body["object"]["to"],
        *said.body["object"]["cc"],
    }


async def test_what_is_not_for_everyone_is_boosted_by_nobody_else(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    await town.follow(hanako, taro)
    private, _ = await town.publish(taro, "x", visibility="private")
    message, _ = await town.publish(taro, "@hanako", visibility="direct")
    own_message, _ = await town.publish(hanako, "@taro", visibility="direct")
    before = await town.last()
    for post in (private, message, own_message):
        with pytest.raises(Refused, match="for everyone"):
            await town.do(interactions.boost, hanako, post.id, town.now)
    public, _ = await town.publish(taro, "x")
    with pytest.raises(Refused, match="for everyone, or for followers"):
        await town.do(interactions.boost, hanako, public.id, town.now, visibility="direct")
    assert [each.type for each in await town.said(after=before)] == ["Create"]


async def test_what_is_for_members_is_boosted_by_nobody(
    town: Town, area: AreaRecord, hanako: ActorRecord, taro: ActorRecord
) -> None:
    for member in (hanako, taro):
        await town.do(interactions.join, member, area, town.now)
    draft = Draft(hanako.id, "for us", visibility="private", members_of=area.actor_id)
    post, _ = await town.do(compose.publish, draft, town.now)
    for actor in (hanako, taro):
        with pytest.raises(StaysInArea, match="boosted by nobody"):
            await town.do(interactions.boost, actor, post.id, town.now)
    await town.do(interactions.favourite, taro, post.id, town.now)
    assert await town.said() == []


async def test_what_waits_for_an_area_is_not_boosted(town: Town, hanako: ActorRecord) -> None:
    strict = await town.area("shimamatsu", policy="review")
    post, _ = await town.publish(hanako, "x", strict)
    with pytest.raises(Refused, match="waits for its area"):
        await town.do(interactions.boost, hanako, post.id, town.now)


async def test_nothing_is_done_to_what_may_not_be_read(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post, _ = await town.publish(taro, "x", visibility="private")
    acts = (
        interactions.favourite,
        interactions.boost,
        interactions.bookmark,
        interactions.mute_thread,
        interactions.pin,
        interactions.unfavourite,
        interactions.unboost,
        interactions.unbookmark,
        interactions.unpin,
        interactions.unmute_thread,
    )
    for act in acts:
        for post_id in (post.id, 4):
            with pytest.raises(NotFound, match="no post"):
                await town.do(act, hanako, post_id, town.now)


async def test_bookmarks_are_ones_own_and_told_to_nobody(
    town: Town, hanako: ActorRecord, taro: ActorRecord, snow: PostRecord
) -> None:
    before = await town.last()
    for _ in range(2):
        await town.do(interactions.bookmark, hanako, snow.id, town.now)
    kept = await town.do(marks.bookmarked, town.reader(hanako))
    assert [each.post.id for each in kept.items] == [snow.id]
    assert (await town.do(marks.bookmarked, town.reader(taro))).items == ()
    await town.do(interactions.unbookmark, taro, snow.id, town.now)
    assert len((await town.do(marks.bookmarked, town.reader(hanako))).items) == 1
    await town.do(interactions.unbookmark, hanako, snow.id, town.now)
    assert (await town.do(marks.bookmarked, town.reader(hanako))).items == ()
    assert await town.said(after=before) == []


async def test_pins_are_told_to_followers_where_they_are_for_everyone(
    town: Town, hanako: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "x")
    private, _ = await town.publish(hanako, "y", visibility="private")
    before = await town.last()
    for each in (post, post, private):
        await town.do(interactions.pin, hanako, each.id, town.now)
    (add,) = await town.said(after=before)
    assert (add.type, add.audience, add.body["object"], add.body["target"]) == (
        "Add",
        "hanako",
        post.iri,
        hanako.featured,
    )
    for each in (post, post, private):
        await town.do(interactions.unpin, hanako, each.id, town.now)
    (remove,) = await town.said(after=add.id)
    assert (remove.type, remove.body["object"], remove.body["target"]) == (
        "Remove",
        post.iri,
        hanako.featured,
    )
    assert await town.do(profiles.pinned, town.reader(hanako), hanako.id) == []


async def test_only_a_few_of_ones_own_are_pinned(
    town: Town, area: AreaRecord, hanako: ActorRecord, snow: PostRecord
) -> None:
    message, _ = await town.publish(hanako, "x", visibility="direct")
    await town.do(interactions.join, hanako, area, town.now)
    draft = Draft(hanako.id, "for us", visibility="private", members_of=area.actor_id)
    members, _ = await town.do(compose.publish, draft, town.now)
    for post, reason in ((snow, "one's own"), (message, "for everyone"), (members, "for everyone")):
        with pytest.raises(Refused, match=reason):
            await town.do(interactions.pin, hanako, post.id, town.now)
    for number in range(MOST_PINS + 1):
        post, _ = await town.publish(hanako, str(number))
        if number < MOST_PINS:
            await town.do(interactions.pin, hanako, post.id, town.now)
    with pytest.raises(Refused, match="5 posts can be pinned"):
        await town.do(interactions.pin, hanako, post.id, town.now)


async def test_a_remote_like_of_a_private_post_counts_for_its_followers_alone(
    town: Town, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    post, _ = await town.publish(hanako, "x", visibility="private")
    await town.do(
        record_follow,
        iri=Iri("https://p.test/f/1"),
        follower=alice,
        target=hanako,
        state="accepted",
        now=town.now,
    )
    for actor, counted in ((alice, True), (bob, False)):
        iri = Iri(f"{actor.iri}/likes/1")
        assert (
            await town.do(
                reactions.record, actor=actor, iri=iri, object_iri=post.iri, kind="Like", now=town.now
            )
            is counted
        )
