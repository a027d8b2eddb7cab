"""base58btc, the alphabet of multibase `z` (Multikey and `proofValue`), for short values only."""

from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BASE: Final = 58

MAX_LENGTH: Final = 128
"""Characters: an Ed25519 signature takes 88, a Multikey 47; the conversion is quadratic in the length."""


def encode(data: bytes) -> str:
    """Return `data` in base58btc, one leading `1` for each leading zero byte."""
    number = int.from_bytes(data)
    characters = []
    while number:
        number, digit = divmod(number, _BASE)
        characters.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(characters))


def decode(text: str) -> bytes:
    """Return the bytes that `encode` would write as `text`; `ValueError` for anything else."""
    if len(text) > MAX_LENGTH:
        raise ValueError("a base58 value is too long")
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            raise ValueError("not a base58 character")
        number = number * _BASE + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)
