"""Choosing a town, and what is near it."""

import httpx
import pytest
import sqlalchemy as sa

from actors.records import ActorRecord
from actors.standing import block_server
from actors.tables import actors, localities
from areas.records import AreaRecord
from areas.tables import areas
from areas.zones import agreements
from areas.zones.records import Terms
from areas.zones.tables import agreements as agreement_table
from federation.vocabulary import Millis
from tests.testrig.people import meet
from tests.testrig.world import Town
from tests.web.pages.conftest import Home

pytestmark = pytest.mark.anyio


async def place(
    town: Town, name: str, code: str, latitude: float | None = None, longitude: float | None = None
) -> None:
    area = await town.area(name)
    values = {"code": code, "latitude": latitude, "longitude": longitude}
    await town.write(
        lambda tx: tx.execute(sa.update(areas).where(areas.c.actor_id == area.actor_id).values(**values))
    )


async def read(client: httpx.AsyncClient, path: str) -> str:
    response = await client.get(path, headers={"accept-language": "ja"})
    assert response.status_code == 200, path
    return response.text


async def test_from_the_prefecture_down(town: Town, client: httpx.AsyncClient) -> None:
    await place(town, "megumino", "012319")
    assert "meguminoの町" in await read(client, "/towns")
    page = await read(client, "/towns?prefecture=1")
    assert 'href="/towns?code=012319">恵庭市</a>' in page
    assert "エリア1件" in page
    assert 'href="/areas/megumino"' in await read(client, "/towns?code=012319")


@pytest.mark.parametrize("asked", ["061-1448", "恵庭市", "恵庭市恵み野西3丁目"])
async def test_one_municipality_is_opened_at_once(town: Town, client: httpx.AsyncClient, asked: str) -> None:
    await place(town, "megumino", "012319")
    page = await read(client, f"/towns?q={asked}")
    assert "北海道 恵庭市" in page
    assert 'href="/areas/megumino"' in page


async def test_many_of_one_name_are_a_choice(town: Town, client: httpx.AsyncClient) -> None:
    page = await read(client, "/towns?q=府中市")
    assert "東京都" in page
    assert "広島県" in page
    assert "見つかりませんでした" in await read(client, "/towns?q=ペンギン")


async def test_areas_of_a_city_are_those_of_its_wards_the_nearest_first(
    town: Town, client: httpx.AsyncClient
) -> None:
    await place(town, "minami", "011061", 42.99, 141.35)
    await place(town, "asabu", "011029", 43.11, 141.34)
    page = await read(client, "/towns?code=011002&near=43.10,141.34")
    assert page.index("/areas/asabu") < page.index("/areas/minami")
    page = await read(client, "/towns?code=011002&near=42.98,141.35")
    assert page.index("/areas/minami") < page.index("/areas/asabu")
    assert "/areas/minami" not in await read(client, "/towns?code=011029")


async def test_where_there_is_none_the_nearest_are_named(town: Town, client: httpx.AsyncClient) -> None:
    await place(town, "megumino", "012319")
    await place(town, "chitose", "012246", 42.82, 141.65)
    page = await read(client, "/towns?code=012343")
    assert "エリアがまだありません" in page
    assert page.index("/areas/megumino") < page.index("/areas/chitose")
    assert "km" in page


async def test_an_area_names_those_near_by(town: Town, client: httpx.AsyncClient) -> None:
    await place(town, "megumino", "012319", 42.9, 141.58)
    await place(town, "shimamatsu", "012319", 42.93, 141.57)
    page = await read(client, "/areas/megumino")
    assert page.partition("近くのエリア")[2].partition("</section>")[0].count("<li>") == 1


@pytest.mark.parametrize(
    "query",
    ["prefecture=0", "prefecture=48", "prefecture=x", "code=x", "code=012319&near=x", "near=1,2,3", "q=%00"],
)
async def test_nonsense_is_a_page_too(town: Town, client: httpx.AsyncClient, query: str) -> None:
    await place(town, "megumino", "012319")
    await read(client, f"/towns?{query}")


async def agree(town: Town, area: AreaRecord, name: str = "千歳の町", **where: object) -> ActorRecord:
    """An area of another town, which lies somewhere, has agreed with one of ours."""
    peer: ActorRecord = await town.write(lambda tx: meet(tx, "chitose", "c.test", type="Group", name=name))
    said = {"region": "北海道", "locality": "千歳市", "latitude": None, "longitude": None, **where}
    await town.write(lambda tx: tx.execute(sa.insert(localities).values(actor_id=peer.id, **said)))
    asked = await town.write(agreements.ask, area, peer, Terms(None), town.clock())
    assert await town.write(agreements.answered, asked.iri, "accept", town.clock())
    return peer


async def test_areas_of_towns_that_have_agreed_are_found_too(town: Town, client: httpx.AsyncClient) -> None:
    await place(town, "megumino", "012319")
    area = await town.area("shimamatsu")
    peer = await agree(town, area)
    for path in ("/towns", "/towns?code=012246", "/towns?q=千歳市"):
        page = await read(client, path)
        assert f'href="{peer.iri}" rel="nofollow noopener"><b dir="auto">千歳の町</b>' in page, path
        assert ("@chitose@c.test" in page, "登録はc.testでできます" in page) == (True, True), path
    assert "千歳市</span></a>" in page
    assert "エリアがまだありません" not in page
    step = (await read(client, "/towns?prefecture=1")).partition('code=012246">千歳市</a>')[2]
    assert "エリア2件" in step.partition("</li>")[0]
    near = await read(client, "/towns?code=012343")
    assert near.index("megumino") < near.index(peer.iri), "the nearest first, wherever it lives"


async def test_a_resident_follows_it_from_here(home: Home) -> None:
    peer = await agree(home.town, home.area)
    page = await home.read("/towns?code=012246")
    assert (f'href="/accounts/{peer.id}"' in page, "登録はc.test" in page) == (True, False)
    assert "千歳の町" in await home.read(f"/accounts/{peer.id}")


async def test_what_lies_nowhere_is_in_no_town(town: Town, client: httpx.AsyncClient) -> None:
    peer = await agree(town, await town.area("megumino"), locality="ペンギン市")
    assert peer.iri in await read(client, "/towns")
    assert peer.iri not in await read(client, "/towns?code=012246")


@pytest.mark.parametrize("state", ["requested", "rejected", "ended", "expired"])
async def test_without_an_agreement_in_force_nothing_is_shown(
    town: Town, client: httpx.AsyncClient, state: str
) -> None:
    peer = await agree(town, await town.area("megumino"))
    assert peer.iri in await read(client, "/towns?code=012246")
    await town.write(lambda tx: tx.execute(sa.update(agreement_table).values(state=state)))
    for path in ("/towns", "/towns?code=012246", "/towns?code=012343"):
        assert peer.iri not in await read(client, path), path


@pytest.mark.parametrize(
    "values",
    [{"standing": "suspended"}, {"standing": "limited"}, {"gone_at": 1}, {"moved_to": "https://d.test/a"}],
)
async def test_who_is_not_heard_or_not_there_is_not_shown(
    town: Town, client: httpx.AsyncClient, values: dict[str, object]
) -> None:
    peer = await agree(town, await town.area("megumino"))
    changed = sa.update(actors).where(actors.c.id == peer.id).values(**values)
    await town.write(lambda tx: tx.execute(changed))
    assert peer.iri not in await read(client, "/towns?code=012246")


async def test_no_longer_than_was_agreed_nor_from_a_blocked_server(
    town: Town, client: httpx.AsyncClient
) -> None:
    peer = await agree(town, await town.area("megumino"))
    until = sa.update(agreement_table).values(expires_at=Millis(town.clock()))
    await town.write(lambda tx: tx.execute(until))
    assert peer.iri not in await read(client, "/towns?code=012246")
    await town.write(lambda tx: tx.execute(sa.update(agreement_table).values(expires_at=None, zone=peer.iri)))
    assert peer.iri not in await read(client, "/towns?code=012246"), "a region is no area"
    await town.write(lambda tx: tx.execute(sa.update(agreement_table).values(zone=None)))
    assert peer.iri in await read(client, "/towns?code=012246")
    await town.write(lambda tx: block_server(tx, "c.test", reason="", until=None, now=town.clock()))
    assert peer.iri not in await read(client, "/towns?code=012246")


async def test_hostile_names_are_text(town: Town, client: httpx.AsyncClient) -> None:
    name = '<script>alert(1)</script>"><img src=x>'
    await agree(town, await town.area("megumino"), name=name, locality="<b>千歳市", region="<i>")
    page = await read(client, "/towns")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert [each in page for each in ("<script>alert", "<img src=x", "<b>千歳市", "<i>")] == [False] * 4
