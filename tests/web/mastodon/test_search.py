"""Looking for people, posts and hashtags, and for whatever has an address."""

from typing import Any

import httpx
import pytest

from actors.records import ActorRecord
from areas import interactions, profiles
from areas.profiles import ProfileEdit
from areas.records import AreaRecord
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from tests.web.mastodon.entities import personal, schema
from tests.web.mastodon.entities.shapes import judge
from web.jobs.search import index_new

pytestmark = pytest.mark.anyio

NOTHING: dict[str, list[Any]] = {"accounts": [], "statuses": [], "hashtags": []}


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


async def allow(town: Town, actor: ActorRecord) -> ActorRecord:
    """Somebody lets her posts be found."""
    changed: ActorRecord = await town.write(
        profiles.change, actor.id, ProfileEdit(indexable=True), town.clock()
    )
    return changed


async def search(client: httpx.AsyncClient, text: str, **params: Any) -> dict[str, list[Any]]:
    response = await client.get("/api/v2/search", params={"q": text, **params})
    assert response.status_code == 200, response.text
    judge(personal.SEARCH, response.json())
    found: dict[str, list[Any]] = response.json()
    return found


def texts(found: dict[str, list[Any]]) -> list[str]:
    return [each["content"] for each in found["statuses"]]


def accts(found: dict[str, list[Any]]) -> list[str]:
    return [each["acct"] for each in found["accounts"]]


async def test_everything_at_once(
    town: Town, app: httpx.AsyncClient, area: AreaRecord, hanako: ActorRecord
) -> None:
    sora = await allow(town, await town.person("sora"))
    await town.post(sora, "除雪を手伝います #除雪隊", area)
    await town.post(hanako, "除雪の道具 #除雪隊 #除雪機", area)
    await index_new(town.node)
    found = await search(app, "除雪")
    assert len(found["statuses"]) == 2
    assert [each["name"] for each in found["hashtags"]] == ["除雪隊", "除雪機"]
    assert found["accounts"] == []
    for kind in ("accounts", "statuses", "hashtags"):
        some = await search(app, "除雪", type=kind)
        assert {name for name, each in some.items() if each} <= {kind}
    assert accts(await search(app, "megumino", type="accounts")) == ["megumino", "megumino_desk"]
    assert accts(await search(app, "@sora")) == ["sora"]
    assert await search(app, "") == await search(app, "???") == NOTHING
    wrong = await app.get("/api/v2/search", params={"q": "a", "type": "areas"})
    assert wrong.status_code == 422


async def test_a_hash_asks_for_hashtags_and_an_at_for_people(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    await town.post(hanako, "#hanako です")
    assert accts(await search(app, "#hanako")) == []
    assert [each["name"] for each in (await search(app, "#HANA"))["hashtags"]] == ["hanako"]
    assert (await search(app, "@hanako"))["hashtags"] == []


async def test_pages_by_offset(
    world: World, town: Town, app: httpx.AsyncClient, area: AreaRecord, hanako: ActorRecord
) -> None:
    for number in range(5):
        world.clock.advance(seconds=1)
        await town.post(hanako, f"雪 {number} #yuki{number}", area)
    await index_new(town.node)
    pages = [await search(app, "雪", type="statuses", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [len(page["statuses"]) for page in pages] == [2, 2, 1, 0]
    ids = [each["id"] for page in pages for each in page["statuses"]]
    assert ids == sorted(ids, reverse=True)
    older = await search(app, "雪", max_id=ids[2])
    assert [each["id"] for each in older["statuses"]] == ids[3:]
    tags = [await search(app, "#yuki", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [len(page["hashtags"]) for page in tags] == [2, 2, 1]
    people = [await search(app, "megumino", type="accounts", limit=1, offset=offset) for offset in range(3)]
    assert [accts(page) for page in people] == [["megumino"], ["megumino_desk"], []]
    assert await search(app, "雪", offset=201) == NOTHING


async def test_nobody_goes_through_what_somebody_else_wrote(
    town: Town, app: httpx.AsyncClient, area: AreaRecord, hanako: ActorRecord
) -> None:
    sora = await allow(town, await town.person("sora"))
    await town.post(sora, "雪です", area)
    await town.post(hanako, "わたしの雪")
    await index_new(town.node)
    assert len((await search(app, "雪"))["statuses"]) == 2
    own = await search(app, "雪", account_id=str(hanako.id))
    assert [each["account"]["acct"] for each in own["statuses"]] == ["hanako"]
    assert (await search(app, "雪", account_id=str(sora.id)))["statuses"] == []


async def test_whom_one_follows(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    sora, _ = await town.person("sora"), await town.person("sorami")
    await town.write(interactions.follow, hanako, sora, town.clock())
    assert accts(await search(app, "sora")) == ["sora", "sorami"]
    assert accts(await search(app, "sora", following="true")) == ["sora"]


async def test_what_has_an_address(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    peer = world.peer("mastodon.example")
    ken = peer.actor("ken")
    note = peer.note(ken, "hello")
    page = f"{peer.origin}/@ken/1"
    peer.documents[page] = note
    assert await search(app, page) == NOTHING
    assert peer.requests == []
    for address in (page, note["id"]):
        found = await search(app, address, resolve="true")
        assert [each["uri"] for each in found["statuses"]] == [note["id"]]
        assert accts(found) == []
    assert accts(await search(app, ken, resolve="true")) == ["ken@mastodon.example"]
    assert accts(await search(app, ken)) == ["ken@mastodon.example"]
    assert (await search(app, note["id"], type="accounts")) == NOTHING
    assert (await search(app, note["id"], offset=1)) == NOTHING
    own, _ = await town.post(hanako, "花の庭", None)
    assert texts(await search(app, f"{ORIGIN}/posts/{own.id}"))[0].startswith("<p>花の庭")
    assert accts(await search(app, f"{ORIGIN}/@hanako")) == ["hanako"]


@pytest.mark.parametrize("address", ["https://nowhere.example/x", "http://127.0.0.1/x", "https://", ORIGIN])
async def test_what_cannot_be_found_is_nothing(app: httpx.AsyncClient, address: str) -> None:
    assert await search(app, address, resolve="true") == NOTHING
    assert await search(app, address) == NOTHING


async def test_a_handle_is_looked_for_where_it_lives(world: World, app: httpx.AsyncClient) -> None:
    world.peer("mastodon.example").actor("ken")
    handle = "@ken@mastodon.example"
    assert await search(app, handle) == NOTHING
    assert accts(await search(app, handle, resolve="true")) == ["ken@mastodon.example"]
    assert await search(app, "@x@nowhere.example", resolve="true") == NOTHING


async def test_who_is_signed_out_finds_what_is_known(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    sora = await allow(town, await town.person("sora"))
    await town.post(sora, "除雪を手伝います", area)
    await index_new(town.node)
    assert len((await search(client, "除雪"))["statuses"]) == 1
    assert accts(await search(client, "sora")) == ["sora"]
    for more in ({"resolve": "true"}, {"offset": "1"}):
        refused = await client.get("/api/v2/search", params={"q": "sora", **more})
        assert refused.status_code == 401
        judge(schema.ERROR, refused.json())


async def test_the_old_version_has_names_of_tags(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    await town.post(hanako, "#雪まつり")
    found = (await app.get("/api/v1/search", params={"q": "雪まつり"})).json()
    assert found["hashtags"] == ["雪まつり"]
    assert found["accounts"] == []
