"""From what somebody does to what another's telephone shows, by a push service that the test plays."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.tables import jobs, push_subscriptions
from areas import compose, interactions, preferences
from areas.preferences import Preferences
from areas.records import Draft
from tests.testrig.pushing import App, PushService, read_identity
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from web.background import run_background
from web.cli import run_command
from web.jobs import push
from web.logs import open_log

pytestmark = pytest.mark.anyio
PATH = "/api/v1/push/subscription"
HOST = "push.example"
EVERYTHING = {"mention": True, "favourite": True, "follow": True, "reblog": True}

Subscribe = Callable[..., Awaitable[str]]


@pytest.fixture
def service(world: World) -> PushService:
    made = PushService()
    world.network.hosts[HOST] = made
    return made


@pytest.fixture
async def hanako(town: Town) -> ActorRecord:
    return await town.person("hanako")


@pytest.fixture
async def sora(town: Town) -> ActorRecord:
    return await town.person("sora")


@pytest.fixture
def subscribe(town: Town, client: httpx.AsyncClient, hanako: ActorRecord) -> Subscribe:
    """An app of hanako's wants to be told; returns its access token."""

    async def make(keys: App, *, standard: bool, alerts: dict[str, bool] | None = None) -> str:
        report = await run_command(town.node, "token create", {"name": "hanako", "scopes": "read push"})
        token = str(report.data["token"])
        endpoint = {"endpoint": f"https://{HOST}/send/1", "keys": keys.keys(), "standard": standard}
        wanted = {"subscription": endpoint, "data": {"alerts": alerts or EVERYTHING}}
        headers = {"authorization": f"Bearer {token}"}
        assert (await client.post(PATH, json=wanted, headers=headers)).status_code == 200
        return token

    return make


async def mention(town: Town, author: ActorRecord, text: str, **how: Any) -> None:
    await town.write(compose.publish, Draft(author.id, text, (), **how), town.clock())


async def count(town: Town, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(await town.read(lambda tx: tx.execute(query).scalar_one()))


@pytest.mark.parametrize("standard", [True, False])
async def test_a_mention_reaches_the_telephone(
    town: Town,
    client: httpx.AsyncClient,
    service: PushService,
    subscribe: Subscribe,
    sora: ActorRecord,
    standard: bool,
) -> None:
    """The app can read it, and ask for the whole with the token that stands in it."""
    keys = App()
    token = await subscribe(keys, standard=standard)
    await mention(town, sora, "@hanako 回覧板が来ました。<b>")
    assert await push.run_due(town.node, town.clock()) == 1
    ((path, headers, body),) = service.received
    assert path == "/send/1"
    message = keys.open(headers, body)
    assert message == {
        "access_token": token,
        "preferred_locale": "ja",
        "notification_id": message["notification_id"],
        "notification_type": "mention",
        "icon": message["icon"],
        "title": "soraさんから返信が届きました",
        "body": "@hanako 回覧板が来ました。<b>",
    }
    assert message["icon"].startswith(f"{ORIGIN}/static/")
    found = await client.get(
        f"/api/v1/notifications/{message['notification_id']}",
        headers={"authorization": f"Bearer {message['access_token']}"},
    )
    assert found.json()["type"] == "mention"
    assert (headers["ttl"], headers["content-type"]) == ("172800", "application/octet-stream")
    key, claims = read_identity(headers)
    assert key == town.node.push_identity.public_key
    assert (claims["aud"], claims["sub"]) == (f"https://{HOST}", ORIGIN)
    assert 0 < claims["exp"] - town.clock() // 1000 <= 24 * 3600
    assert await push.run_due(town.node, town.clock()) == 0


async def test_in_her_language_with_a_warning_in_place_of_the_text(
    town: Town, service: PushService, subscribe: Subscribe, hanako: ActorRecord, sora: ActorRecord
) -> None:
    keys = App()
    await subscribe(keys, standard=True)
    await town.write(preferences.save, hanako.id, Preferences(language="en"))
    await mention(town, sora, "@hanako " + "long " * 100, summary="Ending of the film")
    await push.run_due(town.node, town.clock())
    message = keys.open(*service.received[0][1:])
    assert (message["preferred_locale"], message["title"]) == ("en", "sora mentioned you")
    assert message["body"] == "Ending of the film"


@pytest.mark.parametrize("status", [404, 410])
async def test_what_the_service_has_forgotten_ends(
    town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord, status: int
) -> None:
    await subscribe(App(), standard=True)
    service.status = status
    await mention(town, sora, "@hanako hi")
    await push.run_due(town.node, town.clock())
    assert (await count(town, push_subscriptions), await count(town, jobs)) == (0, 0)
    await mention(town, sora, "@hanako hi")
    assert await push.run_due(town.node, town.clock()) == 0
    assert len(service.received) == 1


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_service_in_trouble_is_asked_again_a_few_times(
    world: World, town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord, status: int
) -> None:
    keys = App()
    await subscribe(keys, standard=False)
    service.status = status
    await mention(town, sora, "@hanako hi")
    await push.run_due(town.node, town.clock())
    assert await push.run_due(town.node, town.clock()) == 0  # not at once
    world.clock.advance(minutes=2)
    service.status = 201
    await push.run_due(town.node, town.clock())
    assert keys.open(*service.received[-1][1:])["notification_type"] == "mention"
    assert (len(service.received), await count(town, jobs)) == (2, 0)


async def test_in_the_end_it_is_given_up(
    world: World, town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord
) -> None:
    await subscribe(App(), standard=False)
    service.status = 500
    await mention(town, sora, "@hanako hi")
    for _ in range(40):
        await push.run_due(town.node, town.clock())
        world.clock.advance(hours=3)
    assert 3 <= len(service.received) <= 8
    assert (await count(town, jobs), await count(town, push_subscriptions)) == (0, 1)


async def test_a_refusal_is_not_repeated(
    world: World, town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord
) -> None:
    await subscribe(App(), standard=False)
    service.status = 400
    await mention(town, sora, "@hanako hi")
    await push.run_due(town.node, town.clock())
    assert (len(service.received), await count(town, jobs), await count(town, push_subscriptions)) == (
        1,
        0,
        1,
    )


async def test_what_was_put_away_meanwhile_or_is_old_is_not_sent(
    world: World,
    town: Town,
    client: httpx.AsyncClient,
    service: PushService,
    subscribe: Subscribe,
    sora: ActorRecord,
) -> None:
    token = await subscribe(App(), standard=True)
    await mention(town, sora, "@hanako hi")
    headers = {"authorization": f"Bearer {token}"}
    report = await run_command(town.node, "token create", {"name": "hanako", "scopes": "write"})
    writer = {"authorization": f"Bearer {report.data['token']}"}
    assert (await client.post("/api/v1/notifications/clear", headers=writer)).status_code == 200
    await push.run_due(town.node, town.clock())
    await mention(town, sora, "@hanako hi again")
    world.clock.advance(days=3)
    await push.run_due(town.node, town.clock())
    assert (service.received, await count(town, jobs)) == ([], 0)
    await mention(town, sora, "@hanako now")
    assert (await client.delete(PATH, headers=headers)).status_code == 200
    await push.run_due(town.node, town.clock())
    assert service.received == []


async def test_types_and_people_that_were_not_asked_for_are_not_told(
    town: Town, service: PushService, subscribe: Subscribe, hanako: ActorRecord, sora: ActorRecord
) -> None:
    keys = App()
    await subscribe(keys, standard=True, alerts={"follow": True})
    await mention(town, sora, "@hanako hi")
    await town.write(interactions.follow, sora, hanako, town.clock())
    assert await push.run_due(town.node, town.clock()) == 1
    message = keys.open(*service.received[0][1:])
    assert (message["notification_type"], message["body"]) == ("follow", f"@sora@{hanako.host}")


async def test_nothing_of_it_is_in_the_log(
    town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord
) -> None:
    stream = io.StringIO()
    log = open_log("json", stream)
    node = replace(town.node, log=log, services=replace(town.node.services, log=log))
    token = await subscribe(App(), standard=True)
    await mention(town, sora, "@hanako a secret")
    service.status = 503
    await push.run_due(node, town.clock())
    assert '"push"' in stream.getvalue()
    for secret in (token, "a secret", "/send/1"):
        assert secret not in stream.getvalue()


async def test_a_running_node_sends_by_itself(
    town: Town, service: PushService, subscribe: Subscribe, sora: ActorRecord, world: World
) -> None:
    arrived = asyncio.Event()
    world.network.fault = lambda request: arrived.set() if request.url.host == HOST else None
    await subscribe(App(), standard=True)
    stop = asyncio.Event()
    task = asyncio.create_task(run_background(town.node, stop))
    try:
        await mention(town, sora, "@hanako hi")
        town.node.nudge()
        async with asyncio.timeout(20):
            await arrived.wait()
    finally:
        stop.set()
        await task
