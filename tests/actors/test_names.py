import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.names import RESERVED, check_display_name, check_username
from actors.records import ActorKind
from federation.errors import Refused


@pytest.mark.parametrize("name", ["megumino_4827", "a", "x" * 30, "42", "_", "ken_no_kai", "unagi"])
def test_resident_may_be_called(name: str) -> None:
    check_username(name, areas=["megumino"])


@pytest.mark.parametrize(
    "name",
    ["", "x" * 31, "Hanako", "hana-ko", "hana.ko", "はなこ", "hana ko", "ｈａｎａ", "tоyama", "hana\n"],
)
def test_shape(name: str) -> None:
    with pytest.raises(Refused, match="characters a-z, 0-9 and _"):
        check_username(name)


@pytest.mark.parametrize("name", ["admin", "root", "support", "inbox", "actor", "adm1n", "ad_min", "supp0rt"])
@pytest.mark.parametrize("kind", ["resident", "area", "official"])
def test_reserved_for_all_kinds(name: str, kind: ActorKind) -> None:
    with pytest.raises(Refused, match="reserved"):
        check_username(name, kind=kind)


def test_reserved_names_have_the_shape_of_names() -> None:
    for name in RESERVED:
        with pytest.raises(Refused, match="reserved"):
            check_username(name)


@pytest.mark.parametrize(
    ("name", "owner"),
    [("eniwa_desk", "desk"), ("eniwa_mods", "desk"), ("eniwa_calendar", "calendar"), ("zone_eniwa", "zone")],
)
def test_names_of_companions(name: str, owner: ActorKind) -> None:
    check_username(name, kind=owner)
    for other in ("resident", "official", "area"):
        with pytest.raises(Refused, match="belong to"):
            check_username(name, kind=other)


def test_desk_of_an_area_with_the_longest_name() -> None:
    check_username("x" * 30, kind="area")
    check_username("x" * 30 + "_desk", kind="desk")
    check_username("x" * 30 + "_calendar", kind="calendar")
    with pytest.raises(Refused):
        check_username("x" * 31, kind="area")


@pytest.mark.parametrize(
    "name",
    [
        "eniwa_shiyakusho",
        "eniwa_bousai",
        "bosai",
        "koushiki",
        "eniwaofficial",
        "ko_uhou",
        "town_hall",
        "x_alert",
        "0fficial_x",
        "town_ha1l",
        "x_po1ice",
    ],
)
def test_official_names_are_for_official_kinds(name: str) -> None:
    check_username(name, kind="official")
    for kind in ("resident", "shop", "partner"):
        with pytest.raises(Refused, match="looks official"):
            check_username(name, kind=kind)


@pytest.mark.parametrize("name", ["eniwa", "en1wa", "eni_wa", "_eniwa_"])
def test_an_areas_name_is_its_own(name: str) -> None:
    with pytest.raises(Refused, match="an area's"):
        check_username(name, areas=["chitose", "eniwa"])


@pytest.mark.parametrize(
    "name", ["はなこ", "町田さん", "市川", "中村", "けんた@恵み野", "Badminton", "🌸", ""]
)
def test_display_name_of_a_resident(name: str) -> None:
    check_display_name(name, areas=["恵み野"])


@pytest.mark.parametrize(
    "name",
    [
        "恵庭市",
        "恵庭市役所",
        "公式えにわ",
        "公 式",
        "防災たろう",
        "ＯＦＦＩＣＩＡＬ",
        "Eniwa Admin",
        "恵み野町",
        "公\u200b式",
        "恵庭市✨",
    ],
)
def test_display_name_that_looks_official(name: str) -> None:
    check_display_name(name, kind="official")
    with pytest.raises(Refused, match="looks official"):
        check_display_name(name)


@pytest.mark.parametrize("name", ["恵み野", "恵み野 エリア", "【恵み野】", "恵み野★お知らせ", "恵\u200bみ野"])
def test_display_name_of_an_area(name: str) -> None:
    check_display_name(name, kind="desk", areas=["恵み野"])
    with pytest.raises(Refused, match="an area's"):
        check_display_name(name, areas=["千歳", "恵み野"])


def test_display_name_has_a_length() -> None:
    check_display_name("あ" * 50)
    with pytest.raises(Refused, match="at most 50"):
        check_display_name("あ" * 51)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_-.Aあ", max_size=45))
@example("admin")
def test_whatever_is_accepted_is_ascii_lower_case_and_short(name: str) -> None:
    try:
        check_username(name)
    except Refused:
        return
    assert name.isascii()
    assert name == name.lower()
    assert 0 < len(name) <= 30
