"""Who gets what: those who are there when it is said, and later those who got the original."""

import pytest
import sqlalchemy as sa

from federation.errors import NotFound
from outbox.destinations import destination_for, drop_server
from outbox.subscriptions import reclassify, subscribe, unsubscribe, unsubscribe_everywhere
from outbox.tables import actors, destinations, servers, subscriptions
from tests.outbox.world import World

pytestmark = pytest.mark.anyio

ONE, TWO = "https://one.test/inbox", "https://two.test/inbox"


async def server_id(world: World, host: str) -> int:
    return int(await world.value(sa.select(servers.c.id).where(servers.c.host == host)))


async def test_who_joins_later_does_not_get_old_posts(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "old")
    await world.number()
    await world.follow(area, await world.remote("b", "two.test"))
    await world.say(area, "new")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["old", "new"]
    assert world.inboxes.at(TWO) == ["new"]


async def test_who_left_gets_no_new_posts_but_what_becomes_of_the_old_ones(world: World) -> None:
    area, leaver = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, leaver, await world.remote("b", "two.test"))
    boost = await world.say(area, "boost")
    await world.deliver()
    assert await world.database.write(unsubscribe, leaver.id, area.id)
    await world.say(area, "new")
    await world.deliver()
    await world.say(area, "undo", concerns_id=boost, cancels=True)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["boost", "undo"]
    assert world.inboxes.at(TWO) == ["boost", "new", "undo"]


async def test_who_left_before_it_was_said_hears_nothing_of_its_end(world: World) -> None:
    area, leaver = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, leaver)
    await world.say(area, "old")
    await world.deliver()
    await world.database.write(unsubscribe, leaver.id, area.id)
    boost = await world.say(area, "boost")
    await world.say(area, "undo", concerns_id=boost, cancels=True)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["old"]


async def test_what_changes_an_earlier_entry_may_have_no_audience_of_its_own(world: World) -> None:
    area, other = await world.local("megumino"), await world.local("other")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.follow(other, await world.remote("b", "two.test"))
    post = await world.say(area, "post")
    await world.deliver()
    await world.say(area, "nobody_now", concerns_id=post, audience_id=None)
    await world.say(other, "united", concerns_id=post)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["post", "nobody_now", "united"]
    assert world.inboxes.at(TWO) == ["united"]


async def test_who_joins_in_between_is_told_of_changes_too(world: World) -> None:
    """The target's audience as it was, united with now."""
    area = await world.local("megumino")
    post = await world.say(area, "post")
    await world.number()
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "edit", concerns_id=post)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["edit"]


async def test_each_dialect_goes_to_those_who_speak_it(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), dialect="object")
    await world.follow(area, await world.remote("b", "two.test"), dialect="activity")
    await world.say(area, "boost", dialect="object")
    await world.say(area, "wrap", dialect="activity")
    await world.say(area, "profile", dialect="both")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["boost", "profile"]
    assert world.inboxes.at(TWO) == ["wrap", "profile"]


async def test_a_reclassified_server_gets_reversals_in_the_dialect_that_was_sent(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), await world.remote("b", "one.test"))
    old = await world.say(area, "old_boost", dialect="object")
    await world.deliver()
    changed = await world.database.write(
        reclassify, await server_id(world, "one.test"), "activity", world.clock()
    )
    assert changed == 2
    await world.say(area, "new_boost", dialect="object")
    await world.say(area, "new_wrap", dialect="activity")
    await world.say(area, "undo_old", dialect="object", concerns_id=old, cancels=True)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["old_boost", "new_wrap", "undo_old"]


async def test_reclassifying_to_the_same_changes_nothing(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    host = await server_id(world, "one.test")
    assert await world.database.write(reclassify, host, "object", world.clock()) == 0
    assert (await world.count_rows())["subscriptions"] == 1


async def test_a_reversal_does_not_reach_those_to_whom_it_makes_no_sense(world: World) -> None:
    """What was said to both in one form is taken back from each in its own."""
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), dialect="object")
    await world.follow(area, await world.remote("b", "two.test"), dialect="activity")
    post = await world.say(area, "post", dialect="both")
    await world.say(area, "undo", dialect="object", concerns_id=post, audience_id=None)
    await world.say(area, "delete", dialect="activity", concerns_id=post, audience_id=None)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["post", "undo"]
    assert world.inboxes.at(TWO) == ["post", "delete"]


async def test_software_found_to_be_gotosocial_gets_one_delivery_point(world: World) -> None:
    area = await world.local("megumino")
    a, b = [await world.remote(name, "gts.test", shared=False) for name in ("a", "b")]
    await world.follow(area, a, b)
    host = await server_id(world, "gts.test")

    def inspect(tx: sa.Connection) -> None:
        tx.execute(sa.update(servers).where(servers.c.id == host).values(software="gotosocial"))
        reclassify(tx, host, "object", world.clock())

    await world.database.write(inspect)
    await world.say(area, "hello")
    await world.deliver()
    assert world.inboxes.urls() == ["https://gts.test/users/a/inbox"]


async def test_subscribing_twice_is_one_subscription(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.follow(area, follower)
    assert (await world.count_rows())["subscriptions"] == 1
    assert not await world.database.write(unsubscribe, area.id, follower.id)


async def test_subscribing_in_another_dialect_closes_and_opens(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower, dialect="object")
    await world.follow(area, follower, dialect="activity")
    rows = await world.rows(
        sa.select(subscriptions.c.dialect, subscriptions.c.closed).order_by(subscriptions.c.id)
    )
    assert [tuple(row) for row in rows] == [("object", True), ("activity", False)]


async def test_who_comes_back_gets_what_is_said_then(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.say(area, "first")
    await world.number()
    await world.database.write(unsubscribe_everywhere, follower.id)
    await world.say(area, "missed")
    await world.number()
    await world.follow(area, follower)
    await world.say(area, "second")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["first", "second"]


async def test_a_local_follower_needs_no_delivery(world: World) -> None:
    area, resident = await world.local("megumino"), await world.local("taro")
    await world.follow(area, resident)
    await world.tell(area, "hello", resident)
    counts = await world.count_rows()
    assert (counts["subscriptions"], counts["destinations"], counts["outbox_recipients"]) == (0, 0, 0)
    with pytest.raises(NotFound):
        await world.database.write(destination_for, resident)


async def test_an_actor_who_gets_a_shared_inbox_moves_to_its_server(world: World) -> None:
    area = await world.local("megumino")
    follower = await world.remote("a", "one.test", shared=False)
    await world.follow(area, follower)
    await world.say(area, "before")
    await world.number()

    def refresh(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.id == follower.id).values(shared_inbox=ONE))
        subscribe(tx, subscriber=follower, target_id=area.id, dialect="object", now=world.clock())

    await world.database.write(refresh)
    await world.say(area, "after")
    await world.deliver()
    assert world.inboxes.at("https://one.test/users/a/inbox") == ["before"]
    assert world.inboxes.at(ONE) == ["after"]


async def test_a_dropped_server_gets_nothing_until_somebody_there_follows_again(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.say(area, "before")
    await world.number()
    host = await server_id(world, "one.test")
    await world.database.write(drop_server, host, "blocked", world.clock())
    await world.say(area, "between")
    await world.deliver()
    assert world.inboxes.posts == []
    assert await world.value(sa.select(destinations.c.dropped_at)) == world.clock()
    await world.follow(area, follower)
    await world.say(area, "after")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["after"]


async def test_an_entry_reaches_the_audiences_of_others(world: World) -> None:
    """An author's Delete goes to all who got an area's boost, in either form, and nowhere else."""
    area, author, third = [await world.local(name) for name in ("megumino", "taro", "third")]
    await world.follow(area, await world.remote("a", "one.test"), dialect="object")
    await world.follow(area, await world.remote("b", "two.test"), dialect="activity")
    await world.follow(third, await world.remote("c", "three.test"))
    boost = await world.say(area, "boost", dialect="object")
    wrap = await world.say(area, "wrap", dialect="activity")
    await world.say(author, "delete", reaches=(boost, wrap))
    await world.deliver()
    assert world.inboxes.at(ONE) == ["boost", "delete"]
    assert world.inboxes.at(TWO) == ["wrap", "delete"]
    assert "https://three.test/inbox" not in world.inboxes.urls()


async def test_what_is_signed_inside_goes_to_those_who_believe_it(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test", software="mastodon"))
    await world.follow(area, await world.remote("b", "two.test", software="takahe"))
    await world.say(area, "forwarded", dialect="signed")
    await world.deliver()
    assert world.inboxes.urls() == [ONE]


async def test_who_came_later_or_left_before_or_speaks_otherwise_is_not_told(world: World) -> None:
    """What has no audience of its own goes to exactly those who got what it concerns."""
    area, other = await world.local("megumino"), await world.local("other")
    here, left, wraps, late = [await world.remote(name, f"{name}.test") for name in ("a", "b", "c", "d")]
    await world.follow(other, here, left, wraps, late)
    await world.follow(area, here, left)
    await world.follow(area, wraps, dialect="activity")
    await world.say(other, "warm")
    await world.deliver()
    await world.database.write(unsubscribe, left.id, area.id)
    boost = await world.say(area, "boost", dialect="object")
    await world.deliver()
    await world.follow(area, late)
    for name in ("before", "undo", "after"):
        if name == "undo":
            await world.say(area, name, concerns_id=boost, audience_id=None)
        else:
            await world.say(other, name, thread="boost")
    await world.deliver()
    assert world.inboxes.at("https://a.test/inbox") == ["warm", "boost", "before", "undo", "after"]
    for name in ("b", "c", "d"):
        assert world.inboxes.at(f"https://{name}.test/inbox") == ["warm", "before", "after"]


async def test_a_blocked_server_does_not_get_what_was_under_way_to_it(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.tell(area, "mention", follower)
    await world.tell(area, "accept", follower, barrier=True)
    host = await server_id(world, "one.test")
    await world.database.write(drop_server, host, "blocked", world.clock())
    await world.deliver()
    assert world.inboxes.posts == []
    assert await world.worker().next_due() is None
