"""Polls: options, votes here and to elsewhere, counts told in time, the end."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from actors.follows import record_follow
from actors.jobs import claim
from actors.records import ActorRecord
from areas import compose, interactions
from areas.interactions import voting
from areas.polls import options, votes
from areas.polls.tables import poll_votes, polls
from areas.reading import statuses
from areas.records import AreaRecord, PollDraft, PostRecord, Revision
from federation.errors import NotFound, Refused
from federation.vocabulary import Iri, Millis, PollOption, Post
from outbox.records import ORDINARY
from tests.areas.reading.rig import Town

pytestmark = pytest.mark.anyio
HOUR = 3_600_000
ASKED = PollDraft(("雪", "雨", "晴れ"), HOUR)


@pytest.fixture
async def taro(town: Town, area: AreaRecord) -> ActorRecord:
    return await town.resident("taro")


async def ask(town: Town, author: ActorRecord, poll: PollDraft = ASKED, **values: Any) -> PostRecord:
    post, _ = await town.publish(author, "明日は?", poll=poll, **values)
    return post


def counts(poll: options.Poll | None) -> list[int | None]:
    assert poll is not None
    return [option.votes for option in poll.options]


def vote_of(voter: ActorRecord, question: PostRecord, name: str) -> Post:
    return Post(
        id=Iri(f"{voter.iri}/votes/{name}"), type="Note", in_reply_to=question.iri, name=name, content=None
    )


async def due(town: Town, *kinds: str) -> list[tuple[str, str]]:
    return [(job.kind, job.key) for job in await town.do(claim, kinds, 10, town.now, 1)]


async def test_a_poll_is_a_question_to_others(town: Town, area: AreaRecord, hanako: ActorRecord) -> None:
    post = await ask(town, hanako)
    create = (await town.said())[0]
    question = create.body["object"]
    assert (question["type"], question["votersCount"]) == ("Question", 0)
    assert [each["name"] for each in question["oneOf"]] == ["雪", "雨", "晴れ"]
    assert question["endTime"].startswith("2026-11-24T13:00")
    multiple = await ask(town, hanako, replace(ASKED, multiple=True))
    assert "anyOf" in (await town.said())[-1].body["object"]
    assert (post.type, multiple.type) == ("Question", "Question")


@pytest.mark.parametrize(
    ("poll", "reason"),
    [
        (PollDraft(("one",), HOUR), "2 to 4 options"),
        (PollDraft(tuple("abcde"), HOUR), "2 to 4 options"),
        (PollDraft(("a", ""), HOUR), "1 to 50 characters"),
        (PollDraft(("a", "b" * 51), HOUR), "1 to 50 characters"),
        (PollDraft(("a", "a "), HOUR), "the same"),
        (PollDraft(("a", "b"), 299_999), "5 minutes"),
        (PollDraft(("a", "b"), 31 * 24 * HOUR), "30 days"),
    ],
)
async def test_what_is_no_poll(town: Town, hanako: ActorRecord, poll: PollDraft, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        await ask(town, hanako, poll)
    assert await town.said() == []


async def test_each_voter_counts_once(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post = await ask(town, hanako)
    found = await town.do(interactions.vote, taro, post.id, (1,), town.now)
    assert (counts(found), found.voters, found.own) == ([0, 1, 0], 1, (1,))
    for places, reason in (((0,), "have voted"), ((), "no such"), ((3,), "no such"), ((0, 1), "one option")):
        with pytest.raises(Refused, match=reason):
            await town.do(interactions.vote, taro, post.id, places, town.now)
    seen = await town.do(statuses.load, town.reader(hanako), [post.id])
    assert seen[post.id].poll == replace(found, own=())


async def test_several_may_be_chosen_also_one_after_another(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post = await ask(town, hanako, replace(ASKED, multiple=True))
    await town.do(interactions.vote, taro, post.id, (0, 2), town.now)
    found = await town.do(interactions.vote, taro, post.id, (2, 1), town.now)
    assert (counts(found), found.voters, found.own) == ([1, 1, 1], 1, (0, 1, 2))


async def test_many_at_once_are_counted_once_each(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post = await ask(town, hanako)

    async def vote(actor: ActorRecord, place: int) -> bool:
        try:
            await town.do(interactions.vote, actor, post.id, (place,), town.now)
        except Refused:
            return False
        return True

    done = await asyncio.gather(*(vote(actor, place) for actor in (hanako, taro) for place in (0, 1, 2)))
    assert sum(done) == 2
    found = await town.do(options.find, post.id)
    assert found is not None
    assert (sum(each or 0 for each in counts(found)), found.voters) == (2, 2)


async def test_nobody_votes_after_the_end_or_where_she_may_not_read(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post = await ask(town, hanako, visibility="private")
    with pytest.raises(NotFound):
        await town.do(interactions.vote, taro, post.id, (0,), town.now)
    plain, _ = await town.publish(hanako, "no poll")
    with pytest.raises(Refused, match="is no poll"):
        await town.do(interactions.vote, taro, plain.id, (0,), town.now)
    town.pass_time(HOUR)
    with pytest.raises(Refused, match="is over"):
        await town.do(interactions.vote, hanako, post.id, (0,), town.now)


async def test_votes_from_elsewhere_count_once_and_are_no_posts(
    town: Town, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    post = await ask(town, hanako)
    for voter, name, counted in (
        (alice, "雪", True),
        (alice, "雪", False),
        (alice, "雨", False),
        (bob, "雨", True),
        (bob, "none", False),
    ):
        assert await town.do(voting.hear, voter, vote_of(voter, post, name), town.now) is counted
    assert counts(await town.do(options.find, post.id)) == [1, 1, 0]
    plain, _ = await town.publish(hanako, "no poll")
    assert await town.do(voting.hear, bob, vote_of(bob, plain, "雪"), town.now) is False


async def test_a_private_poll_counts_followers_alone(
    town: Town, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    post = await ask(town, hanako, visibility="private")
    await town.do(
        record_follow,
        iri=Iri("https://p.test/f/1"),
        follower=alice,
        target=hanako,
        state="accepted",
        now=town.now,
    )
    for voter, counted in ((alice, True), (bob, False)):
        assert await town.do(voting.hear, voter, vote_of(voter, post, "雪"), town.now) is counted


async def test_counts_are_told_to_voters_and_followers_once_in_five_minutes(
    town: Town, area: AreaRecord, hanako: ActorRecord, alice: ActorRecord, bob: ActorRecord
) -> None:
    post = await ask(town, hanako)
    await town.do(voting.hear, alice, vote_of(alice, post, "雪"), town.now)
    assert await due(town, votes.COUNTS) == [(votes.COUNTS, str(post.id))]
    assert await town.do(voting.tell_counts, post.id, town.now)
    update = (await town.said())[-1]
    assert (update.type, update.to, update.audience, update.lane) == (
        "Update",
        ("alice",),
        "hanako",
        ORDINARY,
    )
    assert update.body["object"]["oneOf"][0]["replies"]["totalItems"] == 1
    assert update.body["object"]["votersCount"] == 1
    assert "updated" not in update.body["object"], "nothing was edited"
    await town.do(lambda tx: tx.exec_driver_sql("DELETE FROM jobs"))
    await town.do(voting.hear, bob, vote_of(bob, post, "雨"), town.now)
    assert await due(town, votes.COUNTS) == []
    town.pass_time(votes.PAUSE)
    assert await due(town, votes.COUNTS) == [(votes.COUNTS, str(post.id))]


async def test_hidden_counts_are_told_at_the_end_alone(
    town: Town, hanako: ActorRecord, taro: ActorRecord, alice: ActorRecord
) -> None:
    post = await ask(town, hanako, replace(ASKED, hide_totals=True))
    found = await town.do(interactions.vote, taro, post.id, (0,), town.now)
    assert [each.votes for each in found.shown(town.now)] == [None, None, None]
    await town.do(voting.tell_counts, post.id, town.now)
    assert (await town.said())[-1].body["object"]["votersCount"] == 0
    assert await town.do(voting.tell_end, post.id, town.now) is False
    town.pass_time(HOUR)
    assert [each.votes for each in found.shown(town.now)] == [1, 0, 0]
    assert await due(town, votes.END) == [(votes.END, str(post.id))]
    assert await town.do(voting.tell_end, post.id, town.now)
    assert (await town.said())[-1].body["object"]["votersCount"] == 1
    assert await town.told(taro) == ["poll hanako: 明日は?"]
    assert await town.told(hanako) == ["poll hanako: 明日は?"]
    assert await town.do(voting.tell_end, post.id, town.now) is False, "once"


async def test_a_vote_in_anothers_poll_is_sent_to_its_author_alone(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    note = town.note(
        alice,
        "poll",
        type="Question",
        poll=(PollOption("yes", 3), PollOption("no", 4)),
        poll_multiple=True,
        poll_voters=5,
        end_time=Millis(town.now + HOUR),
    )
    await town.send(alice, note)
    post = await town.stored(note.id)
    before = await town.last()
    found = await town.do(interactions.vote, hanako, post.id, (0, 1), town.now)
    assert (counts(found), found.voters) == ([4, 5], 6)
    first, second = await town.said(after=before)
    for said, name in ((first, "yes"), (second, "no")):
        assert (said.type, said.to, said.audience, said.public) == ("Create", ("alice",), None, False)
        vote = said.body["object"]
        assert (vote["type"], vote["name"], vote["inReplyTo"], vote["to"]) == (
            "Note",
            name,
            note.id,
            [alice.iri],
        )
        assert "content" not in vote
        assert said.body["to"] == [alice.iri]
    town.pass_time(HOUR)
    assert await town.do(voting.tell_end, post.id, town.now)
    assert await town.told(hanako) == ["poll alice: poll"]


async def test_its_own_server_says_what_the_counts_are(
    town: Town, hanako: ActorRecord, alice: ActorRecord
) -> None:
    """Also where the poll was edited before: such an Update is as old as what is stored."""
    note = town.note(
        alice, "poll", type="Question", poll=(PollOption("yes", 0), PollOption("no", 0)), poll_voters=0
    )
    await town.send(alice, note)
    await town.edit(alice, replace(note, content="<p>edited</p>"))
    post = await town.stored(note.id)
    told = replace(
        note,
        content="<p>edited</p>",
        updated=post.updated_at,
        poll=(PollOption("yes", 7), PollOption("no", 2)),
    )
    await town.edit(alice, told)
    found = await town.do(options.find, post.id)
    assert counts(found) == [7, 2]
    others = replace(told, updated=Millis(town.now + 1), poll=(PollOption("a", 1), PollOption("b", 2)))
    await town.do(interactions.vote, hanako, post.id, (0,), town.now)
    await town.edit(alice, others)
    found = await town.do(options.find, post.id, hanako.id)
    assert found is not None
    assert ([each.name for each in found.options], counts(found), found.own) == (["a", "b"], [1, 2], ())


async def test_another_question_loses_the_votes_the_same_one_keeps_them(
    town: Town, hanako: ActorRecord, taro: ActorRecord
) -> None:
    post = await ask(town, hanako)
    await town.do(interactions.vote, taro, post.id, (0,), town.now)
    await town.do(compose.edit, post.id, Revision("other text", poll=ASKED), town.now)
    assert counts(await town.do(options.find, post.id)) == [1, 0, 0]
    await town.do(compose.edit, post.id, Revision(poll=replace(ASKED, options=("a", "b"))), town.now)
    found = await town.do(options.find, post.id, taro.id)
    assert (counts(found), await town.count(poll_votes)) == ([0, 0], 0)
    plain, _ = await town.publish(hanako, "x")
    with pytest.raises(Refused, match="cannot be added"):
        await town.do(compose.edit, plain.id, Revision(poll=ASKED), town.now)


async def test_a_poll_ends_with_its_post(town: Town, hanako: ActorRecord, taro: ActorRecord) -> None:
    post = await ask(town, hanako)
    await town.do(interactions.vote, taro, post.id, (0,), town.now)
    await town.do(compose.delete, post.id, town.now)
    assert (await town.count(polls), await town.count(poll_votes)) == (0, 0)
    assert await town.do(voting.tell_counts, post.id, town.now) is False
