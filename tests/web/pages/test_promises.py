"""The promise page says what is so, and a walk over every page finds nothing that it denies."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from tests.testrig.world import Town
from tests.web.conftest import ORIGIN

pytestmark = pytest.mark.anyio
MOST_PAGES = 60
LOADED = re.compile(
    r'<(?:img|link|script|iframe|source|video|audio|object|embed)[^>]*?(?:src|href)="([^"]*)"'
)


async def read(client: httpx.AsyncClient, path: str = "/promise") -> str:
    return (await client.get(path, headers={"accept-language": "ja"})).text


async def test_it_is_made_from_the_settings(town: Town, client: httpx.AsyncClient) -> None:
    page = await read(client)
    assert "国外もふくむほかのサーバーにも届きます" in page
    assert "だれでも無料で登録できます" in page
    assert "15分使えて、その1日後に消えます" in page
    changed = replace(
        town.node.settings, federation="off", registrations="closed", contact_email="machi@city.example"
    )
    object.__setattr__(town.node, "settings", changed)
    page = await read(client)
    assert "ほかのサーバーには届きません" in page
    assert "いまは登録を受け付けていません" in page
    assert "machi@city.example" in page


async def test_a_walk_over_all_pages_meets_nobody_else_no_cookie_and_no_script_but_ours(
    town: Town, client: httpx.AsyncClient
) -> None:
    area, hanako = await town.area("megumino"), await town.person("hanako")
    post, _ = await town.post(hanako, "#花 が咲きました", area)
    await town.post(hanako, "https://elsewhere.example/", area)
    await town.post(hanako, "日曜まで", reply_to=post.iri)
    waiting, seen = ["/", "/offline", "/people/hanako", f"/posts/{post.id}/history"], set[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await client.get(path, headers={"accept": "text/html"})
        assert "set-cookie" not in answer.headers, path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert re.findall(r"<script(?! src=\"/static/)", answer.text) == [], path
        assert "script-src 'self';" in answer.headers["content-security-policy"], path
        for address in LOADED.findall(answer.text):
            if 'rel="alternate"' not in address:
                assert urlsplit(address).netloc in {"", urlsplit(ORIGIN).netloc}, (path, address)
        links = re.findall(r'<a [^>]*?href="(/[^"#]*)', answer.text)
        waiting += [each.replace("&amp;", "&") for each in links if "lang=" not in each]
    assert len(seen) > 20, seen


async def test_a_telephone_finds_name_and_icons(town: Town, client: httpx.AsyncClient) -> None:
    answer = await client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["start_url"] == "/home"
    for icon in manifest["icons"]:
        found = await client.get(icon["src"])
        assert (found.status_code, found.headers["content-type"]) == (200, "image/png")
    page = await client.get("/")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page.text
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
