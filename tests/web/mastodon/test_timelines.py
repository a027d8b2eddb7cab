"""Timelines: what stands in each, for whom, and page by page in both directions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.directory import find_actor_by_id
from actors.prepared import Prepared
from actors.records import ActorRecord
from actors.tables import actors
from areas import compose, decisions, interactions, placements
from areas.interactions import join
from areas.personal_tables import pins
from areas.records import AreaRecord, Draft, PostRecord
from tests.testrig.peers import Peer
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio
HOME = "/api/v1/timelines/home"
PUBLIC = "/api/v1/timelines/public"


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


@pytest.fixture
async def sora(town: Town) -> ActorRecord:
    return await town.person("sora")


Say = Callable[..., Awaitable[PostRecord]]


@pytest.fixture
def say(world: World, town: Town) -> Say:
    async def publish(author: ActorRecord, text: str, *areas: AreaRecord, **how: Any) -> PostRecord:
        world.clock.advance(seconds=1)
        draft = Draft(author.id, text, tuple(area.actor_id for area in areas), **how)
        post, _ = await town.write(compose.publish, draft, town.clock())
        assert isinstance(post, PostRecord)
        return post

    return publish


async def read(client: httpx.AsyncClient, path: str, **params: Any) -> list[str]:
    """The texts, each after "who: " where it is a boost."""
    response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    return [describe(each) for each in response.json()]


def describe(shown: dict[str, Any]) -> str:
    judge(schema.STATUS, shown)
    text = str(shown["content"]).removeprefix("<p>").partition("<")[0].strip()
    return f"{shown['account']['acct']}: {text}" if shown["reblog"] else text


async def follow(town: Town, follower: ActorRecord, target: ActorRecord | AreaRecord) -> None:
    def make(tx: sa.Connection) -> None:
        target_id = target.actor_id if isinstance(target, AreaRecord) else target.id
        found = find_actor_by_id(tx, target_id)
        assert found is not None
        interactions.follow(tx, follower, found, town.clock())

    await town.write(make)


async def hear(peer: Peer, area: AreaRecord, name: str, text: str, **more: Any) -> None:
    """A post from elsewhere to an area."""
    iri = peer.actor("ken") if f"{peer.origin}/users/ken" not in peer.actors else f"{peer.origin}/users/ken"
    note = peer.note(iri, name, cc=[area.iri], content=f"<p>{text}</p>", **more)
    await peer.send(peer.create(note), f"{area.iri}/inbox")


async def test_home_has_whom_one_follows_and_areas(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, area: AreaRecord, say: Say
) -> None:
    await follow(town, hanako, area)
    await say(sora, "in the area", area)
    await say(sora, "elsewhere")
    await say(hanako, "mine")
    assert await read(app, HOME) == ["mine", "megumino: in the area"]
    await follow(town, hanako, sora)
    assert await read(app, HOME) == ["mine", "elsewhere", "in the area"]


async def test_what_is_for_members_is_read_by_members(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, area: AreaRecord, say: Say
) -> None:
    await town.write(join, sora, area, town.clock())
    await follow(town, hanako, area)
    await say(sora, "for members", visibility="private", members_of=area.actor_id)
    profile = f"/api/v1/accounts/{area.actor_id}/statuses"
    for path in (HOME, profile):
        assert await read(app, path) == []
    await town.write(join, hanako, area, town.clock())
    for path in (HOME, profile):
        assert await read(app, path) == ["megumino: for members"]
    assert await read(app, PUBLIC, local="true") == []
    del app.headers["authorization"]
    assert await read(app, profile) == []


async def test_local_is_what_areas_have(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, say: Say
) -> None:
    megumino, izumi = await town.area("megumino"), await town.area("izumi")
    await say(sora, "one", megumino)
    both = await say(sora, "both", megumino, izumi)
    await say(sora, "two", izumi)
    await say(sora, "nowhere")
    await say(hanako, "an answer", in_reply_to=both.iri)
    await hear(world.peer("mastodon.example"), megumino, "n1", "from elsewhere")
    signed = dict(app.headers)
    del app.headers["authorization"]
    everything = ["megumino: from elsewhere", "izumi: two", "megumino: both", "megumino: one"]
    found = await read(app, PUBLIC, local="true")
    assert found in (everything, [each.replace("megumino: both", "izumi: both") for each in everything])
    app.headers["authorization"] = signed["authorization"]
    assert await read(app, PUBLIC, local="1") == []
    await follow(town, hanako, izumi)
    assert await read(app, PUBLIC, local="on") == ["izumi: two", "izumi: both"]


async def test_what_an_area_takes_back_is_gone(
    town: Town, client: httpx.AsyncClient, sora: ActorRecord, area: AreaRecord, say: Say
) -> None:
    post = await say(sora, "spam", area)
    [placed] = await town.read(placements.placements_of, post.id)
    profile = f"/api/v1/accounts/{area.actor_id}/statuses"
    assert await read(client, PUBLIC, local="true") == await read(client, profile) == ["megumino: spam"]
    await town.write(lambda tx: decisions.remove(tx, placed.id, by=None, reason="x", now=town.clock()))
    assert await read(client, PUBLIC, local="true") == await read(client, profile) == []
    assert (await client.get(f"/api/v1/statuses/{placed.position}")).status_code == 404


async def test_the_known_network(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord, say: Say
) -> None:
    post = await say(hanako, "mine")
    await say(hanako, "unlisted", visibility="unlisted")
    await say(hanako, "an answer", in_reply_to=post.iri)
    peer = world.peer("mastodon.example")
    picture = {"type": "Document", "mediaType": "image/png", "url": "https://cdn.example/1.png"}
    await hear(peer, area, "n1", "from elsewhere", attachment=[picture])
    assert await read(app, PUBLIC) == ["from elsewhere", "mine"]
    assert await read(app, PUBLIC, remote="true") == ["from elsewhere"]
    assert await read(app, PUBLIC, only_media="true") == ["from elsewhere"]
    assert await read(app, PUBLIC, only_media="true", local="true") == []

    def limit(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.username == "ken").values(standing="limited"))

    await town.write(limit)
    assert await read(app, PUBLIC) == ["mine"]


async def test_a_hashtag_with_others(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord, say: Say
) -> None:
    post = await say(hanako, "a #花 #春")
    await say(hanako, "b #花 #庭")
    await say(hanako, "c #Garden", in_reply_to=post.iri)
    await say(hanako, "d #花", visibility="unlisted")
    flower = "/api/v1/timelines/tag/花"
    assert await read(client, flower) == ["b", "a"]
    assert await read(client, "/api/v1/timelines/tag/ＧＡＲＤＥＮ") == ["c"]
    assert await read(client, flower, **{"any[]": "garden"}) == ["c", "b", "a"]
    assert await read(client, flower, **{"all[]": "#春"}) == ["a"]
    assert await read(client, flower, **{"none[]": ["春", "x"]}) == ["b"]
    assert await read(client, flower, local="true") == ["b", "a"]
    assert await read(client, flower, remote="true") == []
    assert await read(client, flower, only_media="true") == []
    assert await read(client, "/api/v1/timelines/tag/nothing") == []


async def test_a_profile_as_it_is_asked_for(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sora: ActorRecord, say: Say
) -> None:
    first = await say(sora, "first #花")
    await say(sora, "to herself", in_reply_to=first.iri)
    other = await say(hanako, "other")
    await say(sora, "answer", in_reply_to=other.iri)
    await say(sora, "for followers", visibility="private")
    path = f"/api/v1/accounts/{sora.id}/statuses"
    assert await read(app, path) == ["answer", "to herself", "first"]
    assert await read(app, path, exclude_replies="true") == ["to herself", "first"]
    assert await read(app, path, tagged="花") == ["first"]
    assert await read(app, path, only_media="true") == []
    assert await read(app, path, pinned="true") == []
    await town.write(lambda tx: tx.execute(sa.insert(pins).values(actor_id=sora.id, post_id=first.id, id=1)))
    assert await read(app, path, pinned="true") == ["first"]
    await follow(town, hanako, sora)
    assert (await read(app, path))[0] == "for followers"
    assert (await app.get("/api/v1/accounts/1/statuses")).status_code == 404


async def test_pages_lead_to_each_other_both_ways(
    world: World,
    town: Town,
    app: httpx.AsyncClient,
    hanako: ActorRecord,
    sora: ActorRecord,
    area: AreaRecord,
    say: Say,
) -> None:
    await follow(town, hanako, area)
    for number in range(7):
        await say(sora, f"{number} #花", area)
    for path in (
        HOME,
        f"{PUBLIC}?local=true",
        PUBLIC,
        "/api/v1/timelines/tag/花",
        f"/api/v1/accounts/{sora.id}/statuses",
        f"/api/v1/accounts/{area.actor_id}/statuses?exclude_replies=true",
    ):
        await walk(app, path, [str(number) for number in range(7)])


async def walk(app: httpx.AsyncClient, path: str, texts: list[str]) -> None:
    """All the way down by `next`, then all the way up by `prev`: everything once."""
    response = await app.get(path, params={**httpx.QueryParams(path.partition("?")[2]), "limit": "3"})
    pages = [response]
    while "next" in pages[-1].links:
        url = pages[-1].links["next"]["url"]
        assert url.startswith(f"{ORIGIN}/api/"), url
        pages.append(await app.get(url))
    assert [len(page.json()) for page in pages] == [3, 3, 1], path
    down = [describe(each).rpartition(" ")[2] for page in pages for each in page.json()]
    assert down == texts[::-1], path
    newer = await app.get(pages[-1].links["prev"]["url"])
    up = [describe(each).rpartition(" ")[2] for each in newer.json()]
    assert up == texts[1:4][::-1], path
    newest = await app.get(newer.links["prev"]["url"])
    assert [describe(each).rpartition(" ")[2] for each in newest.json()] == texts[4:7][::-1], path
    last = await app.get(newest.links["prev"]["url"])
    assert (last.json(), last.links) == ([], {}), path
    ids = [each["id"] for page in pages for each in page.json()]
    since = await app.get(path, params={**httpx.QueryParams(path.partition("?")[2]), "since_id": ids[2]})
    assert [each["id"] for each in since.json()] == ids[:2], path


async def test_a_page_costs_the_same_few_statements(
    world: World,
    town: Town,
    app: httpx.AsyncClient,
    hanako: ActorRecord,
    area: AreaRecord,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await follow(town, hanako, area)
    prepared: list[Prepared] = []
    run = Prepared.all

    def note(statement: Prepared, tx: sa.Connection, **values: Any) -> Sequence[Any]:
        prepared.append(statement)
        return run(statement, tx, **values)

    monkeypatch.setattr(Prepared, "all", note)

    async def count(path: str) -> int:
        """By Core, whose events tell of each, and past it."""
        seen: list[str] = []
        prepared.clear()

        def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        sa.event.listen(sa.Engine, "before_cursor_execute", watch)
        try:
            await app.get(path)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", watch)
        assert prepared
        return len(seen) + len(prepared)

    paths = (HOME, f"{PUBLIC}?local=true", PUBLIC, f"/api/v1/accounts/{area.actor_id}/statuses")
    for number in range(2):
        await say(await town.person(f"writer{number}"), "one", area)
    few = [await count(path) for path in paths]
    for number in range(2, 12):
        await say(await town.person(f"writer{number}"), f"@{hanako.handle} one", area)
    world.clock.advance(minutes=10)
    many = [await count(path) for path in paths]
    assert many == few
    assert max(many) <= 16


async def test_what_is_talked_about(
    world: World,
    town: Town,
    client: httpx.AsyncClient,
    hanako: ActorRecord,
    sora: ActorRecord,
    area: AreaRecord,
    say: Say,
) -> None:
    await say(hanako, "a #花", area)
    liked = await say(sora, "b #花 #庭", area)
    await say(sora, "c #うわさ")
    await say(hanako, "d", in_reply_to=liked.iri)
    response = await client.get("/api/v1/trends/tags")
    for each in response.json():
        judge(schema.TAG, each)
    assert [each["name"] for each in response.json()] == ["花"]
    assert response.json()[0]["history"][0] == {
        "day": str(town.clock() // 86_400_000 * 86_400),
        "uses": "2",
        "accounts": "2",
    }
    assert await read(client, "/api/v1/trends/statuses") == ["b"]
    assert (await client.get("/api/v1/trends/links")).json() == []
    assert (
        await client.get("/api/v1/timelines/link", params={"url": "https://x.example"})
    ).status_code == 404
    one = (await client.get("/api/v1/tags/庭/")).json()
    judge(schema.TAG, one)
    assert one["history"][0]["uses"] == "1"
    assert len(one["history"]) == 7
