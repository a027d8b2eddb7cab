"""Home: by whom one follows, each post once, replies within one's circle, by keyset both ways."""

import pytest

from actors.records import ActorRecord
from actors.tables import mutes
from areas.reading.feeds import WINDOW
from areas.reading.slices import Slice
from areas.records import AreaRecord
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio


async def test_home_has_whom_one_follows_oneself_and_nobody_else(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    taro = await town.resident("taro")
    await town.send(alice, town.note(alice, "by-alice"))
    town.pass_time()
    await town.publish(hanako, "my own")
    town.pass_time()
    await town.publish(taro, "by nobody I follow")
    await town.send(bob, town.note(bob, "to-the-area", cc=(area.iri,)))
    assert await town.at_home(hanako) == ["my own", "by-alice"]
    assert await town.at_home(taro) == ["by nobody I follow"]


async def test_what_an_area_boosts_stands_where_it_was_accepted(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await town.send(bob, town.note(bob, "old-news", cc=(area.iri,), published=town.now - 3_600_000))
    town.pass_time(-1)
    await town.send(alice, town.note(alice, "just-before"))
    assert await town.at_home(hanako) == ["megumino: old-news", "just-before"]


async def test_boosts_by_people_are_shown_unless_their_boosts_are_unwanted(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    post = town.note(bob, "found", cc=(area.iri,))
    await town.send(bob, post)
    town.pass_time()
    await town.share(alice, post)
    assert await town.at_home(hanako) == ["alice: found"]
    await town.follow(hanako, alice, reblogs=False)
    assert await town.at_home(hanako) == []


async def test_a_post_seen_through_several_boosts_stands_once(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    carol = await town.stranger("carol", "r.test")
    await town.follow(hanako, carol)
    await town.follow(hanako, area)
    post = town.note(bob, "once", cc=(area.iri,))
    await town.send(bob, post)
    for actor in (alice, carol):
        town.pass_time()
        await town.share(actor, post)
    assert await town.at_home(hanako) == ["megumino: once"]


async def test_whom_one_follows_stands_alone_however_often_she_is_boosted(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await town.send(alice, town.note(alice, "own", cc=(area.iri,)))
    assert await town.at_home(hanako) == ["own"]


async def test_an_old_post_comes_again_once_it_has_gone_by(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    carol = await town.stranger("carol", "r.test")
    await town.follow(hanako, carol)
    post = town.note(bob, "again", cc=(area.iri,))
    await town.send(bob, post)
    await town.share(alice, post)
    for number in range(WINDOW):
        town.pass_time()
        await town.send(alice, town.note(alice, f"n{number}"))
    town.pass_time()
    await town.share(carol, post)
    found = await town.at_home(hanako, Slice(limit=80))
    assert found[0] == "carol: again"
    assert found.count("alice: again") == 1


async def test_a_boost_just_within_the_window_is_not_shown_on_any_page(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    carol = await town.stranger("carol", "r.test")
    await town.follow(hanako, carol)
    post = town.note(bob, "again", cc=(area.iri,))
    await town.send(bob, post)
    await town.share(alice, post)
    for number in range(WINDOW - 1):
        town.pass_time()
        await town.send(alice, town.note(alice, f"n{number}"))
    town.pass_time()
    second = await town.share(carol, post)
    for wanted in (
        Slice(limit=5),
        Slice(limit=80),
        Slice(limit=1, after=second - 1),
        Slice(2, after=second - 1, upwards=True),
    ):
        assert "carol: again" not in await town.at_home(hanako, wanted)


async def test_replies_stand_at_home_within_the_circle(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """To their own author, to the reader, to whom she follows; not to others, nor to what is not known."""
    stranger_post = town.note(bob, "bobs", cc=(area.iri,))
    await town.send(bob, stranger_post)
    mine, _ = await town.publish(hanako, "mine")
    town.pass_time()
    own = town.note(alice, "own")
    await town.send(alice, own)
    targets = {
        "to-bob": stranger_post.id,
        "to-me": mine.iri,
        "to-herself": own.id,
        "to-unknown": "https://r.test/1",
    }
    for slug, target in targets.items():
        town.pass_time()
        await town.send(alice, town.note(alice, slug, in_reply_to=target))
    assert await town.at_home(hanako) == ["to-herself", "to-me", "own", "mine"]
    await town.follow(hanako, bob)
    assert "to-bob" in await town.at_home(hanako)


async def test_my_own_replies_stand_at_my_home(
    town: Town, area: AreaRecord, hanako: ActorRecord, bob: ActorRecord
) -> None:
    await town.send(bob, town.note(bob, "bobs", cc=(area.iri,)))
    await town.publish(hanako, "my answer", in_reply_to="https://q.test/notes/bobs")
    assert await town.at_home(hanako) == ["my answer"]


async def test_who_is_muted_is_not_seen_until_the_mute_ends(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    await town.send(alice, town.note(alice, "by-alice"))
    await town.send(bob, town.note(bob, "by-bob", cc=(area.iri,)))
    for target in (alice, bob):
        await town.insert(
            mutes, actor_id=hanako.id, target_id=target.id, until=town.now + 1, created_at=town.now
        )
    assert await town.at_home(hanako) == []
    town.pass_time(2)
    assert sorted(await town.at_home(hanako)) == ["by-alice", "megumino: by-bob"]


async def test_pages_meet_without_gap_or_overlap_both_ways(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    await town.follow(hanako, area)
    for number in range(25):
        town.pass_time()
        author, to = (alice, ()) if number % 3 else (bob, (area.iri,))
        await town.send(author, town.note(author, f"n{number}", cc=to))
    whole = await town.at_home(hanako, Slice(limit=80))
    assert len(whole) == 25
    down: list[str] = []
    before = None
    while True:
        page = await town.home_page(hanako, Slice(limit=4, before=before))
        down += await town.at_home(hanako, Slice(limit=4, before=before))
        if page.older is None:
            break
        before = page.older
    assert down == whole
    up: list[str] = []
    after = 0
    while page := await town.home_page(hanako, Slice(limit=4, after=after, upwards=True)):
        if page.newer is None:
            break
        up = [*await town.at_home(hanako, Slice(limit=4, after=after, upwards=True)), *up]
        after = page.newer
    assert up == whole


async def test_since_gives_the_newest_above_and_min_those_just_above(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    for number in range(6):
        town.pass_time()
        await town.send(alice, town.note(alice, f"n{number}"))
    first = (await town.home_page(hanako, Slice(limit=80))).items[-1].position
    assert await town.at_home(hanako, Slice(limit=2, after=first)) == ["n5", "n4"]
    assert await town.at_home(hanako, Slice(limit=2, after=first, upwards=True)) == ["n2", "n1"]


async def test_a_reader_of_whom_much_is_hidden_still_pages_to_the_end(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    """Replies that are not shown do not end the timeline."""
    post = town.note(bob, "bobs", cc=(area.iri,))
    await town.send(bob, post)
    await town.send(alice, town.note(alice, "oldest"))
    for number in range(120):
        town.pass_time(1)
        await town.send(alice, town.note(alice, f"n{number}", in_reply_to=post.id))
    assert await town.at_home(hanako, Slice(limit=1)) == ["oldest"]
