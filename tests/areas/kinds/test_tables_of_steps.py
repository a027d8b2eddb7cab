"""The tables of states and steps, and how posts of each kind read where nobody knows of kinds."""

import pytest

from areas.kinds import KINDS, Facts, Unfit, kind_by_tags
from areas.kinds.kind import OPEN
from areas.kinds.offers import Offer
from areas.kinds.states import NONE, find_step, is_taken, list_open
from federation.vocabulary import Millis
from tests.testrig.clock import NOON

DAY = 24 * 3_600_000


@pytest.mark.parametrize("name", KINDS)
def test_every_state_has_words_and_every_step_a_way_back(name: str) -> None:
    kind = KINDS[name]
    states = {each.after for each in kind.steps} | {each for step in kind.steps for each in step.before}
    assert states <= set(kind.heads)
    for step in kind.steps:
        for state in step.before:
            ways = [each for each in kind.steps if step.after in each.before and each.after == state]
            assert ways, f"{name}: nobody comes back from {step.after} to {state}"


@pytest.mark.parametrize("name", ["give", "ask"])
def test_who_may_do_what_with_an_offer(name: str) -> None:
    kind = KINDS[name]
    assert list_open(kind.steps, OPEN, "author", chosen=False) == ("choose", "finish", "withdraw")
    assert list_open(kind.steps, "reserved", "author", chosen=True) == ("release", "finish", "withdraw")
    assert list_open(kind.steps, "done", "author", chosen=False) == ("reopen",)
    assert list_open(kind.steps, OPEN, "responder", chosen=False) == ()
    assert list_open(kind.replies, "chosen", "responder", chosen=True) == ("leave",)
    assert list_open(kind.replies, "applied", "author", chosen=False) == ("choose", "decline", "dismiss")
    back = find_step(kind.steps, "reopen", "done", chosen=True)
    assert back is not None
    assert back.after == "reserved"


def test_a_question_is_solved_by_a_reply_or_without() -> None:
    kind = KINDS["question"]
    assert list_open(kind.steps, OPEN, "author", chosen=False) == ("choose", "solve")
    assert list_open(kind.replies, NONE, "author", chosen=False) == ("choose",)
    assert find_step(kind.steps, "solve", "solved", chosen=False) is None
    assert is_taken(kind.steps, "solve", "solved")
    assert not is_taken(kind.steps, "solve", OPEN)


def test_only_offers_have_applicants_and_a_review_has_no_steps() -> None:
    assert (KINDS["review"].steps, KINDS["review"].replies) == ((), ())
    assert find_step(KINDS["question"].replies, "admit", NONE, chosen=False) is None


def dress(name: str, text: str, state: str = OPEN, **details: str) -> str:
    kind = KINDS[name]
    return Facts(kind, state, kind.read(details, NOON)).dress(text)


def test_the_text_says_everything() -> None:
    assert dress("question", "ごみの日はいつ？") == "【相談】ごみの日はいつ？\n\n#相談"
    assert dress("question", "ごみの日はいつ？", "solved") == "【解決】ごみの日はいつ？\n\n#相談"
    given = dress("give", "白いです。", item="ベビーベッド", until="2026-11-30")
    assert given == (
        "【ゆずります】ベビーベッド\n\n白いです。\n\n11月30日まで\n"
        "ほしい方は、この投稿に返信してください。\n\n#ゆずります"
    )
    done = dress("give", "白いです。", "done", item="ベビーベッド")
    assert done == "【受け渡し済み】ベビーベッド\n\n白いです。\n\n#ゆずります"
    assert dress("ask", "小さいもの", item="机").startswith("【さがしています】机\n\n小さいもの")
    reviewed = dress("review", "静かです。", place="喫茶ひまわり", address="恵み野西3丁目")
    assert reviewed == "【口コミ】喫茶ひまわり（恵み野西3丁目）\n\n静かです。\n\n#口コミ"


def test_what_is_there_already_is_not_said_twice() -> None:
    assert dress("question", "【相談】ごみの日は？ #相談") == "【相談】ごみの日は？ #相談"
    assert dress("question", "【解決】ごみの日は？") == "【相談】ごみの日は？\n\n#相談"
    assert dress("question", "途中の【相談】") == "【相談】途中の【相談】\n\n#相談"


@pytest.mark.parametrize(
    ("name", "details", "field"),
    [
        ("give", {"item": ""}, "item"),
        ("give", {"item": " \u200b "}, "item"),
        ("give", {"item": "机" * 61}, "item"),
        ("ask", {"item": "机", "until": "あした"}, "until"),
        ("ask", {"item": "机", "until": "2026-11-23"}, "until"),
        ("ask", {"item": "机", "until": "2027-11-30"}, "until"),
        ("ask", {"item": "机", "until": "9999-12-31"}, "until"),
        ("review", {"place": ""}, "place"),
        ("review", {"place": "店" * 81}, "place"),
        ("review", {"place": "店", "address": "町" * 121}, "address"),
    ],
)
def test_what_does_not_fit_is_named(name: str, details: dict[str, str], field: str) -> None:
    with pytest.raises(Unfit) as unfit:
        KINDS[name].read(details, NOON)
    assert unfit.value.field == field


def test_the_last_day_is_the_towns_and_ends_at_its_midnight() -> None:
    offer = KINDS["give"].read({"item": "机", "until": "2026-11-24"}, NOON)
    assert isinstance(offer, Offer)
    assert offer.until is not None
    facts = Facts(KINDS["give"], OPEN, offer)
    assert not facts.is_late(Millis(offer.until - 1))
    assert facts.is_late(offer.until)
    assert offer.until - NOON < DAY
    assert KINDS["give"].write(offer) == {"item": "机", "until": "2026-11-24"}


@pytest.mark.parametrize(
    ("name", "field", "details"),
    [
        ("give", "until", {"item": "机", "until": "2026-11-24"}),
        ("ask", "until", {"item": "机", "until": "2026-11-24"}),
        ("event", "starts", {"title": "花", "place": "駅", "starts": "2026-11-24T22:00"}),
        ("notice", "since", {"since": "2026-11-24"}),
        ("notice", "last_day", {"last_day": "2026-11-24"}),
    ],
)
def test_a_day_that_has_passed_stays_and_is_not_moved_to_another_that_has(
    name: str, field: str, details: dict[str, str]
) -> None:
    kind, later = KINDS[name], Millis(NOON + 4 * 366 * DAY)
    before = kind.read(details, NOON)
    assert kind.write(kind.read(details, later, before))[field] == details[field]
    with pytest.raises(Unfit):
        kind.read(details, later)
    with pytest.raises(Unfit) as unfit:
        kind.read({**details, field: details[field].replace("24", "25")}, later, before)
    assert unfit.value.field == field


def test_what_answers_count_for_until_when_and_for_how_many() -> None:
    typed = {"item": "机", "until": "2026-11-24", "title": "花", "starts": "2026-12-05T10:00", "place": "駅"}
    typed |= {"capacity": "3", "last_day": "2026-11-24"}
    said = {name: Facts(kind, OPEN, kind.read(typed, NOON)) for name, kind in KINDS.items()}
    assert {name: (each.kind.counts_for, each.capacity) for name, each in said.items()} == {
        "question": ("help", None),
        "give": ("application", None),
        "ask": ("application", None),
        "review": (None, None),
        "event": ("part", 3),
        "notice": (None, None),
    }
    assert {name for name, each in said.items() if each.until is not None} == {
        "give",
        "ask",
        "event",
        "notice",
    }
    assert {name for name, each in said.items() if each.occasion is not None} == {"event"}


def test_a_hashtag_makes_a_kind_in_whatever_width() -> None:
    found = [kind_by_tags([name]) for name in ("相談", "ゆずります", "口コミ", "さがしています", "花")]
    assert [None if each is None else each.name for each in found] == [
        "question",
        "give",
        "review",
        "ask",
        None,
    ]
    assert kind_by_tags(["花", "口コミ", "相談"]) is KINDS["review"]
