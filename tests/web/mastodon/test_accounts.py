"""Accounts: oneself, others, who follows whom, and what one is to them."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.remote import mark_gone
from actors.standing import block_actor
from actors.tables import actors, domain_blocks, follows, mutes
from areas import interactions
from federation.vocabulary import Iri, Millis
from tests.testrig.world import Town, World
from tests.web.conftest import HOST, ORIGIN
from tests.web.mastodon.conftest import Sign
from tests.web.mastodon.entities import schema
from tests.web.mastodon.entities.shapes import judge
from web.mastodon.times import write_time

pytestmark = pytest.mark.anyio


async def test_oneself(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    await town.post(hanako, "花の庭が見ごろです。")
    shown = (await app.get("/api/v1/accounts/verify_credentials")).json()
    judge(schema.CREDENTIAL_ACCOUNT, shown)
    assert (shown["id"], shown["acct"], shown["statuses_count"]) == (str(hanako.id), "hanako", 1)
    judge(schema.PREFERENCES, (await app.get("/api/v1/preferences")).json())


async def test_an_app_that_may_only_know_who_it_is(
    client: httpx.AsyncClient, hanako: ActorRecord, sign: Sign
) -> None:
    client.headers.update(await sign("hanako", "profile"))
    assert (await client.get("/api/v1/accounts/verify_credentials")).status_code == 200
    assert (await client.get("/api/v1/preferences")).status_code == 403


async def test_somebody_by_id_and_by_handle(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    area = await town.area("megumino")
    ken = await _meet(world, town)
    for path, params, acct in (
        (f"/api/v1/accounts/{hanako.id}", {}, "hanako"),
        (f"/api/v1/accounts/{area.actor_id}", {}, "megumino"),
        (f"/api/v1/accounts/{ken.id}", {}, "ken@mastodon.example"),
        ("/api/v1/accounts/lookup", {"acct": "hanako"}, "hanako"),
        ("/api/v1/accounts/lookup", {"acct": f"@HANAKO@{HOST}"}, "hanako"),
        ("/api/v1/accounts/lookup", {"acct": "ken@mastodon.example"}, "ken@mastodon.example"),
    ):
        response = await client.get(path, params=params)
        judge(schema.ACCOUNT, response.json())
        assert response.json()["acct"] == acct, path
    both = await client.get("/api/v1/accounts", params={"id[]": [str(ken.id), "1", str(hanako.id)]})
    assert [each["acct"] for each in both.json()] == ["ken@mastodon.example", "hanako"]


async def _meet(world: World, town: Town) -> ActorRecord:
    return await town.node.directory.actor(world.peer("mastodon.example").actor("ken"))


async def test_who_is_gone_or_suspended_is_nobody(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    sora = await town.person("sora")
    await town.write(mark_gone, sora.id, town.clock())

    def suspend(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.id == hanako.id).values(standing="suspended"))

    await town.write(suspend)
    for actor in (sora, hanako):
        assert (await client.get(f"/api/v1/accounts/{actor.id}")).status_code == 404
        found = await client.get("/api/v1/accounts/lookup", params={"acct": actor.username})
        assert found.status_code == 404
        assert (await client.get("/api/v1/accounts", params={"id": str(actor.id)})).json() == []


async def test_counts_are_of_now_on_a_profile(
    town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    sora = await town.person("sora")
    path = f"/api/v1/accounts/{sora.id}"
    assert (await app.get(path)).json()["followers_count"] == 0
    await town.write(interactions.follow, hanako, sora, town.clock())
    assert (await app.get(path)).json()["followers_count"] == 1
    me = (await app.get("/api/v1/accounts/verify_credentials")).json()
    assert (me["following_count"], me["followers_count"]) == (1, 0)


async def test_an_area_counts_what_stands_in_it(
    world: World, town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    area = await town.area("megumino")
    await town.post(hanako, "花の庭が見ごろです。", area)
    shown = (await client.get(f"/api/v1/accounts/{area.actor_id}")).json()
    assert shown["statuses_count"] == 1
    assert shown["last_status_at"] == "2026-11-24"


async def test_who_follows_whom_is_shown_to_oneself_alone(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    people = [await town.person(name) for name in ("sora", "riku", "umi")]
    for person in people:
        world.clock.advance(seconds=1)
        await town.write(interactions.follow, person, hanako, town.clock())
        await town.write(interactions.follow, hanako, person, town.clock())
    for which in ("followers", "following"):
        path = f"/api/v1/accounts/{hanako.id}/{which}"
        first = await app.get(path, params={"limit": 2})
        assert [each["acct"] for each in first.json()] == ["umi", "riku"]
        second = await app.get(first.links["next"]["url"])
        assert first.links["next"]["url"].startswith(f"{ORIGIN}{path}?limit=2&max_id=")
        assert [each["acct"] for each in second.json()] == ["sora"]
        assert "next" not in second.links
        newer = await app.get(second.links["prev"]["url"])
        assert [each["acct"] for each in newer.json()] == ["umi", "riku"]
        other = await app.get(f"/api/v1/accounts/{people[0].id}/{which}")
        assert other.json() == []
    del app.headers["authorization"]
    assert (await app.get(f"/api/v1/accounts/{hanako.id}/followers")).json() == []


async def test_what_one_is_to_others(town: Town, app: httpx.AsyncClient, hanako: ActorRecord) -> None:
    sora, riku = await town.person("sora"), await town.person("riku")
    await town.write(interactions.follow, hanako, sora, town.clock())
    await town.write(interactions.follow, riku, hanako, town.clock())

    def shut_out(tx: sa.Connection) -> None:
        iri = Iri(f"{hanako.iri}/blocks/1")
        block_actor(tx, iri=iri, actor_id=hanako.id, target_id=riku.id, now=town.clock())

    await town.write(shut_out)
    ids = [str(sora.id), str(riku.id), "1"]
    response = await app.get("/api/v1/accounts/relationships", params={"id[]": ids})
    first, second = response.json()
    for each in (first, second):
        judge(schema.RELATIONSHIP, each)
    assert (first["id"], first["following"], first["followed_by"]) == (str(sora.id), True, False)
    assert (second["id"], second["blocking"], second["blocked_by"]) == (str(riku.id), True, False)
    one = await app.get("/api/v1/accounts/relationships", params={"id": str(sora.id)})
    assert one.json() == [first]
    many = await app.get("/api/v1/accounts/relationships", params={"id[]": [str(n) for n in range(100)]})
    assert many.status_code == 422
    familiar = await app.get("/api/v1/accounts/familiar_followers", params={"id[]": [str(sora.id)]})
    assert familiar.json() == [{"id": str(sora.id), "accounts": []}]


async def test_what_is_muted_and_for_how_long(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    sora, riku, ken = await town.person("sora"), await town.person("riku"), await _meet(world, town)
    until = town.clock() + 60_000

    def shut_out(tx: sa.Connection) -> None:
        mine = {"actor_id": hanako.id, "created_at": town.clock()}
        for who, end in ((sora, until), (riku, None)):
            row = {**mine, "target_id": who.id, "notifications": who is riku, "until": end}
            tx.execute(sa.insert(mutes).values(row))
        tx.execute(sa.insert(domain_blocks).values(**mine, host=ken.host))
        interactions.follow(tx, hanako, riku, town.clock())
        tx.execute(sa.update(follows).values(reblogs=False, notify=True))

    await town.write(shut_out)

    async def relate() -> list[dict[str, Any]]:
        ids = {"id[]": [str(each.id) for each in (sora, riku, ken)]}
        return list((await app.get("/api/v1/accounts/relationships", params=ids)).json())

    first, second, third = await relate()
    assert (first["muting"], first["muting_notifications"]) == (True, False)
    assert first["muting_expires_at"] == write_time(Millis(until))
    assert (second["muting"], second["muting_notifications"], second["muting_expires_at"]) == (
        True,
        True,
        None,
    )
    assert (second["following"], second["showing_reblogs"], second["notifying"]) == (True, False, True)
    assert [each["domain_blocking"] for each in (first, second, third)] == [False, False, True]
    world.clock.advance(minutes=1)
    assert [each["muting"] for each in await relate()] == [False, True, False]


async def test_names_are_completed_areas_first(
    world: World, town: Town, app: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    await town.person("megumi")
    world.clock.advance(seconds=1)
    await town.area("megumino")
    await _meet(world, town)

    async def search(text: str, **params: str) -> list[str]:
        response = await app.get("/api/v1/accounts/search", params={"q": text, **params})
        for each in response.json():
            judge(schema.ACCOUNT, each)
        return [each["acct"] for each in response.json()]

    assert await search("meg") == ["megumino", "megumi", "megumino_desk"]
    assert await search("@MEG") == ["megumino", "megumi", "megumino_desk"]
    assert await search("meg", limit="1") == ["megumino"]
    assert await search("の町") == ["megumino", "megumino_desk"]
    assert await search("ken@masto") == ["ken@mastodon.example"]
    assert await search("%") == await search("_") == await search("") == await search("@") == []
    assert await search("ken", following="true") == []
    ken = await _meet(world, town)
    await town.write(interactions.follow, hanako, ken, town.clock())
    assert await search("ken", following="true") == []  # not accepted yet
    assert await search("nobody@mastodon.example") == []


async def test_a_handle_is_looked_for_where_it_lives(
    world: World, town: Town, app: httpx.AsyncClient
) -> None:
    peer = world.peer("mastodon.example")
    peer.actor("ken")
    before = len(world.network.carried)
    params = {"q": "ken@mastodon.example"}
    assert (await app.get("/api/v1/accounts/search", params=params)).json() == []
    assert len(world.network.carried) == before
    found = await app.get("/api/v1/accounts/search", params={**params, "resolve": "true"})
    assert [each["acct"] for each in found.json()] == ["ken@mastodon.example"]
    missing = await app.get("/api/v1/accounts/search", params={"q": "x@nowhere.example", "resolve": "1"})
    assert missing.json() == []


async def test_the_directory_has_who_agrees_to_be_found(
    town: Town, client: httpx.AsyncClient, hanako: ActorRecord
) -> None:
    await town.area("megumino")
    response = await client.get("/api/v1/directory", params={"local": "true", "order": "new"})
    accts = [each["acct"] for each in response.json()]
    assert "megumino" in accts
    assert "hanako" not in accts
    assert HOST not in accts
    assert (await client.get("/api/v1/directory", params={"offset": "40"})).json() == []
