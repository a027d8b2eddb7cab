"""全国地方公共団体コード: six digits, the last one a check digit. Pure."""

from federation.errors import Refused

_WEIGHTS = (6, 5, 4, 3, 2)


def check_code(code: str) -> str:
    """Return `code`, or raise `Refused` naming the rule: six digits, check digit (11 − Σ mod 11) mod 10."""
    if len(code) != len(_WEIGHTS) + 1 or not (code.isascii() and code.isdigit()):
        raise Refused(f"{code!r} is not a municipality code: it has six digits")
    expected = check_digit(code[:-1])
    if code[-1] != expected:
        raise Refused(f"{code!r} is not a municipality code: its check digit should be {expected}")
    return code


def check_digit(five: str) -> str:
    """The sixth digit for the first five."""
    total = sum(int(digit) * weight for digit, weight in zip(five, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)
