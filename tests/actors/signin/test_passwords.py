import statistics
import time

import pytest

from actors.signin.passwords import LONGEST, Flaw, Hasher, find_flaw

CHEAP = Hasher(memory_kib=8, passes=1)
EMAIL = "hanako.yamada@machi.test"


def test_the_parameters_are_owasps() -> None:
    assert Hasher().hash("niwatori hasami").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_is_right_or_wrong() -> None:
    stored = CHEAP.hash("niwatori hasami")
    assert stored != CHEAP.hash("niwatori hasami")
    assert CHEAP.verify("niwatori hasami", stored)
    assert not CHEAP.verify("niwatori hasam", stored)
    assert not CHEAP.verify("", stored)


def test_nobodys_password_is_never_right() -> None:
    for password in ("", "niwatori hasami", "x" * 1_000_000):
        assert not CHEAP.verify(password, None)


def test_nobodys_password_takes_as_long() -> None:
    """In time of the processor, which a busy machine does not change."""
    hasher = Hasher()
    stored = hasher.hash("niwatori hasami")

    def measure(against: str | None) -> float:
        began = time.thread_time()
        hasher.verify("wrong password", against)
        return time.thread_time() - began

    measure(None)
    known, unknown = (statistics.median(measure(each) for _ in range(3)) for each in (stored, None))
    assert 0.5 < unknown / known < 2


def test_a_hash_of_other_parameters_still_counts() -> None:
    assert CHEAP.verify("niwatori hasami", Hasher(memory_kib=16, passes=2).hash("niwatori hasami"))


def test_width_makes_no_other_password() -> None:
    assert CHEAP.verify("ｎｉｗａｔｏｒｉ ﾊｻﾐ", CHEAP.hash("niwatori ハサミ"))


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("", "short"),
        ("ninechars", "short"),
        ("tencharact", None),
        ("にわとりはさみでんしゃ", None),
        ("x" * LONGEST + "y", "long"),
        ("abababababab", "simple"),
        ("1234567890", "simple"),
        ("qwertyuiop", "simple"),
        ("Password123", "simple"),
        ("１２３４５６７８９０", "simple"),
        (EMAIL.upper(), "simple"),
        ("hanako.yamada", "simple"),
        ("Hanako.Yamada2026", "simple"),
        ("hanako.yamada likes it", None),
    ],
)
def test_what_is_tried_first_is_not_taken(password: str, flaw: Flaw | None) -> None:
    assert find_flaw(password, EMAIL) == flaw
