"""What of a form's text is kept."""

import pytest

from web.forms import clean


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        ("a\0b\x01c\x7fd\x85e", "abcd\ne"),
        ("a\ud800b", "ab"),
        ("a\u202eb\u200bc", "abc"),
        ("駅前 🏯\u3000です", "駅前 🏯\u3000です"),
        ("👩\u200d👧 \U0001fae8", "👩\u200d👧 \U0001fae8"),
        ("a\u2028b\x0bc", "a\nb\nc"),
        ("", ""),
    ],
)
def test_what_no_database_takes_and_nobody_sees_is_left_out(text: str, kept: str) -> None:
    assert clean(text) == kept
