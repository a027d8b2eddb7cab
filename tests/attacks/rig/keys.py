"""Keys of peers: good ones, made once and shared, and RSA by hand for those that no library makes."""

import hashlib
from base64 import encodebytes
from dataclasses import dataclass
from functools import cache
from math import gcd, prod
from secrets import randbits
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

EXPONENT = 65537
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""RFC 8017 §9.2: what stands before a SHA-256 in a signature."""
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
_ROUNDS = 24
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29)


class Key(Protocol):
    """Signs, and shows its public half."""

    @property
    def pem(self) -> str:
        """As `publicKeyPem` has it."""

    def sign(self, data: bytes) -> bytes:
        """A signature of these bytes."""


class RsaKey:
    """RSA-2048 with SHA-256, as nearly every server has it."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=EXPONENT, key_size=2048)

    @property
    def pem(self) -> str:
        """Subject public key information."""
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def pkcs1_pem(self) -> str:
        """The older form."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5."""
        return self.private.sign(data, PKCS1v15(), SHA256())


class Ed25519Key:
    """The other algorithm that RFC 9421 has a name for and servers use."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()

    @property
    def pem(self) -> str:
        """Subject public key information."""
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, data: bytes) -> bytes:
        """EdDSA."""
        return self.private.sign(data)


@cache
def rsa_key(number: int = 0) -> RsaKey:
    """One of a few, since each costs 0.1 s."""
    return RsaKey()


@dataclass(frozen=True)
class BareRsa:
    """RSA by its primes, any number of any size: signatures that are valid although the key is not fit to be used."""

    primes: tuple[int, ...]
    exponent: int = EXPONENT

    @property
    def modulus(self) -> int:
        """The product."""
        return prod(self.primes)

    @property
    def pem(self) -> str:
        """Subject public key information."""
        numbers = _sequence(_integer(self.modulus) + _integer(self.exponent))
        return to_pem("PUBLIC KEY", _sequence(_RSA_ALGORITHM + _tagged(3, b"\0" + numbers)))

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, by the Chinese remainder theorem."""
        size = (self.modulus.bit_length() + 7) // 8
        tail = _DIGEST_INFO + hashlib.sha256(data).digest()
        message = int.from_bytes(b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail)
        total = 0
        for prime in self.primes:
            root = pow(message, pow(self.exponent, -1, prime - 1), prime)
            rest = self.modulus // prime
            total += root * rest * pow(rest, -1, prime)
        return (total % self.modulus).to_bytes(size)


@cache
def bare_rsa(bits: int, exponent: int = EXPONENT, parts: int = 2) -> BareRsa:
    """A key of that many bits, of `parts` primes."""
    size = bits // parts
    return BareRsa(tuple(_prime(size, exponent) for _ in range(parts)), exponent)


def _prime(bits: int, exponent: int) -> int:
    """A prime with its two highest bits set, so that products have the full length."""
    while True:
        number = randbits(bits) | 3 << (bits - 2) | 1
        if (
            gcd(exponent, number - 1) == 1
            and all(number % small for small in _SMALL_PRIMES)
            and _is_prime(number)
        ):
            return number


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test."""
    power = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = (number - 1) >> power
    return all(_passes(randbits(number.bit_length() - 2) + 2, odd, power, number) for _ in range(_ROUNDS))


def _passes(base: int, odd: int, power: int, number: int) -> bool:
    value = pow(base, odd, number)
    if value in {1, number - 1}:
        return True
    for _ in range(power - 1):
        value = value * value % number
        if value == number - 1:
            return True
    return False


def to_pem(label: str, der: bytes) -> str:
    """Text around base64."""
    return f"-----BEGIN {label}-----\n{encodebytes(der).decode()}-----END {label}-----\n"


def _integer(number: int) -> bytes:
    return _tagged(2, number.to_bytes(number.bit_length() // 8 + 1))


def _sequence(content: bytes) -> bytes:
    return _tagged(0x30, content)


def _tagged(tag: int, content: bytes) -> bytes:
    """DER (X.690 §8.1)."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content
