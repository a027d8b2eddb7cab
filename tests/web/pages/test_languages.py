"""The language of a page, its texts, and that none of them is missing or left over."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import web
from federation.vocabulary import Millis
from web.pages.languages import choose_language, translations
from web.pages.times import format_time, to_iso

FOLDER = Path(web.__file__).parent
NIGHT = Millis(1_795_465_800_000)
"""2026-11-23T20:30:00Z: the 24th in Tokyo."""
LATER = Millis(NIGHT + 60 * 24 * 3_600_000)


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        (None, "", "ja"),
        (None, "ja", "ja"),
        (None, "en", "en"),
        (None, "en-GB,en;q=0.9,ja;q=0.8", "en"),
        (None, "fr,ja;q=0.5,en;q=0.3", "ja"),
        (None, "fr", "ja"),
        (None, "en;q=nonsense,ja;q=0.1", "ja"),
        (None, "*", "ja"),
        ("en", "ja", "en"),
        ("ja", "en", "ja"),
        ("xx", "en", "en"),
        ("", "en", "en"),
    ],
)
def test_the_address_decides_then_the_reader(asked: str | None, accepted: str, chosen: str) -> None:
    assert choose_language(asked, accepted) == chosen


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(
            FOLDER,
            method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
            options_map={"templates/**.html": {"extensions": "jinja2.ext.i18n", "silent": "false"}},
            keywords={"_": None, "ngettext": (1, 2), "text_of": (2,)},
        )
    }
    with (FOLDER / "locales" / "ja.po").open("rb") as file:
        catalogue = read_po(file, locale="ja", abort_invalid=True)
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and message.string and all(message.string)
    }
    assert found - translated == set()
    assert translated - found == set()
    assert [error for message in catalogue for error in message.check(catalogue)] == []


def test_plurals_and_texts() -> None:
    assert translations("ja").gettext("Follow") == "フォローする"
    assert translations("en").gettext("Follow") == "Follow"
    assert translations("ja").ngettext("%(num)s reply", "%(num)s replies", 2) == "返信%(num)s件"


def test_times_are_those_of_the_town() -> None:
    assert format_time(NIGHT, NIGHT, "ja") == "11月24日（火）05:30"
    assert format_time(NIGHT, NIGHT, "en") == "Tue 24 Nov, 05:30"
    assert format_time(NIGHT, LATER, "ja") == "2026年11月24日（火）05:30"
    assert format_time(NIGHT, LATER, "en") == "Tue 24 Nov 2026, 05:30"
    assert to_iso(NIGHT) == "2026-11-23T20:30:00+00:00"
