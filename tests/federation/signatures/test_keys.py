"""Keys from strangers: the usual ones load, the weak, huge and odd ones are refused, and quickly."""

import time
from base64 import encodebytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import LocalFault, SignatureRejected
from federation.signatures import Claim, base58, keys, verify
from tests.federation.signatures.samples import KEY_ID, ed25519_key, rsa_key

MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
"""The key of the test vectors of FEP-8b32 and of the W3C's cryptosuite."""

DSA = """-----BEGIN PUBLIC KEY-----
MIIBvjCCATMGByqGSM44BAEwggEmAoGBAJiBgnpjhWDS+w+zZ0JSQhh61jePFIYy
1Kj2NNpUm1YRYNKcHwbLaf/xa87tNcgvFGzBBHjBvw+bsXPi1n5t5g36ySWK6dzM
vFfnJeM+B7a+uUDDvdNvXjJR3HnE7DlIx7HeHiSG5m35BEYgRdqfynIAmWPKtKgM
IjCK+u9J3iy/Ah0AvVRvpPLKfT29EZasRFD06sywGgAXTxeFMatpTQKBgFnwHr5N
IHYkvLeOrn1p6SAWA5d3KrWsMW+OPGRm+hKcmtfTnzFF0DKQtbk/Zz7z3EASBSj5
ffGJxa98MZb2qmQ2PznHnTuLJanDS6KWCUkWsPxzXZ9RNMaWs9xyzN1WTeeAJH1D
ER/4hEaG0qEFxu5kKhTHgeZSHrYuGE91ZgBnA4GEAAKBgGLuiAO+K2xfpTDIJhT0
t8cYu20vPTQqOakSnxhzzDTkmU9aj4DPfBb5VJJQoRVj/G7g3lzOd/37Ef8yfP4M
2R6z4nTBjb2q22EjQYP/Y1y6vbm+ZHBEOI/ubBAFG1v0ntnqPeG+DbWyt1aGEtbA
YWxukNeMjT3xoaB2zWZYd+iF
-----END PUBLIC KEY-----
"""


def make_der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + content


def make_pem(kind: str, data: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{encodebytes(data).decode()}-----END {kind}-----\n"


def make_rsa_pem(modulus: int, exponent: int = 65537) -> str:
    """PKCS#1, written by hand: the library will not make such keys."""
    numbers = (make_der(2, number.to_bytes(number.bit_length() // 8 + 1)) for number in (modulus, exponent))
    return make_pem("RSA PUBLIC KEY", make_der(0x30, b"".join(numbers)))


def make_modulus(bits: int) -> int:
    return (1 << (bits - 1)) | (0xC0FFEE << 64) | 1


def test_loads_spki_and_pkcs1() -> None:
    public = rsa_key().public_key()
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        pem = public.public_bytes(Encoding.PEM, form).decode()
        loaded = keys.load_public(pem)
        assert isinstance(loaded, rsa.RSAPublicKey)
        assert loaded.public_numbers() == public.public_numbers()


def test_loads_ed25519() -> None:
    public = ed25519_key().public_key()
    assert keys.load_public(keys.public_pem(public)) == public


@pytest.mark.parametrize("around", ["{}", "\n{}", "  {}\n\n"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_white_space_around_a_key_means_nothing(around: str, line: str) -> None:
    pem = keys.public_pem(rsa_key()).strip().replace("\n", line)
    assert keys.load_public(around.format(pem)) == rsa_key().public_key()


def test_a_key_on_one_line_loads() -> None:
    first, *lines, end = keys.public_pem(rsa_key()).strip().split("\n")
    assert keys.load_public(f"{first}\n{''.join(lines)}\n{end}") == rsa_key().public_key()


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
def test_takes_the_sizes_in_use(bits: int) -> None:
    loaded = keys.load_public(make_rsa_pem(make_modulus(bits)))
    assert isinstance(loaded, rsa.RSAPublicKey)
    assert loaded.key_size == bits


@pytest.mark.parametrize("bits", [512, 1024, 2047, 8193, 9216, 16384])
def test_refuses_weak_and_huge_keys_quickly(bits: int) -> None:
    started = time.perf_counter()
    with pytest.raises(SignatureRejected):
        keys.load_public(make_rsa_pem(make_modulus(bits)))
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize("exponent", [1, 2, 4, 65536, 65539, 2**32 + 1, make_modulus(2048) - 2])
def test_refuses_unusual_exponents(exponent: int) -> None:
    with pytest.raises(SignatureRejected):
        keys.load_public(make_rsa_pem(make_modulus(2048), exponent))


def test_refuses_a_key_in_a_long_text() -> None:
    with pytest.raises(SignatureRejected, match="too long"):
        keys.load_public(keys.public_pem(rsa_key()) + " " * keys.MAX_PEM_LENGTH)


def test_takes_a_small_odd_exponent() -> None:
    keys.load_public(make_rsa_pem(make_modulus(2048), 3))


@pytest.mark.parametrize("modulus", [make_modulus(2048) - 1, make_modulus(2048), 3 * make_modulus(2047)])
def test_a_nonsense_modulus_only_fails_to_verify(modulus: int) -> None:
    claim = Claim(KEY_ID, "cavage", None, (b"x",), b"\1" * 256)
    with pytest.raises(SignatureRejected):
        verify(claim, keys.load_public(make_rsa_pem(modulus)))


def test_refuses_other_kinds_of_key() -> None:
    for key in (ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()):
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(SignatureRejected, match="neither RSA nor Ed25519"):
            keys.load_public(pem)
    with pytest.raises(SignatureRejected, match="neither RSA nor Ed25519"):
        keys.load_public(DSA)


def test_refuses_two_keys_and_text_around_one() -> None:
    pem = keys.public_pem(rsa_key())
    for text in (
        pem + pem,
        pem + keys.public_pem(rsa_key(1)),
        "Key: 1\n" + pem,
        pem + "trailer",
        pem * 2 + "\n",
    ):
        with pytest.raises(SignatureRejected, match=r"not one PEM|too long"):
            keys.load_public(text)
    small = keys.public_pem(ed25519_key())
    with pytest.raises(SignatureRejected, match="not one PEM"):
        keys.load_public(small + small)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "garbage",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\né\n-----END PUBLIC KEY-----",
        "\x00",
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 4000 + "\n-----END PUBLIC KEY-----",
    ],
)
def test_refuses_garbage(pem: str) -> None:
    with pytest.raises(SignatureRejected):
        keys.load_public(pem)


def test_refuses_a_private_key_in_place_of_a_public_one() -> None:
    with pytest.raises(SignatureRejected):
        keys.load_public(keys.private_pem(ed25519_key()))


@given(st.binary(max_size=80))
def test_bytes_in_a_pem_load_or_are_refused(data: bytes) -> None:
    for kind in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        with pytest.raises(SignatureRejected):
            keys.load_public(make_pem(kind, data))


def test_a_multikey_is_that_of_the_specifications() -> None:
    key = keys.from_multibase(MULTIKEY)
    assert keys.to_multibase(key) == MULTIKEY
    assert keys.from_multibase(keys.to_multibase(ed25519_key().public_key())) == ed25519_key().public_key()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "u7QGwDY2Tjn93PVFWWq02piP1NE9_XRlg-c8-jhJiDqKBDw",
        MULTIKEY[1:],
        "x" + MULTIKEY[1:],
        "z" + base58.encode(b"\7" * 32),
        MULTIKEY[:-1],
        MULTIKEY + "1",
        MULTIKEY.replace("M", "0"),
        MULTIKEY + " ",
        "z" + "1" * 100_000,
        "z" + base58.encode(b"\xed\x01" + b"\0" * 31),
        "z" + base58.encode(b"\xed\x01" + b"\0" * 33),
        "z" + base58.encode(b"\xec\x01" + b"\0" * 32),
        "z" + base58.encode(b"\x85\x24" + b"\0" * 32),
    ],
)
def test_refuses_other_multikeys(text: str) -> None:
    with pytest.raises(SignatureRejected):
        keys.from_multibase(text)


@given(st.binary(max_size=64))
def test_base58_returns_what_went_in(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=60))
def test_base58_has_one_spelling(text: str) -> None:
    assert base58.encode(base58.decode(text)) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\0\0", "11"),
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (b"\0\0\x28\x7f\xb4\xcd", "11233QC4"),
    ],
)
def test_base58_is_that_of_its_draft(data: bytes, text: str) -> None:
    assert base58.encode(data) == text
    assert base58.decode(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " ", "é", "1" * 129])
def test_base58_refuses_other_characters_and_long_values(text: str) -> None:
    with pytest.raises(ValueError, match="base58"):
        base58.decode(text)


def test_private_keys_are_stored_and_loaded() -> None:
    for key in (rsa_key(), ed25519_key()):
        loaded = keys.load_private(keys.private_pem(key))
        assert keys.private_pem(loaded) == keys.private_pem(key)
        assert keys.public_pem(loaded) == keys.public_pem(key.public_key())


def test_a_damaged_store_is_our_own_fault() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in ("", "garbage", pem, keys.public_pem(rsa_key())):
        with pytest.raises(LocalFault):
            keys.load_private(text)


def test_our_keys_are_what_every_peer_takes() -> None:
    numbers = keys.generate_rsa().public_key().public_numbers()
    assert (numbers.n.bit_length(), numbers.e) == (2048, 65537)
