"""What of a text is looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.search import words
from areas.search.words import Asked, ask, has, split

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
JAPANESE = st.text(alphabet="札幌市恵庭ひらがなカタカナーabc １２、。", max_size=30)


def finds(query: str, text: str) -> bool:
    """Both steps: the words that the index knows, and the look at the text itself."""
    asked = ask(query)
    return asked is not None and set(asked.words) <= set(split(text)) and has(asked, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("札幌", "札幌市に雪が降る"),
        ("雪", "札幌市に雪が降る"),
        ("雪が降る", "札幌市に雪が降る"),
        ("札幌　降る", "札幌市に雪が降る"),
        ("ﾗｰﾒﾝ", "ラーメンを食べた"),
        ("festival", "The FESTIVAL, at noon"),
        ("２０２６", "in 2026"),
        ("noon festival", "The festival at noon"),
        ("눈", "눈이 온다"),
        ("maße", "MASSE"),
    ],
)
def test_found(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("市札", "札幌市"),
        ("幌雪", "札幌市に雪が降る"),
        ("京都", "東京 都心"),
        ("東京京都", "東京 京都"),
        ("fest", "The festival at noon"),
        ("festival 雪", "The festival at noon"),
        ("", "all"),
        ("!?、。 …", "!?、。 …"),
        ("_", "_"),
    ],
)
def test_not_found(query: str, text: str) -> None:
    assert not finds(query, text)


def test_pairs_of_one_run_must_stand_together() -> None:
    """The index finds 東京都 wherever 東京 and 京都 stand; the text itself decides."""
    asked = ask("東京都")
    assert asked == Asked(("東京", "京都"), ("東京都",), ())
    assert set(asked.words) <= set(split("東京と京都"))
    assert not has(asked, "東京と京都")


def test_what_is_asked_is_bounded() -> None:
    asked = ask("雪" * 1_000 + "街" * 1_000)
    assert asked is not None
    assert len(asked.dense[0]) == words.QUERY_LENGTH
    many = ask(" ".join(f"w{number}" for number in range(1_000)))
    assert many is not None
    assert len(many.words) == words.MOST_ASKED


def test_what_is_stored_is_bounded() -> None:
    assert len(split(" ".join(f"w{number}" for number in range(9_000)))) == words.MOST_WORDS
    assert split("a" * 1_000) == ("a" * words.WORD_LENGTH,)
    assert finds("a" * 1_000, "a" * 1_000)


@given(st.one_of(TEXTS, JAPANESE), st.data())
def test_every_part_of_a_run_is_found(text: str, data: st.DataObject) -> None:
    """Whatever stands together in a script without spaces, and every whole word elsewhere."""
    folded = words.fold(text)
    runs = [match.groups() for match in words._RUNS.finditer(folded)]
    for dense, spaced in runs[:5]:
        run = dense or spaced
        start = data.draw(st.integers(0, len(run) - 1)) if dense else 0
        end = data.draw(st.integers(start + 1, len(run))) if dense else len(run)
        part = run[start:end]
        if words.fold(part) == part:  # NFKC may join what was cut
            assert finds(part, text), part


@given(TEXTS, TEXTS)
def test_nothing_is_found_without_all_its_words(query: str, text: str) -> None:
    asked = ask(query)
    if asked is not None and finds(query, text):
        folded = words.fold(text)
        assert all(run in folded for run in (*asked.dense, *asked.spaced))
