"""WebFinger, host-meta, NodeInfo, `/@name`."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from actors.tables import actors
from tests.testrig.world import Town, World
from tests.web.conftest import HOST, ORIGIN
from web.activitypub.discovery import SECURITY_TXT
from web.app import create_app

pytestmark = pytest.mark.anyio
WEBFINGER = "/.well-known/webfinger"
DAY = 24 * 3_600_000


async def ask(client: httpx.AsyncClient, *resources: str) -> httpx.Response:
    return await client.get(WEBFINGER, params=[("resource", resource) for resource in resources])


NAMES = (
    f"acct:megumino@{HOST}",
    f"acct:MegumiNo@{HOST.upper()}",
    f"acct:@megumino@{HOST}",
    f"megumino@{HOST}",
    f"@megumino@{HOST}",
    f"{ORIGIN}/areas/megumino",
    f"{ORIGIN.upper()}/areas/megumino",
    f"{ORIGIN}/@megumino",
    f"{ORIGIN}/@Megumino",
)


async def test_the_answer_is_what_peers_read(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    response = await ask(client, NAMES[0])
    found: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/jrd+json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert found["subject"] == f"acct:megumino@{HOST}"
    assert f"{ORIGIN}/areas/megumino" in found["aliases"]
    links = {link["rel"]: link for link in found["links"]}
    assert links["self"] == {
        "rel": "self",
        "type": "application/activity+json",
        "href": f"{ORIGIN}/areas/megumino",
        "properties": {"https://www.w3.org/ns/activitystreams#type": "Group"},
    }
    assert "{uri}" in links["http://ostatus.org/schema/1.0/subscribe"]["template"]
    assert links["http://webfinger.net/rel/profile-page"]["type"] == "text/html"


async def test_every_form_of_a_name_finds_the_area(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    for resource in NAMES:
        assert (await ask(client, resource)).json()["subject"] == f"acct:megumino@{HOST}", resource


async def test_who_is_gone_is_not_found(town: Town, client: httpx.AsyncClient) -> None:
    hanako = await town.person("hanako")
    assert (await ask(client, f"acct:hanako@{HOST}")).status_code == 200
    gone = sa.update(actors).where(actors.c.id == hanako.id).values(gone_at=town.clock())
    await town.write(lambda tx: tx.execute(gone))
    for resource in (f"acct:hanako@{HOST}", hanako.iri, f"{ORIGIN}/@hanako"):
        assert (await ask(client, resource)).status_code == 404, resource


async def test_the_node_itself_is_found(client: httpx.AsyncClient) -> None:
    for resource in (f"acct:{HOST}@{HOST}", ORIGIN, f"{ORIGIN}/", f"{ORIGIN}/actor"):
        found = (await ask(client, resource)).json()
        assert found["subject"] == f"acct:{HOST}@{HOST}", resource
        assert f"{ORIGIN}/actor" in found["aliases"], resource


STRANGERS = (
    f"acct:nobody@{HOST}",
    "acct:megumino@other.example",
    f"acct:megumino@{HOST}.other.example",
    f"acct:megumino@{HOST}:8443",
    "https://other.example/areas/megumino",
    f"{ORIGIN}/people/megumino",
    f"{ORIGIN}/areas/megumino/inbox",
    f"http://{HOST}/areas/megumino",
    "megumino",
    "acct:",
    "acct:a\x00b@" + HOST,
    "mailto:megumino@" + HOST,
)


async def test_nobody_else_is_found_and_nothing_is_repeated(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    for resource in STRANGERS:
        response = await ask(client, resource)
        assert response.status_code == 404, resource
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == "nobody here is called so"


async def test_anything_but_one_resource_is_a_bad_request(client: httpx.AsyncClient) -> None:
    for resources in ([], [""], ["acct:a@x", "acct:a@x"], ["acct:" + "a" * 60_000]):
        response = await ask(client, *resources)
        assert response.status_code == 400, resources
        assert len(response.content) < 200


async def test_host_meta_says_where_webfinger_is(client: httpx.AsyncClient) -> None:
    response = await client.get("/.well-known/host-meta")
    assert response.headers["content-type"] == "application/xrd+xml"
    assert f"{ORIGIN}/.well-known/webfinger?resource={{uri}}" in response.text


async def test_nodeinfo_is_where_its_links_say(town: Town, client: httpx.AsyncClient) -> None:
    await town.post(await town.person("hanako"), "こんにちは")
    links = {
        link["rel"]: link["href"] for link in (await client.get("/.well-known/nodeinfo")).json()["links"]
    }
    assert links["https://www.w3.org/ns/activitystreams#Application"] == f"{ORIGIN}/actor"
    for version in ("2.0", "2.1"):
        href = links[f"http://nodeinfo.diaspora.software/ns/schema/{version}"]
        response = await client.get(href)
        assert href == f"{ORIGIN}/nodeinfo/{version}"
        assert f"schema/{version}#" in response.headers["content-type"]
        assert response.json()["version"] == version
        assert response.json()["software"]["name"] == "kairanban"
        assert response.json()["usage"]["users"] == {"total": 1, "activeMonth": 1, "activeHalfyear": 1}
        assert response.json()["usage"]["localPosts"] == 1


async def test_other_versions_of_nodeinfo_do_not_exist(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nodeinfo/1.0")).status_code == 404


async def test_a_profile_leads_to_its_actor(town: Town, client: httpx.AsyncClient) -> None:
    await town.person("hanako")
    response = await client.get("/@Hanako")
    assert response.status_code == 302
    assert response.headers["location"] == f"{ORIGIN}/people/hanako"
    assert (await client.get("/@nobody")).status_code == 404


async def test_who_finds_a_fault_is_told_whom_to_tell(
    world: World, town: Town, client: httpx.AsyncClient, second_origin: str
) -> None:
    assert (await client.get(SECURITY_TXT)).status_code == 404
    settings = replace(town.node.settings, security_contact="mailto:kanri@town.example")
    for host in (HOST, second_origin):
        world.network.hosts[host] = app = create_app(replace(town.node, settings=settings))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as asking:
            response = await asking.get(SECURITY_TXT)
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in response.text.splitlines())
        assert fields["Contact"] == "mailto:kanri@town.example"
        assert fields["Canonical"] == f"https://{host}{SECURITY_TXT}"
        left = datetime.fromisoformat(fields["Expires"]).timestamp() * 1000 - town.clock()
        assert 100 * DAY < left < 365 * DAY, "RFC 9116 §2.5.5"
