"""Body digests: one SHA-256 that fits, among whatever else a peer sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SignatureRejected
from federation.signatures.digests import (
    build_content_digest,
    build_digest,
    check_content_digest,
    check_digest,
)

EMPTY = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
OTHER = "A" * 43 + "="


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_digest_fits_its_body_alone(body: bytes, other: bytes) -> None:
    check_digest(build_digest(body), body)
    check_content_digest(build_content_digest(body), body)
    if other != body:
        with pytest.raises(SignatureRejected):
            check_digest(build_digest(body), other)
        with pytest.raises(SignatureRejected):
            check_content_digest(build_content_digest(body), other)


def test_builds_what_the_standards_show() -> None:
    assert build_digest(b"") == f"SHA-256={EMPTY}"
    assert (
        build_content_digest(b'{"hello": "world"}\n')
        == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )


@pytest.mark.parametrize(
    "value",
    [f"sha-256={EMPTY}", f"Sha-256={EMPTY}", f"SHA-512=x,SHA-256={EMPTY}", f"SHA-256={EMPTY} , md5=x"],
)
def test_takes_sha_256_in_any_case_and_company(value: str) -> None:
    check_digest(value, b"")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SHA-256",
        "SHA-256=",
        EMPTY,
        "MD5=1B2M2Y8AsgTpgAmY7PhCfg==",
        "SHA-512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        f"SHA-256={OTHER},SHA-512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        f"SHA-256={EMPTY},SHA-256={EMPTY}",
        f"SHA-256={OTHER},sha-256={EMPTY}",
        f"SHA-256={EMPTY[:-1]}",
        f"SHA-256=:{EMPTY}:",
        f"SHA-256={EMPTY.swapcase()}",
    ],
)
def test_refuses_other_digests(value: str) -> None:
    with pytest.raises(SignatureRejected):
        check_digest(value, b"")


@pytest.mark.parametrize(
    "value", [f"sha-256=:{EMPTY}:", f"sha-512=:AAAA:, sha-256=:{EMPTY}:", f"sha-256=:{EMPTY}:,b=1"]
)
def test_takes_a_content_digest_among_others(value: str) -> None:
    check_content_digest(value, b"")


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"sha-256={EMPTY}",
        f"SHA-256=:{EMPTY}:",
        "sha-512=:z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==:",
        f"sha-256=:{OTHER}:",
        f"sha-256=:{EMPTY}:,sha-256=:{EMPTY}:",
        f"sha-256=:{EMPTY}",
    ],
)
def test_refuses_other_content_digests(value: str) -> None:
    with pytest.raises(SignatureRejected):
        check_content_digest(value, b"")
