"""What other servers send is live as well, if it is news; and what is for few is heard by those few alone."""

import pytest
import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.records import ActorRecord
from areas import compose, decisions, interactions, placements
from areas.interactions import join
from areas.records import AreaRecord, Draft
from federation.vocabulary import Millis
from tests.testrig.peers import stamp
from tests.testrig.world import Town, World
from tests.web.mastodon.streaming.conftest import Listen

pytestmark = pytest.mark.anyio
HOUR = 3_600_000


def follow(tx: sa.Connection, follower: ActorRecord, target_id: int, now: Millis) -> None:
    target = find_actor_by_id(tx, target_id)
    assert target is not None
    interactions.follow(tx, follower, target, now)


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


async def test_news_from_elsewhere_is_live(
    world: World, town: Town, area: AreaRecord, listen: Listen
) -> None:
    """What was written long ago and gets here now has its place in the timeline, and is no news."""
    peer = world.peer("hanabi.example")
    author = peer.actor("hana")
    heard = await listen(await town.person("hanako"), "public:remote")
    for number, age in ((1, 0), (2, 7 * HOUR), (3, 5 * HOUR)):
        published = stamp(town.clock() - age)
        note = peer.note(
            author, f"n{number}", cc=[area.iri], content=f"<p>その{number}</p>", published=published
        )
        assert (await peer.send(peer.create(note), f"{area.iri}/inbox")).status_code == 202
    for number in (1, 3):
        event, payload = await heard.next()
        assert event == "update"
        assert f"その{number}" in payload


async def test_what_is_for_members_is_heard_by_members(town: Town, area: AreaRecord, listen: Listen) -> None:
    people = {name: await town.person(name) for name in ("sora", "member", "follower")}
    for name in ("sora", "member"):
        await town.write(join, people[name], area, town.clock())
    for name in ("member", "follower"):
        for target in (people["sora"].id, area.actor_id):
            await town.write(follow, people[name], target, town.clock())
    everything = ("user", "public", "public:local")
    member, follower = (await listen(people["member"], "user"), await listen(people["follower"], *everything))
    draft = Draft(people["sora"].id, "会員だけに", visibility="private", members_of=area.actor_id)
    await town.write(compose.publish, draft, town.clock())
    event, payload = await member.next()
    assert (event, "会員だけに" in payload) == ("update", True)
    await town.post(people["sora"], "みんなに")
    _, payload = await follower.next()
    assert "みんなに" in payload


async def test_what_an_area_holds_is_live_when_it_is_let_in(town: Town, listen: Listen) -> None:
    held = await town.area("mikawa", policy="review")
    sora, hanako = await town.person("sora"), await town.person("hanako")
    await town.write(follow, hanako, held.actor_id, town.clock())
    local, known = await listen(hanako, "public:local"), await listen(hanako, "public")
    post, _ = await town.post(sora, "相談があります", held)
    other, _ = await town.post(sora, "べつの話")
    assert str(other.id) in (await known.next())[1]
    [waiting] = await town.read(placements.placements_of, post.id)
    await town.write(lambda tx: decisions.approve(tx, waiting.id, by=None, now=town.clock()))
    for heard in (local, known):
        event, payload = await heard.next()
        assert (event, "相談があります" in payload) == ("update", True)
