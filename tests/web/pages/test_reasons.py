"""Reasons in one language."""

import re

from areas.policy import RULES
from web.pages.reasons import choose_half


def test_every_rule_says_why_in_both_languages_and_a_page_shows_one() -> None:
    reasons = [rule.reason for rule in RULES if rule.reason]
    assert len(reasons) > 10
    for reason in reasons:
        japanese, english = choose_half(reason, "ja"), choose_half(reason, "en")
        assert f"{japanese} {english}" == reason
        assert not re.search(r"[a-z]{3}", japanese), japanese
        assert english.isascii(), english
        assert choose_half(reason, "ja-simple") == japanese


def test_what_a_person_wrote_stays() -> None:
    assert choose_half("宣伝。 Advertising.", "en") == "宣伝。 Advertising."
