"""Delivery from end to end: what was said arrives, once, in order, by the right door."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from actors.tables import actors, servers
from federation.client import PostResult
from federation.errors import Overloaded
from outbox.claims import LEASE
from outbox.destinations import heard_from
from outbox.oversight import retry
from outbox.publish import append
from outbox.records import ALERT, LIKES
from outbox.retries import DAY, HOUR, MINUTE, WEEK
from outbox.tables import cursors, destinations, gaps, log, subscriptions
from outbox.worker import Capacity, Worker
from tests.outbox.world import OK, START, World, failing, short

pytestmark = pytest.mark.anyio

ONE, TWO = "https://one.test/inbox", "https://two.test/inbox"


async def test_an_entry_reaches_each_server_once(world: World) -> None:
    area = await world.local("megumino")
    first = await world.remote("a", "one.test")
    second = await world.remote("b", "one.test")
    third = await world.remote("c", "two.test", shared=False)
    await world.follow(area, first, second, third)
    await world.say(area, "hello")
    await world.deliver()
    assert sorted(world.inboxes.urls()) == [ONE, "https://two.test/users/c/inbox"]
    await world.deliver()
    assert len(world.inboxes.posts) == 2


async def test_it_is_signed_by_who_says_it(world: World) -> None:
    area, author = await world.local("megumino"), await world.local("taro")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(author, "update", audience_id=area.id)
    await world.deliver()
    assert [post.signer for post in world.inboxes.posts] == [f"{author.iri}#main-key"]


async def test_many_entries_leave_several_at_once(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for each in range(30):
        await world.say(area, f"e{each}")
    await world.deliver()
    assert sorted(world.inboxes.at(ONE)) == sorted(f"e{each}" for each in range(30))
    assert 1 < world.inboxes.most_under_way <= 8


async def test_a_thread_leaves_one_by_one(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for each in range(20):
        await world.say(area, f"e{each}", thread="one")
    await world.deliver()
    assert world.inboxes.at(ONE) == [f"e{each}" for each in range(20)]
    assert world.inboxes.most_under_way == 1


# What comes back


async def test_a_failure_is_tried_again_when_it_is_due(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    world.answer_all(failing(503))
    await world.deliver()
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    assert await world.worker().next_due() == START + MINUTE
    world.answer_all(OK)
    world.clock.advance(MINUTE - 1)
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    world.clock.advance(1)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["hello"]
    assert await world.gaps() == []
    assert await world.worker().next_due() is None


async def test_what_follows_in_the_thread_waits_for_it(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    post = await world.say(area, "post")
    await world.say(area, "elsewhere")
    world.answer(lambda _, activity: failing(500) if activity.endswith("post") else OK)
    await world.deliver()
    await world.say(area, "edit", concerns_id=post)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["elsewhere"]
    world.answer_all(OK)
    world.clock.advance(MINUTE)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["elsewhere", "post", "edit"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 413, 422])
async def test_what_is_refused_is_given_up_for_all_to_see(world: World, status: int) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "bad")
    await world.say(area, "good")
    world.answer(lambda _, activity: failing(status) if activity.endswith("bad") else OK)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["good"]
    assert await world.gaps() == [("bad", "failed")]
    row = (await world.rows(sa.select(gaps)))[0]
    assert (row.status, row.reason, row.attempts) == (status, f"HTTP {status}", 1)
    world.clock.advance(WEEK)
    await world.deliver()
    assert world.inboxes.tried_at(ONE).count("bad") == 1


async def test_401_is_tried_for_a_day(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    world.answer_all(failing(401))
    await world.deliver()
    while (due := await world.worker().next_due()) is not None:
        world.clock.now = due
        await world.deliver()
    assert [post.at - START for post in world.inboxes.posts][:4] == [
        0,
        MINUTE,
        3 * MINUTE,
        7 * MINUTE,
    ]
    assert world.inboxes.posts[-1].at == START + DAY
    assert await world.gaps() == [("hello", "failed")]


async def test_retry_after_keeps_everything_away_from_there(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "first")
    world.answer_all(failing(429, retry_after=3600))
    await world.deliver()
    await world.say(area, "second")
    world.clock.advance(HOUR - 1)
    await world.deliver()
    assert world.inboxes.tried_at(ONE) == ["first"]
    assert await world.worker().next_due() == START + HOUR
    world.answer_all(OK)
    world.clock.advance(1)
    await world.deliver()
    assert sorted(world.inboxes.at(ONE)) == ["first", "second"]


async def test_a_verified_activity_does_not_shorten_retry_after(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.say(area, "first")
    world.answer_all(failing(429, retry_after=3600))
    await world.deliver()
    assert not await world.database.write(heard_from, follower.server_id, world.clock())
    await world.deliver()
    assert len(world.inboxes.posts) == 1


async def test_410_drops_a_single_inbox(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test", shared=False)
    await world.follow(area, follower)
    await world.say(area, "hello")
    world.answer_all(failing(410))
    await world.deliver()
    await world.say(area, "again")
    await world.deliver()
    assert [short(post.activity) for post in world.inboxes.posts] == ["hello"]
    assert (await world.rows(sa.select(subscriptions.c.closed)))[0].closed
    assert (await world.health("one.test")).dropped_at == START


async def test_410_from_a_shared_inbox_drops_the_server(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), await world.remote("b", "one.test"))
    for each in range(12):
        await world.say(area, f"e{each}", thread="one")
    world.answer_all(failing(410))
    await world.deliver()
    await world.say(area, "again")
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    assert {row.closed for row in await world.rows(sa.select(subscriptions.c.closed))} == {True}


async def test_410_to_one_recipient_leaves_the_others_there(world: World) -> None:
    area = await world.local("megumino")
    gone, there = await world.remote("gone", "one.test"), await world.remote("there", "one.test")
    await world.follow(area, gone, there)
    await world.tell(area, "mention", gone)
    world.answer(lambda url, _: failing(410) if "gone" in url else OK)
    await world.deliver()
    await world.say(area, "hello")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["hello"]
    closed = await world.rows(sa.select(subscriptions.c.subscriber_id).where(subscriptions.c.closed))
    assert [row.subscriber_id for row in closed] == [gone.id]


async def test_an_entry_expires_after_seven_days(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "old")
    world.answer_all(failing(None))
    await world.deliver()
    world.clock.advance(WEEK - 1)
    await world.say(area, "new")
    await world.deliver()
    tries = len(world.inboxes.tried_at(ONE))
    world.clock.advance(WEEK // 2)
    world.answer_all(OK)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["new"]
    assert tries > 1
    assert await world.gaps() == [("old", "failed")]


async def test_what_is_never_reached_expires_too(world: World) -> None:
    """Behind a cursor, without a try: given up just as visibly."""
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for each in range(20):
        await world.say(area, f"e{each}")
    await world.number()
    world.clock.advance(WEEK)
    await world.say(area, "new")
    await world.deliver()
    assert world.inboxes.tried_at(ONE) == ["new"]
    assert [state for _, state in await world.gaps()] == ["failed"] * 20


# The circuit breaker


async def fail_until_open(world: World) -> None:
    """Five entries fail in one round."""
    area = await world.local("megumino")
    follower = await world.remote("a", "one.test")
    await world.follow(area, follower)
    for each in range(5):
        await world.say(area, f"e{each}")
    world.answer_all(failing(None))
    await world.deliver()
    world.inboxes.clear()


async def test_the_breaker_leaves_one_probe(world: World) -> None:
    await fail_until_open(world)
    assert (await world.health("one.test")).paused_until == START + 10 * MINUTE
    world.clock.advance(10 * MINUTE - 1)
    await world.deliver()
    assert world.inboxes.posts == []
    world.clock.advance(1)
    await world.deliver()
    assert len(world.inboxes.posts) == 1


async def test_the_breaker_alone_makes_the_schedule(world: World) -> None:
    await fail_until_open(world)
    pauses = []
    last = world.clock()
    for _ in range(9):
        due = await world.worker().next_due()
        assert due is not None
        world.clock.now = due
        await world.deliver()
        pauses.append((due - last) // MINUTE)
        last = due
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 720, 720]
    assert len(world.inboxes.posts) == 9


async def test_a_probe_that_gets_through_opens_the_way_for_all(world: World) -> None:
    await fail_until_open(world)
    later = {"due_at": START + 5 * HOUR}
    await world.database.write(lambda tx: tx.execute(sa.update(gaps).values(later)))
    world.answer_all(OK)
    world.clock.advance(10 * MINUTE)
    await world.deliver()
    assert sorted(world.inboxes.at(ONE)) == ["e0", "e1", "e2", "e3", "e4"]
    health = await world.health("one.test")
    assert (health.failures, health.paused_until, health.failing_since) == (0, 0, None)


async def test_a_probe_without_anything_to_send_leaves_the_next_one_free(world: World) -> None:
    await fail_until_open(world)
    world.clock.advance(WEEK)
    await world.deliver()
    assert world.inboxes.posts == []
    area = await world.local("other")
    await world.follow(area, await world.remote("b", "one.test"))
    world.answer_all(OK)
    await world.say(area, "new")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["new"]


async def test_lanes_share_one_probe(world: World) -> None:
    await fail_until_open(world)
    area = await world.local("other")
    await world.follow(area, await world.remote("b", "one.test"))
    for lane in (ALERT, LIKES):
        await world.say(area, f"lane{lane}", lane=lane)
    world.clock.advance(10 * MINUTE)
    await world.deliver()
    assert len(world.inboxes.posts) == 1


async def test_being_heard_from_closes_the_breaker(world: World) -> None:
    await fail_until_open(world)
    world.answer_all(OK)
    server = await world.value(sa.select(servers.c.id).where(servers.c.host == "one.test"))
    assert await world.database.write(heard_from, server, world.clock())
    await world.deliver()
    assert sorted(world.inboxes.at(ONE)) == ["e0", "e1", "e2", "e3", "e4"]
    assert not await world.database.write(heard_from, server, world.clock())


async def test_one_sick_server_harms_no_other(world: World) -> None:
    await fail_until_open(world)
    area = await world.local("other")
    await world.follow(area, await world.remote("b", "one.test"), await world.remote("c", "two.test"))
    world.answer(lambda url, _: OK if url == TWO else failing(None))
    await world.say(area, "hello")
    await world.deliver()
    assert world.inboxes.urls() == [TWO]


async def test_no_thread_goes_on_when_the_server_fails(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for thread in range(2):
        for each in range(4):
            await world.say(area, f"t{thread}e{each}", thread=str(thread))
    world.answer_all(failing(500))
    await world.deliver()
    assert len(world.inboxes.posts) == 2


@pytest.mark.parametrize(("days", "pause"), [(29, 12 * HOUR), (31, WEEK)])
async def test_after_thirty_days_of_failures_probes_are_weekly(world: World, days: int, pause: int) -> None:
    await fail_until_open(world)
    await fail_for(world, days)
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    assert (await world.health("one.test")).paused_until == world.clock() + pause


async def test_after_ninety_days_of_failures_subscribers_are_dropped(world: World) -> None:
    await fail_until_open(world)
    await fail_for(world, 91)
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    assert (await world.health("one.test")).dropped_at == world.clock()
    assert {row.closed for row in await world.rows(sa.select(subscriptions.c.closed))} == {True}
    assert await world.worker().next_due() is None
    assert {state for _, state in await world.gaps()} == {"failed"}


async def fail_for(world: World, days: int) -> None:
    """As if the server had failed since then, and now something new is said and a probe is due."""
    world.clock.advance(days * DAY)
    area = await world.local("speaker")
    await world.follow(area, await world.remote("b", "one.test"))
    await world.say(area, "new")
    state = {"failures": 40, "paused_until": world.clock()}
    await world.database.write(lambda tx: tx.execute(sa.update(destinations).values(state)))


# Doors


async def test_recipients_get_it_in_their_own_inboxes(world: World) -> None:
    area = await world.local("megumino")
    a, b = await world.remote("a", "one.test"), await world.remote("b", "one.test")
    await world.tell(area, "direct", a, b)
    await world.deliver()
    assert sorted(world.inboxes.urls()) == [a.inbox, b.inbox]


async def test_only_those_who_failed_are_tried_again(world: World) -> None:
    area = await world.local("megumino")
    a, b = await world.remote("a", "one.test"), await world.remote("b", "one.test")
    await world.tell(area, "direct", a, b)
    world.answer(lambda url, _: failing(503) if url == b.inbox else OK)
    await world.deliver()
    world.answer_all(OK)
    world.clock.advance(MINUTE)
    await world.deliver()
    assert sorted(world.inboxes.urls()) == sorted([a.inbox, b.inbox, b.inbox])  # type: ignore[type-var]
    assert await world.gaps() == []


async def test_of_several_recipients_the_one_who_refuses_is_seen(world: World) -> None:
    area = await world.local("megumino")
    a, b, c = [await world.remote(name, "one.test") for name in "abc"]
    await world.tell(area, "direct", a, b, c)
    answers: dict[str | None, PostResult] = {a.inbox: failing(404), b.inbox: failing(503), c.inbox: OK}
    world.answer(lambda url, _: answers[url])
    await world.deliver()
    assert await world.gaps() == [("direct", "retry")]
    answers[b.inbox] = OK
    world.clock.advance(MINUTE)
    await world.deliver()
    assert await world.gaps() == [("direct", "failed")]
    answers[a.inbox] = OK
    await world.database.write(lambda tx: retry(tx, world.clock()))
    await world.deliver()
    assert await world.gaps() == []
    assert {post.url for post in world.inboxes.accepted} == {a.inbox, b.inbox, c.inbox}
    assert len(world.inboxes.accepted) == 3


async def test_a_follower_who_is_named_gets_it_once(world: World) -> None:
    area = await world.local("megumino")
    a, b = await world.remote("a", "one.test"), await world.remote("b", "two.test")
    await world.follow(area, a)
    await world.say(area, "post", recipients=(a.id, b.id))
    await world.deliver()
    assert sorted(world.inboxes.urls()) == [ONE, b.inbox]


async def test_gotosocial_gets_one_for_all_and_the_next_when_one_is_gone(world: World) -> None:
    area = await world.local("megumino")
    people = [await world.remote(name, "gts.test", software="gotosocial") for name in "abc"]
    await world.follow(area, *people)
    await world.say(area, "first")
    answers: dict[str | None, PostResult] = {people[0].inbox: failing(404), people[1].inbox: failing(410)}
    world.answer(lambda url, _: answers.get(url, OK))
    await world.deliver()
    assert world.inboxes.urls() == [each.inbox for each in people]
    assert await world.gaps() == []
    closed = await world.rows(sa.select(subscriptions.c.subscriber_id).where(subscriptions.c.closed))
    assert [row.subscriber_id for row in closed] == [people[1].id]


async def test_gotosocial_that_fails_is_not_asked_at_every_door(world: World) -> None:
    area = await world.local("megumino")
    people = [await world.remote(name, "gts.test", software="gotosocial") for name in "abc"]
    await world.follow(area, *people)
    await world.say(area, "first")
    world.answer_all(failing(500))
    await world.deliver()
    assert world.inboxes.urls() == [people[0].inbox]
    assert await world.gaps() == [("first", "retry")]


async def test_gotosocial_that_refuses_at_every_door_is_given_up(world: World) -> None:
    area = await world.local("megumino")
    people = [await world.remote(f"u{each}", "gts.test", software="gotosocial") for each in range(12)]
    await world.follow(area, *people)
    await world.say(area, "first")
    world.answer_all(failing(403))
    await world.deliver()
    assert len(set(world.inboxes.urls())) == 8
    assert await world.gaps() == [("first", "failed")]


async def test_a_moved_shared_inbox_is_found(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    worker = world.worker()
    await world.say(area, "first")
    await worker.drain()

    def move(tx: sa.Connection) -> None:
        new = {"shared_inbox": "https://one.test/new", "updated_at": START + 1}
        tx.execute(sa.update(actors).where(actors.c.id == follower.id).values(new))

    await world.database.write(move)
    world.answer(lambda url, _: failing(404) if url == ONE else OK)
    await world.say(area, "second")
    await worker.drain()
    assert world.inboxes.at("https://one.test/new") == ["second"]
    assert await world.gaps() == []


async def test_a_shared_inbox_that_fails_is_looked_up_again(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    worker = world.worker()
    await world.say(area, "first")
    await worker.drain()

    def move(tx: sa.Connection) -> None:
        new = {"shared_inbox": "https://one.test/new", "updated_at": START + 1}
        tx.execute(sa.update(actors).where(actors.c.id == follower.id).values(new))

    await world.database.write(move)
    world.answer(lambda url, _: failing(None) if url == ONE else OK)
    await world.say(area, "second")
    await worker.drain()
    world.clock.advance(MINUTE)
    await worker.drain()
    assert world.inboxes.at("https://one.test/new") == ["second"]


async def test_who_has_no_inbox_is_given_up(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test", shared=False)
    await world.follow(area, follower)

    def go(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.id == follower.id).values(gone_at=START))

    await world.database.write(go)
    await world.say(area, "hello")
    await world.deliver()
    assert world.inboxes.posts == []
    assert await world.gaps() == [("hello", "failed")]


async def test_the_scheme_a_server_wants_is_learned_and_forgotten_after_a_week(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    world.answer_all(PostResult(202, learned_scheme="rfc9421"))
    await world.say(area, "first")
    await world.deliver()
    world.answer_all(OK)
    await world.say(area, "second")
    await world.deliver()
    world.clock.advance(WEEK)
    await world.say(area, "third")
    await world.deliver()
    assert [post.scheme for post in world.inboxes.posts] == [None, "rfc9421", None]


async def test_a_server_that_goes_back_to_the_old_scheme_is_believed(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for scheme in ("rfc9421", "cavage"):
        world.answer_all(PostResult(202, learned_scheme=scheme))
        await world.say(area, scheme)
        await world.deliver()
    await world.say(area, "third")
    await world.deliver()
    assert [post.scheme for post in world.inboxes.posts] == [None, "rfc9421", None]


# Cancellation


async def test_what_was_never_sent_is_neither_sent_nor_cancelled(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), await world.remote("b", "two.test"))
    await world.say(area, "warm")
    world.answer(lambda url, _: failing(429, retry_after=3600) if url == ONE else OK)
    await world.deliver()
    post = await world.say(area, "post")
    await world.deliver()
    await world.say(area, "edit", concerns_id=post)
    await world.say(area, "undo", concerns_id=post, cancels=True)
    await world.deliver()
    world.answer_all(OK)
    world.clock.advance(HOUR)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["warm"]
    assert world.inboxes.at(TWO) == ["warm", "post", "edit", "undo"]
    assert await world.gaps() == []


async def test_what_may_have_arrived_is_cancelled_at_once_and_not_repeated(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    post = await world.say(area, "post")
    world.answer_all(failing(500))
    await world.deliver()
    world.answer_all(OK)
    await world.say(area, "undo", concerns_id=post, cancels=True)
    await world.deliver()
    assert world.inboxes.tried_at(ONE) == ["post", "undo"]
    assert await world.gaps() == []


# Barriers


async def test_nothing_leaves_before_an_accept_is_settled(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    other = await world.remote("b", "two.test")
    await world.tell(area, "accept", follower, barrier=True)
    await world.follow(area, follower, other)
    await world.say(area, "post")
    await world.say(area, "alert", lane=ALERT)
    world.answer(lambda _, activity: failing(503) if activity.endswith("accept") else OK)
    await world.deliver()
    assert [short(post.activity) for post in world.inboxes.posts if "one.test" in post.url] == ["accept"]
    assert sorted(world.inboxes.at(TWO)) == ["alert", "post"]
    world.inboxes.clear()
    world.answer_all(OK)
    world.clock.advance(MINUTE)
    await world.deliver()
    arrived = [short(post.activity) for post in world.inboxes.accepted]
    assert arrived[0] == "accept"
    assert sorted(arrived[1:]) == ["alert", "post"]


async def test_a_barrier_does_not_hold_up_what_was_said_before_it(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.say(area, "before")
    await world.tell(area, "accept", follower, barrier=True)
    await world.say(area, "after")
    world.answer(lambda _, activity: failing(503) if activity.endswith("accept") else OK)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["before"]


async def test_a_barrier_that_is_given_up_is_lifted(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    await world.tell(area, "accept", follower, barrier=True)
    await world.say(area, "after")
    world.answer(lambda _, activity: failing(404) if activity.endswith("accept") else OK)
    await world.deliver()
    assert world.inboxes.at(ONE) == ["after"]
    assert await world.gaps() == [("accept", "failed")]


async def test_a_barrier_goes_before_a_backlog(world: World) -> None:
    area, follower = await world.local("megumino"), await world.remote("a", "one.test")
    await world.follow(area, follower)
    for each in range(40):
        await world.say(area, f"e{each}")
    await world.tell(area, "accept", follower, barrier=True)
    await world.deliver()
    arrived = [short(post.activity) for post in world.inboxes.posts]
    assert arrived.index("accept") < 20
    assert len(arrived) == 41


# Lanes


async def test_an_alert_goes_before_a_backlog_of_ten_thousand(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(40, servers=20))

    def say_much(tx: sa.Connection) -> None:
        for each in range(500):
            append(tx, world.entry(area, f"e{each}"), world.clock())

    await world.database.write(say_much)
    worker, stop = world.worker(capacity=Capacity(ordinary_rounds=4, ordinary_posts=8)), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await world.until(lambda: len(world.inboxes.posts) >= 200)
    await world.say(area, "alert", lane=ALERT)
    said_after = len(world.inboxes.posts)
    worker.nudge()
    await world.until(lambda: sum(post.activity.endswith("alert") for post in world.inboxes.posts) == 20)
    stop.set()
    await running
    last = max(place for place, post in enumerate(world.inboxes.posts) if post.activity.endswith("alert"))
    assert last - said_after < 400
    left = await world.rows(sa.select(cursors).where(cursors.c.head > cursors.c.seq))
    assert len(left) == 20


async def test_likes_go_last(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(6, servers=6))
    await world.say(area, "like", lane=LIKES)
    await world.say(area, "post")
    await world.worker(capacity=Capacity(ordinary_rounds=1)).drain()
    arrived = [short(post.activity) for post in world.inboxes.posts]
    assert arrived == ["post"] * 6 + ["like"] * 6


async def test_a_slow_server_takes_one_at_a_time(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    worker = world.worker()
    world.answer_all(PostResult(202, elapsed=9.0))
    await world.say(area, "first")
    await worker.drain()
    for each in range(10):
        await world.say(area, f"e{each}")
    world.inboxes.most_under_way = 0
    await worker.drain()
    assert world.inboxes.most_under_way == 1
    assert len(world.inboxes.posts) == 11


# Crashes, leases, stopping


async def test_a_crash_repeats_at_most_what_was_under_way(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"), await world.remote("b", "two.test"))
    for each in range(6):
        await world.say(area, f"e{each}", thread=f"t{each % 2}")
    never = asyncio.Event()

    async def hang(url: str) -> None:
        if url == ONE and len(world.inboxes.at(ONE)) == 2:
            await never.wait()

    world.inboxes.pause = hang
    behind = sa.select(sa.func.count()).select_from(cursors).where(cursors.c.head > cursors.c.seq)
    worker = world.worker()
    draining = asyncio.create_task(worker.drain())
    while world.inboxes.under_way < 2 or await world.value(behind) != 1:
        await asyncio.sleep(0.001)
    under_way = set(world.inboxes.tried_at(ONE)[2:])
    await world.crash(worker, draining)
    world.inboxes.clear()
    world.inboxes.pause = None
    await world.deliver()
    assert world.inboxes.posts == []
    world.clock.advance(LEASE)
    await world.deliver()
    assert set(world.inboxes.urls()) == {ONE}
    assert len(under_way) == 2
    arrived = world.inboxes.at(ONE)
    assert len(arrived) == len(set(arrived))
    assert {f"e{each}" for each in range(2, 6)} <= set(arrived)


async def test_a_lease_keeps_others_away_until_it_ends(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    release = asyncio.Event()

    async def hang(_url: str) -> None:
        await release.wait()

    world.inboxes.pause = hang
    first = asyncio.create_task(world.worker().drain())
    await world.until(lambda: world.inboxes.posts)
    await world.deliver()
    assert len(world.inboxes.posts) == 1
    release.set()
    await first


async def test_a_worker_that_lost_its_lease_writes_nothing_down(world: World) -> None:
    """Who took over has succeeded where it failed; only one of them may say so."""
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    release = asyncio.Event()

    async def hang(_url: str) -> None:
        await release.wait()

    world.inboxes.pause = hang
    late = asyncio.create_task(world.worker().drain())
    await world.until(lambda: world.inboxes.posts)
    world.clock.advance(LEASE)
    world.inboxes.pause = None
    await world.deliver()
    world.answer_all(failing(503))
    release.set()
    await late
    assert await world.gaps() == []


async def test_two_workers_send_everything_once(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(40, servers=40))
    for each in range(3):
        await world.say(area, f"e{each}")
    workers = [world.worker(capacity=Capacity(claims=5)) for _ in range(2)]
    await asyncio.gather(*(worker.drain() for worker in workers))
    await world.deliver()
    sent = [(post.url, post.activity) for post in world.inboxes.posts]
    assert len(sent) == len(set(sent)) == 120


async def test_a_running_worker_is_woken_by_a_nudge(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    worker, stop = world.worker(), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    for each in range(3):
        await world.say(area, f"e{each}")
        worker.nudge()
        said = each + 1
        await world.until(lambda said=said: len(world.inboxes.accepted) == said)  # type: ignore[misc]
    stop.set()
    await asyncio.wait_for(running, 5)
    assert world.inboxes.at(ONE) == ["e0", "e1", "e2"]


async def test_a_worker_begins_with_what_was_left(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    stop = asyncio.Event()
    running = asyncio.create_task(world.worker().run(stop))
    await world.until(lambda: world.inboxes.accepted)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_a_round_ends_before_its_lease_does(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for each in range(4):
        await world.say(area, f"e{each}", thread="one")
    others: list[str] = []

    async def take_long(_url: str) -> None:
        """And look who would send the rest meanwhile."""
        world.clock.advance(40_000)
        if len(world.inboxes.posts) == 3:
            world.inboxes.pause = None
            before = len(world.inboxes.posts)
            await world.deliver()
            others.extend(world.inboxes.tried_at(ONE)[before:])

    world.inboxes.pause = take_long
    await world.deliver()
    assert others == []
    assert world.inboxes.tried_at(ONE) == ["e0", "e1", "e2", "e3"]
    ends = [post.at - START for post in world.inboxes.posts]
    assert ends == [0, 40_000, 80_000, 120_000]


async def test_stopping_lets_what_is_under_way_end_and_sends_nothing_more(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    for each in range(4):
        await world.say(area, f"e{each}", thread="one")
    release = asyncio.Event()

    async def hang(_url: str) -> None:
        await release.wait()

    world.inboxes.pause = hang
    worker, stop = world.worker(), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await world.until(lambda: world.inboxes.posts)
    stop.set()
    for _ in range(3):  # the loop hears of it
        await asyncio.sleep(0)
    release.set()
    await asyncio.wait_for(running, 5)
    assert world.inboxes.at(ONE) == ["e0"]
    leased = await world.rows(sa.select(cursors).where(cursors.c.leased_by.is_not(None)))
    assert leased == []
    await world.deliver()
    assert world.inboxes.at(ONE) == ["e0", "e1", "e2", "e3"]


class FlakyStorage:
    """Refuses some calls, as a locked or missing database does."""

    def __init__(self, world: World, refuse: Callable[[object], bool]) -> None:
        self._database = world.database
        self._refuse = refuse

    async def read(self, function: Callable[..., Any], *args: Any) -> Any:
        self._check(function)
        return await self._database.read(function, *args)

    async def write(self, function: Callable[..., Any], *args: Any) -> Any:
        self._check(function)
        return await self._database.write(function, *args)

    def _check(self, function: object) -> None:
        if self._refuse(function):
            raise Overloaded("locked")


async def test_results_wait_for_a_busy_database_and_are_not_sent_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outbox.ledger.PAUSE", 0.001)
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    refused: list[object] = []

    def refuse(function: object) -> bool:
        if getattr(function, "__name__", "") == "record" and len(refused) < 3:
            refused.append(function)
            return True
        return False

    worker = Worker(FlakyStorage(world, refuse), world.inboxes, world.keyring, world.clock, log=world.log)
    await worker.drain()
    assert len(refused) == 3
    await world.deliver()
    assert len(world.inboxes.posts) == 1


async def test_a_worker_survives_a_database_that_is_away(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    away = [True]

    worker = Worker(
        FlakyStorage(world, lambda _: away[0]), world.inboxes, world.keyring, world.clock, log=world.log
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await world.until(lambda: world.log.lines)
    away[0] = False
    worker.nudge()
    await world.until(lambda: world.inboxes.accepted)
    stop.set()
    await asyncio.wait_for(running, 5)


# What is seen of it


async def test_each_attempt_is_one_line_without_the_body(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello", body=b'{"id":"https://here.test/activities/hello","secret":"himitsu"}')
    world.answer_all(failing(503))
    await world.deliver()
    world.answer_all(OK)
    world.clock.advance(MINUTE)
    await world.deliver()
    lines = [values for event, values in world.log.lines if event == "delivery"]
    assert [(line["host"], line["status"], line["outcome"], line["attempt"]) for line in lines] == [
        ("one.test", 503, "retry", 1),
        ("one.test", 202, "done", 2),
    ]
    assert "himitsu" not in str(world.log.lines)


async def test_a_wrong_clock_is_an_alarm(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, *await world.crowd(3, servers=3))
    await world.say(area, "hello")
    world.answer_all(failing(401, skew=120.0))
    worker = world.worker()
    await worker.drain()
    assert [event for event, _ in world.log.lines].count("clock alarm") == 3
    assert worker.skew == 120.0
    assert [state for _, state in await world.gaps()] == ["retry"] * 3


async def test_an_actor_without_a_key_is_given_up_and_stops_nobody(world: World) -> None:
    area = await world.local("megumino")
    stranger = await world.remote("x", "three.test")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(stranger, "forged", audience_id=area.id)
    await world.say(area, "hello")
    await world.deliver()
    assert world.inboxes.at(ONE) == ["hello"]
    assert await world.gaps() == [("forged", "failed")]


async def test_a_purged_body_is_given_up(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    await world.say(area, "hello")
    await world.database.write(lambda tx: tx.execute(sa.update(log).values(body=None)))
    await world.deliver()
    assert world.inboxes.posts == []
    assert await world.gaps() == [("hello", "failed")]


async def test_a_healthy_destination_is_written_once_an_hour(world: World) -> None:
    area = await world.local("megumino")
    await world.follow(area, await world.remote("a", "one.test"))
    noted = []
    for advance in (0, HOUR - 1, 1):
        world.clock.advance(advance)
        await world.say(area, f"at{world.clock()}")
        await world.deliver()
        noted.append(await world.value(sa.select(destinations.c.last_success_at)))
    assert noted == [START, START, START + HOUR]
