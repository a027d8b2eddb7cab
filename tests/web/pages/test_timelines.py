"""What a resident reads: the front page, an area, a person, a thread."""

import re

import httpx
import pytest
import sqlalchemy as sa

from actors.tables import actors
from areas import decisions, placements
from areas.records import AreaRecord
from areas.tables import posts as post_table
from tests.testrig.world import Town, World
from tests.web.conftest import HOST, ORIGIN

pytestmark = pytest.mark.anyio
EN = {"accept-language": "en"}


@pytest.fixture
async def area(town: Town) -> AreaRecord:
    return await town.area("megumino")


async def read(client: httpx.AsyncClient, path: str, **headers: str) -> str:
    response = await client.get(path, headers=headers)
    assert response.status_code == 200, (path, response.text)
    return response.text


async def test_empty_pages_say_what_comes_next(town: Town, client: httpx.AsyncClient) -> None:
    assert "まだエリアがありません" in await read(client, "/")
    await town.area("megumino")
    page = await read(client, "/areas/megumino")
    assert "まだ投稿がありません" in page
    assert "最初の投稿のしかた" in page
    assert "これより前の投稿はありません" in await read(client, "/areas/megumino?before=1")


async def test_an_area_says_how_to_follow_post_and_report(
    client: httpx.AsyncClient, area: AreaRecord
) -> None:
    page = await read(client, "/areas/megumino")
    assert page.count(f"@megumino@{HOST}</p>") >= 2
    assert "フォローのしかた" in page
    assert "投稿のしかた" in page
    assert f"@megumino_desk@{HOST}" in page
    assert f"/report?uri={ORIGIN.replace(':', '%3A').replace('/', '%2F')}" in page
    assert f'<link rel="alternate" type="application/activity+json" href="{area.iri}">' in page


async def test_what_an_area_takes_is_said(town: Town, client: httpx.AsyncClient) -> None:
    await town.area("open")
    await town.area("review", policy="review")
    await town.area("closed", policy="closed")
    assert "係の人が確認" not in await read(client, "/areas/open")
    assert "係の人が確認" in await read(client, "/areas/review")
    assert "受け付けていません" in await read(client, "/areas/closed")


async def test_posts_come_newest_first_with_their_area(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    await town.post(author, "花の庭が見ごろです。", area)
    world.clock.advance(minutes=1)
    await town.post(author, "<b>角の店</b>が開きました。", area)
    for path in ("/", "/areas/megumino", "/people/hanako"):
        page = await read(client, path)
        assert page.index("角の店") < page.index("花の庭"), path
        assert "<b>角の店" not in page, path
        assert "11月24日（火）21:01" in page, path
    assert '<a class="area" href="/areas/megumino">' in await read(client, "/")


async def test_older_posts_are_a_page_away_and_none_is_shown_twice(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    for number in range(45):
        world.clock.advance(seconds=1)
        await town.post(author, f"〈{number}〉番目の投稿です。", area)
    for path in ("/", "/areas/megumino", "/people/hanako"):
        first = await read(client, path)
        older = re.search(r'rel="next" href="([^"]+)"', first)
        assert older is not None, path
        second = await read(client, older[1].replace("&amp;", "&"))
        numbers = re.findall(r"〈(\d+)〉", first) + re.findall(r"〈(\d+)〉", second)
        assert numbers == [str(number) for number in reversed(range(45))], path
        assert 'rel="next"' not in second


async def test_the_language_stays_in_the_links(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    page = await read(client, "/?lang=en", **{"accept-language": "ja"})
    assert '<html lang="en">' in page
    assert "What is new" in page
    assert 'href="/areas/megumino?lang=en"' in page
    assert 'href="/?lang=ja" lang="ja"' in page
    plain = await read(client, "/", **EN)
    assert '<html lang="en">' in plain
    assert 'href="/areas/megumino"' in plain


async def test_strange_parameters_do_no_harm(client: httpx.AsyncClient, area: AreaRecord) -> None:
    page = await read(client, '/?lang="><script>&x=<script>')
    assert "<script>" not in page
    for before in ("x", "-1", "9" * 30):
        assert (await client.get("/areas/megumino", params={"before": before})).status_code == 404


async def test_a_warning_hides_the_text_until_asked(
    town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author = await town.person("hanako")
    post, _ = await town.post(author, "足あとを見ました。", area)

    def warn(tx: sa.Connection) -> None:
        tx.execute(sa.update(post_table).where(post_table.c.id == post.id).values(summary="クマの話"))

    await town.write(warn)
    page = await read(client, "/areas/megumino")
    assert re.search("<summary><span[^>]*>クマの話", page)
    assert page.index("<details") < page.index("足あと") < page.index("</details>")
    thread = await read(client, f"/posts/{post.id}")
    assert "<title>クマの話" in thread


async def test_pictures_of_others_come_through_us_and_other_files_are_links(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    peer = world.peer("mastodon.example")
    picture = {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": "https://cdn.example/1.jpg",
        "name": "白いバラ",
    }
    film = {**picture, "mediaType": "video/mp4", "url": "https://cdn.example/2.mp4", "name": "バラの庭"}
    note = peer.note(
        peer.actor("ken"),
        "one",
        cc=[area.iri],
        attachment=[picture, film],
        url="https://mastodon.example/@ken/1",
    )
    await peer.send(peer.create(note), f"{area.iri}/inbox")
    page = await read(client, "/areas/megumino")
    assert '<img src="/media/proxy/' in page
    assert 'alt="白いバラ"' in page
    assert 'src="https://cdn.example' not in page
    assert 'href="https://cdn.example/2.mp4" rel="nofollow noopener">添付: バラの庭</a>' in page
    assert 'href="https://mastodon.example/@ken/1"' in page
    assert "@ken@mastodon.example" in page


async def test_official_actors_are_marked(town: Town, client: httpx.AsyncClient, area: AreaRecord) -> None:
    bosai = await town.person("eniwa_bosai", "official")
    resident = await town.person("hanako")
    await town.post(bosai, "避難所の練習をします。", area)
    await town.post(resident, "花の庭が見ごろです。", area)
    assert (await read(client, "/areas/megumino")).count('class="badge"') == 1
    assert '<span class="badge">公式' in await read(client, "/people/eniwa_bosai")
    assert '<span class="badge">窓口' in await read(client, "/people/megumino_desk")
    assert 'class="badge"' not in await read(client, "/people/hanako")


async def test_people_are_not_indexed_unless_they_allow_it(town: Town, client: httpx.AsyncClient) -> None:
    person = await town.person("hanako")
    noindex = '<meta name="robots" content="noindex">'
    assert noindex in await read(client, "/people/hanako")

    def allow(tx: sa.Connection) -> None:
        tx.execute(sa.update(actors).where(actors.c.id == person.id).values(indexable=True))

    await town.write(allow)
    assert noindex not in await read(client, "/people/hanako")


async def test_a_post_stands_in_its_thread(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    author, other = await town.person("hanako"), await town.person("sora")
    root, _ = await town.post(author, "花の庭が見ごろです。", area)
    world.clock.advance(minutes=1)
    first, _ = await town.post(other, "行ってきました。", reply_to=root.iri)
    world.clock.advance(minutes=1)
    second, _ = await town.post(author, "よかったです。", reply_to=first.iri)
    page = await read(client, f"/posts/{second.id}")
    assert page.index("花の庭") < page.index("行ってきました") < page.index("よかったです")
    assert f'id="p{second.id}" aria-current="true"' in page
    assert page.count('aria-current="true"') == 3  # the post, the language, the size of letters
    assert "soraさんへの返信" in page
    assert root.iri in await read(client, f"/threads/{root.id}")
    assert "返信1件" in await read(client, "/areas/megumino")


async def test_a_removed_post_is_shown_by_no_other_door(
    world: World, town: Town, client: httpx.AsyncClient, area: AreaRecord
) -> None:
    peer = world.peer("mastodon.example")
    note = peer.note(peer.actor("ken"), "spam", cc=[area.iri])
    await peer.send(peer.create(note), f"{area.iri}/inbox")
    stored = await town.read(lambda tx: tx.execute(sa.select(post_table.c.id)).scalar_one())
    assert "<p>spam</p>" in await read(client, f"/posts/{stored}")
    placed = (await town.read(placements.placements_of, stored))[0]
    await town.write(lambda tx: decisions.remove(tx, placed.id, by=None, reason="宣伝", now=world.clock()))
    assert "spam" not in await read(client, "/areas/megumino")
    assert "spam" not in await read(client, "/")
    assert (await client.get(f"/posts/{stored}")).status_code == 404
    assert (await client.get(f"/threads/{stored}")).status_code == 404


async def test_the_node_has_the_front_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/actor")).headers["location"] == "/"
