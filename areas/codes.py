"""全国地方公共団体コード: six digits, the last one a check digit. Pure."""

from federation.errors import Refused

_WEIGHTS = (6, 5, 4, 3, 2)


def check_code(code: str) -> str:
    """Return `code`, or raise `Refused` naming the rule.

    Six digits; the first two are a prefecture, the last is the check digit (11 − Σ mod 11) mod 10.
    """
    if len(code) != len(_WEIGHTS) + 1 or not (code.isascii() and code.isdigit()):
        raise Refused(f"{code!r} is not a municipality code: it has six digits")
    if not 1 <= int(code[:2]) <= len(PREFECTURES):
        raise Refused(f"{code!r} is not a municipality code: it begins with a prefecture, 01 to 47")
    expected = check_digit(code[:-1])
    if code[-1] != expected:
        raise Refused(f"{code!r} is not a municipality code: its check digit should be {expected}")
    return code


def check_digit(five: str) -> str:
    """The sixth digit for the first five."""
    total = sum(int(digit) * weight for digit, weight in zip(five, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


_PREFECTURES = """
北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県
東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県
滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県
香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
"""
PREFECTURES = tuple(_PREFECTURES.split())
"""By the first two digits of a code, 01 to 47 (JIS X 0401)."""


def find_prefecture(code: str) -> str:
    """The prefecture in which the municipality lies."""
    return PREFECTURES[int(code[:2]) - 1]
