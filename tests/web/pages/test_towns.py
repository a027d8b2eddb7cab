"""Choosing a town, and what is near it."""

import httpx
import pytest
import sqlalchemy as sa

from areas.tables import areas
from tests.testrig.world import Town

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
