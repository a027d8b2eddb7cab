"""Municipality codes: the check digit, on real codes and on what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.codes import PREFECTURES, check_code, check_digit, find_prefecture
from federation.errors import Refused

REAL = {
    "011002": "札幌市",
    "012173": "江別市",
    "012246": "千歳市",
    "012319": "恵庭市",
    "012343": "北広島市",
    "012351": "石狩市",
    "013030": "当別町",
    "013048": "新篠津村",
    "131016": "千代田区",
    "271004": "大阪市",
    "473821": "与那国町",
}


@pytest.mark.parametrize("code", REAL)
def test_real_codes(code: str) -> None:
    assert check_code(code) == code
    assert check_digit(code[:5]) == code[5]


@pytest.mark.parametrize(
    "code", ["", "01224", "0122460", "012245", "０１２２４６", "01224a", "-12246", "012 46"]
)
def test_what_is_no_code(code: str) -> None:
    with pytest.raises(Refused, match="is not a municipality code"):
        check_code(code)


@given(st.integers(1, 47), st.integers(0, 999), st.integers(0, 9))
def test_one_digit_fits(prefecture: int, town: int, digit: int) -> None:
    five = f"{prefecture:02}{town:03}"
    if str(digit) == check_digit(five):
        assert check_code(f"{five}{digit}")
    else:
        with pytest.raises(Refused):
            check_code(f"{five}{digit}")


@pytest.mark.parametrize("five", ["00000", "48000", "99999"])
def test_the_first_two_digits_are_a_prefecture(five: str) -> None:
    with pytest.raises(Refused, match="prefecture"):
        check_code(five + check_digit(five))


def test_prefectures() -> None:
    assert len(PREFECTURES) == len(set(PREFECTURES)) == 47
    found = [find_prefecture(code) for code in ("012246", "131016", "271004", "473821")]
    assert found == ["北海道", "東京都", "大阪府", "沖縄県"]
