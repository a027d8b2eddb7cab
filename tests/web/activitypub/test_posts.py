"""Posts, replies, threads and single activities: who may read what, and what is left of the deleted."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.origins import add_origin
from actors.standing import set_standing
from areas import creates, posts
from areas.boosts import live_boosts
from areas.records import AreaRecord, PostRecord
from areas.tables import posts as post_table
from federation.vocabulary import Iri
from outbox.tables import log
from tests.testrig.world import Town, World
from tests.web.activitypub.test_actors import read
from tests.web.conftest import JSON, ORIGIN
from web.node import ensure_site

pytestmark = pytest.mark.anyio


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


async def test_a_note_its_replies_and_its_thread(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    root, _ = await town.post(author, "花の庭が見ごろです。", area)
    world.clock.advance(seconds=1)
    reply, _ = await town.post(author, "日曜がおすすめです。", reply_to=root.iri)
    note = await read(client, root.iri)
    assert (note["id"], note["type"], note["audience"]) == (root.iri, "Note", area.iri)
    assert "name" not in note
    replies = await read(client, f"{root.iri}/replies")
    assert (replies["totalItems"], replies["orderedItems"]) == (1, [reply.iri])
    assert (await read(client, replies["first"]))["orderedItems"] == [reply.iri]
    thread = await read(client, note["context"])
    assert thread["orderedItems"] == [root.iri, reply.iri]
    assert thread["attributedTo"] == author.iri
    assert (await client.get(f"/threads/{reply.id}", headers=JSON)).status_code == 404


async def test_what_is_not_for_everyone_does_not_exist(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "これは秘密になります。", area)

    def hide(tx: sa.Connection, visibility: str) -> None:
        tx.execute(sa.update(post_table).where(post_table.c.id == post.id).values(visibility=visibility))

    paths = (
        f"/posts/{post.id}",
        f"/posts/{post.id}/replies",
        f"/threads/{post.id}",
        f"/people/hanako/activities/{post.id}",
    )
    for visibility in ("private", "direct"):
        await town.write(hide, visibility)
        for path in paths[:3]:
            assert (await client.get(path, headers=JSON)).status_code == 404, path
            assert (await client.get(path)).status_code == 404, path
        for path in ("/people/hanako/outbox", "/areas/megumino/outbox"):
            assert (await read(client, path))["orderedItems"] == []
        for path in ("/", "/areas/megumino", "/people/hanako"):
            assert "秘密" not in (await client.get(path)).text, path


async def test_a_post_that_waits_is_nobodys(town: Town, client: httpx.AsyncClient) -> None:
    """Its Create waits for the area's decision, so that it exists nowhere yet."""
    area = await town.area("shimamatsu", policy="review")
    author = await town.person("hanako")
    post, placed = await town.post(author, "確認を待っています。", area)
    assert placed[0].state == "held"
    for headers in (JSON, {}):
        assert (await client.get(f"/posts/{post.id}", headers=headers)).status_code == 404
    for path in (f"/people/hanako/activities/{post.id}", "/people/hanako/activities/1"):
        assert (await client.get(path, headers=JSON)).status_code == 404
    for path in ("/people/hanako", "/areas/shimamatsu", "/"):
        assert "確認を待っています" not in (await client.get(path)).text, path


async def test_what_somebody_suspended_wrote_is_nobodys(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "花の庭が見ごろです。", area)
    paths = (f"/posts/{post.id}", f"/posts/{post.id}/replies", f"/people/hanako/activities/{post.id}")
    for path in paths:
        await read(client, f"{ORIGIN}{path}")

    async def count(collection: str) -> int:
        return int((await read(client, f"{ORIGIN}{collection}/outbox"))["totalItems"])

    assert (await count("/people/hanako"), await count("/areas/megumino")) == (1, 1)

    def suspend(tx: sa.Connection) -> None:
        set_standing(tx, author.id, "suspended", reason="spam", now=town.clock())

    await town.write(suspend)
    for path in paths:
        assert (await client.get(path, headers=JSON)).status_code == 404, path
        assert (await client.get(path, headers={"accept": "text/html"})).status_code == 404, path
    assert (await count("/people/hanako"), await count("/areas/megumino")) == (0, 0)


async def test_of_the_deleted_a_tombstone_is_left(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "まちがえました、消します。", area)
    boost = (await town.read(live_boosts, post.id))[0]
    create = creates.create_iri(author, post)
    await town.write(posts.end, post, town.clock())
    response = await client.get(post.iri, headers=JSON)
    assert response.status_code == 410
    assert response.json()["type"] == "Tombstone"
    assert response.json()["id"] == post.iri
    assert "まちがえました" not in response.text
    assert (await client.get(post.iri)).status_code == 410
    await town.write(_purge)
    for iri in (boost.iri, create):
        assert (await client.get(iri, headers=JSON)).status_code == 410, iri


def _purge(tx: sa.Connection) -> None:
    tx.execute(sa.update(log).values(body=None))


async def test_activities_outlive_the_purge_of_the_log(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "長く読める投稿です。", area)
    boost = (await town.read(live_boosts, post.id))[0]
    create = creates.create_iri(author, post)
    before = [await read(client, iri) for iri in (boost.iri, create)]
    await town.write(_purge)
    after = [await read(client, iri) for iri in (boost.iri, create)]
    for old, new in zip(before, after, strict=True):
        old.pop("proof")
        assert old == new
    assert (await read(client, "/areas/megumino/outbox"))["orderedItems"][0]["object"]["id"] == create
    assert (await read(client, "/people/hanako/outbox"))["orderedItems"][0]["id"] == create


async def test_an_activity_has_one_address(town: Town, client: httpx.AsyncClient, area: AreaRecord) -> None:
    author = await town.person("hanako")
    await town.person("taro")
    post, _ = await town.post(author, "花の庭が見ごろです。", area)
    await town.write(_purge)
    for path in (
        f"/people/taro/activities/{post.id}",
        f"/areas/megumino/activities/{post.id}",
        f"/people/hanako/boosts/{post.id}",
        f"/people/hanako/activities/0{post.id}",
        "/areas/megumino/boosts/nothing",
    ):
        assert (await client.get(path, headers=JSON)).status_code == 404, path


async def test_other_servers_posts_are_where_they_are(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    peer = world.peer("mastodon.example")
    note = peer.note(peer.actor("ken"), "one", cc=[area.iri])
    await peer.send(peer.create(note), area.iri + "/inbox")
    stored = await town.read(posts.find_post, note["id"])
    response = await client.get(f"/posts/{stored.id}", headers=JSON)
    assert (response.status_code, response.headers["location"]) == (302, note["id"])
    assert (await client.get(f"/posts/{stored.id}/replies", headers=JSON)).status_code == 404
    page = await client.get(f"/posts/{stored.id}")
    assert "<p>one</p>" in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    await town.write(posts.end, stored, town.clock())
    gone = await client.get(f"/posts/{stored.id}", headers=JSON)
    assert gone.status_code == 410
    assert "Tombstone" not in gone.text


async def test_impossible_numbers_are_no_posts(town: Town, client: httpx.AsyncClient) -> None:
    for number in ("0", "1", "9" * 30, str(1 << 63)):
        for path in (f"/posts/{number}", f"/threads/{number}", f"/posts/{number}/replies"):
            assert (await client.get(path, headers=JSON)).status_code == 404, path


async def test_long_threads_have_pages(town: Town, client: httpx.AsyncClient, area: AreaRecord) -> None:
    author = await town.person("hanako")
    root, _ = await town.post(author, "花の庭が見ごろです。", area)

    def reply(tx: sa.Connection, base: PostRecord) -> None:
        for number in range(1, 51):
            post_id = base.id + number
            record = replace(
                base,
                id=post_id,
                iri=Iri(f"{ORIGIN}/posts/{post_id}"),
                in_reply_to_iri=base.iri,
                in_reply_to_id=base.id,
            )
            posts.save_local(tx, record, ())

    await town.write(reply, root)
    items: list[str] = []
    page: dict[str, Any] = await read(client, f"{ORIGIN}/threads/{root.id}?after=0")
    while True:
        items += page["orderedItems"]
        if "next" not in page:
            break
        page = await read(client, page["next"])
    assert len(items) == len(set(items)) == 51
    assert (await read(client, f"{root.iri}/replies"))["totalItems"] == 50


async def test_each_origin_has_its_own(town: Town, world: World, client: httpx.AsyncClient) -> None:
    """Nothing of one host name is served under another."""
    node = town.node
    await ensure_site(node.database, node.vault, "https://megumino.example", town.clock())
    await town.write(lambda tx: add_origin(tx, ORIGIN, primary=True, now=town.clock()))
    await node.refresh()
    author = await town.person("hanako")
    post, _ = await town.post(author, "こんにちは、町のみなさん。")
    transport = httpx.ASGITransport(app=world.network.hosts["chitose.example"])
    async with httpx.AsyncClient(transport=transport, base_url="https://megumino.example") as other:
        assert (await read(other, "/actor"))["id"] == "https://megumino.example/actor"
        assert (await other.get("/people/hanako", headers=JSON)).status_code == 404
        response = await other.get(f"/posts/{post.id}", headers=JSON)
        assert response.headers["location"] == post.iri
        response = await other.get(f"/posts/{post.id}")
        assert response.headers["location"] == post.iri
    assert (await read(client, "/actor"))["id"] == f"{ORIGIN}/actor"
