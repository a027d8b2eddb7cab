"""WebFinger, host-meta, NodeInfo, `/@name`."""

from typing import Any

import httpx
import pytest

from tests.testrig.world import Town
from tests.web.conftest import HOST, ORIGIN

pytestmark = pytest.mark.anyio
WEBFINGER = "/.well-known/webfinger"


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
