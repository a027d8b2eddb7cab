"""The whole application: headers on every page, pages for people, and a node that comes up twice."""

import io
import re
from pathlib import Path

import httpx
import pytest
import structlog

from actors.origins import find_origins
from actors.standing import block_server
from tests.testrig.world import Town, World, make_settings
from tests.web.conftest import HOST, JSON, ORIGIN
from web.logs import open_log
from web.node import open_node
from web.pages.statics import static_url
from web.settings import WrongSetting

pytestmark = pytest.mark.anyio
PAGES = ("/", "/areas/megumino", "/people/hanako", "/report", "/nothing", "/?lang=en", "/status/x")
SCRIPTS = ("htmx.min.js", "page.js")


async def test_what_is_refused_at_the_door_has_its_headers_too(client: httpx.AsyncClient) -> None:
    """The guard answers before anything of ours reads the request."""
    for path in ("/", "/inbox", "/api/v1/apps"):
        response = await client.get(path, headers={"host": "e.example"})
        assert response.status_code == 421, path
        assert response.headers["x-content-type-options"] == "nosniff", path


async def test_every_page_has_its_headers(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    await town.person("hanako")
    for path in PAGES:
        response = await client.get(path)
        assert response.headers["content-type"] == "text/html; charset=utf-8", path
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert re.findall("script-src [^;]*", policy) == ["script-src 'self'"], path
        assert response.headers["x-content-type-options"] == "nosniff", path
        assert response.headers["referrer-policy"] == "same-origin", path
        assert response.headers["strict-transport-security"].startswith("max-age="), path
        assert "Accept" in response.headers["vary"], path
        assert "set-cookie" not in response.headers, path
        assert "style=" not in response.text, path
        scripts = re.findall("<script[^>]*>[^<]*", response.text)
        assert scripts == [
            f'<script src="{static_url(name)}" defer>' for name in ("htmx.min.js", "page.js")
        ], path
        assert "http" not in response.text.replace(ORIGIN, "").split("</head>")[0], path


async def test_errors_are_pages_for_people_and_problems_for_machines(client: httpx.AsyncClient) -> None:
    page = await client.get("/nothing", headers={"accept-language": "en"})
    assert page.status_code == 404
    assert "This page does not exist" in page.text
    machine = await client.get("/nothing", headers=JSON)
    assert machine.headers["content-type"] == "application/problem+json"
    assert (await client.get("/api/v1/nothing")).json() == {"error": "Record not found"}


async def test_wrong_methods_say_which_are_right(client: httpx.AsyncClient) -> None:
    response = await client.put("/report", headers=JSON)
    assert response.status_code == 405
    assert response.headers["allow"]


async def test_what_operators_must_not_publish_is_not_there(client: httpx.AsyncClient) -> None:
    for path in (
        "/docs",
        "/openapi.json",
        "/debug",
        "/.git/config",
        "/.env",
        "/kairanban.toml",
        "/static/x/../app.py",
    ):
        assert (await client.get(path)).status_code == 404, path


async def test_other_hosts_are_not_answered(client: httpx.AsyncClient) -> None:
    for path in ("/", "/actor", "/.well-known/webfinger?resource=acct:a@b"):
        response = await client.get(path, headers={"host": "other.example"})
        assert response.status_code == 421
        assert response.headers["content-type"] == "application/problem+json"


async def test_statics_are_kept_for_ever_under_their_hash(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    href = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response = await client.get(href)
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["cache-control"]
    old = await client.get("/static/0000/style.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")


async def test_probes_answer(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        response = await client.get(path, headers={"host": "127.0.0.1:8000"})
        assert response.status_code == 200
        assert response.json()["status"] == "ok"
        assert response.headers["cache-control"] == "no-store"


async def test_a_wrong_clock_is_said(town: Town, client: httpx.AsyncClient) -> None:
    for number in range(3):
        town.node.worker._watch.note(f"peer{number}.example", 90.0)
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == ["the clock is 90 s slow"]
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/health")).text == "OK"


async def test_what_is_never_numbered_is_said(world: World, town: Town, client: httpx.AsyncClient) -> None:
    await town.post(await town.person("hanako"), "こんにちは、町のみなさん。")
    world.clock.advance(minutes=2)
    assert (await client.get("/readyz")).json()["problems"] == ["delivery stands still"]
    await town.node.worker.drain()
    assert (await client.get("/readyz")).status_code == 200


async def test_a_lost_database_is_said(world: World, tmp_path: Path) -> None:
    file = tmp_path / "lost.db"
    await world.town(HOST, f"sqlite+aiosqlite:///{file}")
    file.rename(tmp_path / "elsewhere.db")
    transport = httpx.ASGITransport(app=world.network.hosts[HOST])
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == ["the database does not answer"]


async def test_a_node_comes_up_again_with_what_it_was(tmp_path: Path, database_url: str) -> None:
    settings = make_settings(HOST, tmp_path, database_url)
    seen = []
    for _ in range(2):
        async with open_node(settings) as node:
            seen.append(node.sites.primary)
            assert await node.database.read(find_origins) == (node.sites.primary.origin,)
    assert seen[0] == seen[1]


async def test_rules_reach_the_client_by_refresh(town: Town) -> None:
    now = town.clock()
    await town.write(lambda tx: block_server(tx, "evil.example", reason="", until=None, now=now))
    assert not town.node.rules.is_blocked("evil.example")
    await town.node.refresh()
    assert town.node.rules.is_blocked("sub.evil.example:8443")


async def test_a_secret_that_others_may_read_stops_the_start(tmp_path: Path, database_url: str) -> None:
    settings = make_settings(HOST, tmp_path, database_url)
    settings.secret_key_file.chmod(0o644)
    with pytest.raises(WrongSetting):
        async with open_node(settings):
            pass


async def test_a_proxy_that_cannot_be_used_stops_the_start(tmp_path: Path, database_url: str) -> None:
    settings = make_settings(HOST, tmp_path, database_url, proxy_url="http://proxy:3128")
    with pytest.raises(WrongSetting, match="proxy_url"):
        async with open_node(settings):
            pass


async def test_what_an_operator_must_know_is_logged(tmp_path: Path, database_url: str) -> None:
    from federation.addresses import read_networks  # noqa: PLC0415 - here alone

    settings = make_settings(
        "town.localhost", tmp_path, database_url, allowed_private_networks=read_networks(["10.0.0.0/8"])
    )
    stream = io.StringIO()
    async with open_node(settings, log=open_log("json", stream)):
        assert "10.0.0.0/8" in stream.getvalue()
        assert '"level": "warning"' in stream.getvalue()


def test_a_log_for_people_is_lines() -> None:
    stream = io.StringIO()
    open_log("console", stream).info("listening", address="127.0.0.1")
    assert "listening" in stream.getvalue()
    assert "address=127.0.0.1" in stream.getvalue()
    assert not structlog.is_configured()


async def test_two_nodes_in_one_process_share_nothing(
    world: World, town: Town, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    other = await world.town("eniwa.example", f"sqlite+aiosqlite:///{tmp_path}/eniwa.db")
    await other.area("megumino")
    assert (await client.get("/areas/megumino", headers=JSON)).status_code == 404
