"""What a text seems to tell: found where it is, and not where it only looks a little like it."""

import pytest

from areas.compose.cautions import Caution, find_cautions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("電話は０９０－１２３４－５６７８まで", ("telephone",)),
        ("電話は090 1234 5678まで", ("telephone",)),
        ("011-123-4567にどうぞ", ("telephone",)),
        ("+81 90 1234 5678", ("telephone",)),
        ("hanako@mail.example に送ってください", ("mail",)),
        ("恵み野西3丁目2番地です", ("address",)),
        ("うちは西五丁目 12", ("address",)),
        ("北8条西 1-2-34", ("address",)),
        ("コーポ恵 203号室", ("address",)),
        ("札幌 500 あ 12-34 の車が止まっています", ("plate",)),
        ("0123-45-6789 か hanako@mail.example", ("telephone", "mail")),
    ],
)
def test_it_is_found(text: str, found: tuple[Caution, ...]) -> None:
    assert find_cautions(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110番か119番へ",
        "2026-11-27 に集まります",
        "9月12日 10:00 から、定員20人",
        "8,000歩 歩きました",
        "@megumino@kairanban.example 花が咲きました",
        "https://city.example/1-2-3/090-1234-5678 を見てください",
        "3対2で勝ちました",
        "ごみの日は2-3回に分けて",
    ],
)
def test_it_is_no_secret(text: str) -> None:
    assert find_cautions(text) == ()
