"""Actor documents, their collections and their outboxes."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.directory import mark_gone
from actors.tables import actors
from areas import compose, interactions
from areas.codes import PREFECTURES, find_prefecture
from areas.records import Draft
from areas.tables import areas
from tests.testrig.world import Town, World
from tests.web.conftest import JSON, ORIGIN

pytestmark = pytest.mark.anyio
AREA = f"{ORIGIN}/areas/megumino"


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    response = await client.get(path, headers=JSON)
    assert response.status_code == 200, (path, response.text)
    assert response.headers["content-type"] == "application/activity+json; charset=utf-8"
    assert "Accept" in response.headers["vary"]
    assert "public" in response.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"
    found: dict[str, Any] = response.json()
    return found


async def test_an_area_is_a_group_with_everything_on_its_own_host(
    town: Town, client: httpx.AsyncClient
) -> None:
    await town.area("megumino")
    document = await read(client, AREA)
    assert document["id"] == AREA
    assert document["type"] == "Group"
    assert document["attributedTo"] == f"{AREA}/moderators"
    assert document["manuallyApprovesFollowers"] is False
    assert document["postingRestrictedToMods"] is False
    assert document["language"] == [{"identifier": "ja", "name": "日本語"}]
    assert document["endpoints"] == {"sharedInbox": f"{ORIGIN}/inbox"}
    assert document["generator"]["id"] == f"{ORIGIN}/actor"
    assert len(document["attachment"]) == 2
    for name in ("inbox", "outbox", "followers", "following", "featured"):
        assert document[name] == f"{AREA}/{name}"


async def test_an_area_with_a_place_says_where_it_lies(town: Town, client: httpx.AsyncClient) -> None:
    area = await town.area("megumino")

    def place(tx: sa.Connection) -> None:
        where = {"latitude": 42.86, "longitude": 141.55}
        tx.execute(sa.update(areas).where(areas.c.actor_id == area.actor_id).values(where))

    await town.write(place)
    location = (await read(client, AREA))["location"]
    assert (location["latitude"], location["longitude"]) == (42.86, 141.55)
    assert location["address"]["addressRegion"] == "北海道"


async def test_people_and_the_node_are_served_too(town: Town, client: httpx.AsyncClient) -> None:
    await town.person("hanako")
    assert (await read(client, "/people/hanako"))["type"] == "Person"
    assert (await read(client, "/actor"))["type"] == "Application"


async def test_a_change_shows_at_once(town: Town, client: httpx.AsyncClient) -> None:
    person = await town.person("hanako")
    assert (await read(client, "/people/hanako"))["name"] == "hanako"

    def rename(tx: sa.Connection) -> None:
        changed = {"name": "はな", "updated_at": person.updated_at + 1}
        tx.execute(sa.update(actors).where(actors.c.id == person.id).values(changed))

    await town.write(rename)
    assert (await read(client, "/people/hanako"))["name"] == "はな"


async def test_small_collections_say_how_many_and_name_nobody(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    for name in ("followers", "following"):
        document = await read(client, f"{AREA}/{name}")
        assert document["type"] == "OrderedCollection"
        assert document["totalItems"] == 0
        assert "orderedItems" not in document
        assert "first" not in document
    assert (await read(client, f"{AREA}/featured"))["orderedItems"] == []
    assert (await read(client, f"{AREA}/moderators"))["orderedItems"] == [f"{ORIGIN}/people/megumino_desk"]


async def test_an_address_belongs_to_one_actor(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    await town.person("hanako")
    for path in (
        "/people/megumino",
        "/areas/hanako",
        "/areas/nobody",
        "/areas/MEGUMINO",
        "/people/hanako/moderators",
        "/areas/hanako/moderators",
        f"/areas/{'a' * 500}",
    ):
        assert (await client.get(path, headers=JSON)).status_code == 404, path


async def test_a_deleted_actor_is_gone(town: Town, client: httpx.AsyncClient) -> None:
    person = await town.person("hanako")
    await town.write(mark_gone, person.id, town.clock())
    for path in ("", "/outbox", "/followers"):
        assert (await client.get(f"/people/hanako{path}", headers=JSON)).status_code == 410
    assert (await client.get("/people/hanako")).status_code == 410


async def test_an_outbox_of_an_area_announces_whole_creates(town: Town, client: httpx.AsyncClient) -> None:
    """PieFed backfills nothing else, and Lemmy reads no pages."""
    area, author = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(author, "花の庭が見ごろです。", area)
    outbox = await read(client, f"{AREA}/outbox")
    page = await read(client, outbox["first"])
    assert outbox["totalItems"] == 1
    assert page["type"] == "OrderedCollectionPage"
    assert page["partOf"] == outbox["id"]
    assert page["orderedItems"] == outbox["orderedItems"]
    item = outbox["orderedItems"][0]
    assert (item["type"], item["actor"]) == ("Announce", AREA)
    assert item["object"]["type"] == "Create"
    assert item["object"]["object"]["id"] == post.iri
    assert "花の庭" in item["object"]["object"]["content"]


async def test_an_outbox_of_an_area_carries_other_servers_posts_as_received(
    world: World, town: Town, client: httpx.AsyncClient
) -> None:
    area = await town.area("megumino")
    peer = world.peer("mastodon.example")
    create = peer.create(peer.note(peer.actor("ken"), "one", cc=[area.iri], strange={"key": 1}))
    assert (await peer.send(create, f"{AREA}/inbox")).status_code == 202
    outbox = await read(client, f"{AREA}/outbox")
    assert outbox["orderedItems"][0]["object"] == create


async def test_an_outbox_has_pages(world: World, town: Town, client: httpx.AsyncClient) -> None:
    area, author = await town.area("megumino"), await town.person("hanako")
    for number in range(25):
        world.clock.advance(seconds=1)
        await town.post(author, f"{number}番目の投稿です。", area)
    for actor in (AREA, f"{ORIGIN}/people/hanako"):
        outbox = await read(client, f"{actor}/outbox")
        assert (outbox["totalItems"], len(outbox["orderedItems"])) == (25, 20)
        first = await read(client, outbox["first"])
        second = await read(client, first["next"])
        assert len(first["orderedItems"]) == 20
        assert len(second["orderedItems"]) == 5
        assert "next" not in second
        texts = [str(item) for item in first["orderedItems"] + second["orderedItems"]]
        assert [f"{24 - place}番目" in text for place, text in enumerate(texts)] == [True] * 25


async def test_a_number_that_is_none_is_no_page(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    for before in ("x", "-1", "9" * 40, "٣"):
        response = await client.get(f"{AREA}/outbox", params={"before": before}, headers=JSON)
        assert response.status_code == 404, before


async def test_a_person_says_creates(town: Town, client: httpx.AsyncClient) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "こんにちは、町のみなさん。")
    create = (await read(client, "/people/hanako/outbox"))["orderedItems"][0]
    assert (create["type"], create["object"]["id"]) == ("Create", post.iri)
    assert (await read(client, create["id"]))["object"] == create["object"]


def test_every_prefecture_has_its_number() -> None:
    assert len(set(PREFECTURES)) == 47
    assert (find_prefecture("131016"), find_prefecture("472018")) == ("東京都", "沖縄県")


async def test_pins_are_those_for_everyone(world: World, town: Town, client: httpx.AsyncClient) -> None:
    hanako = await town.person("hanako")
    for visibility in ("public", "private", "unlisted"):
        world.clock.advance(seconds=1)
        draft = Draft(hanako.id, visibility, visibility=visibility)
        post, _ = await town.write(compose.publish, draft, town.clock())
        await town.write(interactions.pin, hanako, post.id, town.clock())
        if visibility == "unlisted":
            assert (await read(client, f"{hanako.iri}/featured"))["orderedItems"][0] == post.iri
    featured = await read(client, f"{hanako.iri}/featured")
    assert (featured["totalItems"], len(featured["orderedItems"])) == (2, 2)


async def test_a_person_may_say_that_followers_are_approved_by_hand(
    town: Town, client: httpx.AsyncClient
) -> None:
    hanako = await town.person("hanako")

    def lock(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.id == hanako.id).values(locked=True))

    await town.write(lock)
    assert (await read(client, str(hanako.iri)))["manuallyApprovesFollowers"] is True
