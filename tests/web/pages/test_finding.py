"""Search, the pages of hashtags, feeds and QR codes."""

from xml.etree import ElementTree as ET

import httpx
import pytest
import sqlalchemy as sa

from actors.tables import actors
from areas.records import AreaRecord
from areas.tables import posts as post_table
from tests.testrig.world import Town, World
from tests.web.conftest import ORIGIN
from tests.web.pages.conftest import Home
from web.jobs.search import index_new
from web.pages.feeds import ATOM, write_feed

pytestmark = pytest.mark.anyio
NAMES = {"a": ATOM}


async def allow(town: Town, actor_id: int) -> None:
    await town.write(
        lambda tx: tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(indexable=True))
    )
    await index_new(town.node)


async def test_people_areas_tags_and_posts_are_found(home: Home) -> None:
    taro = await home.town.person("taro")
    await home.town.post(taro, "札幌で #雪まつり を見ました", home.area)
    await allow(home.town, taro.id)
    await index_new(home.town.node)
    assert "を見ました" in await home.read("/search?q=札幌")
    assert "/tags/%E9%9B%AA" in await home.read("/search?q=雪まつ")
    assert 'href="/people/taro"' in await home.read("/search?q=taro")
    assert 'href="/areas/megumino"' in await home.read("/search?q=megumino")
    assert "見つかりませんでした" in await home.read("/search?q=ペンギン")
    assert "<h2>" not in await home.read("/search?q=")
    assert "&lt;b&gt;" in await home.read("/search?q=<b>")


async def test_search_asks_other_servers_for_somebody_signed_in_alone(world: World, home: Home) -> None:
    peer = world.peer("p.example")
    peer.actor("alice")
    home_cookies = dict(home.browser.client.cookies)
    home.browser.client.cookies.clear()
    assert (await home.browser.get("/search?q=@alice@p.example")).status_code == 200
    assert world.network.carried == []
    home.browser.client.cookies.update(home_cookies)
    found = await home.browser.get("/search?q=@alice@p.example")
    assert found.status_code == 303
    assert "@alice@p.example" in await home.read(found.headers["location"])
    assert (await home.browser.get("/search?q=https://nowhere.example/x")).status_code == 200


async def test_a_tag_has_a_page_in_any_spelling(home: Home) -> None:
    await home.town.post(home.hanako, "#ＳＮＯＷ が積もりました", home.area)
    assert "積もりました" in await home.read("/tags/snow")
    assert "積もりました" in await home.read("/tags/Snow")
    assert "まだ投稿がありません" in await home.read("/tags/rain")
    await home.press("/tags/snow/acts/follow")
    assert "フォローをやめる" in await home.read("/tags/snow")
    await home.press("/tags/snow/acts/unfollow")
    assert "このタグをフォローする" in await home.read("/tags/snow")
    assert (await home.browser.get("/tags/%20")).status_code == 404


async def test_a_feed_has_what_the_area_shows_to_everybody(town: Town, client: httpx.AsyncClient) -> None:
    area = await town.area("megumino")
    hanako = await town.person("hanako")
    post, _ = await town.post(hanako, "花 <b>&amp;</b> 鳥 ]]>", area)
    quiet, _ = await town.post(hanako, "静かに", area)
    await town.write(
        lambda tx: tx.execute(
            sa.update(post_table).where(post_table.c.id == quiet.id).values(visibility="unlisted")
        )
    )
    answer = await client.get("/areas/megumino/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    assert feed.findtext("a:id", namespaces=NAMES) == area.iri
    [entry] = feed.findall("a:entry", NAMES)
    assert entry.findtext("a:id", namespaces=NAMES) == post.iri
    assert entry.findtext("a:title", namespaces=NAMES) == "花 <b>&amp;</b> 鳥 ]]>"
    assert "<b>" not in str(entry.findtext("a:content", namespaces=NAMES))
    assert (await client.get("/areas/megumino/feed.atom?show=notices")).text.count("<entry>") == 0
    for path in ("/areas/nobody/feed.atom", "/areas/nobody/qr.svg"):
        assert (await client.get(path)).status_code == 404, path
    assert f'href="{ORIGIN}/areas/megumino/feed.atom"' in (await client.get("/areas/megumino")).text


async def test_signs_that_xml_cannot_say_are_left_out(town: Town) -> None:
    area: AreaRecord = await town.area("megumino")
    strange = AreaRecord(
        **{**{name: getattr(area, name) for name in area.__slots__}, "name": "花\x0c\ufffe\x08町"}
    )
    feed = ET.fromstring(write_feed(strange, "https://x.example/", []))
    assert feed.findtext("a:title", namespaces=NAMES) == "花町"


async def test_a_code_opens_the_area(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("megumino")
    answer = await client.get("/areas/megumino/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert "/areas/megumino/qr.svg" in (await client.get("/areas/megumino")).text
