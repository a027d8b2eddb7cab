"""Posts by id: for whom, with what around them, and what they said before."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import block_actor
from areas import compose, interactions, placements, shares
from areas.records import AreaRecord, Draft, PostRecord, Revision
from areas.tables import posts, reactions
from federation.vocabulary import Iri
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge

pytestmark = pytest.mark.anyio


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


async def publish(town: Town, author: ActorRecord, text: str, **how: Any) -> PostRecord:
    post, _ = await town.write(compose.publish, Draft(author.id, text, **how), town.clock())
    assert isinstance(post, PostRecord)
    return post


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    response = await client.get(path, params=params)
    assert response.status_code == 200, (path, response.text)
    return response.json()


async def test_a_post_with_its_mentions_and_tags(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord
) -> None:
    post = await publish(town, hanako, f"{area.handle} #花の庭 が見ごろです。", language="ja")
    shown = await get(client, f"/api/v1/statuses/{post.id}")
    judge(schema.STATUS, shown)
    assert shown["uri"] == post.iri
    assert shown["account"]["acct"] == "hanako"
    for each in (*shown["mentions"], *shown["tags"]):
        assert f'href="{each["url"]}"' in shown["content"]
    assert [each["acct"] for each in shown["mentions"]] == ["megumino"]
    assert [each["name"] for each in shown["tags"]] == ["花の庭"]


async def test_the_place_in_an_area_is_a_boost_by_it(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord
) -> None:
    post, _ = await town.post(hanako, "花の庭が見ごろです。", area)
    [placed] = await town.read(placements.placements_of, post.id)
    shown = await get(client, f"/api/v1/statuses/{placed.position}")
    judge(schema.STATUS, shown)
    assert (shown["account"]["acct"], shown["reblog"]["id"]) == ("megumino", str(post.id))
    assert shown["reblog"]["reblogs_count"] == 0
    ids = {"id[]": [str(placed.position), str(post.id), "1"]}
    both = await get(client, "/api/v1/statuses", **ids)
    assert [each["id"] for each in both] == [str(placed.position), str(post.id)]
    assert (
        await client.get("/api/v1/statuses", params={"id[]": [str(n) for n in range(41)]})
    ).status_code == 422


async def test_who_may_see_what(town: Town, app: httpx.AsyncClient, hanako: ActorRecord, sign: Sign) -> None:
    sora, riku = await town.person("sora"), await town.person("riku")
    await town.write(_let_follow, hanako, sora, town)
    seen = {
        "public": {"nobody", "hanako", "sora", "riku"},
        "unlisted": {"nobody", "hanako", "sora", "riku"},
        "private": {"hanako", "sora"},
        "direct": {"hanako", "sora"},
    }
    tokens = {"nobody": {}, "sora": await sign("sora"), "riku": await sign("riku")}
    tokens["hanako"] = {"authorization": app.headers.pop("authorization")}
    for visibility, expected in seen.items():
        author = hanako if visibility == "direct" else sora
        text = f"@{sora.handle} {visibility}" if visibility == "direct" else visibility
        post = await publish(town, author, text, visibility=visibility)
        for who, headers in tokens.items():
            for path in ("", "/context", "/history", "/reblogged_by", "/favourited_by"):
                response = await app.get(f"/api/v1/statuses/{post.id}{path}", headers=headers)
                assert response.status_code == (200 if who in expected else 404), (visibility, who, path)
    assert riku.id


def _let_follow(tx: sa.Connection, follower: ActorRecord, target: ActorRecord, town: Town) -> None:
    interactions.follow(tx, follower, target, town.clock())


async def test_whoever_blocks_is_not_read(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    sora = await town.person("sora")
    post = await publish(town, sora, "花の庭が見ごろです。")
    assert (await app.get(f"/api/v1/statuses/{post.id}")).status_code == 200
    iri = Iri(f"{sora.iri}/blocks/1")
    await town.write(
        lambda tx: block_actor(tx, iri=iri, actor_id=sora.id, target_id=hanako.id, now=town.clock())
    )
    assert (await app.get(f"/api/v1/statuses/{post.id}")).status_code == 404


async def test_what_stands_around_a_post(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    sora = await town.person("sora")

    async def answer(parent: PostRecord, text: str, **how: Any) -> PostRecord:
        world.clock.advance(seconds=1)
        return await publish(town, sora, text, in_reply_to=parent.iri, **how)

    root = await publish(town, hanako, "root")
    first, second = await answer(root, "1"), await answer(root, "2")
    below = await answer(first, "1.1")
    hidden = await answer(first, "1.2", visibility="direct")
    deeper = await answer(below, "1.1.1")
    assert hidden.visibility == "direct"

    async def around(post: PostRecord) -> tuple[list[str], list[str]]:
        shown = await get(client, f"/api/v1/statuses/{post.id}/context")
        judge(schema.CONTEXT, shown)
        return [each["id"] for each in shown["ancestors"]], [each["id"] for each in shown["descendants"]]

    def ids(*posts: PostRecord) -> list[str]:
        return [str(post.id) for post in posts]

    assert await around(root) == ([], ids(first, below, deeper, second))
    assert await around(below) == (ids(root, first), ids(deeper))
    assert await around(deeper) == (ids(root, first, below), [])


async def test_who_boosted_and_liked_page_by_page(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord, area: AreaRecord
) -> None:
    post, _ = await town.post(hanako, "花の庭が見ごろです。", area)
    names = ["sora", "riku", "umi"]
    for number, name in enumerate(names):
        actor = await town.person(name)
        world.clock.advance(seconds=1)
        row = {"actor_id": actor.id, "post_id": post.id, "kind": "Like", "iri": f"{actor.iri}/likes/1"}
        await town.write(
            lambda tx, row=row, number=number: tx.execute(
                sa.insert(reactions).values(**row, id=number + 1, created_at=town.clock())
            )
        )
        await town.write(
            lambda tx, actor=actor: shares.record(
                tx,
                actor=actor,
                post=post,
                iri=Iri(f"{actor.iri}/shares/1"),
                visibility="public",
                at=town.clock(),
            )
        )
    shown = await get(client, f"/api/v1/statuses/{post.id}")
    assert (shown["favourites_count"], shown["reblogs_count"]) == (3, 3)
    for which in ("reblogged_by", "favourited_by"):
        path = f"/api/v1/statuses/{post.id}/{which}"
        first = await client.get(path, params={"limit": 2})
        assert [each["acct"] for each in first.json()] == ["umi", "riku"]
        for each in first.json():
            judge(schema.ACCOUNT, each)
        second = await client.get(first.links["next"]["url"])
        assert [each["acct"] for each in second.json()] == ["sora"]
        assert "next" not in second.links


async def test_what_was_typed_and_what_was_said_before(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    post = await publish(town, hanako, "さくら #花", summary="春")
    source = await get(app, f"/api/v1/statuses/{post.id}/source")
    judge(schema.STATUS_SOURCE, source)
    assert (source["text"], source["spoiler_text"]) == ("さくら #花", "春")
    world.clock.advance(minutes=1)
    await town.write(compose.edit, post.id, Revision(text="うめ"), town.clock())
    history = await get(app, f"/api/v1/statuses/{post.id}/history")
    for each in history:
        judge(schema.STATUS_EDIT, each)
    assert ["さくら" in each["content"] for each in history] == [True, False]
    assert (await get(app, f"/api/v1/statuses/{post.id}"))["edited_at"] == history[1]["created_at"]
    other = await publish(town, await town.person("sora"), "さくら")
    assert (await app.get(f"/api/v1/statuses/{other.id}/source")).status_code == 404
    assert await get(app, f"/api/v1/statuses/{post.id}/card") == {}


async def test_other_pages_embed_words_and_a_link(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    post = await publish(town, hanako, "さくら<b>")
    shown = await get(client, "/api/oembed", url=post.iri)
    judge(schema.OEMBED, shown)
    assert "さくら&lt;b&gt;" in shown["html"]
    assert "script" not in shown["html"]
    direct = await publish(town, hanako, "secret", visibility="direct")
    area, peer = await town.area("megumino"), world.peer("mastodon.example")
    note = peer.note(peer.actor("ken"), "n1", cc=[area.iri])
    await peer.send(peer.create(note), f"{area.iri}/inbox")
    remote = await town.read(lambda tx: tx.execute(sa.select(posts.c.id).where(~posts.c.local)).scalar_one())
    for url in (
        direct.iri,
        f"https://elsewhere.example/posts/{post.id}",
        f"{ORIGIN}/posts/{remote}",
        f"{ORIGIN}/posts/1",
        f"{ORIGIN}/people/hanako",
        "x",
        "",
        "https://x.example/posts/1",
    ):
        assert (await client.get("/api/oembed", params={"url": url})).status_code == 404
