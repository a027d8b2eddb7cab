"""The matcher: spelling, words that stand alone, single posts, contexts, and time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.filters.matching import Filter, Keyword, match, texts_of
from areas.records import PostRecord
from federation.vocabulary import Millis, PollOption

NOW = Millis(1_000)


def make(*words: str, whole: bool = False, **values: Any) -> Filter:
    keywords = tuple(Keyword(number, word, whole) for number, word in enumerate(words))
    given: dict[str, Any] = {"contexts": ("home",), "action": "warn", "expires_at": None, **values}
    return Filter(1, "f", keywords=keywords, **given)


def meets(one: Filter, *texts: str, context: Any = "home", ids: tuple[int, ...] = ()) -> bool:
    return bool(match([one], context, texts, ids, NOW))


@pytest.mark.parametrize(
    ("word", "text", "whole", "expected"),
    [
        ("cat", "the CAT sat", False, True),
        ("cat", "concatenate", False, True),
        ("cat", "concatenate", True, False),
        ("cat", "a cat.", True, True),
        ("cat", "猫catです", True, True),
        ("ｃａｔ", "cat", True, True),
        ("雪", "大雪警報", True, True),
        ("c++", "C++ and c", True, True),
        ("c++", "C", False, False),
        ("été", "l'ÉTÉ", True, True),
        ("été", "bététe", True, False),
        (".", "a b", False, False),
        ("#yuki", "今日の#YUKIです", True, True),
    ],
)
def test_words(word: str, text: str, whole: bool, expected: bool) -> None:
    assert meets(make(word, whole=whole), text) is expected


def test_any_word_is_enough_and_those_met_are_named() -> None:
    (found,) = match([make("snow", "rain", "wind")], "home", ("rain and", "snow"), (), NOW)
    assert (found.keywords, found.is_listed) == (("snow", "rain"), False)


def test_a_filter_without_words_meets_its_posts_alone() -> None:
    one = make(post_ids=frozenset({7}))
    assert not meets(one, "anything", ids=(8,))
    assert meets(one, "anything", ids=(8, 7))


def test_it_holds_where_and_as_long_as_it_says() -> None:
    assert not meets(make("x"), "x", context="public")
    assert meets(make("x", contexts=("home", "public")), "x", context="public")
    assert meets(make("x", expires_at=Millis(1_001)), "x")
    assert not meets(make("x", expires_at=NOW), "x")


def test_all_that_is_seen_is_looked_at() -> None:
    fields: dict[str, Any] = dict.fromkeys(PostRecord.__dataclass_fields__)
    fields.update(
        content="<p>te<b>xt</b></p>",
        summary="warning",
        attachments=json.dumps([{"name": "picture"}, {"name": None}]),
    )
    texts = texts_of(PostRecord(**fields), (PollOption("option"),))
    for word in ("text", "warning", "picture", "option"):
        assert meets(make(word), *texts)


@given(st.text(max_size=20), st.text(max_size=40), st.booleans())
def test_no_word_and_no_text_breaks_it(word: str, text: str, whole: bool) -> None:
    if word.strip():
        meets(make(word, whole=whole), text)
        assert meets(make(word), f"{text}{word}")
