"""Messages as only the app can read them: the examples of the RFC and of the draft, and an app that shares no code."""

import json
import os

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.push import Door
from tests.testrig.pushing import App, to_bytes, to_text
from web.push.encryption import MOST_BYTES, encrypt

RFC_8291 = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> EllipticCurvePrivateKey:
    return derive_private_key(int.from_bytes(to_bytes(text), "big"), SECP256R1())


def door_of(app: App, *, standard: bool) -> Door:
    return Door("https://push.example/1", app.p256dh, app.auth, standard)


def test_the_example_of_rfc_8291() -> None:
    """§5."""
    public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    door = Door("https://push.example/1", to_bytes(public), to_bytes("BTBZMqHH6r4Tts7J_aSIgg"), standard=True)
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        door,
        key=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=to_bytes("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert to_text(made.body) == RFC_8291
    assert made.headers == {"content-encoding": "aes128gcm"}


def test_the_example_of_the_draft() -> None:
    """draft-ietf-webpush-encryption-04 §5."""
    public = "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU"
    door = Door(
        "https://push.example/1", to_bytes(public), to_bytes("R29vIGdvbyBnJyBqb29iIQ"), standard=False
    )
    made = encrypt(
        b"I am the walrus",
        door,
        key=private("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"),
        salt=to_bytes("lngarbyKfMoi9Z75xYXmkg"),
    )
    assert to_text(made.body) == "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"
    assert made.headers == {
        "content-encoding": "aesgcm",
        "encryption": "salt=lngarbyKfMoi9Z75xYXmkg",
        "crypto-key": "dh=BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU",
    }


@given(st.text(max_size=900), st.booleans())
@settings(max_examples=50, deadline=None)
def test_the_app_reads_what_was_written(text: str, standard: bool) -> None:
    app, message = App(), json.dumps({"title": text}, ensure_ascii=False).encode("utf-8", "replace")
    made = encrypt(message, door_of(app, standard=standard))
    assert app.open(made.headers, made.body) == json.loads(message)


@pytest.mark.parametrize("standard", [True, False])
def test_nobody_else_reads_it_and_no_bit_can_be_changed(standard: bool) -> None:
    made = encrypt(b"{}", door_of(App(1), standard=standard))
    with pytest.raises(InvalidTag):
        App(2).open(made.headers, made.body)
    changed = made.body[:-1] + bytes([made.body[-1] ^ 1])
    with pytest.raises(InvalidTag):
        App(1).open(made.headers, changed)


@pytest.mark.parametrize("standard", [True, False])
def test_no_two_messages_are_alike_and_each_fits(standard: bool) -> None:
    app, message = App(), json.dumps(os.urandom(MOST_BYTES // 2 - 1).hex()).encode()
    first, second = (encrypt(message, door_of(app, standard=standard)) for _ in range(2))
    assert first.body != second.body
    assert len(first.body) <= 3_992  # Apple's
    assert app.open(first.headers, first.body) == json.loads(message)
    with pytest.raises(ValueError, match="at most"):
        encrypt(b"x" * (MOST_BYTES + 1), door_of(app, standard=standard))
