"""What nobody is shown any more leaves apps that look on, and counts of polls get there."""

import json

import pytest

from actors.directory import find_actor as find_by_iri
from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import compose, interactions
from areas.polls import votes
from areas.records import Draft, PollDraft
from federation.vocabulary import Iri
from inbox.jobs.due import run_due
from tests.testrig.network import Clock
from tests.testrig.peers import stamp
from tests.testrig.world import Town, World
from tests.web.mastodon.streaming.conftest import Heard, Listen
from web.cli import run_command

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


async def follow(town: Town, follower: ActorRecord, target_id: int) -> None:
    target = await town.read(find_actor_by_id, target_id)
    await town.write(interactions.follow, follower, target, town.clock())


async def list_until(heard: Heard, canary: str) -> list[tuple[str, str]]:
    """The events before the one in which the canary sings."""
    found = []
    while canary not in (event := await heard.next())[1]:
        found.append(event)
    return found


async def test_who_is_suspended_leaves_every_app(town: Town, listen: Listen) -> None:
    """Each hears of what she could read, and of nothing else."""
    people = {name: await town.person(name) for name in ("spam", "sora", "follower", "stranger")}
    await follow(town, people["follower"], people["spam"].id)
    shared, _ = await town.post(people["sora"], "花")
    public, _ = await town.post(people["spam"], "買って")
    for text, visibility in (("内緒", "private"), ("@sora 二人だけ", "direct")):
        draft = Draft(people["spam"].id, text, visibility=visibility)  # type: ignore[arg-type]
        await town.write(compose.publish, draft, town.clock())
    share = await town.write(interactions.boost, people["spam"], shared.id, town.clock())
    follower = await listen(people["follower"], "user")
    stranger = await listen(people["stranger"], "public")
    await follow(town, people["follower"], people["stranger"].id)
    await town.post(people["stranger"], "はじめ")
    for heard in (follower, stranger):
        await list_until(heard, "はじめ")
    await run_command(town.node, "actor standing", {"name": "spam", "standing": "suspended", "reason": "x"})
    await town.post(people["stranger"], "カナリア")
    gone = await list_until(stranger, "カナリア")
    assert sorted(gone) == sorted([("delete", str(public.id)), ("delete", str(share.id))])
    theirs = await list_until(follower, "カナリア")
    assert {event for event, _ in theirs} == {"delete"}
    assert len(theirs) == 3, "the public one, the one for followers, the boost; not what was for two"


async def test_who_is_limited_is_still_there(town: Town, listen: Listen) -> None:
    quiet, reader = await town.person("quiet"), await town.person("reader")
    heard = await listen(reader, "public")
    await town.post(quiet, "静かに")
    await list_until(heard, "静かに")
    await run_command(town.node, "actor standing", {"name": "quiet", "standing": "limited", "reason": "x"})
    await town.post(reader, "カナリア")
    assert await list_until(heard, "カナリア") == []


async def test_who_deletes_herself_elsewhere_leaves_every_app(
    world: World, town: Town, listen: Listen
) -> None:
    """Her posts and her boosts, also before anything is read again."""
    peer = world.peer("hanabi.example")
    author = peer.actor("hana")
    area = await town.area("megumino")
    sora = await town.person("sora")
    written, _ = await town.post(sora, "花")
    await peer.send(peer.create(peer.note(author, "n1", cc=[area.iri])), f"{area.iri}/inbox")
    boost = peer.activity(
        "Announce", author, "b1", written.iri, to=["https://www.w3.org/ns/activitystreams#Public"]
    )
    reader = await town.person("reader")
    hana = await town.read(find_by_iri, Iri(author))
    await follow(town, reader, hana.id)
    accept = {"type": "Follow", "id": f"{reader.iri}/x", "actor": reader.iri, "object": author}
    await peer.send(peer.activity("Accept", author, "a1", accept), f"{reader.iri}/inbox")
    assert (await peer.send(boost, f"{sora.iri}/inbox")).status_code == 202
    heard = await listen(reader, "public")
    await town.post(sora, "はじめ")
    await list_until(heard, "はじめ")
    gone = peer.activity("Delete", author, "d1", author, to=["https://www.w3.org/ns/activitystreams#Public"])
    assert (await peer.send(gone, f"{area.iri}/inbox")).status_code == 202
    await town.post(sora, "カナリア")
    told = await list_until(heard, "カナリア")
    assert {event for event, _ in told} == {"delete"}
    assert len(told) == 3, "her post, where the area had it, and her boost"


async def test_counts_of_a_poll_are_live_at_most_once_in_five_minutes(town: Town, listen: Listen) -> None:
    sora, reader = await town.person("sora"), await town.person("reader")
    voters = [await town.person(f"voter{number}") for number in range(3)]
    poll = PollDraft(("雪", "雨"), milliseconds=24 * HOUR)
    heard = await listen(reader, "public")
    post, _ = await town.write(compose.publish, Draft(sora.id, "どちら", poll=poll), town.clock())
    await list_until(heard, "どちら")
    clock = town.clock
    assert isinstance(clock, Clock)

    async def vote(voter: ActorRecord) -> None:
        await town.write(interactions.vote, voter, post.id, (0,), town.clock())
        await run_due(town.node.services, town.clock())

    await vote(voters[0])
    event, payload = await heard.next()
    shown = json.loads(payload)
    assert (event, shown["id"], shown["edited_at"]) == ("status.update", str(post.id), None)
    assert [each["votes_count"] for each in shown["poll"]["options"]] == [1, 0]
    await vote(voters[1])
    await town.post(sora, "カナリア")
    assert await list_until(heard, "カナリア") == [], "too soon after the one before"
    clock.advance(seconds=votes.PAUSE / 1000)
    await vote(voters[2])
    _, payload = await heard.next()
    assert json.loads(payload)["poll"]["votes_count"] == 3


async def test_counts_of_a_poll_elsewhere_are_live_when_they_change(
    world: World, town: Town, listen: Listen
) -> None:
    peer = world.peer("hanabi.example")
    author = peer.actor("hana")
    area = await town.area("megumino")

    def options(*counts: int) -> list[dict[str, object]]:
        return [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
            for name, count in zip(("雪", "雨"), counts, strict=True)
        ]

    more = {"type": "Question", "endTime": stamp(town.clock() + HOUR), "votersCount": 0}
    question = peer.note(author, "q1", cc=[area.iri], oneOf=options(0, 0), **more)
    await peer.send(peer.create(question), f"{area.iri}/inbox")
    heard = await listen(await town.person("reader"), "public")
    sora = await town.person("sora")
    await town.post(sora, "はじめ")
    await list_until(heard, "はじめ")
    for number, counts in enumerate(((1, 0), (1, 0), (1, 2))):
        told = {**question, "oneOf": options(*counts), "votersCount": sum(counts)}
        update = peer.activity("Update", author, f"u{number}", told, to=question["to"], cc=question["cc"])
        assert (await peer.send(update, f"{area.iri}/inbox")).status_code == 202
    await town.post(sora, "カナリア")
    told_of = await list_until(heard, "カナリア")
    assert [event for event, _ in told_of] == ["status.update"] * 2, "what changes nothing is told to nobody"
    assert json.loads(told_of[-1][1])["poll"]["votes_count"] == 3
