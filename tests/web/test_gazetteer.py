"""The gazetteer: codes that check, postal codes, names as people write them, and distances."""

import pytest

from areas.codes import check_code
from federation.errors import Refused
from web import gazetteer
from web.gazetteer import Point


def test_every_code_checks_and_every_name_is_there() -> None:
    found = gazetteer.municipalities()
    assert len(found) == 1914
    for code, each in found.items():
        check_code(code)
        assert each.name
        assert 20 < each.point.latitude < 46, each
    assert found["012319"].name == "恵庭市"
    assert found["012319"].prefecture == "北海道"
    with pytest.raises(Refused):
        check_code("012318")
    assert [each.code for each in gazetteer.in_prefecture(1)][:2] == ["011002", "011011"]


@pytest.mark.parametrize("text", ["061-1448", "〒061-1448", "0611448", "０６１－１４４８", " 061 1448 "])
def test_a_postal_code_in_any_spelling(text: str) -> None:
    assert [each.name for each in gazetteer.find_by_postcode(text)] == ["恵庭市"]


@pytest.mark.parametrize("text", ["", "061", "061-14481", "恵庭", "999-99999", "000-0000"])
def test_what_is_no_postal_code_finds_nothing(text: str) -> None:
    assert gazetteer.find_by_postcode(text) == []


def test_municipalities_by_a_part_of_their_name() -> None:
    assert gazetteer.search_municipalities("恵庭")[0].code == "012319"
    assert [each.name for each in gazetteer.search_municipalities("札幌市")][:2] == ["札幌市", "札幌市中央区"]
    assert len(gazetteer.search_municipalities("市")) == gazetteer.MOST
    assert gazetteer.search_municipalities(" ") == []


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("恵み野西", "恵み野西"),
        ("恵庭市恵み野西", "恵み野西"),
        ("北海道恵庭市恵み野西3丁目2-1", "恵み野西"),
        ("札幌市北区麻生町", "麻生町"),
    ],
)
def test_towns_as_people_write_them(text: str, town: str) -> None:
    found = gazetteer.search_towns(text)
    assert found
    assert all(each.name.startswith(town) for each in found)


def test_the_municipality_in_front_chooses_among_towns_of_one_name() -> None:
    assert {each.municipality.name for each in gazetteer.search_towns("恵庭市本町")} == {"恵庭市"}
    assert len({each.municipality.name for each in gazetteer.search_towns("本町")}) > 3
    assert gazetteer.search_towns("どこにもない町の名前") == []
    assert gazetteer.search_towns("") == []


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert gazetteer.distance(Point(43, 141), Point(44, 141)) == pytest.approx(111.2, abs=0.1)
    assert gazetteer.distance(Point(43, 141), Point(43, 141)) == 0
